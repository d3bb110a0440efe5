"""Danger signs that the user mentions; they take precedence in every state."""

from __future__ import annotations

from typing import Final, assert_never

from voice.content.script import Answer, LineKey, QuestionKey, Script
from voice.dialogue import line_keys as lines
from voice.dialogue.changing import replace
from voice.dialogue.red_flag_check import (
    ATTEMPTS,
    FAINT,
    ask_aside,
    recorded,
)
from voice.dialogue.states import (
    AskingRedFlag,
    ConfirmingSign,
    Conversing,
    MayStand,
    OpenFloor,
    Resumable,
    Session,
    TakenNo,
    Tries,
    with_session,
)
from voice.dialogue.transition import Step, sleep

DENIALS: Final = 2
"""After this many denials, stop asking the user to confirm a doubtful sign."""


def signs_heard(
    script: Script, state: Conversing, signs: tuple[QuestionKey, ...], *, doubtful: bool
) -> Step | None:
    """Act on danger signs; confirm a doubtful one first. None if it has been denied often enough.

    Raises IndexError if there is no sign.
    """
    if FAINT in signs:
        # Doubtful or not: from here on the user is not told to stand.
        state = with_session(state, replace(state.session, may_stand=MayStand.NO))
    if not doubtful or isinstance(state, ConfirmingSign):
        # Repeated in answer to the confirmation, so it was no recognition error.
        return certain(script, state, signs)
    sign = signs[0]
    if state.session.denied.count(sign) >= DENIALS:
        return None
    return Step(ConfirmingSign(state.session, sign, back_of(state)))


def certain(
    script: Script, state: Conversing, signs: tuple[QuestionKey, ...], answer: Answer = Answer.YES
) -> Step:
    """The signs are confirmed: record them, and ask about what may accompany them."""
    session = state.session
    for sign in signs:
        session = recorded(session, sign, answer)
    preface = (lines.FAINT_FIRST,) if FAINT in signs else ()
    # Without a wake phrase there is nothing to go back to; the advice comes next.
    back = back_of(state) or OpenFloor(state.session)
    return ask_aside(script, session, back, *preface)


def back_of(state: Conversing) -> Resumable | None:
    """The state to go back to after a side question."""
    match state:
        case ConfirmingSign():
            return state.back
        case AskingRedFlag() if state.back is not None:
            return state.back
        case _:
            return state


def confirmation_heard(
    script: Script, state: ConfirmingSign, answer: Answer, at_s: float, *, doubtful: bool
) -> Step:
    """Handle the answer to a confirmation. Only a plain no withdraws the sign."""
    match answer:
        case Answer.YES | Answer.UNSURE:
            return certain(script, state, (state.sign,), answer)
        case Answer.NO if not doubtful:
            session = replace(
                state.session,
                denied=(*state.session.denied, state.sign),
                taken_no=TakenNo(state.sign, Answer.NO, at_s),
            )
            return _resume(script, session, state.back)
        case Answer.NO | Answer.UNCLEAR:
            return confirmation_unanswered(script, state, silent=False)
        case _:
            assert_never(answer)


def confirmation_unanswered(script: Script, state: ConfirmingSign, *, silent: bool) -> Step:
    """No-input or no-match: reprompt once; then say what to do if the sign is real.

    It may have been a cough, so Charley does not tell the user to phone for help. But the sign is
    remembered, and the round of questions asks about it whatever the other answers are.
    """
    vain = state.tries.vain + 1
    if vain < ATTEMPTS:
        said = lines.NOT_HEARD if silent else lines.NOT_UNDERSTOOD
        return Step(replace(state, tries=Tries(vain)), (said,))
    session = replace(state.session, screening=state.session.screening.suspect(state.sign))
    told = lines.FAINT_FIRST if state.sign == FAINT else lines.DANGER_UNSURE
    return _resume(script, session, state.back, told)


def _resume(script: Script, session: Session, back: Resumable | None, *preface: LineKey) -> Step:
    """Ask any pending questions about another sign; then return to what was set aside."""
    if back is None:
        return sleep(session, *preface, lines.ALL_RIGHT_QUIET)
    return ask_aside(script, session, back, *preface)
