"""The red-flag questions, and the advice that follows from them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, assert_never

from voice.content.script import Answer, Level, LineKey, Script
from voice.dialogue import line_keys as lines
from voice.dialogue.state_prompts import stays_home
from voice.dialogue.states import (
    Advising,
    Attending,
    Checking,
    Emergency,
    Session,
)
from voice.dialogue.transition import Step, fall_silent, to_sleep

ATTEMPTS: Final = 2
"""A question that met two unclear or silent turns is unclear: never a no."""

SILENT_QUESTIONS: Final = 2
"""After so many questions in a row with no sound at all, nobody is asked any more."""

TELLINGS: Final = 3
"""How often the emergency number is named to somebody who does not answer."""


def begin_check(session: Session, *preface: LineKey) -> Step:
    """Ask the first question that is still open, or go straight to the advice."""
    return _next(session, *preface, lines.NOW_QUESTIONS)


def _next(session: Session, *preface: LineKey, silent: int = 0) -> Step:
    question = session.check.next_question()
    if question is None:
        return conclude(session)
    return Step(Checking(session, question.key, silent=silent), preface)


def conclude(session: Session, *preface: LineKey) -> Step:
    """Advise on what was heard. What was not asked counts as unclear."""
    verdict = session.check.verdict()
    if verdict.level is Level.EMERGENCY:
        return Step(Emergency(session, verdict), preface)
    return Step(Advising(session, verdict), preface)


def answer_heard(state: Checking, answer: Answer, *, doubtful: bool) -> Step:
    """An answer to a red-flag question, or to a no that was read back."""
    if state.reading_back:
        return _read_back_heard(state, answer, doubtful=doubtful)
    if answer is Answer.NO and doubtful:
        return Step(replace(state, reading_back=True))
    return _recorded(state, answer)


def _read_back_heard(state: Checking, answer: Answer, *, doubtful: bool) -> Step:
    match answer:
        case Answer.YES if not doubtful:
            return _recorded(state, Answer.NO)
        case Answer.UNSURE:
            return _recorded(state, Answer.UNSURE)
        case Answer.YES | Answer.NO | Answer.UNCLEAR:
            return question_unanswered(replace(state, reading_back=False), silent=False)
        case _:
            assert_never(answer)


def _recorded(state: Checking, answer: Answer, silent: int = 0) -> Step:
    check = state.session.check.record(state.question, answer)
    return _next(replace(state.session, check=check), silent=silent)


def question_unanswered(state: Checking, *, silent: bool) -> Step:
    """Asked in vain: ask once more, then record that it is unclear."""
    if state.attempt + 1 < ATTEMPTS:
        again = replace(state, attempt=state.attempt + 1, reading_back=False)
        return Step(again, (lines.NOT_HEARD if silent else lines.NOT_UNDERSTOOD,))
    if silent and state.silent + 1 >= SILENT_QUESTIONS:
        check = state.session.check.record(state.question, Answer.UNCLEAR)
        return conclude(replace(state.session, check=check), lines.NOT_HEARD_CHECK)
    return _recorded(state, Answer.UNCLEAR, silent=state.silent + 1 if silent else 0)


def go_back_question(state: Checking) -> Step:
    """Ask the question before this one again. What was answered still counts."""
    check = state.session.check.go_back()
    if check == state.session.check:
        return Step(replace(state, attempt=0, reading_back=False), (lines.FIRST_QUESTION,))
    return _next(replace(state.session, check=check))


def resume_check(session: Session, *preface: LineKey) -> Step:
    """Go on with the questions that are still open."""
    return _next(session, *preface)


def advice_heard(state: Advising, script: Script, answer: Answer) -> Step:
    """Whether tips are wanted, or, for somebody who must go tonight, the advice again."""
    if answer is not Answer.YES:
        last = lines.GOOD_NIGHT if stays_home(state.verdict) else lines.STAY_NEAR
        return fall_silent(state.session, last)
    if stays_home(state.verdict):
        return Step(Attending(state.session), script.tips)
    return Step(replace(state, attempt=0))


def offer_unanswered(state: Advising | Attending, *, silent: bool) -> Step:
    """An offer that nobody takes up ends the conversation."""
    if not silent and state.attempt + 1 < ATTEMPTS:
        return Step(replace(state, attempt=state.attempt + 1), (lines.NOT_UNDERSTOOD,))
    urgent = isinstance(state, Advising) and not stays_home(state.verdict)
    return fall_silent(state.session, lines.STAY_NEAR if urgent else lines.GOOD_NIGHT)


def emergency_unanswered(state: Emergency) -> Step:
    """Name the emergency number again to somebody who does not answer, but not for ever."""
    if state.told + 1 < TELLINGS:
        return Step(replace(state, told=state.told + 1))
    return to_sleep(lines.STAY_NEAR)


def stop_check() -> Step:
    """End the questions early: say that they prove nothing, and what would matter most."""
    return to_sleep(lines.STOPPED_CHECK, lines.CHANGE_CLOT)
