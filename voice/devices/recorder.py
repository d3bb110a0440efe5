"""Recording, only on request: what is heard and what is played, written to a folder.

Laws of this file:

- Nothing is written unless a :class:`Recorder` is made, and nothing else writes sound.
- The audio loop never waits: it puts blocks into a queue, and a thread writes them.
- If the disk is full or fails, the recording ends and nothing else does; the log says so.
- A file can be played at any moment, even after a power cut; at most its last second is missing.
"""

from __future__ import annotations

import itertools
import logging
import os
import queue
import shutil
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from voice.audio.samples import BLOCK_S, RATE_HZ, Samples, samples_of
from voice.errors import RecordingError

FILE_S: Final = 3_600.0
"""Length of a pair of files, so that each part can be played or deleted by itself."""

BEHIND_S: Final = 60.0
"""How much sound may wait in memory for a slow disk; what comes after that is lost."""

RESERVE_BYTES: Final = 200 * 1024 * 1024
"""Free space on the disk that is left to other programs."""

PATIENCE_S: Final = 1.0
"""How long to wait for the disk at the end."""

_LOG: Final = logging.getLogger(__name__)
_SECOND: Final = round(1.0 / BLOCK_S)
_SAMPLE_BYTES: Final = 2
_HEADER: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")

_Pair = tuple[Samples, Samples]


class Recorder:
    """Writes pairs of WAV files (16 kHz, mono): ``heard_`` and ``played_``, and then the time.

    The two files of a pair begin on the same block. ``folder`` is created if it is missing.
    Raises RecordingError where it cannot be written to.
    """

    def __init__(
        self, folder: Path, *, file_s: float = FILE_S, reserve_bytes: int = RESERVE_BYTES
    ) -> None:
        self.folder = folder
        self._file_samples = samples_of(file_s)
        self._reserve_bytes = reserve_bytes
        self._queue: queue.Queue[_Pair | None] = queue.Queue(round(BEHIND_S / BLOCK_S))
        self._lost = False
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            first = self._open()
        except OSError as error:
            raise RecordingError(
                f"{folder}: cannot be recorded into ({error.strerror})",
                remedy="Name another folder.",
            ) from error
        self._writer = threading.Thread(
            target=self._write, args=(first,), name="charley-recording", daemon=True
        )
        self._writer.start()

    def take(self, heard: Samples, played: Samples) -> None:
        """Record a block of the microphone and its far-end reference. Never waits."""
        try:
            self._queue.put_nowait((heard.copy(), played.copy()))
        except queue.Full:
            if not self._lost:
                _LOG.warning("%s: the disk is too slow; sound is missing there", self.folder)
            self._lost = True

    def close(self) -> None:
        """Write what is left, if the disk allows it. Safe to call twice."""
        try:
            self._queue.put(None, timeout=PATIENCE_S)
        except queue.Full:
            return
        self._writer.join(PATIENCE_S)

    def _write(self, files: tuple[_Wav, _Wav]) -> None:
        try:
            try:
                for pair in self._pairs():
                    if files[0].samples >= self._file_samples:
                        _close(files)
                        files = self._open()
                    for file, sound in zip(files, pair, strict=True):
                        file.write(sound)
            finally:
                _close(files)
        except OSError as error:
            _LOG.warning("recording has stopped: %s", error)
            for _ in self._rest():
                pass

    def _pairs(self) -> Iterator[_Pair]:
        """The blocks, for as long as the disk has room."""
        for number, pair in enumerate(self._rest()):
            if number % (10 * _SECOND) == 0:
                free = shutil.disk_usage(self.folder).free
                if free < self._reserve_bytes:
                    raise OSError(f"{self.folder}: the disk is nearly full")
            yield pair

    def _rest(self) -> Iterator[_Pair]:
        while (pair := self._queue.get()) is not None:
            yield pair

    def _open(self) -> tuple[_Wav, _Wav]:
        """A new pair of files, named by the wall clock; existing files are left alone."""
        stamp = time.strftime("%Y-%m-%d_%H-%M-%S")
        for number in itertools.count(1):
            name = f"{stamp}.wav" if number == 1 else f"{stamp}_{number}.wav"
            try:
                heard = _Wav(self.folder / f"heard_{name}")
            except FileExistsError:
                continue
            return heard, _Wav(self.folder / f"played_{name}")
        raise AssertionError  # numbers have no end


def _close(files: tuple[_Wav, _Wav]) -> None:
    try:
        files[0].close()
    finally:
        files[1].close()


class _Wav:
    """A WAV file, readable only by its owner, whose header is brought up to date every second."""

    def __init__(self, path: Path) -> None:
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self.samples = 0
        self._since_header = 0
        self._write_header()

    def write(self, sound: Samples) -> None:
        self._file.write(sound.astype("<i2").tobytes())
        self.samples += len(sound)
        self._since_header += 1
        if self._since_header >= _SECOND:
            self._write_header()

    def close(self) -> None:
        try:
            self._write_header()
        finally:
            self._file.close()

    def _write_header(self) -> None:
        self._since_header = 0
        size = self.samples * _SAMPLE_BYTES
        about = (b"fmt ", 16, 1, 1, RATE_HZ, RATE_HZ * _SAMPLE_BYTES, _SAMPLE_BYTES, 16)
        self._file.seek(0)
        self._file.write(_HEADER.pack(b"RIFF", 36 + size, b"WAVE", *about, b"data", size))
        self._file.seek(0, os.SEEK_END)
        self._file.flush()
