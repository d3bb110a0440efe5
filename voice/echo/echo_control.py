"""Takes Charley's own voice out of what the microphone picks up. Pure but for the cancellers.

It has two jobs that no single method does well. To tell whether the user is speaking,
nothing of Charley's own voice may remain: a canceller does that, but cuts off the
beginning of short words. To tell which word it was, the word must stay whole: so an
adaptive filter subtracts only what it can predict. Where that leaves too much residual
echo, in the first seconds or with a device that is hard to predict, a second canceller
takes out the rest, except where somebody else is clearly speaking.

All of it runs only while there is an echo to remove, so a silent room costs nothing. It
has to learn the room from Charley's first words. Until then its output is not trusted,
and Charley stays deaf while it speaks, as if there were no canceller.

A sound device may glitch, and what was learned is then wrong for a while. So the
microphone signal is finally compared with the far-end reference: if one matches the
other with a delay, it was Charley's own voice after all, and the room is learned again.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np

from voice.audio.samples import BLOCK_S, Samples, blocks_in, level_dbfs
from voice.echo.adaptive_filter import PARTITIONS, EchoFilter
from voice.echo.delay_tracking import LATEST_S, DelayTracker, match
from voice.ports import EchoCanceller

TAIL_S: Final = 1.0
"""How long an echo may still arrive after the last sample was played, device latency included."""

LEARNING_S: Final = 1.0
"""How much of Charley's voice must be processed, once the delay of its echo is known, before
the residual is trusted."""

OWN_FROM: Final = 0.25
"""Minimum normalised cross-correlation with the far-end reference at which the signal is taken
for Charley's own voice. Its own voice through rooms and sound servers has 0.36 or more, and
other voices 0.11 or less."""

CHECKED_S: Final = 2.5
"""How much of the beginning of an utterance is compared with the reference. By then Charley has
long stopped for the barge-in."""

SETTLING_S: Final = 0.25
"""How much more is needed after a lost delay was found again in a room that is known."""

LESSONS: Final = 2
"""How many times the filter learns from the blocks heard before the delay was known."""

WHOLE_DB: Final = 15.0
"""Where the filter removes at least this much by itself half of the time, its output is used
for recognition, with the words left whole."""

NEAR_END_DB: Final = 6.0
"""Where the filter leaves this much more than it usually does, somebody else is speaking: what it
leaves is then used for recognition, since the second canceller would cut off a soft consonant."""

_NEAR_END: Final = blocks_in(0.32)
"""For how many blocks after the last such one they are taken to go on: a change between the two
outputs in the middle of a word would damage it."""

_USUAL_S: Final = 2.0
_MEMORY_S: Final = 10.0
_LATELY: Final = 6
"""Blocks searched for the loudest echo: it may arrive a little before or after the block that a
canceller has taken it from."""


@dataclass(frozen=True)
class Cleaned:
    """A microphone block without Charley's voice."""

    voice: Samples
    """For telling whether the user is speaking."""
    words: Samples
    """For telling what they say."""
    echo_suppression_db: float
    """How far ``voice`` lies below the loudest recent microphone block."""


class Untouched(enum.Enum):
    """Why a block was passed on unchanged."""

    NO_ECHO = "nothing of Charley's voice is in it"
    LEARNING = "the room is not known well enough yet to take Charley's voice out"


class HalfDuplex:
    """Stands in where there is no canceller: it never removes anything."""

    under_way = False

    def clean(self, heard: Samples, played: Samples | None) -> Cleaned | Untouched:  # noqa: ARG002 - the names of EchoControl
        """Leave the block alone."""
        return Untouched.NO_ECHO

    def is_own(self, duration_s: float) -> bool:  # noqa: ARG002 - as above
        """Always False: nothing was heard while Charley spoke."""
        return False

    def forget(self) -> None:
        """Do nothing: there is nothing to forget."""

    def doubt_delay(self) -> None:
        """Do nothing: no delay is known."""


class AlreadyClean:
    """The canceller where the sound server already removes Charley's voice from the microphone."""

    def clean(self, heard: Samples, played: Samples) -> Samples:  # noqa: ARG002 - the port's names
        """The block unchanged."""
        return heard


class EchoControl:
    """Removes the echo from microphone blocks, once it has learned the room.

    ``make_canceller`` makes a new canceller that has learned nothing yet.
    """

    def __init__(self, make_canceller: Callable[[], EchoCanceller]) -> None:
        self._make_canceller = make_canceller
        self.forget()

    def forget(self) -> None:
        """Learn the room from the start: the sound devices have changed."""
        self._alignment = DelayTracker()
        self._begin_to_learn()
        self._lately: deque[float] = deque(maxlen=_LATELY)
        self._played: deque[Samples] = deque(maxlen=blocks_in(_MEMORY_S))
        self._kept: deque[Samples] = deque(maxlen=blocks_in(_MEMORY_S))
        self._left = 0

    def doubt_delay(self) -> None:
        """Find the delay again, and keep the room: a device's stream was stopped and restarted."""
        self._alignment.doubt()

    def _begin_to_learn(self, follows: int | None = None) -> None:
        self._for_voice = self._make_canceller()
        self._for_words = self._make_canceller()
        self._taken_db: deque[float] = deque(maxlen=blocks_in(_USUAL_S))
        self._filter = EchoFilter(follows)
        self._near_end_blocks = 0
        self._learned_s = 0.0

    @property
    def under_way(self) -> bool:
        """Whether some of Charley's voice may still be in the air."""
        return self._left > 0

    def is_own(self, duration_s: float) -> bool:
        """Whether the last ``duration_s`` of the residual began as Charley's own voice.

        If so, the residual is not trusted until the filter has learned more.
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

    def clean(self, heard: Samples, played: Samples | None) -> Cleaned | Untouched:
        """A microphone block with Charley's voice taken out, or why it was passed on unchanged.

        ``played`` is the block that went to the loudspeaker meanwhile.
        """
        if played is None:
            return Untouched.NO_ECHO
        self._lately.append(level_dbfs(heard))
        if self._alignment.hear(heard, played):
            self._begin_to_learn(self._alignment.follows)
            self._learn_from_what_was_heard()
        elif self._alignment.found_again:
            self._learn_from_what_was_heard()
            self._learned_s = min(self._learned_s, LEARNING_S - SETTLING_S)
        if played.any():
            self._left = blocks_in(TAIL_S)
        if self._left == 0:
            return Untouched.NO_ECHO
        self._left -= 1
        if self._alignment.lost:
            # With a wrong delay, the filter would only unlearn the room.
            self._played.append(played)
            self._kept.append(heard)
            return Untouched.LEARNING
        self._learned_s += BLOCK_S * bool(played.any())
        played = self._alignment.played()
        voice = self._for_voice.clean(heard, played)
        words, rest = self._words(heard, played)
        self._played.append(played)
        self._kept.append(rest)
        if self._learned_s < LEARNING_S or not self._alignment.converged:
            return Untouched.LEARNING
        return Cleaned(voice, words, max(self._lately) - level_dbfs(voice))

    def _learn_from_what_was_heard(self) -> None:
        """Learn from the blocks heard before the delay of the echo was known."""
        for _ in range(LESSONS):
            self._filter.rewind()
            for heard, played in self._alignment.again():
                self._filter.clean(heard, played)

    def _words(self, heard: Samples, played: Samples) -> tuple[Samples, Samples]:
        """The block for recognition, and what is left after both the filter and the canceller."""
        filtered = self._filter.clean(heard, played)
        rest = self._for_words.clean(filtered, played)
        if played.any():
            self._taken_db.append(level_dbfs(heard) - level_dbfs(filtered))
        usual_db = median(self._taken_db) if self._taken_db else 0.0
        echoing = self._left >= blocks_in(TAIL_S) - PARTITIONS
        near = echoing and level_dbfs(filtered) > max(self._lately) - usual_db + NEAR_END_DB
        self._near_end_blocks = _NEAR_END if near else max(0, self._near_end_blocks - 1)
        whole = usual_db >= WHOLE_DB or self._near_end_blocks > 0
        return (filtered if whole else rest), rest
