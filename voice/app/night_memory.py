"""The worst level and the facts of tonight, kept in the state folder across restarts.

Laws of this file:

- It holds a level, three facts and a time. It holds none of the user's words, and no sound.
- A damaged file is not an error: it gives a line in the log, and a night without a memory.
- It is better to remember a night too long than to forget it: see :mod:`voice.clocks`
  for how its age is found.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

import msgspec

from voice.app.state_file import StateFile
from voice.clocks import Clocks, Moment
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
    """The night to start from, and where to keep it from then on."""

    def __init__(self, path: Path, clocks: Clocks | None = None) -> None:
        self._clocks = clocks or Clocks()
        self._file = StateFile(path, "the memory of tonight")
        self.night = self._read(path)

    def keep(self, night: Night, now_s: float) -> None:
        """Keep the night; a thread writes it. ``now_s`` is the audio clock."""
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
        """Write what is still pending, if the disk allows it. Safe to call twice."""
        self._file.close()

    def _read(self, path: Path) -> Night:
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=_File)
        except FileNotFoundError:
            return Night()
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            _LOG.warning("%s: unreadable; the memory of tonight is lost (%s)", path, error)
            return Night()
        age_s = self._clocks.age_s(kept.reached)
        return Night(kept.level, -age_s, kept.no_standing, kept.clot_sign, kept.rest_waiting)
