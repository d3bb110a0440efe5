"""Reading and writing 16 kHz mono audio.

Samples are ``float32`` in -1..1, shape ``(n_samples,)``.
"""

from __future__ import annotations

from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

SAMPLE_RATE_HZ = 16_000

Samples = npt.NDArray[np.float32]


def resample(samples: Samples, from_hz: int, to_hz: int = SAMPLE_RATE_HZ) -> Samples:
    """Return ``samples`` resampled to ``to_hz`` with a polyphase filter."""
    if from_hz == to_hz:
        return samples
    from scipy.signal import resample_poly

    divisor = gcd(from_hz, to_hz)
    return np.asarray(resample_poly(samples, to_hz // divisor, from_hz // divisor), np.float32)


def read_audio(path: Path) -> Samples:
    """Read any file that libsndfile supports, mixed to mono, at 16 kHz."""
    import soundfile

    samples: Any
    samples, rate_hz = soundfile.read(str(path), dtype="float32", always_2d=True)
    return resample(np.asarray(samples.mean(axis=1), np.float32), int(rate_hz))


def write_audio(path: Path, samples: Samples) -> None:
    """Write 16-bit FLAC or WAV at 16 kHz, depending on the suffix of ``path``."""
    import soundfile

    soundfile.write(str(path), samples, SAMPLE_RATE_HZ, subtype="PCM_16")


def to_pcm16(samples: Samples) -> npt.NDArray[np.int16]:
    """Return 16-bit samples, clipped rather than wrapped."""
    return np.clip(np.round(samples * 32768.0), -32768, 32767).astype(np.int16)


def rms(samples: Samples) -> float:
    """Root mean square of ``samples``, never zero."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))) + 1e-9)


def speech_rms(samples: Samples) -> float:
    """Root mean square of the louder half of 20 ms frames, so that pauses do not count."""
    length = SAMPLE_RATE_HZ // 50
    frames = samples[: len(samples) // length * length].reshape(-1, length)
    if not len(frames):
        return rms(samples)
    power = np.sort(np.mean(np.square(frames, dtype=np.float64), axis=1))
    return float(np.sqrt(power[len(power) // 2 :].mean()) + 1e-9)
