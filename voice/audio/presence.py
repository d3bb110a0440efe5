"""Keeps a voice clear when it is turned down for the night. Pure.

An s, f or t is 15 to 25 dB softer than a vowel. When both are turned down, consonants are the
first to vanish in the noise of the room, and "test" becomes "tes". So a line that is played
softly gets more treble, at the same overall level.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from voice.audio.samples import RATE_HZ, Samples, from_float, to_float

LIFT_PER_DB: Final = 0.5
"""How much treble is kept, in dB, for each dB that a line is softer than usual."""

MOST_LIFT_DB: Final = 6.0

FROM_HZ: Final = 1_500.0
TO_HZ: Final = 3_000.0
"""The lift rises between these: above the vowels, below the hiss of an s."""


def for_quiet(samples: Samples, gain_db: float) -> Samples:
    """The samples with their consonants lifted, to be played at a gain of ``gain_db``.

    ``gain_db`` is negative. The RMS level stays the same.
    """
    lift_db = min(MOST_LIFT_DB, -LIFT_PER_DB * gain_db)
    wave = to_float(samples).astype(np.float64)
    power = float(np.dot(wave, wave))
    if power <= 0.0:
        return samples
    # A power of two: transforms of other sizes may take far longer.
    size = 1 << (len(wave) - 1).bit_length()
    hz = np.fft.rfftfreq(size, 1.0 / RATE_HZ)
    octaves = np.log2(np.maximum(hz, 1.0) / FROM_HZ) / np.log2(TO_HZ / FROM_HZ)
    share = 0.5 - 0.5 * np.cos(np.pi * np.clip(octaves, 0.0, 1.0))
    lifted = np.fft.irfft(np.fft.rfft(wave, size) * 10.0 ** (share * lift_db / 20.0), size)
    lifted = lifted[: len(wave)]
    return from_float(lifted * np.sqrt(power / float(np.dot(lifted, lifted))))
