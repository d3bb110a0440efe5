"""Recorded lines: a folder of takes, and the words of each.

A take is a WAV file named after the key of its line. ``takes.json`` beside them holds the text
that was read. If the line has changed since, the take is stale, and is not played.

Laws of this file:

- A take is listed only once it is complete on disk, so recording may stop at any moment.
- A stale, missing or damaged take is not an error: an engine speaks that line.
"""

from __future__ import annotations

import logging
import os
import wave
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from voice.audio.files import length_of, read_recording
from voice.audio.normalise import finish
from voice.audio.samples import RATE_HZ, Samples
from voice.content.script import Line, LineKey
from voice.errors import RecordingError, VoicePackError

INDEX: Final = "takes.json"

_LOG: Final = logging.getLogger(__name__)


class VoicePack:
    """The takes in a folder, for the lines of a script.

    Raises VoicePackError if the list of takes cannot be read. A missing folder holds no takes.
    """

    def __init__(self, folder: Path, lines: Iterable[Line]) -> None:
        self.folder = folder
        self._lines = {line.key: line.text for line in lines}
        self._said = _read_index(folder / INDEX)
        self._by_text: dict[str, LineKey] = {}
        for key in self.recorded:
            self._by_text.setdefault(self._lines[key], key)

    @property
    def recorded(self) -> tuple[LineKey, ...]:
        """The lines with a take of their present words."""
        said = self._said
        return tuple(k for k, text in self._lines.items() if said.get(k) == text and self._sound(k))

    @property
    def stale(self) -> tuple[LineKey, ...]:
        """The lines whose words have changed since they were recorded."""
        return tuple(k for k, text in self._lines.items() if self._said.get(k, text) != text)

    @property
    def missing(self) -> tuple[LineKey, ...]:
        """The lines without a playable take, stale ones included, in their order."""
        recorded = set(self.recorded)
        return tuple(key for key in self._lines if key not in recorded)

    def holds(self, text: str) -> bool:
        """Whether there is a take of that text."""
        return text in self._by_text

    def load(self, text: str) -> Samples | None:
        """The take of that text, trimmed and levelled; None if there is none to play."""
        key = self._by_text.get(text)
        if key is None:
            return None
        try:
            samples = finish(read_recording(self._path(key)))
        except RecordingError as error:
            _LOG.warning("%s; an engine speaks that line", error.what)
        else:
            if len(samples):
                return samples
        del self._by_text[text]
        return None

    def keep(self, key: LineKey, samples: Samples) -> None:
        """Save a take of that line, replacing any earlier one. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(key)
        draft = path.with_suffix(".part")
        with draft.open("wb") as file:
            with wave.open(file) as sound:
                sound.setnchannels(1)
                sound.setsampwidth(2)
                sound.setframerate(RATE_HZ)
                sound.writeframes(samples.astype("<i2").tobytes())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        self._said[key] = self._lines[key]
        self._by_text[self._lines[key]] = key
        index = self.folder / f"{INDEX}.part"
        index.write_bytes(msgspec.json.format(msgspec.json.encode(self._said), indent=2) + b"\n")
        index.replace(self.folder / INDEX)

    def _path(self, key: LineKey) -> Path:
        return self.folder / f"{key}.wav"

    def _sound(self, key: LineKey) -> bool:
        try:
            frames, _ = length_of(self._path(key))
        except RecordingError:
            return False
        return frames > 0


def _read_index(path: Path) -> dict[LineKey, str]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[LineKey, str])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise VoicePackError(
            f"{path}: the list of takes cannot be read ({error})",
            remedy="Remove that file, and record again: charley voice record DIR",
        ) from error
