"""Between the sample rate and channels of a device and 16 kHz mono."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import soxr

from voice.audio.samples import Samples


def converter(from_hz: int, to_hz: int) -> Callable[[Samples], Samples]:
    """A function that resamples a stream, piece by piece."""
    if from_hz == to_hz:
        return _unchanged
    convert = soxr.ResampleStream(from_hz, to_hz, 1, dtype="int16").resample_chunk
    return lambda samples: np.asarray(convert(samples), np.int16)


def to_mono(samples: Samples, channels: int) -> Samples:
    """The mean of interleaved channels."""
    if channels == 1:
        return samples
    mixed: Samples = samples.reshape(-1, channels).mean(axis=1).astype(np.int16)
    return mixed


def _unchanged(samples: Samples) -> Samples:
    return samples
