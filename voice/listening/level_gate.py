"""A gate on level alone: is a block loud enough to run the voice gate? Pure.

It costs next to nothing, so a silent room does too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from voice.audio.samples import (
    BLOCK_S,
    BLOCK_SAMPLES,
    FULL_SCALE,
    RATE_HZ,
    SILENCE_DBFS,
    Samples,
    blocks_in,
)
from voice.listening.settings import ListeningSettings

LOWEST_VOICE_HZ: Final = 150.0
HIGHEST_VOICE_HZ: Final = 4000.0
"""The band of voices. Below it there is rumble, which comes and goes in a silent room too."""

_TONES_HZ: Final = np.fft.rfftfreq(BLOCK_SAMPLES, 1 / RATE_HZ)
_WEIGHTS: Final = np.where(
    np.abs(_TONES_HZ - (LOWEST_VOICE_HZ + HIGHEST_VOICE_HZ) / 2)
    <= (HIGHEST_VOICE_HZ - LOWEST_VOICE_HZ) / 2,
    _TONES_HZ / 1000.0,
    0.0,
)
"""Power is weighted by frequency: room noise falls with frequency, and otherwise a few of its
lowest tones would dominate the level and make it fluctuate."""

_WINDOW: Final = np.hanning(BLOCK_SAMPLES) / FULL_SCALE
"""Keeps a hum from leaking into the band of voices."""


def voice_level_db(block: Samples) -> float:
    """Level of a block in the band of voices, in dB: for comparing blocks with each other."""
    spectrum = np.fft.rfft(block * _WINDOW)
    power = float(np.dot(_WEIGHTS, spectrum.real**2 + spectrum.imag**2)) / BLOCK_SAMPLES**2
    return max(SILENCE_DBFS, 10.0 * float(np.log10(power))) if power > 0.0 else SILENCE_DBFS


_FALL: Final = 0.25
"""Share of the difference by which the floor follows a softer block."""


@dataclass
class LevelGate:
    """A gate on level alone, over an adaptive noise floor.

    The floor follows softer blocks quickly and louder ones slowly, so it learns a fan that has
    started; it does not rise at all while the user is speaking.
    """

    settings: ListeningSettings
    floor_db: float | None = field(default=None, init=False)
    above_floor: bool = field(default=False, init=False)
    """Whether the last block alone was above the floor."""
    above_db: float = field(default=0.0, init=False)
    """How far the last block was above the floor."""
    _open_blocks: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Count how long it stays open in blocks, once."""
        self._hold = blocks_in(self.settings.level_hold_s)

    def hear(self, level_db: float, *, speaking: bool = False) -> bool:
        """Take a block's level. True if it, or one just before, is above the floor.

        The level is that of :func:`voice_level_db`.
        """
        floor = level_db if self.floor_db is None else self.floor_db
        self.above_floor = level_db > floor + self.settings.rise_db
        rise_db = 0.0 if speaking else self.settings.floor_rise_db_per_s * BLOCK_S
        above_db = self.above_db = level_db - floor
        self.floor_db = floor + (min(above_db, rise_db) if above_db > 0 else _FALL * above_db)
        if self.above_floor:
            self._open_blocks = self._hold + 1
        self._open_blocks = max(0, self._open_blocks - 1)
        return self._open_blocks > 0
