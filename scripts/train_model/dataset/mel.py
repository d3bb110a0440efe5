"""Kaldi's features in numpy: log-mel energies and the MFCC computed from them.

Settings are those of ``conf/mfcc.conf``: 25 ms Povey windows every 10 ms, only
whole windows (Kaldi's snip-edges), pre-emphasis 0.97, 40 triangular mel bins
from 20 to 7600 Hz, natural logarithm, 40 cepstra liftered by 22, no dither.

With as many cepstra as bins the cosine transform is invertible, so training
works on log-mel energies, where noise, level and microphone colour are simple
sums, and the exported network takes MFCC: the inverse is folded into its first
layer (``MFCC_TO_LOG_MEL``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scripts.train_model.dataset.audio import SAMPLE_RATE_HZ, Samples

N_BINS = 40
WINDOW_SAMPLES = 400
HOP_SAMPLES = 160
FRAME_RATE_HZ = SAMPLE_RATE_HZ // HOP_SAMPLES

FFT_SAMPLES = 512
_LOW_HZ = 20.0
_HIGH_HZ = 7600.0
PREEMPHASIS = 0.97
_LIFTER = 22.0
ENERGY_FLOOR = float(np.finfo(np.float32).eps)

Features = npt.NDArray[np.float32]


def _mel(hz: npt.NDArray[np.float64] | float) -> npt.NDArray[np.float64]:
    return np.asarray(1127.0 * np.log1p(np.asarray(hz) / 700.0))


def _filter_bank() -> Features:
    """Weights of shape (n_fft_bins, N_BINS)."""
    low, high = float(_mel(_LOW_HZ)), float(_mel(_HIGH_HZ))
    width = (high - low) / (N_BINS + 1)
    bins = _mel(np.arange(FFT_SAMPLES // 2) * SAMPLE_RATE_HZ / FFT_SAMPLES)
    weights = np.zeros((FFT_SAMPLES // 2 + 1, N_BINS))
    for index in range(N_BINS):
        left = low + index * width
        centre, right = left + width, left + 2 * width
        slope = np.where(bins <= centre, (bins - left) / width, (right - bins) / width)
        weights[:-1, index] = np.where((bins > left) & (bins < right), slope, 0.0)
    return weights.astype(np.float32)


def _log_mel_to_mfcc() -> npt.NDArray[np.float64]:
    order = np.arange(N_BINS)
    cosines = np.sqrt(2.0 / N_BINS) * np.cos(
        np.pi / N_BINS * np.outer(np.arange(N_BINS) + 0.5, order)
    )
    cosines[:, 0] = np.sqrt(1.0 / N_BINS)
    return np.asarray(cosines * (1.0 + 0.5 * _LIFTER * np.sin(np.pi * order / _LIFTER)))


FILTER_BANK = _filter_bank()
POVEY_WINDOW = (
    (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW_SAMPLES) / (WINDOW_SAMPLES - 1))) ** 0.85
).astype(np.float32)

#: ``mfcc = log_mel @ LOG_MEL_TO_MFCC``, shape (N_BINS, N_BINS).
LOG_MEL_TO_MFCC = _log_mel_to_mfcc()
#: ``log_mel = mfcc @ MFCC_TO_LOG_MEL``.
MFCC_TO_LOG_MEL = np.linalg.inv(LOG_MEL_TO_MFCC)


def _white_noise() -> Features:
    hz = np.fft.rfftfreq(FFT_SAMPLES)
    lifted = np.abs(1.0 - PREEMPHASIS * np.exp(-2j * np.pi * hz)) ** 2
    power = lifted * np.sum(POVEY_WINDOW.astype(np.float64) ** 2) * 32768.0**2
    return np.asarray(np.log(power @ FILTER_BANK), np.float32)


#: Log of the mean mel energies of white noise whose root mean square is 1 (full scale).
WHITE_NOISE = _white_noise()


def n_frames(n_samples: int) -> int:
    """Number of whole windows in ``n_samples``."""
    return max(0, 1 + (n_samples - WINDOW_SAMPLES) // HOP_SAMPLES)


def log_mel(samples: Samples) -> Features:
    """Return log-mel energies, shape (n_frames, N_BINS), of samples in -1..1.

    Kaldi reads samples in the range of 16-bit integers, hence the scale.
    """
    count = n_frames(len(samples))
    if count == 0:
        return np.zeros((0, N_BINS), np.float32)
    scaled = np.ascontiguousarray(samples, np.float32) * np.float32(32768.0)
    step = scaled.strides[0]
    frames = np.lib.stride_tricks.as_strided(
        scaled, (count, WINDOW_SAMPLES), (HOP_SAMPLES * step, step)
    )
    frames = frames - frames.mean(axis=1, keepdims=True, dtype=np.float32)
    previous = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    spectrum = np.fft.rfft((frames - PREEMPHASIS * previous) * POVEY_WINDOW, FFT_SAMPLES)
    power = np.abs(spectrum).astype(np.float32) ** 2
    return np.asarray(np.log(np.maximum(power @ FILTER_BANK, ENERGY_FLOOR)), np.float32)


def mfcc(samples: Samples) -> Features:
    """Return Kaldi's MFCC, shape (n_frames, N_BINS)."""
    return (log_mel(samples) @ LOG_MEL_TO_MFCC).astype(np.float32)
