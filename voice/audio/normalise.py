"""A synthesised line made ready to play: trimmed, levelled, without a click. Pure.

Every line leaves here at the same loudness, so that a single number of the
count is as clear as a long sentence, and starts at once, so that the reply is
not late by the silence that a synthesizer puts in front.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voice.audio.loudness import loudness_lufs
from voice.audio.samples import (
    Samples,
    fade,
    from_float,
    gain,
    level_dbfs,
    peak_dbfs,
    samples_of,
    to_float,
)

VERSION: Final = 3
"""Part of the key of a rendered clip: raise it when the numbers below change."""

LEVEL_LUFS: Final = -24.0
"""Loudness of every line, as EBU R128 measures it."""

PEAK_DBFS: Final = -6.0
"""No sample is louder. It leaves 6 dB for "louder" before anything clips."""

MOST_LIMITED_DB: Final = 8.0
"""The most that peaks are limited by; a line that would need more stays softer."""

LEAD_S: Final = 0.005
TAIL_S: Final = 0.04
"""Silence kept before the first and after the last sound."""

_FLOOR_DB: Final = -50.0
"""Sound this far below the peak is trimmed; low enough to keep weak f and s."""

_FADE_IN_S: Final = 0.003
_FADE_OUT_S: Final = 0.02
_FRAME_S: Final = 0.02
_VOICED_WITHIN_DB: Final = 25.0
_LIMITER_S: Final = 0.005
"""How long before a peak the limiter begins to turn down, and how long after it, it lets go."""

_ROUNDS: Final = 3


def finish(samples: Samples) -> Samples:
    """Trim, level and fade a line; empty where it holds no sound at all."""
    trimmed = trim(samples)
    if not len(trimmed):
        return trimmed
    return fade(_levelled(trimmed), _FADE_IN_S, _FADE_OUT_S)


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


def _levelled(samples: Samples) -> Samples:
    """The line at :data:`LEVEL_LUFS`, with no peak above :data:`PEAK_DBFS`.

    The loudness that the limiter takes away is made up for in a few rounds.
    """
    change_db = LEVEL_LUFS - loudness_lufs(samples)
    free_db = PEAK_DBFS - peak_dbfs(samples)
    if change_db <= free_db:
        return gain(samples, change_db)
    most_db = free_db + MOST_LIMITED_DB
    levelled = samples
    for _ in range(_ROUNDS):
        change_db = min(change_db, most_db)
        levelled = _limited(samples, change_db)
        change_db += LEVEL_LUFS - loudness_lufs(levelled)
    return levelled


def _limited(samples: Samples, change_db: float) -> Samples:
    """The samples at a gain of ``change_db``, limited at :data:`PEAK_DBFS`."""
    louder = to_float(samples) * np.float32(10.0 ** (change_db / 20.0))
    ceiling = 10.0 ** (PEAK_DBFS / 20.0)
    allowed = np.minimum(1.0, ceiling / np.maximum(np.abs(louder), 1e-9))
    reach = samples_of(_LIMITER_S)
    # The minimum around each sample, smoothed over as wide a window: it never exceeds what
    # is allowed, and has no corners.
    least = _least(np.pad(allowed, 2 * reach, constant_values=1.0), 2 * reach + 1)
    smooth = np.hanning(2 * reach + 3)[1:-1]
    return from_float(louder * np.convolve(least, smooth / smooth.sum(), "valid"))


def _least(values: npt.NDArray[np.float64], width: int) -> npt.NDArray[np.float64]:
    """The minimum of every ``width`` neighbours, by doubling."""
    least, reached = values, 1
    while reached < width:
        step = min(reached, width - reached)
        least = np.minimum(least[:-step], least[step:])
        reached += step
    return least


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
