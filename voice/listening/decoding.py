"""Runs the audio of one utterance through the recogniser and the acceptance rules."""

from __future__ import annotations

from collections.abc import Sequence

from voice.audio.samples import Samples
from voice.content.script import GrammarKey
from voice.listening.acceptance import Decision, judge
from voice.listening.grammar_fitting import Vocabulary
from voice.listening.hypotheses import Evidence, n_best_asleep, n_best_awake
from voice.listening.settings import AcceptanceSettings
from voice.listening.utterance import Closed, Segment
from voice.listening.wake_acceptance import is_wake, judge_wake
from voice.listening.wake_verification import hear_call_alone
from voice.ports import Hypothesis, Recogniser, Utterance


class Decoding:
    """Decodes utterances with a vocabulary fitted to the recogniser's model."""

    def __init__(
        self, recogniser: Recogniser, vocabulary: Vocabulary, settings: AcceptanceSettings
    ) -> None:
        self._recogniser = recogniser
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
        else:
            n_best = n_best_awake(hypotheses, self._vocabulary[key])
            evidence = Evidence(n_best, sound_s, voice_s)
        return Closed(hypotheses, self._judge(key, evidence), evidence)

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

    def _judge(self, key: GrammarKey, evidence: Evidence) -> Decision:
        grammar = self._vocabulary[key].grammar
        if key is GrammarKey.WAKE:
            return judge_wake(grammar, self._vocabulary.wake_phrases, evidence, self._settings)
        return judge(grammar, evidence, self._settings)
