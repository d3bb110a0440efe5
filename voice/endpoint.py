"""Where an utterance begins and where it ends. Pure: levels and probabilities in.

Two questions are asked of every block of 32 ms. :class:`LevelGate`: is there
any sound that is worth the voice gate's time? It costs next to nothing, so a
silent room does too. :class:`Endpoint`: has somebody begun to speak, and have
they ended?
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

from voice.audio import BLOCK_S


@dataclass(frozen=True)
class ListeningSettings:
    """How voice is told from silence, and when an utterance is over."""

    rise_db: Annotated[
        float,
        Meta(ge=1, le=20, description="Sound so far above the room's own noise is looked at."),
    ] = 4.0
    floor_rise_db_per_s: Annotated[
        float, Meta(gt=0, le=20, description="How fast the noise floor follows a louder room.")
    ] = 3.0
    level_hold_s: Annotated[
        float, Meta(ge=0, le=2, description="How long the voice gate goes on after a sound.")
    ] = 0.4
    voice_on: Annotated[
        float, Meta(gt=0, lt=1, description="Probability of voice from which somebody speaks.")
    ] = 0.5
    voice_off: Annotated[
        float, Meta(gt=0, lt=1, description="Probability of voice below which nobody does.")
    ] = 0.35
    onset_s: Annotated[
        float, Meta(ge=0.03, le=0.5, description="So much voice makes an utterance.")
    ] = 0.064
    pre_roll_s: Annotated[
        float, Meta(ge=0, le=1, description="Sound kept from before the voice was noticed.")
    ] = 0.32
    fall_db: Annotated[
        float, Meta(ge=6, le=60, description="So far below its loudest, an utterance has paused.")
    ] = 30.0
    complete_s: Annotated[
        float, Meta(ge=0.05, le=1, description="Quiet that ends what is already a whole phrase.")
    ] = 0.19
    pause_s: Annotated[float, Meta(ge=0.1, le=3, description="Quiet that ends any utterance.")] = (
        0.6
    )
    longest_s: Annotated[
        float, Meta(ge=2, le=30, description="An utterance is cut off after this long.")
    ] = 8.0
    tail_guard_s: Annotated[
        float, Meta(ge=0, le=1, description="Deaf for so long after Charley's own voice.")
    ] = 0.15

    def __post_init__(self) -> None:
        if self.voice_off > self.voice_on:
            raise ValueError("voice_off must not be above voice_on")
        if self.complete_s > self.pause_s:
            raise ValueError("complete_s must not be longer than pause_s")


@dataclass
class LevelGate:
    """A pre-gate on level alone, over a noise floor that adapts.

    The floor falls at once to any softer block and rises slowly, so that a fan
    that starts is learned; while somebody speaks it does not rise at all.
    """

    settings: ListeningSettings
    floor_dbfs: float | None = field(default=None, init=False)
    stands_out: bool = field(default=False, init=False)
    """Whether the last block alone stood out."""
    _open_blocks: int = field(default=0, init=False)

    def hear(self, level_dbfs: float, *, speaking: bool = False) -> bool:
        """Take a block's level in. True where it, or one just before, stands out."""
        if self.floor_dbfs is None:
            self.floor_dbfs = level_dbfs
        stands_out = level_dbfs > self.floor_dbfs + self.settings.rise_db
        rise_db = 0.0 if speaking else self.settings.floor_rise_db_per_s * BLOCK_S
        risen = self.floor_dbfs + rise_db
        self.floor_dbfs = min(level_dbfs, risen)
        if stands_out:
            self._open_blocks = blocks_in(self.settings.level_hold_s) + 1
        self.stands_out = stands_out
        self._open_blocks = max(0, self._open_blocks - 1)
        return stands_out or self._open_blocks > 0


class Phase(enum.Enum):
    """What a block is to an utterance."""

    QUIET = "quiet"
    BEGUN = "begun"
    GOING_ON = "going_on"
    MAYBE_OVER = "maybe_over"
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
    _quiet: int = field(default=0, init=False)
    _loudest_dbfs: float = field(default=-200.0, init=False)
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=3), init=False)

    def hear(self, probability: float, level_dbfs: float, *, stands_out: bool = True) -> Phase:
        """Take a block in: its probability of voice, its level, and whether that stands out.

        The voice gate takes a tenth of a second to notice that a voice has
        ended; a level that is the room's own again tells it sooner.
        """
        if not self.speaking:
            return self._wait(probability, level_dbfs)
        self.length += 1
        self._loudest_dbfs = max(self._loudest_dbfs, level_dbfs)
        self.voiced += probability >= self.settings.voice_on
        if not stands_out or self._is_quiet(probability, level_dbfs):
            self._quiet += 1
        else:
            self._quiet = 0
            self.span = self.length
        if self._quiet >= blocks_in(self.settings.pause_s) or self.length >= blocks_in(
            self.settings.longest_s
        ):
            return Phase.OVER
        if self._quiet >= blocks_in(self.settings.complete_s):
            return Phase.MAYBE_OVER
        return Phase.GOING_ON

    @property
    def sounding(self) -> bool:
        """Whether the present block of the utterance is not quiet."""
        return self.speaking and self._quiet == 0

    def reset(self) -> None:
        """Forget the utterance; wait for the next."""
        self.speaking = False
        self.length = self.voiced = self.span = self._quiet = 0
        self._loudest_dbfs = -200.0
        self._recent.clear()

    def _wait(self, probability: float, level_dbfs: float) -> Phase:
        self._recent.append(probability)
        heard = sum(p >= self.settings.voice_on for p in self._recent)
        if heard < blocks_in(self.settings.onset_s):
            return Phase.QUIET
        self.speaking = True
        self.length = self.voiced = self.span = heard
        self._loudest_dbfs = level_dbfs
        return Phase.BEGUN

    def _is_quiet(self, probability: float, level_dbfs: float) -> bool:
        return (
            probability < self.settings.voice_off
            or level_dbfs < self._loudest_dbfs - self.settings.fall_db
        )


def blocks_in(duration_s: float) -> int:
    """Blocks of 32 ms that come nearest to a time; at least one."""
    return max(1, round(duration_s / BLOCK_S))
