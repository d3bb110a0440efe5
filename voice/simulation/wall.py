"""What comes through a wall: muffled, blurred and soft. Pure numpy."""

from __future__ import annotations

from typing import Final

import numpy as np

from voice.audio.samples import RATE_HZ
from voice.simulation.acoustics import Wave, room_response

CUT_OFF_HZ: Final = 500.0
"""A partition lets bass through and swallows the rest, by about 12 dB an octave."""

_REVERBERATION_S: Final = 0.5
_DIRECT_TO_REVERBERANT_DB: Final = -3.0


def through_wall(wave: Wave, rng: np.random.Generator) -> Wave:
    """Sound as it is heard in the next room; its level is for the caller to set.

    In the room it comes from, reverberation outweighs the direct sound. The result is longer than
    ``wave`` by that reverberation.
    """
    response = room_response(_REVERBERATION_S, _DIRECT_TO_REVERBERANT_DB, rng)
    length = len(wave) + len(response) - 1
    size = 1 << (length - 1).bit_length()
    tones_hz = np.fft.rfftfreq(size, 1.0 / RATE_HZ)
    wall = 1.0 / (1.0 + (tones_hz / CUT_OFF_HZ) ** 2)
    spectrum = np.fft.rfft(wave, size) * np.fft.rfft(response, size) * wall
    return np.fft.irfft(spectrum, size)[:length].astype(np.float32)
