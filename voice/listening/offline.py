"""Runs recordings through the whole listening chain, one at a time, for measuring.

The chain is the bedside's own (:class:`voice.listening.listener.Ears` with gate, endpoint
and acceptance); only the microphone is replaced by a recording. A recording may begin and
end in the middle of a word, so quiet is added around it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from voice.audio.frame import Frame
from voice.audio.samples import BLOCK_S, BLOCK_SAMPLES, Samples, samples_of
from voice.content.script import (
    Answer,
    Grammar,
    GrammarKey,
    Meaning,
    Phrase,
    Script,
    Statement,
    TopicKey,
)
from voice.dialogue.actions import Listen, ListenId
from voice.dialogue.events import SpeechHeard, WakeHeard
from voice.listening.decision import Verdict
from voice.listening.grammar_fitting import (
    ModelGrammar,
    Vocabulary,
    fit_grammar,
    fit_typed,
    fit_wake,
)
from voice.listening.listener import Ears, HeardUtterance
from voice.listening.settings import AcceptanceSettings, ListeningSettings
from voice.ports import KeywordSpotter, Recogniser, VoiceGate

LEAD_S: Final = 0.5
TAIL_S: Final = 1.0
"""Seconds of quiet added before and after a recording; longer than any endpoint's wait."""

_LISTEN: Final = ListenId(1)


@dataclass(frozen=True)
class HeardSpeech:
    """How a recording was understood. Times are seconds of the recording.

    ``heard`` is the name of the meaning ("yes" for "yeah"); None, and no times,
    if nothing was believed. ``text`` is the words as recognised.
    """

    heard: str | None
    text: str
    start_s: float | None
    end_s: float | None


@dataclass(frozen=True)
class WakeTimes:
    """Utterances heard while asleep, by their ends in seconds of the recording."""

    wakes: list[float]
    refused: list[tuple[float, str]]
    """Those that did not wake Charley, each with the reason."""


@dataclass(frozen=True)
class Hearing:
    """One configuration of the chain, used on one recording after another."""

    gate: VoiceGate
    recogniser: Recogniser
    key: GrammarKey
    vocabulary: Vocabulary
    listening: ListeningSettings
    acceptance: AcceptanceSettings
    spotter: KeywordSpotter | None

    def speech(self, samples: Samples) -> HeardSpeech:
        """How the first believed utterance was understood."""
        first_text = ""
        for utterance, events in self._run(samples):
            decision = utterance.decision
            believed = decision.verdict in (Verdict.ACCEPTED, Verdict.DOUBTFUL)
            if believed and decision.meaning is not None and events:
                start_s, end_s = self._within(samples, utterance)
                return HeardSpeech(name_of(decision.meaning), decision.words, start_s, end_s)
            n_best = utterance.evidence.n_best
            first_text = first_text or (n_best[0].words if n_best else "")
        return HeardSpeech(None, first_text, None, None)

    def wakes(self, samples: Samples) -> WakeTimes:
        """When the wake phrase would have woken Charley, and the utterances refused, with reasons.

        Utterances that wake without it (a danger sign) are not included.
        """
        found = WakeTimes([], [])
        length_s = len(samples) / samples_of(1.0)
        for utterance, events in self._run(samples):
            decision = utterance.decision
            at_s = min(max(0.0, round(utterance.at_s - LEAD_S, 3)), length_s)
            if decision.refusal is not None:
                found.refused.append((at_s, decision.refusal.value))
            elif decision.meaning is None and any(isinstance(e, WakeHeard) for e in events):
                found.wakes.append(at_s)
        return found

    def utterances(self, samples: Samples) -> tuple[HeardUtterance, ...]:
        """Every utterance of a recording, believed or not, for measuring."""
        return tuple(utterance for utterance, _ in self._run(samples))

    def _run(
        self, samples: Samples
    ) -> Iterator[tuple[HeardUtterance, Sequence[SpeechHeard | WakeHeard]]]:
        told: list[HeardUtterance] = []
        ears = Ears(
            self.gate,
            self.recogniser,
            self.vocabulary,
            self.listening,
            self.acceptance,
            spotter=self.spotter,
            on_utterance=told.append,
        )
        ears.listen(Listen(_LISTEN, self.key))
        sound = np.concatenate([_quiet(LEAD_S), samples, _quiet(TAIL_S)])
        for number in range(len(sound) // BLOCK_SAMPLES):
            block = sound[number * BLOCK_SAMPLES : (number + 1) * BLOCK_SAMPLES]
            at_s = (number + 1) * BLOCK_S
            found = ears.hear(Frame(block, at_s))
            events = [e for e in found if isinstance(e, (SpeechHeard, WakeHeard))]
            yield from ((utterance, events) for utterance in told)
            told.clear()

    def _within(self, samples: Samples, utterance: HeardUtterance) -> tuple[float, float]:
        length_s = len(samples) / samples_of(1.0)
        start_s, end_s = (
            round(min(max(0.0, t - LEAD_S), length_s), 3)
            for t in (utterance.start_s, utterance.end_s)
        )
        return start_s, end_s


def listen_for_grammar(script: Script, key: GrammarKey, recogniser: Recogniser) -> Vocabulary:
    """The vocabulary of one grammar of the script. Raises ModelError."""
    return Vocabulary({key: fit_grammar(script.grammars[key], script, recogniser.knows)}, ())


def listen_for_words(script: Script, phrases: Sequence[str], recogniser: Recogniser) -> Vocabulary:
    """The vocabulary of some typed phrases. Raises ModelError."""
    grammar = Grammar(
        GrammarKey.ANSWER, tuple(Phrase(words, _typed_meaning(words)) for words in phrases)
    )
    return Vocabulary({grammar.key: fit_typed(grammar, script, recogniser.knows)}, ())


def listen_for_wake(script: Script, phrase: str, recogniser: Recogniser) -> Vocabulary:
    """The wake grammar of the script, with a typed wake phrase. Raises ModelError."""
    grammar = script.grammars[GrammarKey.WAKE]
    fitted: ModelGrammar = fit_wake(grammar, script, (phrase,), recogniser.knows, typed=True)
    return Vocabulary({GrammarKey.WAKE: fitted}, (phrase,))


def _quiet(duration_s: float) -> Samples:
    """The self-noise of a very good microphone in a very quiet room."""
    noise = np.random.default_rng(1).normal(scale=3.0, size=samples_of(duration_s))
    return noise.astype(np.int16)


def _typed_meaning(words: str) -> Meaning:
    """A typed word means itself; yes and no are judged as the answers that they are."""
    if words in (Answer.YES.value, Answer.NO.value):
        return Answer(words)
    return TopicKey(words)


def name_of(meaning: Meaning) -> str:
    """The name that ``charley hear`` gives a meaning."""
    if isinstance(meaning, Statement):
        return meaning.question if meaning.answer is Answer.YES else f"not {meaning.question}"
    return str(meaning.value) if isinstance(meaning, enum.Enum) else meaning
