"""Whether an utterance heard while asleep wakes Charley. Pure.

Charley speaks up in a sleeping room, so a wake phrase must be beyond doubt: it passes every
check in a list, each with its name, or Charley sleeps on. A danger sign wakes by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from voice.content.interpret import split_wake, understand
from voice.content.script import UNKNOWN_WORD, Grammar, is_cry
from voice.listening.decision import Decision, Refusal, Verdict
from voice.listening.hypotheses import Candidate, Evidence
from voice.listening.margins import MAX_MARGIN, margin_over, margins
from voice.listening.second_ear import reconsider_call
from voice.listening.settings import AcceptanceSettings


@dataclass(frozen=True)
class _Call:
    """An utterance whose best candidate holds a wake phrase."""

    grammar: Grammar
    wake_phrases: Sequence[str]
    evidence: Evidence
    settings: AcceptanceSettings

    @cached_property
    def best(self) -> Candidate:
        return self.evidence.n_best[0]

    @cached_property
    def others(self) -> list[Candidate]:
        """The candidates without a wake phrase."""
        return _without_call(self.evidence.n_best, self.wake_phrases)

    @cached_property
    def over_garbage(self) -> float:
        unknown = [c for c in self.others if not c.words or UNKNOWN_WORD in c.words]
        return margin_over(self.best, unknown)

    @cached_property
    def plain(self) -> bool:
        """Whether a wake phrase is all of the utterance, or a phrase of the grammar follows it."""
        for phrase in self.wake_phrases:
            if self.best.words == phrase:
                return True
            if not self.best.words.startswith(f"{phrase} "):
                continue
            understood = understand(self.grammar, self.best.words.removeprefix(f"{phrase} "))
            if understood is not None and understood.whole:
                return True
        return False


def _beats_unknown_speech(call: _Call) -> bool:
    return call.over_garbage >= call.settings.wake_margin


def _beats_decoys(call: _Call) -> bool:
    # Other speech may be recognised as a jumble of pieces with a wake phrase among them by
    # chance; it then hardly beats the candidates without one.
    settings = call.settings
    needed = settings.wake_rival_margin if call.plain else settings.wake_beside_margin
    return margin_over(call.best, call.others) >= needed


def _is_clear_alone(call: _Call) -> bool:
    alone = call.evidence.alone
    if alone is None:
        return True
    called = [c for c in alone if split_wake(c.words, call.wake_phrases) is not None]
    others = _without_call(alone, call.wake_phrases)
    margin = margin_over(called[0], others) if called else -MAX_MARGIN
    return margin >= call.settings.wake_beside_margin


def _has_words_enough(call: _Call) -> bool:
    # A single word turns up easily in other speech; two words or more do not.
    return call.plain or any(
        " " in phrase and split_wake(call.best.words, (phrase,)) is not None
        for phrase in call.wake_phrases
    )


_CHECKS: Final[tuple[tuple[Callable[[_Call], bool], Refusal], ...]] = (
    (_beats_unknown_speech, Refusal.LIKE_UNKNOWN_SPEECH),
    (_beats_decoys, Refusal.LIKE_A_DECOY),
    (_is_clear_alone, Refusal.NOT_CLEAR_ALONE),
    (_has_words_enough, Refusal.ONE_WORD_AMONG_OTHERS),
)
"""The checks a wake phrase must pass, in order, and the refusal if it fails one."""


def judge_wake(
    grammar: Grammar,
    wake_phrases: Sequence[str],
    evidence: Evidence,
    settings: AcceptanceSettings,
) -> Decision:
    """Judge an utterance while asleep: ACCEPTED, or NOT_SPEECH with the ``refusal``.

    ``words`` are those after the wake phrase in the same breath, and ``meaning`` is
    None. A danger sign or a call for help without a wake phrase wakes too, and is then the
    meaning.
    """
    alone = judge_wake_alone(grammar, wake_phrases, evidence, settings)
    return reconsider_call(wake_phrases, evidence, alone, settings)


def judge_wake_alone(
    grammar: Grammar,
    wake_phrases: Sequence[str],
    evidence: Evidence,
    settings: AcceptanceSettings,
) -> Decision:
    """What the recogniser alone is worth."""
    if evidence.voice_s < max(settings.least_voice_s, settings.least_voiced * evidence.sound_s):
        return _refused(Refusal.TOO_LITTLE_VOICE)
    if not evidence.n_best:
        return _refused(Refusal.NOTHING_HEARD)
    call = _Call(grammar, wake_phrases, evidence, settings)
    rest = split_wake(call.best.words, wake_phrases)
    if rest is None:
        return _judge_sign(call)
    for passes, refusal in _CHECKS:
        if not passes(call):
            return _refused(refusal, call.over_garbage)
    return Decision(Verdict.ACCEPTED, rest, None, call.over_garbage, 0)


def _judge_sign(call: _Call) -> Decision:
    """A danger sign or a call for help without a wake phrase."""
    understood = understand(call.grammar, call.best.words)
    if understood is None or not is_wake(call.grammar, call.wake_phrases, call.best.words):
        return _refused(Refusal.NOT_A_CALL)
    margin = margins(call.grammar, call.evidence.n_best, 0)
    if margin.garbage < call.settings.wake_margin:
        return _refused(Refusal.LIKE_UNKNOWN_SPEECH, margin.garbage)
    if margin.rival < call.settings.wake_rival_margin:
        return _refused(Refusal.LIKE_A_DECOY, margin.garbage)
    return Decision(Verdict.ACCEPTED, call.best.words, understood.meaning, margin.garbage, 0)


def is_wake(grammar: Grammar, wake_phrases: Sequence[str], words: str) -> bool:
    """Whether ``words`` would wake Charley: a wake phrase, or a cry of danger by itself."""
    if split_wake(words, wake_phrases) is not None:
        return True
    understood = understand(grammar, words)
    return understood is not None and understood.whole and is_cry(understood.meaning)


def _refused(refusal: Refusal, margin: float = 0.0) -> Decision:
    return Decision(Verdict.NOT_SPEECH, margin=margin, refusal=refusal)


def _without_call(n_best: Sequence[Candidate], wake_phrases: Sequence[str]) -> list[Candidate]:
    return [c for c in n_best if split_wake(c.words, wake_phrases) is None]
