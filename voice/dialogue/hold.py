"""A hold as a timed list of cues, and their places on a sample clock. Pure.

The cues of a hold are fixed by its length alone. A pause, "longer" or a
question about the time never changes a hold: it makes a new one of the time
that is left, with an opening of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from voice.content.script import LineKey

LAST_COUNT: Final = 5
"""The last seconds are counted one by one, from this number down."""

SHORTEST_S: Final = 1.0
LONGEST_S: Final = 120.0

MARKS_S: Final = (90, 60, 45, 30, 20, 10)
"""Where the time left may be told, in seconds before the end."""

BREATHING_SPACE_S: Final = 4.0
"""No time left is told so soon after the start of a hold."""


@dataclass(frozen=True)
class Cue:
    """A line that is begun so many seconds after the start of the hold."""

    at_s: float
    line: LineKey


@dataclass(frozen=True)
class Hold:
    """A hold of ``length_s`` seconds.

    ``opening`` is said at once, while the time already runs. Cues that would
    fall into it give way, but the last count never does.
    """

    length_s: float
    opening: tuple[LineKey, ...] = ()

    def __post_init__(self) -> None:
        if not SHORTEST_S <= self.length_s <= LONGEST_S:
            raise ValueError(f"a hold of {self.length_s} s is outside {SHORTEST_S}..{LONGEST_S} s")

    def cues(self) -> tuple[Cue, ...]:
        """The spoken cues in order of time: time left, then the last count."""
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
    """The key of the line that tells that so many seconds are left."""
    return LineKey(f"left_{seconds}")


def count_line(number: int) -> LineKey:
    """The key of the line that is one spoken number of the last count."""
    return LineKey(f"count_{number}")


def spoken_time_left(left_s: float) -> int:
    """The number of seconds to say for a time left: exact to ten, then by fives."""
    if left_s <= 10:
        return max(1, round(left_s))
    return min(int(LONGEST_S), 5 * round(left_s / 5))


def required_lines() -> tuple[LineKey, ...]:
    """Every line that a hold may say, whatever its length."""
    told = {spoken_time_left(s) for s in range(1, int(LONGEST_S) + 1)} | set(MARKS_S)
    counts = tuple(count_line(n) for n in range(LAST_COUNT, 0, -1))
    return counts + tuple(time_left_line(s) for s in sorted(told))


@dataclass(frozen=True)
class PlacedLine:
    """A line and the sample of the hold on which it begins."""

    offset: int
    line: LineKey


def lay_out(
    hold: Hold, lengths: Mapping[LineKey, int], rate_hz: int, gap_s: float = 0.15
) -> tuple[PlacedLine, ...]:
    """Place a hold's lines on a sample clock, so that no two overlap.

    ``lengths`` holds the length of every line in samples. Cue times are exact to
    the sample. The last count is always kept: whatever would run into it, or
    into an earlier line, is left out; a number of the count that is longer than
    its second still starts on it.
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
