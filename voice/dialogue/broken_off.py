"""Where a conversation was broken off: all that the next process learns about it.

Law of this file: it holds none of the user's words or answers, and no time on the audio clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from voice.content.script import Part, QuestionKey
from voice.dialogue.changing import replace
from voice.dialogue.states import (
    AskingCanStand,
    AskingIfGone,
    AskingRedFlag,
    ConfirmingSign,
    Cramp,
    Exercise,
    Holding,
    Instructing,
    OfferingCheck,
    Paused,
    State,
)


@dataclass(frozen=True)
class BrokenOff:
    """A stretch, or the red-flag questions, cut short.

    ``exercise`` is None if the questions were cut short. ``gone``: the cramp had let go, or there
    was none. ``signs``: the questions about possible danger signs.
    """

    part: Part
    gone: bool
    exercise: Exercise | None = None
    signs: tuple[QuestionKey, ...] = ()


def broken_off_in(state: State) -> BrokenOff | None:
    """What is broken off if Charley stops in this state; None if there is nothing to resume.

    If the user is being asked whether they can stand, the stretch before that is the one to
    resume.
    """
    match state:
        case Instructing() | Holding() | Paused() | AskingIfGone():
            return _broken_off(state, state.exercise)
        case AskingCanStand():
            before = replace(state.exercise, step=max(0, state.exercise.step - 1))
            return _broken_off(state, before)
        case AskingRedFlag():
            aside = state.back is not None
            return _broken_off(state, None, *((state.question,) if aside else ()))
        case ConfirmingSign():
            return _broken_off(state, None, state.sign)
        case OfferingCheck():
            return _broken_off(state, None)
        case _:
            return None


_Unfinished = (
    Instructing
    | Holding
    | Paused
    | AskingIfGone
    | AskingCanStand
    | AskingRedFlag
    | ConfirmingSign
    | OfferingCheck
)


def _broken_off(state: _Unfinished, exercise: Exercise | None, *signs: QuestionKey) -> BrokenOff:
    session = state.session
    suspected = dict.fromkeys((*session.screening.suspected, *signs))
    return BrokenOff(session.part, session.cramp is Cramp.GONE, exercise, tuple(suspected))
