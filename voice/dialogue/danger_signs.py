"""Danger signs that the person speaks of: they go before everything, in every state."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from voice.content.script import Answer, Command, Level, LineKey, QuestionKey
from voice.dialogue import line_keys as lines
from voice.dialogue.red_flag_check import ATTEMPTS, conclude, resume_check
from voice.dialogue.state_prompts import Context
from voice.dialogue.states import (
    Advising,
    AskingDanger,
    AskingFooting,
    AskingRelief,
    Awake,
    Bedtime,
    Checking,
    ConfirmingDanger,
    Emergency,
    Holding,
    Instructing,
    Paused,
    Resumable,
    Session,
    with_session,
)
from voice.dialogue.stretching import next_rung
from voice.dialogue.transition import Step, to_sleep

_CHEST = lines.danger_question(Command.CHEST_PAIN)
_BREATH = lines.danger_question(Command.SHORT_OF_BREATH)


def danger_heard(state: Awake, sign: Command, *, doubtful: bool) -> Step:
    """Act on a danger sign; one that was heard doubtfully is asked back first."""
    if not doubtful or isinstance(state, ConfirmingDanger):
        # Said again when asked whether it was said: nobody does that by mistake.
        return _certain(state, sign)
    back = state.back if isinstance(state, AskingDanger) else state
    return Step(ConfirmingDanger(state.session, sign, back))


def _certain(state: Awake, sign: Command) -> Step:
    back = state.back if isinstance(state, ConfirmingDanger | AskingDanger) else state
    check = state.session.check.record(lines.danger_question(sign), Answer.YES)
    session = replace(state.session, check=check, steady=False)
    if _is_emergency(session):
        return conclude(session)
    return _ask(session, _CHEST, back, lines.FAINT_FIRST)


def confirmation_heard(state: ConfirmingDanger, answer: Answer, *, doubtful: bool) -> Step:
    """Was it said? Only a plain no takes it back."""
    match answer:
        case Answer.YES | Answer.UNSURE:
            return _certain(state, state.sign)
        case Answer.NO if not doubtful:
            return _go_back(state.back, state.session)
        case Answer.NO | Answer.UNCLEAR:
            return confirmation_unanswered(state, silent=False)
        case _:
            assert_never(answer)


def confirmation_unanswered(state: ConfirmingDanger, *, silent: bool) -> Step:
    """Asked in vain: ask once more; then say what to do if it was said, and remember it.

    It may have been a cough, so nobody is sent to the telephone for it; but the
    check will ask about it whatever else is answered.
    """
    if state.attempt + 1 < ATTEMPTS:
        said = lines.NOT_HEARD if silent else lines.NOT_UNDERSTOOD
        return Step(replace(state, attempt=state.attempt + 1), (said,))
    session = replace(state.session, check=state.session.check.suspect_danger(), steady=False)
    told = lines.FAINT_FIRST if state.sign is Command.FAINT else lines.DANGER_UNSURE
    return _go_back(state.back, session, told)


def danger_answered(
    context: Context, state: AskingDanger, answer: Answer, *, doubtful: bool
) -> Step:
    """Chest pain, trouble breathing? Two plain noes lead back to where it was heard."""
    if answer is Answer.NO and doubtful:
        return danger_unanswered(context, state, silent=False)
    check = state.session.check.record(state.question, answer)
    session = replace(state.session, check=check)
    if _is_emergency(session):
        return conclude(session)
    if state.question == _CHEST:
        return _ask(session, _BREATH, state.back)
    return _resume_lying(context, state.back, session)


def danger_unanswered(context: Context, state: AskingDanger, *, silent: bool) -> Step:
    """Asked in vain: ask once more, then take it for what it may be."""
    if state.attempt + 1 < ATTEMPTS:
        said = lines.NOT_HEARD if silent else lines.NOT_UNDERSTOOD
        return Step(replace(state, attempt=state.attempt + 1), (said,))
    return danger_answered(context, state, Answer.UNCLEAR, doubtful=False)


def _ask(session: Session, question: QuestionKey, back: Resumable, *preface: LineKey) -> Step:
    return Step(AskingDanger(session, question, back), preface)


def _is_emergency(session: Session) -> bool:
    return session.check.worst is Level.EMERGENCY


def _go_back(back: Resumable, session: Session, *preface: LineKey) -> Step:
    """Where it was heard, as it was; a check asks what is still open."""
    match back:
        case Checking():
            return resume_check(session, *preface)
        case Advising() | Emergency():
            # What was heard since may have raised the level.
            return conclude(session, *preface)
        case Holding():
            # The count was stopped to ask; it is explained and counted anew.
            return Step(Instructing(session, back.exercise), preface)
        case _:
            return Step(with_session(back, session), preface)


def _resume_lying(context: Context, back: Resumable, session: Session) -> Step:
    """After a faint spell: nothing on the feet any more."""
    match back:
        case Instructing() | Holding() | Paused() | AskingFooting():
            if isinstance(back.exercise, Bedtime):
                return to_sleep(lines.STAY_DOWN)
            before = replace(back.exercise, rung=back.exercise.rung - 1)
            return next_rung(context, session, before, lines.STAY_DOWN)
        case AskingRelief():
            return Step(replace(back, session=session, attempt=0))
        case _:
            return _go_back(back, session)
