"""The clocks that outlast a restart of Charley or of the machine.

The wall clock may be wrong, since a Raspberry Pi without a network has no battery-backed
clock, and it may be corrected at any moment. So the machine's uptime counts until the next
boot. A time in the future is taken for now.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Uptime:
    """How long the machine has been up, in seconds, sleep included; ``boot`` names that start."""

    boot: str
    up_s: float


def uptime() -> Uptime | None:
    """The uptime of this machine; None if it does not tell."""
    if sys.platform != "linux":
        return None
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return Uptime(boot, time.clock_gettime(time.CLOCK_BOOTTIME))


class Moment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A point in time that can be stored in a file.

    ``wall_s`` is in seconds since the epoch; ``up_s`` is in seconds since the boot that
    ``boot`` identifies, if known.
    """

    wall_s: float
    boot: str | None = None
    up_s: float = 0.0


@dataclass(frozen=True)
class Clocks:
    """``wall`` gives seconds since the epoch, ``uptime`` the time since the boot.

    ``steady`` is never set, and means nothing to another process.
    """

    wall: Callable[[], float] = time.time  # noqa: TID251 - no other outlasts a restart
    uptime: Callable[[], Uptime | None] = uptime
    steady: Callable[[], float] = time.monotonic

    def moment(self, ago_s: float = 0.0) -> Moment:
        """The moment ``ago_s`` seconds ago."""
        up = self.uptime()
        wall_s = self.wall() - ago_s
        return Moment(wall_s) if up is None else Moment(wall_s, up.boot, up.up_s - ago_s)

    def age_s(self, moment: Moment) -> float:
        """How long ago that was, in seconds; never negative."""
        up = self.uptime()
        if up is not None and up.boot == moment.boot:
            return max(0.0, up.up_s - moment.up_s)
        return max(0.0, self.wall() - moment.wall_s)

    def run(self) -> tuple[Uptime, float]:
        """The present run of the machine, and when it began, in seconds since the epoch.

        A machine that tells no uptime has a single run, which began with the epoch.
        """
        now_s = self.wall()
        up = self.uptime() or Uptime("", now_s)
        return up, now_s - up.up_s
