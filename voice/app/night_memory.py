"""What was reached tonight, kept in the state folder, so that no restart forgets it.

Laws of this file:

- It holds a level, four facts and a time. It holds no words of the person, and no sound.
- A file that is damaged is no fault: a line in the log, and a night without a memory.
- The wall's clock may be wrong, since a Raspberry Pi without a network has none that
  lasts. A time that lies ahead is taken for now: rather remembered too long than not.
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

FILE: Final = "night.json"
"""Its name in the state folder."""

_LOG: Final = logging.getLogger(__name__)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A night, and when its level was last reached, in seconds since the epoch."""

    level: Level
    reached_at_s: float
    no_standing: bool
    clot_sign: bool
    rest_waiting: bool


class NightMemory:
    """The night to begin with, and a place to keep what is reached.

    ``clock`` gives seconds since the epoch.
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.time,  # noqa: TID251 - no other outlasts a restart
    ) -> None:
        self._clock = clock
        self._file = StateFile(path, "what was reached tonight")
        self.night = self._read(path)

    def keep(self, night: Night, now_s: float) -> None:
        """Keep what was reached; it is written meanwhile. ``now_s`` is the audio clock."""
        self.night = night
        self._file.write(
            msgspec.json.encode(
                _File(
                    night.level,
                    self._clock() - (now_s - night.at_s),
                    night.no_standing,
                    night.clot_sign,
                    night.rest_waiting,
                )
            )
        )

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
        age_s = max(0.0, self._clock() - kept.reached_at_s)
        return Night(kept.level, -age_s, kept.no_standing, kept.clot_sign, kept.rest_waiting)
