"""Where an utterance begins and where it ends. Pure: levels and probabilities in.

For every block of 32 ms: has speech started, and has it ended?
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field

from voice.audio.samples import blocks_in
from voice.content.script import GrammarKey, Meaning, is_no
from voice.listening.settings import ListeningSettings


class Phase(enum.Enum):
    """What a block means for an utterance."""

    QUIET = "quiet"
    SPEECH_START = "begun"
    GOING_ON = "going_on"
    ENDPOINT_CANDIDATE = "maybe_over"
    """Quiet for long enough, if the words so far are already a complete phrase."""
    OVER = "over"


@dataclass
class Endpoint:
    """Follows one utterance after another, block by block."""

    settings: ListeningSettings
    speaking: bool = field(default=False, init=False)
    length: int = field(default=0, init=False)
    """Blocks since speech started, including the current one."""
    voiced: int = field(default=0, init=False)
    """How many of them are voice."""
    span: int = field(default=0, init=False)
    """Blocks from the first to the last that was not quiet."""
    quiet: int = field(default=0, init=False)
    """Consecutive quiet blocks at its end so far."""
    _loudest_dbfs: float = field(default=-200.0, init=False)
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=3), init=False)

    def __post_init__(self) -> None:
        """Count the settings in blocks, once."""
        self._onset = blocks_in(self.settings.onset_s)
        self._complete = blocks_in(self.settings.complete_s)
        self._pause = blocks_in(self.settings.pause_s)
        self._longest = blocks_in(self.settings.longest_s)

    def hear(
        self,
        probability: float,
        level_dbfs: float,
        *,
        above_floor: bool = True,
        is_barge_in: bool = False,
    ) -> Phase:
        """Take a block: its probability of voice, its level, and whether it is above the floor.

        ``is_barge_in``: this block alone is enough to know that the user is speaking.

        The voice gate takes a tenth of a second to notice that a voice has
        ended; a level back at the room's own shows it sooner.
        """
        if not self.speaking:
            return self._wait(probability, level_dbfs, is_barge_in=is_barge_in)
        self.length += 1
        self._loudest_dbfs = max(self._loudest_dbfs, level_dbfs)
        self.voiced += probability >= self.settings.voice_on
        if not above_floor or self._is_quiet(probability, level_dbfs):
            self.quiet += 1
        else:
            self.quiet = 0
            self.span = self.length
        if self.quiet >= self._pause or self.length >= self._longest:
            return Phase.OVER
        if self.quiet >= self._complete:
            return Phase.ENDPOINT_CANDIDATE
        return Phase.GOING_ON

    @property
    def sounding(self) -> bool:
        """Whether the current block of the utterance is not quiet."""
        return self.speaking and self.quiet == 0

    def reset(self) -> None:
        """Drop the utterance and wait for the next."""
        self.speaking = False
        self.length = self.voiced = self.span = self.quiet = 0
        self._loudest_dbfs = -200.0
        self._recent.clear()

    def _wait(self, probability: float, level_dbfs: float, *, is_barge_in: bool) -> Phase:
        self._recent.append(probability)
        heard = sum(p >= self.settings.voice_on for p in self._recent)
        if heard < self._onset and not is_barge_in:
            return Phase.QUIET
        self.speaking = True
        self.length = self.voiced = self.span = max(1, heard)
        self._loudest_dbfs = level_dbfs
        return Phase.SPEECH_START

    def _is_quiet(self, probability: float, level_dbfs: float) -> bool:
        return (
            probability < self.settings.voice_off
            or level_dbfs < self._loudest_dbfs - self.settings.fall_db
        )


def closing_quiet_s(settings: ListeningSettings, key: GrammarKey, meaning: Meaning | None) -> float:
    """How long a silence ends an utterance that is, so far, a complete phrase of that meaning.

    None, while awake: a no with something beside it that contradicts it.
    The length depends on what a mistake costs. A no dismisses a red flag, and people correct
    themselves ("no ... wait, yes"), so it gets more time. A yes, "stop" or a danger sign
    is acted on at once: what follows them takes nothing back. A wake phrase waits for the
    pause before a request in the same breath.
    """
    if key is GrammarKey.WAKE:
        return settings.wake_s
    if meaning is None or is_no(meaning):
        return settings.complete_no_s
    return settings.complete_s
