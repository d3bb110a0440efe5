"""An entry with its place in time, and what the entries come to. Pure, but for the time zone.

A night lasts from noon to noon. A time that lies ahead, which a clock that was set back
leaves, is taken for now.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from voice.dialogue.diary import Entry, Readable, Summary
from voice.diary.store import Kept

LATELY_S: Final = 30 * 86_400.0
"""What "this month" means: the last thirty days."""

EARLIEST: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""A clock that shows a time before this was never set: a machine without one begins in 1970."""


@dataclass(frozen=True)
class Record:
    """A conversation: its entry, and when Charley was called, in seconds since the epoch."""

    called_at_s: float
    entry: Entry

    @property
    def dated(self) -> bool:
        """Whether it is known when that was."""
        return is_set(self.called_at_s)

    @property
    def called_at(self) -> datetime:
        """When that was, by the clock on the wall."""
        return local(self.called_at_s)

    @property
    def night(self) -> date:
        """The day on which the night began that it belongs to."""
        return night_of(self.called_at_s)


def records_of(kept: Kept, began: Mapping[str, float]) -> tuple[Record, ...]:
    """The entries of a diary, oldest first. ``began``: when each run of the machine began."""
    found = (
        Record(began[call.boot] + call.up_s, entry)
        for call, entry in kept.entries.items()
        if call.boot in began
    )
    return tuple(sorted(found, key=lambda record: record.called_at_s))


def is_set(clock_s: float) -> bool:
    """Whether a clock that shows this has been set at all."""
    return clock_s >= EARLIEST.timestamp()


def local(at_s: float) -> datetime:
    """A time since the epoch, by the clock on the wall."""
    return datetime.fromtimestamp(at_s, tz=UTC).astimezone()


def night_of(at_s: float) -> date:
    """The day on which the night began in which that time lies."""
    return (local(at_s) - timedelta(hours=12)).date()


def nights_since(at_s: float, now_s: float) -> int:
    """How many nights ago that time was."""
    return (night_of(now_s) - night_of(at_s)).days


def summarise(records: Iterable[Record], now_s: float, *, writable: bool, told: bool) -> Summary:
    """What is answered when the diary is asked. ``now_s``: seconds since the epoch."""
    if not is_set(now_s):
        return Summary(Readable.UNDATED, writable=writable, spoken_of=told)
    ages_s = sorted(
        [max(0.0, now_s - r.called_at_s) for r in records if r.entry.counts_as_cramp and r.dated]
    )
    lately, older = bisect_left(ages_s, LATELY_S), bisect_left(ages_s, 2 * LATELY_S)
    last_ago_s = ages_s[0] if ages_s else None
    return Summary(
        Readable.YES,
        lately=lately,
        before=older - lately,
        last_ago_s=last_ago_s,
        last_nights=0 if last_ago_s is None else nights_since(now_s - last_ago_s, now_s),
        writable=writable,
        spoken_of=told,
    )
