"""The diary as a table: comma-separated values (RFC 4180), a row a conversation."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Final, TextIO

from voice.content.script import Answer
from voice.dialogue.diary import Entry
from voice.diary.record import Record

COLUMNS: Final = (
    "called_at",
    "cramp",
    "bedtime_stretch",
    "part",
    "side",
    "seconds_to_relief",
    "steps",
    "advice",
    "yes_to",
    "unsure_of",
    "no_to",
    "ended",
)
"""``called_at`` is ISO 8601 with the zone, empty where the day is not known; lists have
spaces between their items."""


def write_csv(records: Iterable[Record], out: TextIO) -> None:
    """Write all records, with a row of headings."""
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for record in records:
        table.writerow(_row(record))


def _row(record: Record) -> tuple[str, ...]:
    entry = record.entry
    return (
        record.called_at.isoformat(timespec="seconds") if record.dated else "",
        "yes" if entry.cramp else "no",
        "yes" if entry.bedtime else "no",
        "" if entry.part is None else entry.part.value,
        "" if entry.side is None else entry.side.value,
        "" if entry.relief_s is None else f"{entry.relief_s:.0f}",
        " ".join(entry.steps),
        "" if entry.level is None else entry.level.name.lower(),
        *(_answered(entry, answer) for answer in (Answer.YES, Answer.UNSURE, Answer.NO)),
        "broken_off" if entry.ending is None else entry.ending.value,
    )


def _answered(entry: Entry, wanted: Answer) -> str:
    return " ".join(question for question, answer in entry.answers if answer is wanted)
