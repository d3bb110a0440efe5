"""The recogniser's n-best list, in the words of the content, as evidence. Pure.

While asleep, a word that lasts too long was not said. Speech through a wall
has hardly a consonant left, and a recogniser with a small grammar stretches one word
over the whole sentence: a "cramp" of three seconds. Nobody speaks so slowly,
not even half asleep, so what such a word covers is unknown speech. An answer is different:
it may be drawn out in pain, and a wrong one can be read back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voice.content.script import UNKNOWN_WORD
from voice.listening.grammar_fitting import ModelGrammar
from voice.listening.settings import AcceptanceSettings
from voice.ports import HeardWord, Hypothesis


@dataclass(frozen=True)
class Candidate:
    """One entry of an n-best list, spelled as the content spells it. Larger scores are better."""

    words: str
    score: float


@dataclass(frozen=True)
class Evidence:
    """The evidence for an utterance: its n-best list, best first; audio and voice in seconds."""

    n_best: Sequence[Candidate]
    sound_s: float
    voice_s: float
    alone: Sequence[Candidate] | None = None
    """The n-best list of a wake phrase within longer speech, decoded again on its own."""
    spotted: Mapping[str, float] | None = None
    """The log-odds of each keyword by the keyword spotter; None if it was not asked."""


def n_best_awake(hypotheses: Sequence[Hypothesis], fitted: ModelGrammar) -> tuple[Candidate, ...]:
    """All words of the candidate."""
    return tuple(
        Candidate(fitted.as_written([word.word for word in h.words]), h.score) for h in hypotheses
    )


def n_best_asleep(
    hypotheses: Sequence[Hypothesis], fitted: ModelGrammar, settings: AcceptanceSettings
) -> tuple[Candidate, ...]:
    """The same hypothesis, with words that last too long replaced by unknown ones."""
    return tuple(
        Candidate(fitted.as_written(plausible_words(h.words, settings)), h.score)
        for h in hypotheses
    )


def plausible_words(words: Sequence[HeardWord], settings: AcceptanceSettings) -> list[str]:
    """The words of a hypothesis in order; those that last too long count as unknown."""
    return [UNKNOWN_WORD if _lasts_too_long(w, settings) else w.word for w in words]


def _lasts_too_long(word: HeardWord, settings: AcceptanceSettings) -> bool:
    # By letters, not phones: a model need not tell phones, and every language has letters.
    longest_s = settings.longest_word_s + settings.longest_letter_s * len(word.word)
    return word.end_s - word.start_s > longest_s
