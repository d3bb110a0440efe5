"""A hold as a timed list of cues, and their places on a sample clock. Pure.

The length of a hold alone determines its cues. A pause, "longer" or a question about the time
never changes a hold: each makes a new one for the remaining time, with a new opening.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from voice.content.script import LineKey

LAST_COUNT: Final = 5
"""Count the last seconds one by one, down from this number."""

SHORTEST_S: Final = 1.0
LONGEST_S: Final = 120.0

MARKS_S: Final = (90, 60, 45, 30, 20, 10)
"""When to announce the time left, in seconds before the end."""

BREATHING_SPACE_S: Final = 4.0
"""Announce the time left no earlier than this after the start of a hold."""


@dataclass(frozen=True)
class Cue:
    """A line that begins ``at_s`` seconds after the start of the hold."""

    at_s: float
    line: LineKey


@dataclass(frozen=True)
class Hold:
    """A hold of ``length_s`` seconds.

    ``opening`` is said at once, while the time is already running. Cues that would overlap
    it are dropped, but the final count never is.
    """

    length_s: float
    opening: tuple[LineKey, ...] = ()

    def __post_init__(self) -> None:
        if not SHORTEST_S <= self.length_s <= LONGEST_S:
            raise ValueError(f"a hold of {self.length_s} s is outside {SHORTEST_S}..{LONGEST_S} s")

    def cues(self) -> tuple[Cue, ...]:
        """The spoken cues in order of time: time left, then the final count."""
        told = [
            Cue(self.length_s - left, time_left_line(left))
            for left in MARKS_S
            if self.length_s - left >= BREATHING_SPACE_S
        ]
        counted = [
            Cue(self.length_s - n, count_line(n))
            for n in range(LAST_COUNT, 0, -1)
            if n <= self.length_s
        ]
        return tuple(told + counted)

    def left_s(self, elapsed_s: float) -> float:
        """Seconds left after ``elapsed_s`` seconds; never below the shortest hold."""
        return min(self.length_s, max(SHORTEST_S, self.length_s - elapsed_s))


def time_left_line(seconds: int) -> LineKey:
    """The key of the line that announces ``seconds`` left."""
    return LineKey(f"left_{seconds}")


def count_line(number: int) -> LineKey:
    """The key of the line for one number of the final count."""
    return LineKey(f"count_{number}")


def spoken_time_left(left_s: float) -> int:
    """The number of seconds to say for a time left: exact up to ten, then in fives."""
    if left_s <= 10:
        return max(1, round(left_s))
    return min(int(LONGEST_S), 5 * round(left_s / 5))


def required_lines() -> tuple[LineKey, ...]:
    """Every line that a hold of any length may need."""
    told = {spoken_time_left(s) for s in range(1, int(LONGEST_S) + 1)} | set(MARKS_S)
    counts = tuple(count_line(n) for n in range(LAST_COUNT, 0, -1))
    return counts + tuple(time_left_line(s) for s in sorted(told))


@dataclass(frozen=True)
class PlacedLine:
    """A line and the sample of the hold at which it begins."""

    offset: int
    line: LineKey


def lay_out(
    hold: Hold, lengths: Mapping[LineKey, int], rate_hz: int, gap_s: float = 0.15
) -> tuple[PlacedLine, ...]:
    """Place a hold's lines on a sample clock, so that no two overlap.

    ``lengths`` holds the length of every line in samples. Cue times are exact to the sample.
    The final count is always kept: a line that would run into it, or into an earlier line,
    is dropped; a number longer than one second still starts on its second.
    """
    gap = round(gap_s * rate_hz)
    cues = [PlacedLine(round(cue.at_s * rate_hz), cue.line) for cue in hold.cues()]
    counts = [c for c in cues if c.line in _COUNT_LINES]
    free_until = counts[0].offset if counts else round(hold.length_s * rate_hz)
    placed: list[PlacedLine] = []
    at = 0
    for candidate in _sequential(hold.opening, lengths, gap) + [c for c in cues if c not in counts]:
        end = candidate.offset + lengths[candidate.line] + gap
        if candidate.offset >= at and end <= free_until:
            placed.append(candidate)
            at = end
    return tuple(placed + counts)


def _sequential(
    lines: Sequence[LineKey], lengths: Mapping[LineKey, int], gap: int
) -> list[PlacedLine]:
    placed, at = [], 0
    for line in lines:
        placed.append(PlacedLine(at, line))
        at += lengths[line] + gap
    return placed


_COUNT_LINES: Final = frozenset(count_line(n) for n in range(LAST_COUNT, 0, -1))
