"""Volume, rate and voice as the user set them by voice, kept from one night to the next.

Laws of this file:

- The latest request counts. "Softer" holds until the user says "louder" or changes that
  setting in the configuration: the file also keeps the setting that was in force then.
- Nothing here blocks the audio loop: a thread writes, so a slow disk holds nothing up.
- A file that is damaged or cannot be written is not an error: it gives a line in the log,
  and the configured settings apply.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from voice.app.state_file import StateFile
from voice.ports import USUAL_VOICE
from voice.speech.settings import FASTEST_WPM, LOUDEST_DB, SLOWEST_WPM, SOFTEST_DB, SpeechSettings

FILE: Final = "voice.json"
"""Its name in the state folder."""

_LOG: Final = logging.getLogger(__name__)

_VolumeDb = Annotated[float, Meta(ge=SOFTEST_DB, le=LOUDEST_DB)]
_Rate = Annotated[int, Meta(ge=SLOWEST_WPM, le=FASTEST_WPM)]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What was set by voice, and the settings at that time. The usual voice is not named."""

    volume_db: _VolumeDb
    words_per_minute: _Rate
    set_volume_db: _VolumeDb
    set_words_per_minute: _Rate
    voice: str = USUAL_VOICE
    set_voice: str = USUAL_VOICE


class VoicePreferences:
    """The volume, rate and voice to start with, and where to keep changes made by voice.

    ``settings`` come from the configuration; ``usual`` is the name of the voice they lead to.
    """

    def __init__(self, path: Path, settings: SpeechSettings, usual: str = USUAL_VOICE) -> None:
        self._settings = settings
        self._usual = usual
        kept = _read(path)
        self.volume_db = settings.volume_db
        self.words_per_minute = settings.words_per_minute
        if kept is not None and kept.set_volume_db == settings.volume_db:
            self.volume_db = kept.volume_db
        if kept is not None and kept.set_words_per_minute == settings.words_per_minute:
            self.words_per_minute = kept.words_per_minute
        self.voice = USUAL_VOICE
        if kept is not None and kept.set_voice == usual:
            self.voice = kept.voice
        self._file = StateFile(path, "the volume, rate and voice set by voice")

    def keep(self, volume_db: float, words_per_minute: int, voice: str = USUAL_VOICE) -> None:
        """Keep the new volume, rate and voice; a thread writes them."""
        self.volume_db, self.words_per_minute, self.voice = volume_db, words_per_minute, voice
        said = _File(
            volume_db,
            words_per_minute,
            self._settings.volume_db,
            self._settings.words_per_minute,
            voice,
            USUAL_VOICE if voice == USUAL_VOICE else self._usual,
        )
        self._file.write(msgspec.json.encode(said))

    def close(self) -> None:
        """Write what is still pending, if the disk allows it. Safe to call twice."""
        self._file.close()


def forget(path: Path) -> bool:
    """Delete the stored volume and rate. Returns whether there were any. Raises OSError."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _read(path: Path) -> _File | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_File)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        _LOG.warning("%s: unreadable; the settings made by voice are lost (%s)", path, error)
        return None
