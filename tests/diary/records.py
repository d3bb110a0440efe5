"""Diaries to show: an empty one, a few nights, and as much as three months can hold."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from tests.shipped import SCRIPT
from voice.content.script import Answer, Level, Part, QuestionKey, Side
from voice.dialogue.diary import Ending, Entry
from voice.diary.record import Record
from voice.diary.report import Report, report_of

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


def at(day: datetime, entry: Entry) -> Record:
    return Record(day.timestamp(), entry)


def crowded() -> tuple[Record, ...]:
    """Seventy conversations in which everything was said, including the longest words."""
    chance = random.Random(4)  # noqa: S311 - a page to look at
    entries = [
        Entry(
            cramp=True,
            part=chance.choice([*Part, None]),
            side=chance.choice([*Side, None]),
            relief_s=chance.choice([None, chance.uniform(20.0, 400.0)]),
            steps=("calf_lying", "calf_rub"),
            level=chance.choice([*Level, None]),
            answers=tuple(
                (question.key, chance.choice([Answer.NO, Answer.UNSURE, Answer.YES]))
                for question in SCRIPT.questions
            ),
            ending=chance.choice([*Ending, None]),
        )
        for _ in range(70)
    ]
    hours = sorted(chance.uniform(1.0, 85 * 24.0) for _ in entries)
    undated = (Record(90.0, Entry(cramp=True)),)
    return undated + tuple(
        at(NOW - timedelta(hours=ago), entry)
        for ago, entry in zip(reversed(hours), entries, strict=True)
    )


def few() -> tuple[Record, ...]:
    """Three nights, and one too long ago to be shown."""
    medicine = QuestionKey("new_medicine")
    calf = Entry(
        cramp=True,
        part=Part.CALF,
        side=Side.LEFT,
        relief_s=65.0,
        level=Level.URGENT,
        answers=((QuestionKey("swollen"), Answer.YES), (medicine, Answer.NO)),
        ending=Ending.FINISHED,
    )
    foot = Entry(cramp=True, part=Part.FOOT, ending=Ending.SILENT)
    return (
        at(datetime(2026, 8, 31, 3, 0, tzinfo=UTC), calf),
        at(datetime(2026, 9, 1, 3, 10, tzinfo=UTC), calf),
        at(datetime(2026, 9, 1, 23, 50, tzinfo=UTC), foot),
        at(datetime(2026, 11, 26, 2, 5, tzinfo=UTC), calf),
    )


def report(records: tuple[Record, ...]) -> Report:
    return report_of(records, SCRIPT, NOW)
