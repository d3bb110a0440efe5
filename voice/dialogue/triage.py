"""Answers -> level of advice, with its reasons. Pure.

The laws of this file:

1. A level only rises. What was once heard is never taken back, not even by
   going back and answering again.
2. Only an explicit NO to every question that was to be asked gives
   :attr:`Level.NO_RED_FLAG_HEARD`. Unsure, unclear and not asked are never a no.
3. An emergency ends the check at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from voice.content.script import Answer, Level, LineKey, Question, QuestionKey, Script


@dataclass(frozen=True)
class Finding:
    """An answer to a question. There may be several to one: none is forgotten."""

    question: QuestionKey
    answer: Answer


@dataclass(frozen=True)
class Verdict:
    """How soon to be evaluated, and the lines that say why.

    ``soft``: the level was reached by unsure and unclear answers alone.
    """

    level: Level
    soft: bool
    reasons: tuple[LineKey, ...]


@dataclass(frozen=True)
class Check:
    """A check for red flags on its way. Immutable: every step gives a new one."""

    questions: tuple[Question, ...]
    findings: tuple[Finding, ...] = ()
    asked: tuple[QuestionKey, ...] = ()
    """The questions with an answer that stands, in the order of asking."""

    suspected: bool = False
    """Whether a danger sign may have been spoken of, so that it must be asked about."""

    worst: Level = Level.NO_RED_FLAG_HEARD
    """The highest level of the answers so far. It is only ever raised."""

    clot_sign: bool = False
    """Whether a sign of a clot was affirmed, or could not be denied, by the person."""

    def record(self, key: QuestionKey, answer: Answer) -> Check:
        """Add an answer. Raises KeyError for a question that is not there."""
        question = self._question(key)
        admitted = question.clot_sign and answer in (Answer.YES, Answer.UNSURE)
        return Check(
            self.questions,
            (*self.findings, Finding(key, answer)),
            self.asked if key in self.asked else (*self.asked, key),
            self.suspected,
            max(self.worst, _level(question, answer)),
            self.clot_sign or admitted,
        )

    def go_back(self) -> Check:
        """Ask the last answered question again; its answer still counts for the level."""
        return replace(self, asked=self.asked[:-1])

    def suspect_danger(self) -> Check:
        """Ask the questions about danger whatever else is answered."""
        return replace(self, suspected=True)

    def next_question(self) -> Question | None:
        """The question to ask now; None when the check is over."""
        if self.worst is Level.EMERGENCY:
            return None
        return next((q for q in self._to_ask() if q.key not in self.asked), None)

    def verdict(self) -> Verdict:
        """The level so far. Questions still open count as unclear, so it is safe at any time."""
        heard = {f.question for f in self.findings}
        open_ = self._to_ask() if self.next_question() else ()
        missing = [Finding(q.key, Answer.UNCLEAR) for q in open_ if q.key not in heard]
        weighed = [
            (_level(self._question(f.question), f.answer), f) for f in (*self.findings, *missing)
        ]
        level = max((lv for lv, _ in weighed), default=Level.SEE_A_DOCTOR)
        told = [f for lv, f in weighed if lv > Level.NO_RED_FLAG_HEARD]
        # Reasons of the level itself come first, and each is said once.
        ordered = sorted(told, key=lambda f: -_level(self._question(f.question), f.answer))
        spoken = [f for f in ordered if f not in missing]
        affirmed = {f.question for f in spoken if f.answer is Answer.YES}
        reasons = [
            self._reason(f) for f in spoken if f.answer is Answer.YES or f.question not in affirmed
        ]
        soft = not any(lv is level and f.answer is Answer.YES for lv, f in weighed)
        return Verdict(
            level, soft and level > Level.NO_RED_FLAG_HEARD, tuple(dict.fromkeys(reasons))
        )

    def _to_ask(self) -> tuple[Question, ...]:
        danger = self.clot_sign or self.suspected
        return tuple(q for q in self.questions if danger or not q.only_after_clot_sign)

    def _reason(self, finding: Finding) -> LineKey:
        question = self._question(finding.question)
        return question.reason if finding.answer is Answer.YES else question.reason_unsure

    def _question(self, key: QuestionKey) -> Question:
        for question in self.questions:
            if question.key == key:
                return question
        raise KeyError(key)


def begin(script: Script) -> Check:
    """A check with every question of the script still to ask."""
    return Check(script.questions)


def _level(question: Question, answer: Answer) -> Level:
    match answer:
        case Answer.NO:
            return Level.NO_RED_FLAG_HEARD
        case Answer.YES:
            return question.yes
        case Answer.UNSURE:
            return question.unsure
        case Answer.UNCLEAR:
            return question.unclear
        case _:
            assert_never(answer)
