"""Whether a block holds somebody's voice: the level gate, then the voice gate.

Over Charley's own voice, which an echo canceller has taken out, a voice must be
plain: what is left of Charley's own is soft, and sounds like a voice.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from voice.audio.samples import Samples, blocks_in, gain, level_dbfs
from voice.listening.endpointing import LevelGate, ListeningSettings, voice_level_db
from voice.ports import VoiceGate

GATE_WARM_UP: Final = 3
"""Blocks from before a sound that the voice gate is given to find its feet."""

OWN_ONSET_S: Final = 0.1
"""The canceller lets some of Charley's first sound through: so long after it one block is not
enough to know that somebody speaks."""

GATE_LEVEL_DBFS: Final = -33.0
GATE_BOOST_DB: Final = 12.0
"""The voice gate misses soft voices: what is softer than the level is made louder for
it (and for it alone), by no more than the boost."""


@dataclass(frozen=True)
class Sensed:
    """What a block holds, as :meth:`voice.listening.endpointing.Endpoint.hear` wants to know it."""

    probability: float
    level_dbfs: float
    above_floor: bool
    is_barge_in: bool
    """A voice over Charley's own: sooner told than a voice in silence, since it is loud
    where hardly anything should be left."""


class VoiceActivityDetector:
    """Listens for voices, block by block."""

    def __init__(self, gate: VoiceGate, settings: ListeningSettings) -> None:
        self._gate = gate
        self._settings = settings
        self._level_gate = LevelGate(settings)
        self._recent: deque[Samples] = deque(maxlen=blocks_in(settings.pre_roll_s))
        self._runs = False
        self._loud_before = False

    def sense(self, block: Samples, *, speaking: bool) -> Sensed:
        """A block while Charley is silent. ``speaking``: somebody is, as far as is known."""
        worth = self._level_gate.hear(voice_level_db(block), speaking=speaking)
        probability = 0.0
        if worth:
            if not self._runs:
                self._gate.reset()
                for earlier in list(self._recent)[-GATE_WARM_UP:]:
                    self._gate.probability(self._boosted(earlier))
            probability = self._gate.probability(self._boosted(block))
        self._runs, self._loud_before = worth, False
        return self._sensed(block, probability, is_barge_in=False)

    def sense_over(
        self, block: Samples, echo_suppression_db: float, *, speaking: bool, own_onset: bool
    ) -> Sensed:
        """A block from which Charley's own voice has been taken.

        ``echo_suppression_db``: how far it now lies below what the microphone heard. A voice over
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
        return self._sensed(
            block, probability if is_barge_in or speaking else 0.0, is_barge_in=is_barge_in
        )

    def rest(self) -> None:
        """Charley speaks, and nothing else can be heard."""
        self._runs = self._loud_before = False

    def forget(self) -> None:
        """An utterance is over; how loud it was tells nothing of the next."""
        self._recent.clear()
        self._loud_before = False

    def _sensed(self, block: Samples, probability: float, *, is_barge_in: bool) -> Sensed:
        self._recent.append(block)
        return Sensed(probability, level_dbfs(block), self._level_gate.above_floor, is_barge_in)

    def _boosted(self, block: Samples) -> Samples:
        loudest = max((level_dbfs(b) for b in (*self._recent, block)), default=0.0)
        boost_db = min(GATE_BOOST_DB, GATE_LEVEL_DBFS - loudest)
        return gain(block, boost_db) if boost_db > 0.0 else block
