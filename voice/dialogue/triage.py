"""Answers -> level of advice, with its reasons. Pure.

The laws of this file:

1. A level only rises. An answer once heard is never taken back: not by going back and answering
   again, and not by waking Charley a second time.
2. Only an explicit NO to every question that was to be asked gives
   :attr:`Level.NO_URGENT_SIGN_HEARD`. Unsure, unclear and not asked are never a no.
3. Every sign that is mentioned is followed up: what may accompany it is asked next.
4. An emergency ends the screening at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from voice.content.script import Answer, Level, LineKey, Question, QuestionKey, Script, Stage
from voice.dialogue.changing import replace


@dataclass(frozen=True)
class Finding:
    """An answer to a question. A question may have several; none is forgotten.

    ``silent``: it is unclear because the user said nothing, and may have fallen asleep.
    """

    question: QuestionKey
    answer: Answer
    silent: bool = False


@dataclass(frozen=True)
class Assessment:
    """How soon the user needs medical care, and the lines that say why.

    ``soft``: the level was reached by unsure and unclear answers alone. ``partial``: no urgent
    sign was heard, but the questions that can wait were not asked.
    """

    level: Level
    soft: bool
    reasons: tuple[LineKey, ...]
    partial: bool = False


@dataclass(frozen=True)
class Screening:
    """The red-flag questions in progress. Immutable: every change returns a new one."""

    questions: tuple[Question, ...]
    findings: tuple[Finding, ...] = ()
    asked: tuple[QuestionKey, ...] = ()
    """The questions with an answer that stands, in the order asked."""

    suspected: tuple[QuestionKey, ...] = ()
    """Signs that may have been mentioned, so they must be asked about."""

    stages: frozenset[Stage] = frozenset({Stage.TONIGHT})
    """Which questions everyone is asked: those of tonight, those that can wait, or both."""

    def record(self, key: QuestionKey, answer: Answer, *, silent: bool = False) -> Screening:
        """Add an answer. Raises KeyError for an unknown question."""
        self._question(key)
        asked = self.asked if key in self.asked else (*self.asked, key)
        finding = Finding(key, answer, silent)
        return replace(self, findings=(*self.findings, finding), asked=asked)

    def go_back(self) -> Screening:
        """Ask the last answered question again; its answer still counts for the level."""
        return replace(self, asked=self.asked[:-1])

    def reopen(self, key: QuestionKey) -> Screening:
        """Ask this question again; its answer still counts for the level."""
        return replace(self, asked=tuple(k for k in self.asked if k != key))

    def suspect(self, key: QuestionKey) -> Screening:
        """Ask about a sign that may have been mentioned, whatever the other answers are."""
        suspected = self.suspected if key in self.suspected else (*self.suspected, key)
        return replace(self.reopen(key), suspected=suspected)

    @property
    def worst(self) -> Level:
        """The highest level of the answers so far."""
        levels = (_level(self._question(f.question), f.answer) for f in self.findings)
        return max(levels, default=Level.NO_URGENT_SIGN_HEARD)

    @property
    def reached(self) -> Level:
        """The level to act on if the conversation ended now.

        It is ``worst``, unless a sign was affirmed and its follow-up is unanswered: the follow-up
        then counts as unclear.
        """
        open_ = (q.unclear for q in self._follow_ups() if q.key not in self.asked)
        return max(self.worst, *open_, Level.NO_URGENT_SIGN_HEARD)

    @property
    def clot_sign(self) -> bool:
        """Whether a sign of a clot was asked about and not denied."""
        open_ = (f for f in self.findings if f.answer is not Answer.NO)
        return any(self._question(f.question).clot_sign for f in open_)

    def next_question(self, *, aside: bool = False) -> Question | None:
        """The question to ask now; None if there is none left.

        ``aside``: only the questions that a sign leads to, not those that everyone is asked.
        """
        if self.worst is Level.EMERGENCY:
            return None
        return next((q for q in self._to_ask(aside=aside) if q.key not in self.asked), None)

    def may_ask_later(self) -> bool:
        """Whether there are questions left that can wait and have not been asked."""
        waiting = (q.key for q in self.questions if q.stage is Stage.LATER)
        return Stage.LATER not in self.stages and any(key not in self.asked for key in waiting)

    def assessment(self, *, aside: bool = False) -> Assessment:
        """The level so far. Open questions count as unclear, so it is safe at any time.

        ``aside``: only the questions that a sign leads to count as open, because the round of
        questions has not begun or will not be finished.
        """
        heard = {f.question for f in self.findings}
        open_ = self._to_ask(aside=aside) if self.next_question(aside=aside) else ()
        missing = [Finding(q.key, Answer.UNCLEAR) for q in open_ if q.key not in heard]
        weighed = [
            (_level(self._question(f.question), f.answer), f) for f in (*self.findings, *missing)
        ]
        level = max((lv for lv, _ in weighed), default=Level.SEE_A_DOCTOR)
        spoken = [
            (lv, f) for lv, f in weighed if lv > Level.NO_URGENT_SIGN_HEARD and f not in missing
        ]
        # Reasons for the level itself come first, and each is said once.
        ordered = [f for _, f in sorted(spoken, key=lambda weighed: -weighed[0])]
        affirmed = {f.question for f in ordered if f.answer is Answer.YES}
        reasons = [
            self._reason(f) for f in ordered if f.answer is Answer.YES or f.question not in affirmed
        ]
        lowest = level is Level.NO_URGENT_SIGN_HEARD
        return Assessment(
            level,
            soft=not lowest and not any(lv is level and f.answer is Answer.YES for lv, f in spoken),
            reasons=tuple(dict.fromkeys(reasons)),
            partial=lowest and self.may_ask_later(),
        )

    def _follow_ups(self) -> tuple[Question, ...]:
        affirmed = {f.question for f in self.findings if f.answer is Answer.YES}
        keys = (q.follow_up for q in self.questions if q.key in affirmed)
        return tuple(self._question(key) for key in keys if key is not None)

    def _to_ask(self, *, aside: bool = False) -> tuple[Question, ...]:
        danger = bool(self.suspected) and not aside
        danger |= any(
            f.answer in self._question(f.question).danger_next and not f.silent
            for f in self.findings
        )
        due = [
            *self._follow_ups(),
            *(q for q in self.questions if danger and q.stage is Stage.DANGER),
        ]
        if not aside:
            due += [q for q in self.questions if q.key in self.suspected]
            due += [q for q in self.questions if q.stage in self.stages]
        return tuple(dict.fromkeys(due))

    def _reason(self, finding: Finding) -> LineKey:
        question = self._question(finding.question)
        return question.reason if finding.answer is Answer.YES else question.reason_unsure

    def _question(self, key: QuestionKey) -> Question:
        for question in self.questions:
            if question.key == key:
                return question
        raise KeyError(key)


def begin(script: Script) -> Screening:
    """A screening with every question of the script still to ask."""
    return Screening(script.questions)


def _level(question: Question, answer: Answer) -> Level:
    match answer:
        case Answer.NO:
            return Level.NO_URGENT_SIGN_HEARD
        case Answer.YES:
            return question.yes
        case Answer.UNSURE:
            return question.unsure
        case Answer.UNCLEAR:
            return question.unclear
        case _:
            assert_never(answer)
