"""The outcome of a rehearsal, and whether it is as expected. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from voice.content.script import Level, LineKey, Script
from voice.simulation.scenario import Expectation


@dataclass(frozen=True)
class Outcome:
    """The outcome of a rehearsal.

    ``lines``: the keys of all lines that Charley began to say, in order; ``room_s``: the simulated
    time in the room; ``took_s``: the real time.
    """

    level: Level | None
    state: str
    wakes: int
    lines: tuple[LineKey, ...]
    room_s: float
    took_s: float

    @property
    def speedup(self) -> float:
        """How many times faster than real time it ran."""
        return self.room_s / self.took_s if self.took_s > 0 else 0.0


def level_given(script: Script, lines: Iterable[LineKey]) -> Level | None:
    """The highest level whose advice was begun; None if no advice was given.

    Each level's advice, in each of its forms, opens with a line that is unique to that level.
    """
    openings = {
        said[0]: level
        for level, advice in script.advice.items()
        for said in (advice.plain, advice.soft, advice.partial)
        if said
    }
    return max((openings[key] for key in lines if key in openings), default=None)


def problems(expected: Expectation, outcome: Outcome) -> tuple[str, ...]:
    """Every deviation from the expected outcome, in words; empty if there is none."""
    found: list[str] = []
    if outcome.level != expected.advice:
        found.append(f"the level of advice is {_name(outcome.level)}, not {expected.level}")
    if outcome.state != expected.state:
        found.append(f"it ends {outcome.state}, not {expected.state}")
    if outcome.wakes != expected.wakes:
        found.append(f"it woke {_times(outcome.wakes)}, not {_times(expected.wakes)}")
    found += [f"{p} is not said" for p in expected.says if not _said(p, outcome.lines)]
    found += [f"{p} is said" for p in expected.never if _said(p, outcome.lines)]
    missing = _first_out_of_order(expected.order, outcome.lines)
    if missing is not None:
        found.append(f"{missing} is not said in its place")
    return tuple(found)


def _name(level: Level | None) -> str:
    return "none" if level is None else level.name.lower()


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _said(pattern: str, lines: Iterable[LineKey]) -> bool:
    return any(fnmatchcase(key, pattern) for key in lines)


def _first_out_of_order(order: Sequence[str], lines: Iterable[LineKey]) -> str | None:
    """The first pattern that fits no line after the earlier patterns; None if all are in order."""
    rest = iter(lines)
    for pattern in order:
        if not any(fnmatchcase(key, pattern) for key in rest):
            return pattern
    return None
