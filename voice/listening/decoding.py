"""Runs the audio of one utterance through the recogniser and the acceptance rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from voice.audio.samples import Samples
from voice.content.script import GrammarKey
from voice.listening.acceptance import judge_alone
from voice.listening.decision import Decision
from voice.listening.grammar_fitting import Vocabulary
from voice.listening.hypotheses import Evidence, n_best_asleep, n_best_awake
from voice.listening.second_ear import (
    is_wanted,
    is_wanted_asleep,
    reconsider_call,
    reconsider_reply,
)
from voice.listening.settings import AcceptanceSettings
from voice.listening.utterance import Closed, Segment
from voice.listening.wake_acceptance import is_wake, judge_wake_alone
from voice.listening.wake_verification import hear_call_alone
from voice.ports import Hypothesis, KeywordSpotter, Recogniser, Utterance


class Decoding:
    """Decodes utterances with a vocabulary fitted to the recogniser's model."""

    def __init__(
        self,
        recogniser: Recogniser,
        vocabulary: Vocabulary,
        settings: AcceptanceSettings,
        spotter: KeywordSpotter | None = None,
    ) -> None:
        self._recogniser = recogniser
        self._spotter = spotter
        self._vocabulary = vocabulary
        self._settings = settings

    def begin(self, key: GrammarKey, blocks: Sequence[Samples]) -> Utterance:
        """A decoder for that grammar, already fed with those blocks."""
        decoder = self._recogniser.begin(self._vocabulary[key].phrases)
        for block in blocks:
            decoder.accept(block)
        return decoder

    def restart(self, key: GrammarKey, segment: Segment) -> None:
        """Decode the whole utterance again: it continues, or the grammar has changed."""
        segment.decoder, segment.closed = self.begin(key, segment.blocks), None

    def may_wake(self, segment: Segment) -> bool:
        """Whether the partial hypothesis would wake Charley."""
        fitted = self._vocabulary[GrammarKey.WAKE]
        heard = fitted.as_written(segment.decoder.partial().split())
        return is_wake(fitted.grammar, self._vocabulary.wake_phrases, heard)

    def close(self, key: GrammarKey, segment: Segment, sound_s: float, voice_s: float) -> Closed:
        """The result if the utterance ends here, with this much audio, and voice in it."""
        hypotheses = segment.decoder.finish()
        if key is GrammarKey.WAKE:
            evidence = self._asleep(segment, hypotheses, sound_s, voice_s)
            evidence, decision = self._judge_asleep(segment, evidence)
        else:
            n_best = n_best_awake(hypotheses, self._vocabulary[key])
            evidence = Evidence(n_best, sound_s, voice_s)
            evidence, decision = self._judge_awake(key, segment, evidence)
        return Closed(hypotheses, decision, evidence)

    def _judge_awake(
        self, key: GrammarKey, segment: Segment, evidence: Evidence
    ) -> tuple[Evidence, Decision]:
        grammar, settings = self._vocabulary[key].grammar, self._settings
        decision = judge_alone(grammar, evidence, settings)
        if self._spotter is None or not is_wanted(evidence, decision, settings):
            return evidence, decision
        evidence = replace(evidence, spotted=self._spotter.spot(np.concatenate(segment.blocks)))
        return evidence, reconsider_reply(grammar, evidence, decision, settings)

    def _judge_asleep(self, segment: Segment, evidence: Evidence) -> tuple[Evidence, Decision]:
        grammar, phrases = self._vocabulary[GrammarKey.WAKE].grammar, self._vocabulary.wake_phrases
        decision = judge_wake_alone(grammar, phrases, evidence, self._settings)
        if self._spotter is None or not is_wanted_asleep(phrases, evidence, decision):
            return evidence, decision
        evidence = replace(evidence, spotted=self._spotter.spot(np.concatenate(segment.blocks)))
        return evidence, reconsider_call(phrases, evidence, decision, self._settings)

    def _asleep(
        self, segment: Segment, hypotheses: Sequence[Hypothesis], sound_s: float, voice_s: float
    ) -> Evidence:
        fitted, settings = self._vocabulary[GrammarKey.WAKE], self._settings
        alone = None
        if hypotheses and sound_s > settings.lasting_talk_s:
            phrases, words = self._vocabulary.wake_phrases, hypotheses[0].words
            alone = hear_call_alone(
                self._recogniser, fitted, phrases, segment.blocks, words, settings=settings
            )
        return Evidence(n_best_asleep(hypotheses, fitted, settings), sound_s, voice_s, alone)
