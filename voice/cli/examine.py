"""``charley models examine``: the entrance examination, as a table."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from typing import Final

from voice.app.assembly import model_store
from voice.app.entrance import enter
from voice.app.examination import Progress
from voice.app.examination_record import Examination, Figures
from voice.app.model_store import OFFICIAL
from voice.app.settings import load_settings
from voice.cli.main import EXIT_FAILED, EXIT_OK, Subparsers, UsageError
from voice.cli.output import Bar

_ABOUT: Final = """
Test a model with hundreds of words in several voices, in quiet and in noise, and compare
it with the one that ships. If it is better, it is used from then on. This takes one to ten
minutes.
"""


def add_action(actions: Subparsers) -> None:
    """Add ``examine``."""
    parser = actions.add_parser(
        "examine",
        help="Test a model with hundreds of words; compare it with the one that ships.",
        description=_ABOUT,
    )
    parser.add_argument(
        "name",
        nargs="?",
        default=OFFICIAL,
        help=f"name or folder of the model (default: {OFFICIAL})",
    )
    parser.add_argument(
        "--every",
        type=int,
        default=1,
        metavar="N",
        help="use only every Nth sound, for a quick look; the result is not kept",
    )
    parser.set_defaults(run=_examine)


def _examine(args: argparse.Namespace) -> int:
    if args.every < 1:
        raise UsageError(f"--every {args.every} is less than 1", remedy="Give 1 or more.")
    store, settings = model_store(), load_settings()
    folder = store.named(args.name)
    with ExitStack() as stack:

        def progress_of(name: str) -> Progress:
            bar = Bar(f"Examining {name}", "sounds")
            stack.callback(bar.close)
            return bar

        done = enter(store, folder, settings, progress_of, args.every)
    shown = [done.built_in] if done.found is done.built_in else [done.found, done.built_in]
    print(_table(shown))
    verdict = "passed" if done.passed else "did not pass"
    print(f"{done.found.model} {verdict}: {done.why}.")
    if args.every > 1:
        print("That was a quick look: the choice of model has not changed.")
    return EXIT_OK if done.passed else EXIT_FAILED


def _table(shown: list[Examination]) -> str:
    """A row for each count and a column for each model, clear in a screen reader too."""
    rows: list[list[str]] = [["", *(e.model for e in shown)]]
    for where in ("quiet", "noise"):
        figures: list[Figures] = [getattr(e, where) for e in shown]
        rows += [
            [f"{where}: words right", *(f"{f.right} of {f.words}" for f in figures)],
            [f"{where}: refused", *(str(f.words - f.right - f.taken) for f in figures)],
            [f"{where}: taken for another", *(str(f.taken) for f in figures)],
            [f"{where}: yes and no swapped", *(str(f.swapped) for f in figures)],
            [f"{where}: other speech taken", *(f"{f.others_taken} of {f.others}" for f in figures)],
            [f"{where}: calls heard", *(f"{f.woken} of {f.calls}" for f in figures)],
            [f"{where}: woken falsely", *(f"{f.woken_falsely} of {f.no_calls}" for f in figures)],
        ]
    rows.append(["margins multiplied by", *(f"{e.margin_scale:g}" for e in shown)])
    rows.append(["core seconds per second", *(f"{e.core_s_per_s:.3f}" for e in shown)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
