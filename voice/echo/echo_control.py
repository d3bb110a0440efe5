"""Charley's own voice, taken out of what the microphone hears. Pure but for the cancellers.

Two things are wanted of it, and no one way gives both. To know whether somebody
speaks, nothing of Charley's own may be left: a canceller does that, and in doing so
takes the beginning of a short word with it. To know which word it was, the word must
be whole: so a filter subtracts what it can predict and nothing else. Where that leaves
too much, in the first seconds or where a device is hard to predict, a second canceller
takes out the rest.

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
from statistics import median
from typing import Final

import numpy as np

from voice.audio.samples import BLOCK_S, Samples, blocks_in, level_dbfs
from voice.echo.adaptive_filter import EchoFilter
from voice.echo.delay_tracking import LATEST_S, DelayTracker, match
from voice.ports import EchoCanceller

TAIL_S: Final = 1.0
"""So long after the last sample an echo may still be under way, the device's own delay
included."""

LEARNING_S: Final = 1.0
"""So much of Charley's voice must have been heard, once the delay of its echo is known, before
what is left is trusted."""

OWN_FROM: Final = 0.25
"""From this likeness to what was played on, what was heard is Charley's own voice. Own voice
through rooms and sound servers has 0.36 or more, and somebody else's 0.11 or less."""

CHECKED_S: Final = 2.5
"""So much of an utterance, from its beginning, is held against what was played: Charley has
given way long before."""

LESSONS: Final = 2
"""So often the filter learns from what was heard before the delay of the echo was known."""

WHOLE_DB: Final = 15.0
"""Where the filter takes so much out by itself, half of the time, its words are left whole."""

_USUAL_S: Final = 2.0
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
    echo_suppression_db: float
    """How far ``voice`` lies below the loudest that the microphone heard lately."""


class AlreadyClean:
    """The canceller for a microphone from which the sound server takes Charley's voice."""

    def clean(self, heard: Samples, played: Samples) -> Samples:  # noqa: ARG002 - the port's names
        """The block as it was heard."""
        return heard


class EchoControl:
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
        self._alignment = DelayTracker()
        self._begin_to_learn()
        self._lately: deque[float] = deque(maxlen=_LATELY)
        self._played: deque[Samples] = deque(maxlen=blocks_in(_MEMORY_S))
        self._kept: deque[Samples] = deque(maxlen=blocks_in(_MEMORY_S))
        self._left = 0

    def _begin_to_learn(self, follows: int | None = None) -> None:
        self._for_voice = self._make_canceller()
        self._for_words = self._make_canceller()
        self._taken_db: deque[float] = deque(maxlen=blocks_in(_USUAL_S))
        self._filter = EchoFilter(follows)
        self._learned_s = 0.0

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
        correlation, _ = match(heard, played)
        own = correlation >= OWN_FROM
        if own:
            self._learned_s = 0.0
        return own

    def clean(self, heard: Samples) -> Cleaned | None:
        """A block of the microphone without Charley's voice in it.

        None where there is nothing to take out, or not yet a way to do so.
        """
        played = self._take_played()
        self._lately.append(level_dbfs(heard))
        if self._alignment.hear(heard, played):
            self._begin_to_learn(self._alignment.follows)
            self._learn_from_what_was_heard()
        if played.any():
            self._left = blocks_in(TAIL_S)
            self._learned_s += BLOCK_S
        if self._left == 0:
            return None
        self._left -= 1
        played = self._alignment.played()
        voice = self._for_voice.clean(heard, played)
        words = self._words(heard, played)
        self._played.append(played)
        self._kept.append(words)
        if self._learned_s < LEARNING_S or not self._alignment.converged:
            return None
        return Cleaned(voice, words, max(self._lately) - level_dbfs(voice))

    def _learn_from_what_was_heard(self) -> None:
        """Make use of what was heard before the delay of its echo was known."""
        for _ in range(LESSONS):
            self._filter.rewind()
            for heard, played in self._alignment.again():
                self._filter.clean(heard, played)

    def _words(self, heard: Samples, played: Samples) -> Samples:
        filtered = self._filter.clean(heard, played)
        rest_taken = self._for_words.clean(filtered, played)
        if played.any():
            self._taken_db.append(level_dbfs(heard) - level_dbfs(filtered))
        whole = bool(self._taken_db) and median(self._taken_db) >= WHOLE_DB
        return filtered if whole else rest_taken
