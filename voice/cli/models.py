"""``charley models``: list, fetch and verify models that hear."""

from __future__ import annotations

import argparse
import signal
import sys
from types import FrameType
from typing import Final, NoReturn

from voice.app.model_download import fetch
from voice.app.model_store import OFFICIAL, ModelEntry, ModelStore, faults
from voice.app.paths import models_folder, user_models_folder
from voice.cli import Subparsers
from voice.engines.vosk_recogniser import VoskRecogniser
from voice.errors import ModelError

_BAR_STEPS: Final = 30


def add_parser(subparsers: Subparsers) -> None:
    """Add ``models`` with its three actions."""
    parser = subparsers.add_parser("models", help="List, fetch or verify models that hear.")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="Tell which models there are, and which is used.")
    listing.set_defaults(run=_list)
    fetching = actions.add_parser("fetch", help="Fetch a model into your own models' folder.")
    fetching.add_argument("name", nargs="?", default=OFFICIAL, help=f"default: {OFFICIAL}")
    fetching.set_defaults(run=_fetch)
    verifying = actions.add_parser("verify", help="Read all of a model, and load it.")
    verifying.add_argument("name", nargs="?", help="default: every model that is there")
    verifying.set_defaults(run=_verify)


def _store() -> ModelStore:
    return ModelStore(models_folder(), user_models_folder())


def _list(_args: argparse.Namespace) -> int:
    store = _store()
    used = store.choose()
    for entry in store.manifest().values():
        folder = store.folder(entry)
        mark = ", used unless you choose another" if folder == used else ""
        print(f"{entry.name}: {_state(store, entry)}{mark}.")
        print(f"  {entry.description} Licence: {entry.licence}.")
        if entry.download is not None:
            print(f"  {entry.download.size_bytes / 1e6:.0f} MB from {entry.download.url}")
    print(f"Models that you fetch lie in {store.own}.")
    return 0


def _state(store: ModelStore, entry: ModelEntry) -> str:
    folder = store.folder(entry)
    if entry.download is None:
        return "ships with Charley" if folder.is_dir() else "should ship with Charley, is missing"
    if not folder.is_dir():
        return "not fetched"
    return "damaged, fetch it again" if faults(folder) else "fetched"


def _fetch(args: argparse.Namespace) -> int:
    store = _store()
    entry = store.entry(args.name)
    # Being ended from outside must tidy up just as Ctrl-C does.
    signal.signal(signal.SIGTERM, _leave)
    bar = _Bar(entry.name)
    try:
        folder = fetch(entry, store.own, bar)
    finally:
        bar.close()
    print(f"{entry.name} is fetched and whole, in {folder}.")
    return 0


def _verify(args: argparse.Namespace) -> int:
    store = _store()
    entries = [store.entry(args.name)] if args.name else list(store.manifest().values())
    failed = False
    for entry in entries:
        folder = store.folder(entry)
        if entry.download is not None and not folder.is_dir():
            print(f"{entry.name}: not fetched.")
            failed = failed or args.name is not None
            continue
        found = faults(folder, thorough=True) if entry.download is not None else []
        try:
            VoskRecogniser(folder)
        except ModelError as error:
            found.append(str(error))
        print(f"{entry.name}: {'; '.join(found) if found else 'whole'}.")
        failed = failed or bool(found)
    return 1 if failed else 0


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


class _Bar:
    """A progress bar on standard error: drawn over on a terminal, else a line a tenth."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._live = sys.stderr.isatty()
        self._step = -1

    def __call__(self, had: int, whole: int) -> None:
        steps = _BAR_STEPS if self._live else 10
        step = had * steps // whole
        if step == self._step:
            return
        self._step = step
        told = f"{self._name}: {100 * had // whole:3d} %, {had / 1e6:.1f} of {whole / 1e6:.1f} MB"
        if self._live:
            print(f"\r{told} [{'#' * step:<{steps}}]", end="", file=sys.stderr, flush=True)
        else:
            print(told, file=sys.stderr, flush=True)

    def close(self) -> None:
        """End the line."""
        if self._live and self._step >= 0:
            print(file=sys.stderr)
