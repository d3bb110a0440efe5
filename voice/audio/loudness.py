"""How loud a sound is to the ear: ITU-R BS.1770, which EBU R128 levels by. Pure.

``pyloudnorm`` measures the same, and the tests hold this file to it; but it needs SciPy, which
is several times as large as all of Charley, and it refuses what is shorter than 0.4 s, as most
numbers of the count are.
"""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
import numpy.typing as npt

from voice.audio.samples import RATE_HZ, SILENCE_DBFS, Samples, samples_of, to_float

BLOCK_S: Final = 0.4
HOP_S: Final = 0.1
"""Blocks overlap by three quarters."""

SILENT_LUFS: Final = -70.0
"""Softer blocks do not count."""

GATE_LU: Final = -10.0
"""Nor do blocks this far below the others."""

_OFFSET_DB: Final = -0.691

# The head, as a shelf of 4 dB, and the ear's insensitivity to very low tones: centre (Hz), Q, gain.
_SHELF: Final = (1681.974450955533, 0.7071752369554196, 3.999843853973347)
_HIGH_PASS: Final = (38.13547087602444, 0.5003270373238773)
_RINGING_S: Final = 0.25
"""How long the filters ring after the last sample."""


def loudness_lufs(samples: Samples) -> float:
    """Integrated loudness in LUFS, gated; :data:`SILENCE_DBFS` for silence.

    Anything shorter than a block counts as one block.
    """
    weighted = _weighted(to_float(samples).astype(np.float64))
    size = min(samples_of(BLOCK_S), len(weighted))
    if not size:
        return SILENCE_DBFS
    starts = range(0, len(weighted) - size + 1, samples_of(HOP_S))
    power = np.array([np.mean(weighted[start : start + size] ** 2) for start in starts])
    power = power[power > _power(SILENT_LUFS)]
    if not len(power):
        return SILENCE_DBFS
    power = power[power > power.mean() * 10.0 ** (GATE_LU / 10.0)]
    return float(_OFFSET_DB + 10.0 * np.log10(power.mean()))


def _power(lufs: float) -> float:
    return float(10.0 ** ((lufs - _OFFSET_DB) / 10.0))


def _weighted(samples: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The samples weighted as the ear hears them, filtered through their spectrum."""
    # A power of two: transforms of other sizes may take far longer.
    size = 1 << (len(samples) + samples_of(_RINGING_S) - 1).bit_length()
    heard = np.fft.irfft(np.fft.rfft(samples, size) * _response(size), size)
    return heard[: len(samples)]


@functools.lru_cache(maxsize=4)
def _response(size: int) -> npt.NDArray[np.complex128]:
    """The response of both filters of BS.1770, for each bin of a transform of that size."""
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    hz, quality, gain_db = _SHELF
    k = np.tan(np.pi * hz / RATE_HZ)
    high = 10.0 ** (gain_db / 20.0)
    band = high**0.4996667741545416
    damped = k / quality
    shelf = _biquad(
        z,
        (high + band * damped + k * k, 2.0 * (k * k - high), high - band * damped + k * k),
        (1.0 + damped + k * k, 2.0 * (k * k - 1.0), 1.0 - damped + k * k),
    )
    hz, quality = _HIGH_PASS
    k = np.tan(np.pi * hz / RATE_HZ)
    whole = 1.0 + k / quality + k * k
    high_pass = _biquad(
        z, (whole, -2.0 * whole, whole), (whole, 2.0 * (k * k - 1.0), 1.0 - k / quality + k * k)
    )
    return shelf * high_pass


def _biquad(
    z: npt.NDArray[np.complex128],
    zeros: tuple[float, float, float],
    poles: tuple[float, float, float],
) -> npt.NDArray[np.complex128]:
    above = zeros[0] + zeros[1] * z + zeros[2] * z * z
    below = poles[0] + poles[1] * z + poles[2] * z * z
    found: npt.NDArray[np.complex128] = above / below
    return found
