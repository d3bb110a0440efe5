"""One utterance on its way through the ears, and what it comes to in the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from voice.audio.samples import Samples
from voice.content.script import Answer, Grammar, GrammarKey, Statement
from voice.dialogue.actions import Listen
from voice.dialogue.events import Event, SpeechHeard, SpeechUnclear, WakeHeard
from voice.listening.acceptance import Decision, Verdict
from voice.listening.evidence import Evidence
from voice.ports import Hypothesis, Utterance


@dataclass(frozen=True)
class Closed:
    """What an utterance comes to, should the quiet in which it was closed be its end."""

    hypotheses: tuple[Hypothesis, ...]
    judgement: Decision
    evidence: Evidence


@dataclass
class Segment:
    """The sound of the present utterance, and its way through the recogniser.

    ``start_s`` is the time of the first sample of ``blocks``, which are kept from somewhat
    before the voice; ``began_at_s`` that of the voice itself.
    """

    start_s: float
    began_at_s: float
    decoder: Utterance
    said: frozenset[str] | None
    """The words that Charley was saying when it began; None where Charley was silent."""
    corrects: bool
    """It began so soon after a no that it may take that no back."""
    near: bool
    """It began where some of Charley's own voice may still have been in the air."""
    blocks: list[Samples] = field(default_factory=list)
    closed: Closed | None = None
    """None while it is being decoded. Should it go on after all, it is decoded anew."""


def events_of(
    request: Listen, grammar: Grammar, at_s: float, judgement: Decision, segment: Segment
) -> tuple[Event, ...]:
    """What an utterance is to the dialogue, which asked for ``grammar``.

    An answer that began over Charley's own voice is doubtful, since the question was not
    heard out; for the same reason what is not understood was then no answer, unless it may
    take back the no before it.
    """
    over = segment.said is not None
    if judgement.verdict is Verdict.NOT_SPEECH:
        return ()
    if judgement.verdict is Verdict.REFUSED:
        if over and _asks(grammar) and not segment.corrects:
            return ()
        return (SpeechUnclear(at_s, request.listen, began_at_s=segment.began_at_s),)
    if request.grammar is GrammarKey.WAKE:
        uncalled = judgement.meaning is not None
        return (WakeHeard(at_s, request.listen, judgement.words, uncalled),)
    early = over and isinstance(judgement.meaning, Answer | Statement)
    doubtful = early or judgement.verdict is Verdict.DOUBTFUL
    words, began_at_s = judgement.words, segment.began_at_s
    return (SpeechHeard(at_s, request.listen, words, doubtful, began_at_s=began_at_s),)


def _asks(grammar: Grammar) -> bool:
    """Whether the grammar listens for an answer."""
    return any(phrase.meaning is Answer.NO for phrase in grammar.phrases)
