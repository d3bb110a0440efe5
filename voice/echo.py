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

A sound device may stumble, and what was learned is then wrong for a while. So what was
heard is at last held against what was played: where one is the other, only later, it
was Charley's own voice after all, and the room is learned anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from voice.audio import BLOCK_S, Samples, level_dbfs, to_float
from voice.echo_filter import EchoFilter
from voice.endpoint import blocks_in
from voice.ports import EchoCanceller

TAIL_S: Final = 1.0
"""So long after the last sample an echo may still be under way, the device's own delay
included."""

LEARNING_S: Final = 2.0
"""So much of Charley's voice must have been heard before what is left is trusted."""

OWN_FROM: Final = 0.25
"""From this likeness to what was played on, what was heard is Charley's own voice. Own voice
through rooms and sound servers has 0.36 or more, and somebody else's 0.11 or less."""

LATEST_S: Final = 0.6
"""So late an echo may come."""

CHECKED_S: Final = 2.5
"""So much of an utterance, from its beginning, is held against what was played: Charley has
given way long before."""

_MEMORY_S: Final = 10.0
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


class AlreadyClean:
    """The canceller for a microphone from which the sound server takes Charley's voice."""

    def clean(self, heard: Samples, played: Samples) -> Samples:  # noqa: ARG002 - the port's names
        """The block as it was heard."""
        return heard


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
        self._played: deque[Samples] = deque(maxlen=blocks_in(_MEMORY_S))
        self._kept: deque[Samples] = deque(maxlen=blocks_in(_MEMORY_S))
        self._learned_s = 0.0
        self._left = 0

    @property
    def under_way(self) -> bool:
        """Whether something of Charley's voice may be in the air."""
        return self._left > 0

    def is_own(self, duration_s: float) -> bool:
        """Whether what was left in the last ``duration_s`` began as Charley's own voice.

        If so, what is left is not trusted until more has been learned.
        """
        if not self._kept:
            return False
        count = min(blocks_in(duration_s), len(self._kept))
        before = min(blocks_in(LATEST_S), len(self._kept) - count)
        checked = min(count, blocks_in(CHECKED_S))
        heard = np.concatenate(list(self._kept)[-count:][:checked])
        played = np.concatenate(list(self._played)[-(count + before) :][: before + checked])
        own = likeness(heard, played) >= OWN_FROM
        if own:
            self._learned_s = 0.0
        return own

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
        self._played.append(played)
        self._kept.append(words)
        if self._learned_s < LEARNING_S:
            return None
        return Cleaned(voice, words, max(self._lately) - level_dbfs(voice))


def likeness(heard: Samples, played: Samples) -> float:
    """How much of ``heard`` is found in ``played`` at any one delay: 0 for nothing, 1 for all.

    ``played`` is longer than ``heard`` and ends with it. Both are made brighter first,
    since the low tones of any two voices are alike.
    """
    short = np.diff(to_float(heard).astype(np.float64))
    long = np.diff(to_float(played).astype(np.float64))
    size = 1 << (len(long) + len(short)).bit_length()
    found = np.fft.irfft(np.fft.rfft(long, size) * np.conj(np.fft.rfft(short, size)), size)
    places = len(long) - len(short) + 1
    if places < 1:
        return 0.0
    sums = np.concatenate(([0.0], np.cumsum(long**2)))
    energies = sums[len(short) :][:places] - sums[:places]
    scale = np.sqrt(np.maximum(energies * float(short @ short), 1e-12))
    return float(np.max(np.abs(found[:places]) / scale))
