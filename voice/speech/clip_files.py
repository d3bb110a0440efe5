"""Rendered clips on disk: one small file each, written atomically.

A file is a header (magic, number of samples, CRC-32 of the samples) and the
samples, int16 little-endian at 16 kHz. It is written to a temporary file and
then moved into place, so that a crash leaves the old file or none. A truncated or changed
file counts as missing.
"""

from __future__ import annotations

import contextlib
import logging
import os
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Final

import numpy as np

from voice.audio.samples import Samples

_MAGIC: Final = b"CLIP0001"
_HEADER: Final = struct.Struct("<8sII")
_LOG = logging.getLogger(__name__)


class ClipStore:
    """A folder of clips, found by key (a valid file name).

    It never raises for an unusable folder: it logs that once, and then holds nothing.
    ``folder`` None means no folder, without a log line.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._writable = folder is not None

    @property
    def writable(self) -> bool:
        """Whether saving works, as far as is known."""
        return self._writable

    def holds(self, key: str) -> bool:
        """Whether there is a file of the right length for ``key``; does not read the sound."""
        if self.folder is None:
            return False
        try:
            with self._path(key).open("rb") as file:
                magic, count, _ = _HEADER.unpack(file.read(_HEADER.size))
                size = os.fstat(file.fileno()).st_size
        except (OSError, struct.error):
            return False
        return bool(magic == _MAGIC and size == _HEADER.size + 2 * count)

    def load(self, key: str) -> Samples | None:
        """The samples stored under ``key``; None if they are missing or damaged."""
        if self.folder is None:
            return None
        try:
            content = self._path(key).read_bytes()
        except OSError:
            return None
        sound = memoryview(content)[_HEADER.size :]
        if content[: _HEADER.size] != _header(sound):
            _LOG.warning("%s is damaged; rendering the line again", self._path(key))
            with contextlib.suppress(OSError):
                self._path(key).unlink()
            return None
        return np.frombuffer(sound, "<i2")

    def save(self, key: str, samples: Samples) -> None:
        """Store the samples under ``key`` if the folder is writable."""
        if self.folder is None or not self._writable:
            return
        sound = samples.astype("<i2").tobytes()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor, part = tempfile.mkstemp(dir=self.folder, suffix=".part")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(_header(sound) + sound)
                Path(part).replace(self._path(key))
            except OSError:
                Path(part).unlink(missing_ok=True)
                raise
        except OSError as error:
            self._writable = False
            _LOG.warning(
                "cannot save rendered speech in %s (%s); it will be rendered at every start",
                self.folder,
                error.strerror,
            )

    def _path(self, key: str) -> Path:
        return Path(self.folder or "", f"{key}.clip")


def _header(sound: bytes | memoryview) -> bytes:
    return _HEADER.pack(_MAGIC, len(sound) // 2, zlib.crc32(sound))
