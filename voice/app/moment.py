"""How long ago something was, across a restart of Charley or of the machine.

The wall clock may be wrong, since a Raspberry Pi without a network has no battery-backed
clock, and it may be corrected at any moment. So the machine's uptime counts until the next
boot. A time in the future is taken for now.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from voice.uptime import Uptime, uptime


class Moment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A point in time that can be stored in a file.

    ``wall_s`` is in seconds since the epoch; ``up_s`` is in seconds since the boot that
    ``boot`` identifies, if known.
    """

    wall_s: float
    boot: str | None = None
    up_s: float = 0.0


class Clocks:
    """The clocks that survive a restart of Charley.

    ``wall`` gives seconds since the epoch, ``uptime`` the time since the machine booted.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,  # noqa: TID251 - no other outlasts a restart
        uptime: Callable[[], Uptime | None] = uptime,
    ) -> None:
        self._wall = wall
        self._uptime = uptime

    def moment(self, ago_s: float = 0.0) -> Moment:
        """The moment ``ago_s`` seconds ago."""
        up = self._uptime()
        wall_s = self._wall() - ago_s
        return Moment(wall_s) if up is None else Moment(wall_s, up.boot, up.up_s - ago_s)

    def age_s(self, moment: Moment) -> float:
        """How long ago that was, in seconds; never negative."""
        up = self._uptime()
        if up is not None and up.boot == moment.boot:
            return max(0.0, up.up_s - moment.up_s)
        return max(0.0, self._wall() - moment.wall_s)
