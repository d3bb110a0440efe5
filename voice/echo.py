"""Charley's own voice, taken out of what the microphone hears. Pure but for the canceller.

The canceller works only while there is something to take out, so a silent room
costs nothing. It has to learn the room from Charley's first words: until then
what it gives is not to be trusted, and Charley stays deaf to its own voice as
if there were no canceller.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from voice.audio import BLOCK_S, Samples
from voice.endpoint import blocks_in
from voice.ports import EchoCanceller

TAIL_S: Final = 1.0
"""So long after the last sample an echo may still be under way, the device's own delay
included."""

LEARNING_S: Final = 2.0
"""So much of Charley's voice the canceller must have heard before it is trusted."""


class EchoGuard:
    """Cleans the blocks of the microphone, and tells how far they may be trusted.

    ``take_played`` gives a block of what goes to the loudspeaker for each of them.
    """

    def __init__(self, canceller: EchoCanceller, take_played: Callable[[], Samples]) -> None:
        self._canceller = canceller
        self._take_played = take_played
        self._learned_s = 0.0
        self._left = 0

    @property
    def trusted(self) -> bool:
        """Whether a cleaned block is free of Charley's voice."""
        return self._learned_s >= LEARNING_S

    def clean(self, heard: Samples) -> Samples:
        """A block of the microphone without Charley's voice in it."""
        played = self._take_played()
        if played.any():
            self._left = blocks_in(TAIL_S)
            self._learned_s += BLOCK_S
        if self._left == 0:
            return heard
        self._left -= 1
        return self._canceller.clean(heard, played)

    def forget(self) -> None:
        """The sound devices are others now: learn the room anew."""
        self._canceller.reset()
        self._learned_s, self._left = 0.0, 0
