"""Charley's own voice, taken out of what the microphone hears. Pure but for the cancellers.

Two things are wanted of it, and no one way gives both. To know whether somebody
speaks, nothing of Charley's own may be left: a canceller does that, and in doing so
takes the beginning of a short word with it. To know which word it was, the word must
be whole: so a filter first subtracts what it can predict and nothing else, and a
second canceller has little left to do.

All of it works only while there is something to take out, so a silent room costs
nothing. It has to learn the room from Charley's first words: until then what it gives
is not to be trusted, and Charley stays deaf to its own voice as if there were no
canceller.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from voice.audio import BLOCK_S, Samples, level_dbfs
from voice.echo_filter import EchoFilter
from voice.endpoint import blocks_in
from voice.ports import EchoCanceller

TAIL_S: Final = 1.0
"""So long after the last sample an echo may still be under way, the device's own delay
included."""

LEARNING_S: Final = 2.0
"""So much of Charley's voice must have been heard before what is left is trusted."""

_LATELY: Final = 6
"""Blocks in which the loudest echo is looked for: it may arrive a little before or after
the block that a canceller has taken it from."""


@dataclass(frozen=True)
class Cleaned:
    """A block of the microphone without Charley's voice."""

    voice: Samples
    """For telling whether somebody speaks."""
    words: Samples
    """For telling what they say."""
    taken_db: float
    """How far ``voice`` lies below the loudest that the microphone heard lately."""


class EchoGuard:
    """Cleans the blocks of the microphone, once it has learned how.

    ``make_canceller`` makes one; ``take_played`` gives a block of what goes to the
    loudspeaker for each block of the microphone.
    """

    def __init__(
        self, make_canceller: Callable[[], EchoCanceller], take_played: Callable[[], Samples]
    ) -> None:
        self._make_canceller = make_canceller
        self._take_played = take_played
        self.forget()

    def forget(self) -> None:
        """The sound devices are others now: learn the room anew."""
        self._for_voice = self._make_canceller()
        self._for_words = self._make_canceller()
        self._filter = EchoFilter()
        self._lately: deque[float] = deque(maxlen=_LATELY)
        self._learned_s = 0.0
        self._left = 0

    def clean(self, heard: Samples) -> Cleaned | None:
        """A block of the microphone without Charley's voice in it.

        None where there is nothing to take out, or not yet a way to do so.
        """
        played = self._take_played()
        self._lately.append(level_dbfs(heard))
        if played.any():
            self._left = blocks_in(TAIL_S)
            self._learned_s += BLOCK_S
        if self._left == 0:
            return None
        self._left -= 1
        voice = self._for_voice.clean(heard, played)
        words = self._for_words.clean(self._filter.clean(heard, played), played)
        if self._learned_s < LEARNING_S:
            return None
        return Cleaned(voice, words, max(self._lately) - level_dbfs(voice))
