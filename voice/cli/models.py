"""``charley models``: list, fetch, verify and examine speech models."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from voice.app.assembly import load_model, model_store
from voice.app.dialogue_assembly import read_script
from voice.app.hearing_test import deaf, try_hearing
from voice.app.model_download import fetch
from voice.app.model_store import OFFICIAL, Choice, ModelEntry, ModelStore
from voice.app.model_sums import faults, has_sums
from voice.app.paths import models_folder
from voice.app.settings import load_settings
from voice.app.spotter import SPOTTER, require_spotter
from voice.cli.examine import add_action
from voice.cli.main import EXIT_FAILED, EXIT_OK, Subparsers, add_actions
from voice.cli.output import Bar, print_json
from voice.engines.keyword_spotter import spotter_is_installed
from voice.errors import ModelError


def add_parser(subparsers: Subparsers) -> None:
    """Add ``models`` with its four actions."""
    parser = subparsers.add_parser(
        "models", description="List, fetch, verify or examine the speech models."
    )
    actions = add_actions(parser)
    listing = actions.add_parser("list", help="List the models, and show which one is used.")
    listing.add_argument("--json", action="store_true", help="print JSON, for programs")
    listing.set_defaults(run=_list)
    fetching = actions.add_parser("fetch", help="Download a model into your own models folder.")
    fetching.add_argument("name", nargs="?", default=OFFICIAL, help=f"default: {OFFICIAL}")
    fetching.set_defaults(run=_fetch)
    verifying = actions.add_parser(
        "verify", help="Check every file of a model, load it, and test it with a few words."
    )
    verifying.add_argument(
        "name", nargs="?", help="name or folder of the model (default: all installed models)"
    )
    verifying.set_defaults(run=_verify)
    add_action(actions)


def _list(args: argparse.Namespace) -> int:
    store = model_store()
    choice = store.choose(load_settings().model.name)
    entries = list(store.manifest().values())
    if args.json:
        print_json(
            {
                "models": [_as_json(store, entry, choice) for entry in entries],
                "used": {
                    "folder": str(choice.folder),
                    "why": choice.why,
                    "margin_scale": choice.margin_scale,
                },
                "folder": str(store.own),
            }
        )
        return 0
    for entry in entries:
        mark = ", used" if store.folder(entry) == choice.folder else ""
        print(f"{entry.name}: {_state(store, entry)}{mark}.")
        print(f"  {entry.description} Licence: {entry.licence}.")
        if entry.download is not None:
            print(f"  {entry.download.size_bytes / 1e6:.0f} MB from {entry.download.url}")
    print(f"Used: {choice.folder}. {choice.why}")
    print(f"Models that you fetch lie in {store.own}.")
    return 0


def _as_json(store: ModelStore, entry: ModelEntry, choice: Choice) -> dict[str, object]:
    folder = store.folder(entry)
    found = store.examination(folder) if folder.is_dir() else None
    return {
        "name": entry.name,
        "description": entry.description,
        "licence": entry.licence,
        "folder": str(folder),
        "ships": entry.download is None,
        "present": folder.is_dir(),
        "faults": faults(folder) if folder.is_dir() else [],
        "examined": found is not None,
        "used": folder == choice.folder,
    }


def _state(store: ModelStore, entry: ModelEntry) -> str:
    folder = store.folder(entry)
    if entry.download is None:
        return "ships with Charley" if folder.is_dir() else "ships with Charley, but is missing"
    if not folder.is_dir():
        return "not fetched"
    if faults(folder):
        return "damaged, fetch it again"
    return "fetched" if store.examination(folder) else "fetched, not examined"


def _fetch(args: argparse.Namespace) -> int:
    store = model_store()
    entry = store.entry(args.name)
    # SIGTERM must clean up just as Ctrl-C does.
    signal.signal(signal.SIGTERM, _leave)
    bar = Bar(entry.name, "MB", 1e6)
    try:
        folder = fetch(entry, store.own, bar)
    finally:
        bar.close()
    print(f"{entry.name} has been fetched and verified, in {folder}.")
    if store.examination(folder) is None:
        print(f"Before it is used, examine it: charley models examine {entry.name}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    store = model_store()
    failed = False
    for name, folder in _asked_for(store, args.name):
        if not folder.is_dir():
            print(f"{name}: not fetched.")
            failed = failed or args.name is not None
            continue
        try:
            print(f"{name}: {_verified(store, folder)}.", flush=True)
        except ModelError as error:
            print(f"{name}: {error}", flush=True)
            failed = True
    if args.name is None:
        failed = not _verify_spotter() or failed
    return EXIT_FAILED if failed else EXIT_OK


def _verify_spotter() -> bool:
    """Verify the second ear, and print the result; whether it is intact."""
    try:
        require_spotter(models_folder() / SPOTTER)
    except ModelError as error:
        print(f"{SPOTTER} (the second ear): {error}", flush=True)
        return False
    installed = "" if spotter_is_installed() else "; not installed, so not used"
    print(f"{SPOTTER} (the second ear): intact{installed}.", flush=True)
    return True


def _asked_for(store: ModelStore, name: str | None) -> list[tuple[str, Path]]:
    """The models to verify: all, or one by name or folder. Raises ModelError."""
    known = store.manifest()
    if name is None or name in known:
        entries = [known[name]] if name else list(known.values())
        return [(entry.name, store.folder(entry)) for entry in entries]
    return [(name, store.named(name))]


def _verified(store: ModelStore, folder: Path) -> str:
    """Verify a model; return the result in words. Raises ModelError."""
    store.require_whole(folder)
    settings = load_settings()
    found = try_hearing(load_model(settings, folder), read_script(settings))
    if not found.passed:
        raise deaf(folder, found)
    whole = "intact" if has_sums(folder) else "no checksums, but it loads"
    return f"{whole}; {found}"


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
