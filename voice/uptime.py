"""How long the machine has been up: the one clock that nobody puts right meanwhile."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Uptime:
    """How long the machine has been up, in seconds, sleep included; ``boot`` names that start."""

    boot: str
    up_s: float


def uptime() -> Uptime | None:
    """The uptime of this machine; None where it does not tell."""
    if sys.platform != "linux":
        return None
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return Uptime(boot, time.clock_gettime(time.CLOCK_BOOTTIME))
