"""What was reached tonight, kept in the state folder, so that no restart forgets it.

Laws of this file:

- It holds a level, three facts and a time. It holds no words of the person, and no sound.
- A file that is damaged is no fault: a line in the log, and a night without a memory.
- The wall's clock may be wrong, since a Raspberry Pi without a network has none that
  lasts, and it may be put right at any moment. So the time since the machine was started
  counts, as long as it is not started anew. A time that lies ahead is taken for now:
  rather remembered too long than not.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from voice.app.state_file import StateFile
from voice.content.script import Level
from voice.dialogue.night import Night
from voice.uptime import Uptime, uptime

FILE: Final = "night.json"
"""Its name in the state folder."""

_LOG: Final = logging.getLogger(__name__)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A night, and when its level was last reached.

    ``reached_at_s``: in seconds since the epoch; ``reached_up_s``: since the start of
    the machine that ``boot`` names, where that is known.
    """

    level: Level
    reached_at_s: float
    no_standing: bool
    clot_sign: bool
    rest_waiting: bool
    boot: str | None = None
    reached_up_s: float = 0.0


class NightMemory:
    """The night to begin with, and a place to keep what is reached.

    ``clock`` gives seconds since the epoch, ``uptime`` the time since the machine was started.
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.time,  # noqa: TID251 - no other outlasts a restart
        uptime: Callable[[], Uptime | None] = uptime,
    ) -> None:
        self._clock = clock
        self._uptime = uptime
        self._file = StateFile(path, "what was reached tonight")
        self.night = self._read(path)

    def keep(self, night: Night, now_s: float) -> None:
        """Keep what was reached; it is written meanwhile. ``now_s`` is the audio clock."""
        self.night = night
        age_s, up = now_s - night.at_s, self._uptime()
        kept = _File(
            night.level,
            self._clock() - age_s,
            night.no_standing,
            night.clot_sign,
            night.rest_waiting,
            boot=up.boot if up else None,
            reached_up_s=up.up_s - age_s if up else 0.0,
        )
        self._file.write(msgspec.json.encode(kept))

    def close(self) -> None:
        """Write what is not written yet, if the disk lets it. Safe to call twice."""
        self._file.close()

    def _read(self, path: Path) -> Night:
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=_File)
        except FileNotFoundError:
            return Night()
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            _LOG.warning("%s: what was reached tonight is lost (%s)", path, error)
            return Night()
        age_s = max(0.0, self._age_s(kept))
        return Night(kept.level, -age_s, kept.no_standing, kept.clot_sign, kept.rest_waiting)

    def _age_s(self, kept: _File) -> float:
        up = self._uptime()
        if up is not None and up.boot == kept.boot:
            return up.up_s - kept.reached_up_s
        return self._clock() - kept.reached_at_s
