"""One utterance on its way through the ears, and what it comes to in the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from voice.audio.samples import Samples
from voice.content.script import Answer, GrammarKey
from voice.dialogue.actions import Listen
from voice.dialogue.events import Event, SpeechHeard, SpeechUnclear, WakeHeard
from voice.listening.acceptance import Judgement, Verdict
from voice.ports import Hypothesis, Utterance


@dataclass
class Segment:
    """The sound of the present utterance, and its way through the recogniser."""

    start_s: float
    utterance: Utterance | None
    said: frozenset[str] | None
    """The words that Charley was saying when it began; None where Charley was silent."""
    near: bool
    """It began where some of Charley's own voice may still have been in the air."""
    blocks: list[Samples] = field(default_factory=list)
    hypotheses: tuple[Hypothesis, ...] = ()


def events_of(
    request: Listen, at_s: float, judgement: Judgement, *, over: bool
) -> tuple[Event, ...]:
    """What an utterance is to the dialogue. ``over``: it began over Charley's own voice.

    An answer given so is doubtful, since the question was not heard out, and what is
    not understood was nothing.
    """
    if judgement.verdict is Verdict.NOT_SPEECH:
        return ()
    if judgement.verdict is Verdict.REFUSED:
        return () if over else (SpeechUnclear(at_s, request.listen),)
    if request.grammar is GrammarKey.WAKE:
        uncalled = judgement.meaning is not None
        return (WakeHeard(at_s, request.listen, judgement.words, uncalled),)
    early = over and isinstance(judgement.meaning, Answer)
    doubtful = early or judgement.verdict is Verdict.DOUBTFUL
    return (SpeechHeard(at_s, request.listen, judgement.words, doubtful),)
