"""How a loudspeaker begins, and whether it takes sound at the pace of time.

A sound server that has just been started may fill its own store first, and then take
nothing for a second; now and then it swallows many seconds at once, which nobody hears.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

AHEAD_S: Final = 3.0
"""A device that is so far ahead of time keeps none. Its own store is shorter."""

LEAD_IN_S: Final = 0.1
"""So much silence goes first. A server may lose the first milliseconds of a stream."""

STEP_S: Final = 0.1
"""How often to look at a device until it is steady."""

_STEADY_STEPS: Final = 3
_SLOWEST: Final = 0.5
_FASTEST: Final = 2.0


class PlaybackRate:
    """What a device has taken, against a clock that tells seconds and never goes back.

    :meth:`take` is for the one thread that feeds the device; the rest may be asked by any.
    """

    def __init__(self, now_s: float) -> None:
        self._at_s = now_s
        self._ahead_s = 0.0
        self._taken_s = 0.0

    def take(self, duration_s: float, now_s: float) -> None:
        """The device takes so much sound. What it was late by before is not made up for."""
        self._ahead_s = max(0.0, self._ahead_s - (now_s - self._at_s)) + duration_s
        self._at_s = now_s
        self._taken_s += duration_s

    @property
    def taken_s(self) -> float:
        """All that was taken, in seconds."""
        return self._taken_s

    @property
    def runs_away(self) -> bool:
        """Whether the device has taken more than can be heard by now."""
        return self._ahead_s > AHEAD_S


def is_steady(taken_s: Sequence[float]) -> bool:
    """Whether what had been taken, every :data:`STEP_S`, grew at the pace of time of late."""
    steps = [after - before for before, after in pairwise(taken_s[-_STEADY_STEPS - 1 :])]
    at_pace = [_SLOWEST < step / STEP_S < _FASTEST for step in steps]
    return len(at_pace) == _STEADY_STEPS and all(at_pace)
