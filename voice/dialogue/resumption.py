"""After a conversation was broken off, Charley comes back and offers to go on.

Nothing starts unasked: Charley first asks whether the cramp has eased, or whether to go through
the questions. The level reached is not lost: the night remembers it, and its advice is still owed
unless it is said now.
"""

from __future__ import annotations

from typing import assert_never

from voice.content.script import Level, LineKey, QuestionKey, Script
from voice.dialogue import line_keys as lines
from voice.dialogue.actions import Action, AlarmId, CancelAlarm, SetAlarm
from voice.dialogue.broken_off import BrokenOff
from voice.dialogue.changing import replace
from voice.dialogue.diary import Course
from voice.dialogue.events import Resumed
from voice.dialogue.on_speech import new_session
from voice.dialogue.red_flag_check import FAINT, conclude
from voice.dialogue.state_prompts import Context
from voice.dialogue.states import (
    AskingIfGone,
    Asleep,
    Bedtime,
    Cramp,
    Exercise,
    OfferingCheck,
    Paused,
    Relief,
    Session,
)
from voice.dialogue.stretching import MEDICAL_HELP_AFTER_S
from voice.dialogue.transition import Step


def resumed(context: Context, state: Asleep, event: Resumed) -> Step:
    """Say that Charley was away, and offer to go on from where it stopped."""
    script, broken_off = context.script, event.broken_off
    signs = _known_signs(script, broken_off)
    session = _session(script, state, event, signs)
    if session.carried is Level.EMERGENCY:
        return conclude(session, aside=True)
    session, before, told = _watched(session, state.turn_id, event)
    preface = (lines.BACK_AGAIN, *_still_owed(script, session), *_signs_told(signs), *told)
    return Step(_offer(context, session, broken_off), preface, before)


def _offer(
    context: Context, session: Session, broken_off: BrokenOff
) -> AskingIfGone | Paused | OfferingCheck:
    if broken_off.exercise is None:
        return OfferingCheck(session)
    exercise = _known_exercise(context.script, broken_off.exercise)
    if isinstance(exercise, Relief):
        return AskingIfGone(replace(session, part=exercise.part), exercise)
    return Paused(session, exercise, context.hold_length_s(exercise))


def _session(
    script: Script, state: Asleep, event: Resumed, signs: tuple[QuestionKey, ...]
) -> Session:
    session = new_session(script, state, Course(event.at_s), present=True)
    screening = session.screening
    for sign in signs:
        screening = screening.suspect(sign)
    return replace(
        session,
        screening=screening,
        part=event.broken_off.part,
        cramp=Cramp.GONE if event.broken_off.gone else Cramp.UNKNOWN,
        advised=session.carried if _is_told(session) else Level.NO_URGENT_SIGN_HEARD,
    )


def _is_told(session: Session) -> bool:
    return session.carried >= Level.URGENT


def _still_owed(script: Script, session: Session) -> tuple[LineKey, ...]:
    """Urgent advice that may not have been said; less urgent advice comes at the end."""
    return script.advice[session.carried].brief if _is_told(session) else ()


def _signs_told(signs: tuple[QuestionKey, ...]) -> tuple[LineKey, ...]:
    """What to do if a suspected sign is real, since the questions about it were cut short."""
    told = [lines.FAINT_FIRST if sign == FAINT else lines.DANGER_UNSURE for sign in signs]
    return tuple(dict.fromkeys(told))


def _watched(
    session: Session, turn_id: int, event: Resumed
) -> tuple[Session, tuple[Action, ...], tuple[LineKey, ...]]:
    """The session with an alarm for the rest of the ten minutes; what to say if they are up."""
    if session.cramp is Cramp.GONE:
        return replace(session, alarm=None), (CancelAlarm(),), ()
    left_s = MEDICAL_HELP_AFTER_S - event.lasted_s
    if left_s <= 0.0:
        return replace(session, alarm=None), (CancelAlarm(),), (lines.TEN_MINUTES,)
    alarm = AlarmId(turn_id + 1)
    return replace(session, alarm=alarm), (SetAlarm(alarm, event.at_s + left_s),), ()


def _known_signs(script: Script, broken_off: BrokenOff) -> tuple[QuestionKey, ...]:
    """The signs that this script asks about; the script may have changed in the meantime."""
    known = {question.key for question in script.questions}
    return tuple(sign for sign in broken_off.signs if sign in known)


def _known_exercise(script: Script, exercise: Exercise) -> Exercise:
    """The exercise if this script has it, or else the first one of its kind."""
    match exercise:
        case Relief(part, step):
            return exercise if 0 <= step < len(script.ladders[part]) else Relief(part)
        case Bedtime(number):
            return exercise if 0 <= number < len(script.bedtime) else Bedtime()
        case _:
            assert_never(exercise)
