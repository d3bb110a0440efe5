"""Where an utterance begins and where it ends. Pure: levels and probabilities in.

For every block of 32 ms: has somebody begun to speak, and have they ended?
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field

from voice.audio.samples import blocks_in
from voice.content.script import GrammarKey, Meaning, is_no
from voice.listening.settings import ListeningSettings


class Phase(enum.Enum):
    """What a block is to an utterance."""

    QUIET = "quiet"
    SPEECH_START = "begun"
    GOING_ON = "going_on"
    ENDPOINT_CANDIDATE = "maybe_over"
    """Quiet for long enough, if what was said is already a whole phrase."""
    OVER = "over"


@dataclass
class Endpoint:
    """Follows one utterance after the other, block by block."""

    settings: ListeningSettings
    speaking: bool = field(default=False, init=False)
    length: int = field(default=0, init=False)
    """Blocks since somebody began to speak, the present one included."""
    voiced: int = field(default=0, init=False)
    """Those of them that are voice."""
    span: int = field(default=0, init=False)
    """Blocks from the first to the last that was not quiet."""
    quiet: int = field(default=0, init=False)
    """Quiet blocks at its end so far."""
    _loudest_dbfs: float = field(default=-200.0, init=False)
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=3), init=False)

    def hear(
        self,
        probability: float,
        level_dbfs: float,
        *,
        above_floor: bool = True,
        is_barge_in: bool = False,
    ) -> Phase:
        """Take a block in: its probability of voice, its level, and whether that stands out.

        ``is_barge_in``: this block alone is enough to know that somebody speaks.

        The voice gate takes a tenth of a second to notice that a voice has
        ended; a level that is the room's own again tells it sooner.
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
        if self.quiet >= blocks_in(self.settings.pause_s) or self.length >= blocks_in(
            self.settings.longest_s
        ):
            return Phase.OVER
        if self.quiet >= blocks_in(self.settings.complete_s):
            return Phase.ENDPOINT_CANDIDATE
        return Phase.GOING_ON

    @property
    def sounding(self) -> bool:
        """Whether the present block of the utterance is not quiet."""
        return self.speaking and self.quiet == 0

    def reset(self) -> None:
        """Forget the utterance; wait for the next."""
        self.speaking = False
        self.length = self.voiced = self.span = self.quiet = 0
        self._loudest_dbfs = -200.0
        self._recent.clear()

    def _wait(self, probability: float, level_dbfs: float, *, is_barge_in: bool) -> Phase:
        self._recent.append(probability)
        heard = sum(p >= self.settings.voice_on for p in self._recent)
        if heard < blocks_in(self.settings.onset_s) and not is_barge_in:
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
    """How long a quiet ends an utterance that is, so far, a whole phrase of that meaning.

    None, while awake: a no with something beside it that goes against it.
    It depends on what a mistake costs. A no lets a red flag go, and people correct
    themselves ("no ... wait, yes"), so it is given time. A yes, "stop" or a danger sign
    is obeyed at once: what follows them takes nothing back. A wake phrase waits for the
    comma before a wish in the same breath.
    """
    if key is GrammarKey.WAKE:
        return settings.wake_s
    if meaning is None or is_no(meaning):
        return settings.complete_no_s
    return settings.complete_s
