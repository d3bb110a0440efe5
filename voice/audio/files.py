"""Sound files, read into Charley's own format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from voice.audio.samples import Samples, from_float, resample
from voice.errors import RecordingError


def read_recording(path: Path, *, first_frame: int = 0, frames: int = -1) -> Samples:
    """A recording of any rate, format and number of channels that soundfile reads.

    ``first_frame`` and ``frames`` are counted at the file's own rate; -1 reads to the end.
    Raises RecordingError.
    """
    try:
        sound, rate_hz = soundfile.read(
            path, frames=frames, start=first_frame, dtype="float32", always_2d=True
        )
    except (soundfile.SoundFileError, OSError, TypeError) as error:
        raise _unreadable(path, error) from error
    mono = np.nan_to_num(sound.mean(axis=1), nan=0.0, posinf=1.0, neginf=-1.0)
    return resample(from_float(mono), int(rate_hz))


def length_of(path: Path) -> tuple[int, int]:
    """The number of frames in a sound file, and its frame rate (Hz). Raises RecordingError."""
    try:
        told: Any = soundfile.info(path)
    except (soundfile.SoundFileError, OSError, TypeError) as error:
        raise _unreadable(path, error) from error
    return int(told.frames), int(told.samplerate)


def _unreadable(path: Path, error: Exception) -> RecordingError:
    reason = "no such file" if not path.exists() else str(error)
    return RecordingError(
        f"{path}: cannot be read as sound: {reason}",
        remedy="Name a sound file, such as WAV, FLAC or Ogg.",
    )
