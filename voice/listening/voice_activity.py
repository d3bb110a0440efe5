"""Voice activity detection (VAD): the level gate, then the voice gate.

Over Charley's own voice, which an echo canceller has taken out, speech must be
unmistakable: the residual echo is soft, and sounds like a voice.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from voice.audio.samples import Samples, blocks_in, gain, level_dbfs
from voice.listening.level_gate import LevelGate, voice_level_db
from voice.listening.settings import ListeningSettings
from voice.ports import VoiceGate

GATE_WARM_UP: Final = 3
"""Blocks from before a sound used to warm up the state of the VAD."""

OWN_ONSET_S: Final = 0.1
"""The canceller lets some of Charley's first sound through: for this long, one block is not
enough for a barge-in."""

GATE_LEVEL_DBFS: Final = -33.0
GATE_BOOST_DB: Final = 12.0
"""The voice gate misses soft voices: audio softer than the level is amplified for
the gate alone, by at most the boost."""


@dataclass(frozen=True)
class Sensed:
    """What a block holds, in the form :meth:`voice.listening.endpointing.Endpoint.hear` takes."""

    probability: float
    level_dbfs: float
    above_floor: bool
    is_barge_in: bool
    """Speech over Charley's own: detected sooner than speech in silence, since it is loud
    where hardly anything should be left."""


class VoiceActivityDetector:
    """Detects speech, block by block."""

    def __init__(self, gate: VoiceGate, settings: ListeningSettings) -> None:
        self._gate = gate
        self._settings = settings
        self._level_gate = LevelGate(settings)
        self._recent: deque[Samples] = deque(maxlen=blocks_in(settings.pre_roll_s))
        self._levels: deque[float] = deque(maxlen=blocks_in(settings.pre_roll_s))
        self._runs = False
        self._loud_before = False

    def sense(self, block: Samples, *, speaking: bool) -> Sensed:
        """A block while Charley is silent. ``speaking``: an utterance is under way."""
        worth = self._level_gate.hear(voice_level_db(block), speaking=speaking)
        if worth and not self._runs:
            self._warm_up()
        level, probability = level_dbfs(block), 0.0
        if worth:
            loudest = max((level, *self._levels))
            probability = self._gate.probability(_boosted(block, loudest))
        self._note(block, level)
        self._runs, self._loud_before = worth, False
        return Sensed(probability, level, self._level_gate.above_floor, is_barge_in=False)

    def sense_over(
        self, block: Samples, echo_suppression_db: float, *, speaking: bool, own_onset: bool
    ) -> Sensed:
        """A block from which Charley's own voice has been taken out.

        ``echo_suppression_db``: how far its level now lies below the microphone's. Speech over
        Charley's keeps it from falling far. ``own_onset``: Charley has only just begun.
        """
        self._level_gate.hear(voice_level_db(block), speaking=speaking)
        if not self._runs:
            self._gate.reset()
        self._runs = True
        probability = self._gate.probability(block)
        settings = self._settings
        loud = (
            echo_suppression_db <= settings.over_taken_db
            and self._level_gate.above_db >= settings.over_rise_db
            and probability >= settings.voice_over
        )
        is_barge_in = loud and (self._loud_before or not own_onset)
        self._loud_before = loud
        if not (is_barge_in or speaking):
            probability = 0.0
        level = level_dbfs(block)
        self._note(block, level)
        return Sensed(probability, level, self._level_gate.above_floor, is_barge_in)

    def rest(self) -> None:
        """Charley is speaking, and nothing else can be heard."""
        self._runs = self._loud_before = False

    def forget(self) -> None:
        """An utterance is over; its loudness says nothing about the next."""
        self._recent.clear()
        self._levels.clear()
        self._loud_before = False

    def _warm_up(self) -> None:
        """Feed the voice gate the blocks just before, since it judges by the past, too."""
        self._gate.reset()
        if self._recent:
            loudest = max(self._levels)
            for earlier in list(self._recent)[-GATE_WARM_UP:]:
                self._gate.probability(_boosted(earlier, loudest))

    def _note(self, block: Samples, level: float) -> None:
        self._recent.append(block)
        self._levels.append(level)


def _boosted(block: Samples, loudest_dbfs: float) -> Samples:
    boost_db = min(GATE_BOOST_DB, GATE_LEVEL_DBFS - loudest_dbfs)
    return gain(block, boost_db) if boost_db > 0.0 else block
