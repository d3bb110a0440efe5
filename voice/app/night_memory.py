"""What was reached tonight, kept in the state folder, so that no restart forgets it.

Laws of this file:

- It holds a level, three facts and a time. It holds no words of the person, and no sound.
- A file that is damaged is no fault: a line in the log, and a night without a memory.
- A night is rather remembered too long than not: see :mod:`voice.app.moment` for its age.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

import msgspec

from voice.app.moment import Clocks, Moment
from voice.app.state_file import StateFile
from voice.content.script import Level
from voice.dialogue.night import Night

FILE: Final = "night.json"
"""Its name in the state folder."""

_LOG: Final = logging.getLogger(__name__)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A night, and when its level was last reached."""

    level: Level
    reached: Moment
    no_standing: bool
    clot_sign: bool
    rest_waiting: bool


class NightMemory:
    """The night to begin with, and a place to keep what is reached."""

    def __init__(self, path: Path, clocks: Clocks | None = None) -> None:
        self._clocks = clocks or Clocks()
        self._file = StateFile(path, "what was reached tonight")
        self.night = self._read(path)

    def keep(self, night: Night, now_s: float) -> None:
        """Keep what was reached; it is written meanwhile. ``now_s`` is the audio clock."""
        self.night = night
        kept = _File(
            night.level,
            self._clocks.moment(now_s - night.at_s),
            night.no_standing,
            night.clot_sign,
            night.rest_waiting,
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
        age_s = self._clocks.age_s(kept.reached)
        return Night(kept.level, -age_s, kept.no_standing, kept.clot_sign, kept.rest_waiting)
