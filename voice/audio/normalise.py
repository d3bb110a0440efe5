"""A synthesised line made ready to play: trimmed, levelled, without a click. Pure.

Every line leaves here at the same loudness, so that a single number of the
count is as clear as a long sentence, and starts at once, so that the reply is
not late by the silence that a synthesizer puts in front.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from voice.audio.samples import Samples, fade, gain, level_dbfs, peak_dbfs, samples_of

VERSION: Final = 1
"""Part of the key of a rendered clip: raise it when the numbers below change."""

LEVEL_DBFS: Final = -23.0
"""RMS level of the voiced part of every line."""

PEAK_DBFS: Final = -6.0
"""No sample is louder. It leaves 6 dB for "louder" before anything clips."""

LEAD_S: Final = 0.005
TAIL_S: Final = 0.04
"""Silence kept before the first and after the last sound."""

_FLOOR_DB: Final = -50.0
"""Sound this far below the peak is trimmed; low enough to keep weak f and s."""

_FADE_IN_S: Final = 0.003
_FADE_OUT_S: Final = 0.02
_FRAME_S: Final = 0.02
_VOICED_WITHIN_DB: Final = 25.0


def finish(samples: Samples) -> Samples:
    """Trim, level and fade a line; empty where it holds no sound at all."""
    trimmed = trim(samples)
    if not len(trimmed):
        return trimmed
    change = min(
        LEVEL_DBFS - voiced_level_dbfs(trimmed),
        PEAK_DBFS - peak_dbfs(trimmed),
    )
    return fade(gain(trimmed, change), _FADE_IN_S, _FADE_OUT_S)


def trim(samples: Samples) -> Samples:
    """The samples without the silence at both ends, but for a short lead and tail."""
    size = np.abs(samples.astype(np.int32))
    peak = int(size.max(initial=0))
    loud = np.flatnonzero(size > max(1.0, peak * 10.0 ** (_FLOOR_DB / 20.0)))
    if not len(loud):
        return samples[:0]
    first = int(loud[0]) - samples_of(LEAD_S)
    last = int(loud[-1]) + 1 + samples_of(TAIL_S)
    padded = np.pad(samples, (max(0, -first), max(0, last - len(samples))))
    shift = max(0, -first)
    return padded[first + shift : last + shift]


def voiced_level_dbfs(samples: Samples) -> float:
    """RMS level of the frames that are not much softer than the loudest one."""
    frame = samples_of(_FRAME_S)
    whole = len(samples) // frame * frame
    if not whole:
        return level_dbfs(samples)
    frames = samples[:whole].reshape(-1, frame)
    power = (frames.astype(np.float64) ** 2).mean(axis=1)
    voiced = power >= power.max() * 10.0 ** (-_VOICED_WITHIN_DB / 10.0)
    return level_dbfs(frames[voiced].reshape(-1))
