"""Where an utterance begins and where it ends. Pure: sound and probabilities in.

Two questions are asked of every block of 32 ms. :class:`LevelGate`: is there
any sound that is worth the voice gate's time? It costs next to nothing, so a
silent room does too. :class:`Endpoint`: has somebody begun to speak, and have
they ended?
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field
from typing import Annotated, Final

import numpy as np
from msgspec import Meta

from voice.audio.samples import (
    BLOCK_S,
    BLOCK_SAMPLES,
    FULL_SCALE,
    RATE_HZ,
    SILENCE_DBFS,
    Samples,
    blocks_in,
)
from voice.content.script import GrammarKey, Meaning, is_no


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
    ] = 0.15
    voice_off: Annotated[
        float, Meta(gt=0, lt=1, description="Probability of voice below which nobody does.")
    ] = 0.15
    voice_over: Annotated[
        float,
        Meta(gt=0, lt=1, description="Likewise while Charley speaks, its own voice taken out."),
    ] = 0.15
    over_rise_db: Annotated[
        float,
        Meta(ge=1, le=40, description="So far above what is left of Charley's voice it must be."),
    ] = 10.0
    over_taken_db: Annotated[
        float,
        Meta(ge=1, le=40, description="Where more than this was taken out, it was Charley's own."),
    ] = 15.0
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
    ] = 0.13
    complete_no_s: Annotated[
        float,
        Meta(ge=0.05, le=3, description="The same for a no: people correct themselves (s)."),
    ] = 0.48
    wake_s: Annotated[
        float, Meta(ge=0.05, le=1, description="Quiet that ends a wake phrase: a comma's worth.")
    ] = 0.22
    correction_s: Annotated[
        float,
        Meta(
            ge=0,
            le=5,
            description="Speech that begins this soon after a no is never dropped as unclear (s).",
        ),
    ] = 1.5
    pause_s: Annotated[float, Meta(ge=0.1, le=3, description="Quiet that ends any utterance.")] = (
        0.6
    )
    longest_s: Annotated[
        float, Meta(ge=2, le=30, description="An utterance is cut off after this long.")
    ] = 8.0
    tail_guard_s: Annotated[
        float, Meta(ge=0, le=1, description="Deaf for so long after Charley's own voice.")
    ] = 0.15
    refractory_s: Annotated[
        float, Meta(ge=0, le=30, description="So long after a conversation less wakes Charley.")
    ] = 6.0
    refractory_margin: Annotated[
        float, Meta(ge=0, le=10, description="What a wake phrase needs on top meanwhile.")
    ] = 2.0

    def __post_init__(self) -> None:
        if self.voice_off > self.voice_on:
            raise ValueError("voice_off must not be above voice_on")
        if not self.complete_s <= self.wake_s <= self.pause_s:
            raise ValueError("complete_s must not exceed wake_s, nor wake_s pause_s")
        if not self.complete_s <= self.complete_no_s <= self.pause_s:
            raise ValueError("complete_s must not exceed complete_no_s, nor complete_no_s pause_s")


LOWEST_VOICE_HZ: Final = 150.0
HIGHEST_VOICE_HZ: Final = 4000.0
"""Where voices are. Below it there is rumble, which comes and goes in a silent room too."""

_TONES_HZ: Final = np.fft.rfftfreq(BLOCK_SAMPLES, 1 / RATE_HZ)
_WEIGHTS: Final = np.where(
    np.abs(_TONES_HZ - (LOWEST_VOICE_HZ + HIGHEST_VOICE_HZ) / 2)
    <= (HIGHEST_VOICE_HZ - LOWEST_VOICE_HZ) / 2,
    _TONES_HZ / 1000.0,
    0.0,
)
"""Power is weighted by frequency: a room's noise falls with it, and few of its lowest
tones would else decide the level, and let it waver."""

_WINDOW: Final = np.hanning(BLOCK_SAMPLES) / FULL_SCALE
"""Keeps a hum from leaking into the band of voices."""


def voice_level_db(block: Samples) -> float:
    """Level of a block where voices are, in dB: for comparing blocks with each other."""
    spectrum = np.fft.rfft(block * _WINDOW)
    power = float(np.dot(_WEIGHTS, spectrum.real**2 + spectrum.imag**2)) / BLOCK_SAMPLES**2
    return max(SILENCE_DBFS, 10.0 * float(np.log10(power))) if power > 0.0 else SILENCE_DBFS


_FALL: Final = 0.25
"""By how much of the difference the floor follows a softer block."""


@dataclass
class LevelGate:
    """A pre-gate on level alone, over a noise floor that adapts.

    The floor follows softer blocks quickly and louder ones slowly, so that a fan
    that starts is learned; while somebody speaks it does not rise at all.
    """

    settings: ListeningSettings
    floor_db: float | None = field(default=None, init=False)
    above_floor: bool = field(default=False, init=False)
    """Whether the last block alone stood out."""
    above_db: float = field(default=0.0, init=False)
    """How far the last block stood above the floor."""
    _open_blocks: int = field(default=0, init=False)

    def hear(self, level_db: float, *, speaking: bool = False) -> bool:
        """Take a block's level in. True where it, or one just before, stands out.

        The level is that of :func:`voice_level_db`.
        """
        floor = level_db if self.floor_db is None else self.floor_db
        self.above_floor = level_db > floor + self.settings.rise_db
        rise_db = 0.0 if speaking else self.settings.floor_rise_db_per_s * BLOCK_S
        above_db = self.above_db = level_db - floor
        self.floor_db = floor + (min(above_db, rise_db) if above_db > 0 else _FALL * above_db)
        if self.above_floor:
            self._open_blocks = blocks_in(self.settings.level_hold_s) + 1
        self._open_blocks = max(0, self._open_blocks - 1)
        return self._open_blocks > 0


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
