"""What a voice needs to stay clear when it is turned down for the night. Pure.

An s, f or t is 15 to 25 dB softer than a vowel. Turned down together, it is the consonants that
sink below the breath of the room, and "test" becomes "tes": softly spoken, a line has more of
what is high, and is as loud as before.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from voice.audio.samples import RATE_HZ, Samples, from_float, to_float

LIFT_PER_DB: Final = 0.5
"""For each dB that a line is softer than usual, what is high is softer by so much less."""

MOST_LIFT_DB: Final = 6.0

FROM_HZ: Final = 1_500.0
TO_HZ: Final = 3_000.0
"""Between these the lift begins: above the vowels, below the hiss of an s."""


def for_quiet(samples: Samples, gain_db: float) -> Samples:
    """The samples, to be played at that gain, with consonants as clear as at the usual one.

    ``gain_db`` is negative. They are no louder overall: the RMS level is the same.
    """
    lift_db = min(MOST_LIFT_DB, -LIFT_PER_DB * gain_db)
    wave = to_float(samples).astype(np.float64)
    power = float(np.dot(wave, wave))
    if power <= 0.0:
        return samples
    # A power of two, since the time that a transform takes hangs on it.
    size = 1 << (len(wave) - 1).bit_length()
    hz = np.fft.rfftfreq(size, 1.0 / RATE_HZ)
    octaves = np.log2(np.maximum(hz, 1.0) / FROM_HZ) / np.log2(TO_HZ / FROM_HZ)
    share = 0.5 - 0.5 * np.cos(np.pi * np.clip(octaves, 0.0, 1.0))
    lifted = np.fft.irfft(np.fft.rfft(wave, size) * 10.0 ** (share * lift_db / 20.0), size)
    lifted = lifted[: len(wave)]
    return from_float(lifted * np.sqrt(power / float(np.dot(lifted, lifted))))
