"""No-input and no-match: reprompt, and never treat either as a no.

If unclear speech goes on and on, it is taken for a television rather than the user: Charley says
so once and goes quiet, and nothing that resulted from it counts.
"""

from __future__ import annotations

from typing import Final, assert_never

from voice.dialogue import line_keys as lines
from voice.dialogue.changing import replace
from voice.dialogue.danger_signs import back_of, confirmation_unanswered
from voice.dialogue.red_flag_check import (
    check_unanswered,
    offer_unanswered,
    question_unanswered,
    rest_unanswered,
)
from voice.dialogue.state_prompts import Context
from voice.dialogue.states import (
    Advising,
    Asking,
    AskingCanStand,
    AskingIfGone,
    AskingRedFlag,
    AskingWhichThigh,
    Awake,
    ConfirmingSign,
    Conversing,
    Emergency,
    Holding,
    Instructing,
    OfferingCheck,
    OfferingRest,
    OpenFloor,
    OtherTalk,
    Paused,
    TakenNo,
    Tries,
    with_session,
)
from voice.dialogue.stretching import (
    relief_unanswered,
    standing_unanswered,
    stop_exercise,
    thigh_unanswered,
    unclear_in_exercise,
)
from voice.dialogue.transition import Stay, Step, sleep

OTHER_TALK_TURNS: Final = 3
"""After this many unclear turns in a row, treat them as other people's talk."""

OTHER_TALK_TURNS_PAUSED: Final = 20
"""The same while a stretch is paused and no question is pending."""

CORRECTION_S: Final = 1.5
"""Speech that starts within this time after a no still belongs to that question."""


def on_no_match(
    context: Context, state: Awake, at_s: float, began_at_s: float | None = None
) -> Step | Stay:
    """Handle a no-match; ``began_at_s`` is None if unknown."""
    if isinstance(state, Emergency):
        return Stay(state)
    state = with_session(state, replace(state.session, present=True))
    taken = still_open(state, began_at_s)
    if taken is not None:
        return take_back(state, taken)
    match state:
        case Instructing() | Holding():
            return unclear_in_exercise(state, at_s) or Stay(state)
        case AskingWhichThigh() | AskingIfGone() | AskingCanStand():
            # A user in pain may only moan here, and the ladder has an end.
            return _reprompt(context, state, silent=False)
        case _:
            return _perhaps_other_talk(context, state)


def _perhaps_other_talk(context: Context, state: Paused | Asking) -> Step | Stay:
    talk = state.session.other_talk or OtherTalk(0, state.session.screening)
    talk = replace(talk, turns=talk.turns + 1)
    state = with_session(state, replace(state.session, other_talk=talk))
    most = OTHER_TALK_TURNS_PAUSED if isinstance(state, Paused) else OTHER_TALK_TURNS
    if talk.turns >= most:
        return _leave_others_to_their_talk(state)
    return Stay(state) if isinstance(state, Paused) else _reprompt(context, state, silent=False)


def on_no_input(context: Context, state: Paused | Asking) -> Step:
    """Handle a no-input: silence beyond the patience."""
    match state:
        case Paused():
            return stop_exercise(state)
        case _ if state.tries.waiting:
            # The time they asked for is up; their silence does not count as an answer.
            return Step(replace(state, tries=replace(state.tries, waiting=False)))
        case _:
            return _reprompt(context, state, silent=True)


def _reprompt(context: Context, state: Asking, *, silent: bool) -> Step:
    match state:
        case AskingWhichThigh():
            return thigh_unanswered(state)
        case AskingIfGone():
            return relief_unanswered(context, state, silent=silent)
        case AskingCanStand():
            return standing_unanswered(context, state, silent=silent)
        case AskingRedFlag():
            return question_unanswered(context.script, state, silent=silent)
        case ConfirmingSign():
            return confirmation_unanswered(context.script, state, silent=silent)
        case OfferingRest():
            return rest_unanswered(state, silent=silent)
        case OfferingCheck():
            return check_unanswered(state, silent=silent)
        case Advising() | OpenFloor():
            return offer_unanswered(state, silent=silent)
        case _:
            assert_never(state)


def _leave_others_to_their_talk(state: Paused | Asking) -> Step:
    """Say once that others are talking, and go quiet. Nothing their talk led to counts."""
    session = state.session
    session = replace(session, screening=session.heard, other_talk=None)
    asked = isinstance(state, AskingRedFlag | ConfirmingSign | OfferingCheck)
    unfinished = (lines.STOPPED_CHECK,) if asked else ()
    return sleep(session, *unfinished, lines.DANGER_UNSURE, lines.OTHER_TALK)


# Withdrawing a no ----------------------------------------------------------------------------


def still_open(state: Conversing, began_at_s: float | None) -> TakenNo | None:
    """The recent no that speech starting at ``began_at_s`` may still correct."""
    taken = state.session.taken_no
    if taken is None or began_at_s is None:
        return None
    return taken if began_at_s - taken.at_s <= CORRECTION_S else None


def take_back(state: Conversing, taken: TakenNo) -> Step:
    """Withdraw a no that may have been misheard: ask its question again."""
    session = replace(
        state.session,
        screening=state.session.screening.reopen(taken.question),
        present=True,
        taken_no=None,
    )
    back = back_of(state)
    if isinstance(back, AskingRedFlag):
        back = None
    asked = AskingRedFlag(session, taken.question, back, tries=Tries())
    return Step(asked, (lines.ASK_ONCE_MORE,))
