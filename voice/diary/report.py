"""What a doctor is shown of the diary: the last three months, counted and put into words. Pure.

It says what was said to Charley, and never what that means.
"""

from __future__ import annotations

import calendar
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from voice.content.script import Answer, Level, Part, QuestionKey, Script, Side
from voice.dialogue.diary import Ending, Entry
from voice.diary.record import Record

MONTHS: Final = 3
"""How many months are shown, the present one among them."""

SHOWN: Final = 7
"""How many conversations are listed one by one: what fits on the second sheet."""

MEDICINE: Final = QuestionKey("new_medicine")

PARTS: Final[Mapping[Part, str]] = {
    Part.CALF: "calf",
    Part.THIGH_FRONT: "front of the thigh",
    Part.THIGH_BACK: "back of the thigh",
    Part.FOOT: "foot",
}
_LEGS: Final[Mapping[Part | None, tuple[str, str, str]]] = {
    Part.CALF: ("calf", "{} calf", "both calves"),
    Part.THIGH_FRONT: ("front of a thigh", "front of the {} thigh", "front of both thighs"),
    Part.THIGH_BACK: ("back of a thigh", "back of the {} thigh", "back of both thighs"),
    Part.FOOT: ("foot", "{} foot", "both feet"),
    None: ("a leg", "{} leg", "both legs"),
}
LEVELS: Final[Mapping[Level, str]] = {
    Level.EMERGENCY: "call the emergency number",
    Level.URGENT: "get urgent care that night",
    Level.SEE_A_DOCTOR: "see a doctor",
    Level.NO_URGENT_SIGN_HEARD: "no urgent sign heard",
}
ENDINGS: Final[Mapping[Ending, str]] = {
    Ending.STOPPED: "stopped before the end",
    Ending.SILENT: "no more answers",
    Ending.OTHER_TALK: "other talk in the room",
    Ending.EMERGENCY: "ended in the emergency call",
}
_TIMES: Final = (
    ("9 pm to midnight", range(21, 24)),
    ("Midnight to 3 am", range(3)),
    ("3 am to 6 am", range(3, 6)),
    ("6 am to 9 am", range(6, 9)),
    ("By day", range(9, 21)),
)


@dataclass(frozen=True)
class Month:
    """A month as a calendar: weeks from Monday to Sunday. ``cramps``: how many on each day."""

    first: date
    cramps: Mapping[date, int]

    @property
    def name(self) -> str:
        """The month and its year."""
        return f"{calendar.month_name[self.first.month]} {self.first.year}"

    @property
    def weeks(self) -> Sequence[Sequence[date | None]]:
        """Its weeks; None where a day belongs to another month."""
        weeks = calendar.Calendar().monthdatescalendar(self.first.year, self.first.month)
        return [[day if day.month == self.first.month else None for day in w] for w in weeks]

    @property
    def total(self) -> int:
        """How many cramps in all."""
        return sum(self.cramps.values())


@dataclass(frozen=True)
class Leg:
    """How often a muscle cramped, by the leg that was named."""

    part: str
    left: int
    right: int
    both: int
    not_said: int


@dataclass(frozen=True)
class Relief:
    """How long cramps lasted, in seconds, of those that were said to have let go."""

    told: int
    median_s: float
    longest_s: float
    not_told: int


@dataclass(frozen=True)
class Sign:
    """A warning sign that was asked about or spoken of, and when it was affirmed last."""

    question: str
    yes: int
    unsure: int
    no: int
    last: date | None


@dataclass(frozen=True)
class Report:
    """All that is shown, ready to be set on paper."""

    made_on: date
    months: tuple[Month, ...]
    times: tuple[tuple[str, int], ...]
    legs: tuple[Leg, ...]
    relief: Relief
    levels: tuple[tuple[str, int], ...]
    signs: tuple[Sign, ...]
    medicine_asked: str
    medicine: tuple[tuple[date, str], ...]
    latest: tuple[str, ...]
    left_out: int
    undated: int

    @property
    def cramps(self) -> int:
        """How many cramps in the months that are shown."""
        return sum(month.total for month in self.months)

    @property
    def since(self) -> date:
        """The first day that is shown."""
        return self.months[0].first


def report_of(records: Sequence[Record], script: Script, now: datetime) -> Report:
    """The report of the diary at a time, by the clock on the wall."""
    firsts = _first_days(now.date())
    shown = [r for r in records if r.dated and r.called_at.date() >= firsts[0]]
    cramps = [r for r in shown if r.entry.counts_as_cramp]
    days = Counter(r.called_at.date() for r in cramps)
    told = [r for r in reversed(shown) if _is_worth_telling(r.entry)]
    return Report(
        made_on=now.date(),
        months=tuple(
            Month(first, {d: n for d, n in sorted(days.items()) if _in_month(d, first)})
            for first in firsts
        ),
        times=tuple(
            (name, sum(r.called_at.hour in hours for r in cramps)) for name, hours in _TIMES
        ),
        legs=_legs(r.entry for r in cramps),
        relief=_relief([r.entry for r in cramps]),
        levels=tuple(
            (name, sum(r.entry.level is level for r in shown)) for level, name in LEVELS.items()
        ),
        signs=tuple(_signs(shown, script)),
        medicine_asked=script.text(script.question(MEDICINE).ask),
        medicine=tuple(_medicine(shown)),
        latest=tuple(sentence_of(r) for r in told[:SHOWN]),
        left_out=len(told[SHOWN:]),
        undated=sum(not r.dated for r in records),
    )


def sentence_of(record: Record, *, with_year: bool = False) -> str:
    """A conversation in one line."""
    year = f" {record.called_at.year}" if with_year else ""
    when = f"{day_words(record.called_at.date())}{year}, {clock_words(record.called_at)}"
    if not record.dated:
        when = "On a day that is not known"
    return f"{when}: {', '.join(_facts(record.entry))}."


def duration_words(duration_s: float) -> str:
    """A length of time in minutes and seconds."""
    minutes, seconds = divmod(round(duration_s), 60)
    parts = [(minutes, "min"), (seconds, "s")]
    return " ".join(f"{n} {unit}" for n, unit in parts if n) or "0 s"


def cramps_words(count: int) -> str:
    """A number of cramps."""
    return f"{count or 'no'} cramp{'' if count == 1 else 's'}"


def long_day(day: date) -> str:
    """A day with its year."""
    return f"{day.day} {calendar.month_name[day.month]} {day.year}"


def capital(words: str) -> str:
    """The words with a capital at their beginning."""
    return f"{words[:1].upper()}{words[1:]}"


def day_words(day: date) -> str:
    """A day as it is written in a letter."""
    return f"{calendar.day_abbr[day.weekday()]} {day.day} {calendar.month_name[day.month]}"


def short_day(day: date) -> str:
    """A day as it fits into a table."""
    return f"{day.day} {calendar.month_abbr[day.month]}"


def clock_words(at: datetime) -> str:
    """A time of day as it is said: "3:05 am"."""
    return f"{at.hour % 12 or 12}:{at.minute:02d} {'am' if at.hour < 12 else 'pm'}"


def leg_words(entry: Entry) -> str:
    """Which muscle of which leg."""
    one, of_a_side, both = _LEGS[entry.part]
    match entry.side:
        case None:
            return one
        case Side.BOTH:
            return both
        case side:
            return of_a_side.format(side.value)


def _facts(entry: Entry) -> Iterable[str]:
    if entry.cramp:
        yield leg_words(entry)
        if entry.relief_s is None:
            yield "not said to have let go"
        else:
            yield f"let go after {duration_words(entry.relief_s)}"
    elif entry.bedtime:
        yield "the stretch before bed"
    else:
        yield "no cramp"
    if entry.level is not None:
        yield f"advice: {LEVELS[entry.level]}"
    if entry.ending is not Ending.FINISHED:
        yield "broken off" if entry.ending is None else ENDINGS[entry.ending]


def _is_worth_telling(entry: Entry) -> bool:
    """A stretch before bed alone tells a doctor little."""
    return entry.ending is not Ending.OTHER_TALK and (entry.cramp or not entry.bedtime)


def _first_days(today: date) -> list[date]:
    months = [today.year * 12 + today.month - 1 - back for back in reversed(range(MONTHS))]
    return [date(month // 12, month % 12 + 1, 1) for month in months]


def _in_month(day: date, first: date) -> bool:
    return (day.year, day.month) == (first.year, first.month)


def _legs(entries: Iterable[Entry]) -> tuple[Leg, ...]:
    found = Counter((entry.part, entry.side) for entry in entries)
    return tuple(
        Leg(
            "not named" if part is None else PARTS[part],
            *(found[part, side] for side in (Side.LEFT, Side.RIGHT, Side.BOTH, None)),
        )
        for part in (*PARTS, None)
        if any(there == part for there, _ in found)
    )


def _relief(entries: Sequence[Entry]) -> Relief:
    told = [entry.relief_s for entry in entries if entry.relief_s is not None]
    return Relief(
        told=len(told),
        median_s=statistics.median(told) if told else 0.0,
        longest_s=max(told, default=0.0),
        not_told=len(entries) - len(told),
    )


def _signs(records: Sequence[Record], script: Script) -> Iterable[Sign]:
    for question in script.questions:
        answers = [
            (answer, record.called_at.date())
            for record in records
            for key, answer in record.entry.answers
            if key == question.key
        ]
        if question.key == MEDICINE or not answers:
            continue
        count = Counter(answer for answer, _ in answers)
        affirmed = [day for answer, day in answers if answer is not Answer.NO]
        yield Sign(
            script.text(question.ask),
            count[Answer.YES],
            count[Answer.UNSURE],
            count[Answer.NO],
            max(affirmed, default=None),
        )


def _medicine(records: Sequence[Record]) -> Iterable[tuple[date, str]]:
    """The answers to the question about a new medicine, the latest first."""
    said = {Answer.YES: "yes", Answer.UNSURE: "not sure", Answer.NO: "no"}
    for record in reversed(records):
        for key, answer in record.entry.answers:
            if key == MEDICINE and answer in said:
                yield record.called_at.date(), said[answer]
