"""What a few seconds of audio show about the microphone. Pure.

The verdict is about the microphone and the room, not about the words: a
quiet room passes, a muted microphone does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from voice.audio.samples import BLOCK_SAMPLES, Samples, levels_dbfs
from voice.dialogue.voice_status import SignalQuality

DEAD_DBFS: Final = -90.0
"""A microphone that stays below this, even at its loudest, is muted or not connected."""

NOISY_DBFS: Final = -40.0
"""A room with a noise floor above this drowns a voice from the pillow."""

_FAULTS: Final = {
    SignalQuality.DEAD: "The microphone is silent. Take off its mute, or choose another one.",
    SignalQuality.CLIPPED: "The sound is clipped. Turn the microphone down.",
    SignalQuality.LOUD_ROOM: "The room is too loud."
    " Turn the microphone down, or move it away from the noise.",
    SignalQuality.SOFT_VOICE: "Your voice is very soft. Turn the microphone up, or move it closer.",
}

CLIPPED_SAMPLE: Final = 32_700
CLIPPED_PART: Final = 0.001
"""From this share of full-scale samples on, words are damaged."""

QUIET_VOICE_DBFS: Final = -45.0
"""A voice that never gets louder than this is hard to hear."""


@dataclass(frozen=True)
class SoundCheck:
    """Levels in dBFS: ``floor`` of the quietest tenth, ``loudest`` of the loudest block."""

    floor_dbfs: float
    loudest_dbfs: float
    clipped_part: float
    voiced: bool

    @property
    def signal_quality(self) -> SignalQuality:
        """The quality verdict."""
        if self.loudest_dbfs <= DEAD_DBFS:
            return SignalQuality.DEAD
        if self.clipped_part >= CLIPPED_PART:
            return SignalQuality.CLIPPED
        if self.floor_dbfs > NOISY_DBFS:
            return SignalQuality.LOUD_ROOM
        if self.voiced and self.loudest_dbfs < QUIET_VOICE_DBFS:
            return SignalQuality.SOFT_VOICE
        return SignalQuality.WELL

    @property
    def fault(self) -> str | None:
        """What is wrong with the sound and what to do about it; None if it is good enough."""
        return _FAULTS.get(self.signal_quality)

    @property
    def numbers(self) -> str:
        """The levels in words."""
        return (
            f"noise floor {self.floor_dbfs:.0f} decibels, loudest {self.loudest_dbfs:.0f},"
            f" {100 * self.clipped_part:.1f} percent clipped"
        )


def signal_quality_of(blocks: Sequence[Samples]) -> SignalQuality:
    """The signal quality of an utterance, with some of the room's own noise around it."""
    return check_sound(np.concatenate(blocks), voiced=True).signal_quality


def check_sound(samples: Samples, *, voiced: bool) -> SoundCheck:
    """Measure at least one block of audio. ``voiced``: the voice gate detected speech."""
    blocks = samples[: len(samples) // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES)
    levels = levels_dbfs(blocks)
    clipped = np.abs(samples.astype(np.int32)) >= CLIPPED_SAMPLE
    return SoundCheck(
        floor_dbfs=_quantile(levels, 0.1),
        loudest_dbfs=float(levels.max()),
        clipped_part=float(clipped.mean()),
        voiced=voiced,
    )


def _quantile(values: npt.NDArray[np.float64], part: float) -> float:
    """As np.quantile, whose first call loads 45 ms of numpy: in the middle of the first wake."""
    at = part * (len(values) - 1)
    return float(np.interp(at, np.arange(len(values)), np.sort(values)))
