"""One utterance on its way through the ears, and its result."""

from __future__ import annotations

from dataclasses import dataclass, field

from voice.audio.samples import Samples
from voice.content.script import Answer, Grammar, GrammarKey, Statement
from voice.dialogue.actions import Listen
from voice.dialogue.events import Event, SpeechHeard, SpeechUnclear, WakeHeard
from voice.listening.decision import Decision, Verdict
from voice.listening.hypotheses import Evidence
from voice.ports import Hypothesis, Utterance


@dataclass(frozen=True)
class Closed:
    """The result of an utterance if it ends with the quiet in which it was closed."""

    hypotheses: tuple[Hypothesis, ...]
    decision: Decision
    evidence: Evidence

    @property
    def believed(self) -> list[str] | None:
        """The words believed: of the candidate, or else the second ear's keyword."""
        index = self.decision.candidate
        if index is not None:
            return self.evidence.n_best[index].words.split()
        return self.decision.words.split() if self.decision.second_ear else None


@dataclass
class Segment:
    """The audio of the current utterance, and its decoder.

    ``start_s`` is the time of the first sample of ``blocks``, which include the pre-roll;
    ``began_at_s`` is when the voice itself began.
    """

    start_s: float
    began_at_s: float
    decoder: Utterance
    said: frozenset[str] | None
    """The words that Charley was saying when it began; None if Charley was silent."""
    corrects: bool
    """It began soon enough after a no to take that no back."""
    near: bool
    """It began when some of Charley's own voice may still have been in the air."""
    blocks: list[Samples] = field(default_factory=list)
    closed: Closed | None = None
    """None while it is being decoded; set in a pause that may be its end. If it continues after
    all, it is decoded again."""


def events_of(
    request: Listen, grammar: Grammar, at_s: float, decision: Decision, segment: Segment
) -> tuple[Event, ...]:
    """What an utterance means to the dialogue, which asked for ``grammar``.

    An answer that began over Charley's own voice is doubtful, since the question was not
    heard out. For the same reason a no-match over Charley's voice is ignored, unless it may
    take back the no before it.
    """
    over = segment.said is not None
    if decision.verdict is Verdict.NOT_SPEECH:
        return ()
    if decision.verdict is Verdict.REFUSED:
        if over and _asks(grammar) and not segment.corrects:
            return ()
        return (SpeechUnclear(at_s, request.listen, began_at_s=segment.began_at_s),)
    if request.grammar is GrammarKey.WAKE:
        uncalled = decision.meaning is not None
        return (WakeHeard(at_s, request.listen, decision.words, uncalled),)
    early = over and isinstance(decision.meaning, Answer | Statement)
    doubtful = early or decision.verdict is Verdict.DOUBTFUL
    words, began_at_s = decision.words, segment.began_at_s
    return (SpeechHeard(at_s, request.listen, words, doubtful, began_at_s=began_at_s),)


def _asks(grammar: Grammar) -> bool:
    """Whether the grammar listens for an answer."""
    return any(phrase.meaning is Answer.NO for phrase in grammar.phrases)
