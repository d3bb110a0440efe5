"""Volume and rate as somebody set them by voice, kept from one night to the next.

Laws of this file:

- The last word counts. "Softer" holds until somebody says "louder", or changes that
  setting in the configuration: what was said is kept beside the setting it was said on.
- Nothing here makes the audio loop wait: a thread writes, whatever the disk does.
- A file that is damaged, or cannot be written, is no fault: a line in the log, and the
  settings of the configuration.
"""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from voice.speech.settings import FASTEST_WPM, LOUDEST_DB, SLOWEST_WPM, SOFTEST_DB, SpeechSettings

FILE: Final = "voice.json"
"""Its name in the state folder."""

PATIENCE_S: Final = 0.5
"""So long a disk may take at the end; then what was said last is not kept."""

_LOG: Final = logging.getLogger(__name__)

_VolumeDb = Annotated[float, Meta(ge=SOFTEST_DB, le=LOUDEST_DB)]
_Rate = Annotated[int, Meta(ge=SLOWEST_WPM, le=FASTEST_WPM)]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was said, and the settings at that time."""

    volume_db: _VolumeDb
    words_per_minute: _Rate
    set_volume_db: _VolumeDb
    set_words_per_minute: _Rate


class KeptVoice:
    """The volume and rate to begin with, and a place to keep those that are said.

    ``settings`` are those of the configuration.
    """

    def __init__(self, path: Path, settings: SpeechSettings) -> None:
        self._path = path
        self._settings = settings
        kept = _read(path)
        self.volume_db = settings.volume_db
        self.words_per_minute = settings.words_per_minute
        if kept is not None and kept.set_volume_db == settings.volume_db:
            self.volume_db = kept.volume_db
        if kept is not None and kept.set_words_per_minute == settings.words_per_minute:
            self.words_per_minute = kept.words_per_minute
        self._changed = threading.Condition()
        self._unwritten: _File | None = None
        self._over = False
        self._writer: threading.Thread | None = None

    def keep(self, volume_db: float, words_per_minute: int) -> None:
        """Keep what was just said; it is written meanwhile."""
        self.volume_db, self.words_per_minute = volume_db, words_per_minute
        settings = self._settings
        said = _File(volume_db, words_per_minute, settings.volume_db, settings.words_per_minute)
        with self._changed:
            self._unwritten = said
            self._changed.notify()
        if self._writer is None:
            self._writer = threading.Thread(target=self._write, name="charley-keeping", daemon=True)
            self._writer.start()

    def close(self) -> None:
        """Write what is not written yet, if the disk lets it. Safe to call twice."""
        with self._changed:
            self._over = True
            self._changed.notify()
        if self._writer is not None:
            self._writer.join(PATIENCE_S)

    def _write(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._unwritten is not None or self._over)
                said, self._unwritten = self._unwritten, None
            if said is None:
                return
            try:
                _write_whole(self._path, msgspec.json.encode(said))
            except OSError as error:
                _LOG.warning("volume and rate are not kept: %s", error)


def forget(path: Path) -> bool:
    """Forget what was said. Returns whether there was anything. Raises OSError."""
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
        _LOG.warning("%s: what was said of volume and rate is lost (%s)", path, error)
        return None


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is whole at any moment, even if the power fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
