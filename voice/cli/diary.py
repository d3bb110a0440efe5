"""``charley diary``: list, export, report or forget what the diary holds."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path
from typing import Final

from voice.app.dialogue_assembly import read_script
from voice.app.paths import state_folder
from voice.app.settings import load_settings
from voice.cli.main import Subparsers, add_actions
from voice.clocks import Clocks
from voice.diary.export import write_csv
from voice.diary.record import Record, local, records_of
from voice.diary.report import cramps_words, long_day, report_of, sentence_of
from voice.diary.report_html import html_of
from voice.diary.report_pdf import pdf_of
from voice.diary.store import FILE, erase_kept, read_kept
from voice.errors import DiaryError

_ABOUT: Final = """
The diary holds a row for each conversation about a cramp, a bedtime stretch or a warning
sign: when it was, which muscle and leg, how long it lasted, what was advised, how it ended.
It holds no words and no sound, and stays on this machine. "diary = false" under [general]
keeps none.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add ``diary`` with its four actions."""
    parser = subparsers.add_parser("diary", description=_ABOUT)
    actions = add_actions(parser)
    listing = actions.add_parser("list", help="Show every conversation, a line each, latest last.")
    listing.set_defaults(run=_list)
    exporting = actions.add_parser("export", help="Write a table (CSV) for other programs.")
    exporting.add_argument(
        "--out", type=Path, metavar="FILE", help="write it there instead of printing it"
    )
    exporting.set_defaults(run=_export)
    reporting = actions.add_parser(
        "report", help="Write two pages for a doctor: the last three months."
    )
    reporting.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        default=Path("report.html"),
        help="where to; a name that ends in .pdf makes a PDF, which the extra [report] is for "
        "(default: report.html)",
    )
    reporting.set_defaults(run=_report)
    forgetting = actions.add_parser("forget", help="Erase the whole diary, for good.")
    forgetting.add_argument("--yes", action="store_true", help="do not ask whether it is meant")
    forgetting.set_defaults(run=_forget)


def _records() -> tuple[Record, ...]:
    up, began_at_s = Clocks().run()
    kept = read_kept(state_folder() / FILE, up.boot, began_at_s)
    return records_of(kept, kept.began)


def _list(_args: argparse.Namespace) -> int:
    records = _records()
    for record in records:
        print(sentence_of(record, with_year=True))
    if not records:
        print("The diary is empty.")
    return 0


def _export(args: argparse.Namespace) -> int:
    records = _records()
    if args.out is None:
        write_csv(records, sys.stdout)
        return 0
    with args.out.open("w", encoding="utf-8", newline="") as out:
        write_csv(records, out)
    print(f"{args.out}: {_rows(len(records))}.")
    return 0


def _report(args: argparse.Namespace) -> int:
    out: Path = args.out
    if out.suffix.lower() not in (".html", ".htm", ".pdf"):
        raise DiaryError(f"{out}: a report is HTML or PDF", remedy="End its name in .html or .pdf.")
    report = report_of(_records(), read_script(load_settings()), _now())
    if out.suffix.lower() == ".pdf":
        out.write_bytes(pdf_of(report))
    else:
        out.write_text(html_of(report), encoding="utf-8")
    print(f"{out}: {cramps_words(report.cramps)} since {long_day(report.since)}, on two pages.")
    return 0


def _forget(args: argparse.Namespace) -> int:
    path = state_folder() / FILE
    if not args.yes and not _meant(path):
        print("Nothing was erased.")
        return 0
    print(f"Erased: {_rows(erase_kept(path))}.")
    return 0


def _meant(path: Path) -> bool:
    if not sys.stdin.isatty():
        raise DiaryError(
            "This needs a yes, and there is no terminal to ask at", remedy="Add --yes."
        )
    return input(f"Erase {path} for good? Type yes: ").strip().lower() == "yes"


def _now() -> datetime:
    return local(Clocks().wall())


def _rows(count: int) -> str:
    return f"{count} {'entry' if count == 1 else 'entries'}"
