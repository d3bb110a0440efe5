"""How a loudspeaker begins, and whether it takes sound in real time.

A sound server that has just been started may fill its own buffer first, and then take
nothing for a second. Now and then it swallows many seconds at once, and they are never heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

RUNAWAY_S: Final = 10.0
"""A device that is this far ahead of twice real time has no clock at all."""

LEAD_IN_S: Final = 0.1
"""A stream begins with this much silence. A server may lose its first milliseconds."""

STEP_S: Final = 0.1
"""How often to check a new device until it is steady."""

KEPT_S: Final = 0.3
"""If a device stays ahead for this long while it continues to take sound, it is not filling a
buffer: the sound is lost."""

_STEADY_STEPS: Final = 3
_SLOWEST: Final = 0.5
_FASTEST: Final = 2.0

STORM_S: Final = 0.1
"""A device that ran dry, and is ahead of real time by this much more than its buffer holds, is
in an underrun storm: it takes what it is given and runs dry again, many times within a moment."""


class PlaybackRate:
    """How much sound a device has taken, compared with a clock that never goes back.

    :meth:`take` is for the one thread that feeds the device; all else is for any thread.
    """

    def __init__(self, now_s: float) -> None:
        self._at_s = now_s
        self._ahead_s = 0.0
        self._excess_s = 0.0
        self._taken_s = 0.0

    def take(self, duration_s: float, now_s: float, *, sound: bool = True) -> None:
        """The device takes that much. Time in which it took too little is not credited to it.

        ``sound`` is False for silence given instead of sound that is held back.
        """
        passed_s = now_s - self._at_s
        self._ahead_s = max(0.0, self._ahead_s - passed_s) + (duration_s if sound else 0.0)
        self._excess_s = max(0.0, self._excess_s - _FASTEST * passed_s) + duration_s
        self._at_s = now_s
        self._taken_s += duration_s

    def is_storm(self, buffer_s: float, now_s: float) -> bool:
        """Whether a device that has just run dry would lose what it is given now.

        ``buffer_s`` is the length of its buffer: no device that keeps time is further ahead.
        """
        return self._ahead_s - (now_s - self._at_s) > buffer_s + STORM_S

    @property
    def taken_s(self) -> float:
        """Everything that was taken, in seconds."""
        return self._taken_s

    @property
    def runs_away(self) -> bool:
        """Whether the device has no clock: it takes everything it is given, without end.

        A device that swallows some seconds once is kept, since the same sound can be given
        to it again.
        """
        return self._excess_s > RUNAWAY_S


class LeadWatch:
    """Tells sound that was swallowed from sound that waits in the buffer of a device.

    A device with a large buffer takes sound early, and then waits until time has caught up.
    One that has swallowed sound continues in real time, and stays as far ahead.
    """

    def __init__(self) -> None:
        self._since: tuple[float, float] | None = None

    def swallowed(self, *, ahead: bool, taken_s: float, now_s: float) -> bool:
        """Whether sound is lost. ``ahead``: the device is ahead of real time now."""
        if not ahead:
            self._since = None
            return False
        if self._since is None:
            self._since = (now_s, taken_s)
        since_s, before_s = self._since
        if now_s - since_s < KEPT_S:
            return False
        self._since = None
        return taken_s - before_s > _SLOWEST * (now_s - since_s)


def is_steady(taken_s: Sequence[float]) -> bool:
    """Whether the latest of these amounts, one every :data:`STEP_S`, grew in real time."""
    steps = [after - before for before, after in pairwise(taken_s[-_STEADY_STEPS - 1 :])]
    in_time = [_SLOWEST < step / STEP_S < _FASTEST for step in steps]
    return len(in_time) == _STEADY_STEPS and all(in_time)
