"""The stretches: waking, the ladder, the hold, and whether the cramp has let go."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, assert_never

from voice.content.script import Answer, Command, LineKey, Meaning, Part
from voice.content.script import Footing as RungFooting
from voice.dialogue import line_keys as lines
from voice.dialogue import triage
from voice.dialogue.actions import AlarmId, CancelAlarm, SetAlarm
from voice.dialogue.hold import LONGEST_S, Hold, spoken_time_left, time_left_line
from voice.dialogue.red_flag_check import ATTEMPTS, begin_check
from voice.dialogue.state_prompts import Context
from voice.dialogue.states import (
    AskingFooting,
    AskingRelief,
    AskingThigh,
    Bedtime,
    Cramp,
    Exercise,
    Exercising,
    Footing,
    Holding,
    Instructing,
    Paused,
    Relief,
    Session,
)
from voice.dialogue.transition import Step, fall_silent, to_sleep

MEDICAL_HELP_AFTER_S: Final = 600.0
"""A cramp that lasts longer than ten minutes needs medical help (N02)."""

ADDED_S: Final = 30.0
"""How much "longer" adds to a hold."""

HEARD_OUT_S: Final = 15.0
"""What matters is heard out: a hold over which it is said lasts at least so long."""

PARTS: Final[dict[Meaning, Part]] = {
    Command.CALF: Part.CALF,
    Command.THIGH_FRONT: Part.THIGH_FRONT,
    Command.THIGH_BACK: Part.THIGH_BACK,
    Command.FOOT: Part.FOOT,
}


def begin_relief(
    context: Context, turn: int, at_s: float, part: Part = Part.CALF, *, answered: bool
) -> Step:
    """Begin with the first stretch for a part, and watch the time from now on."""
    session = new_session(context, turn, answered=answered)
    alarm = SetAlarm(AlarmId(turn + 1), at_s + MEDICAL_HELP_AFTER_S)
    return Step(Instructing(session, Relief(part)), before=(alarm,), chime=True)


def begin_part(context: Context, turn: int, at_s: float, named: Meaning) -> Step:
    """Begin with the muscle that was named, if one was; of the thigh, ask which side."""
    begun = begin_relief(context, turn, at_s, PARTS.get(named, Part.CALF), answered=True)
    if named is Command.THIGH:
        return replace(begun, state=AskingThigh(new_session(context, turn, answered=True)))
    return begun


def new_session(context: Context, turn: int, *, answered: bool) -> Session:
    """A session that begins now, with the alarm that :func:`begin_relief` sets."""
    check = triage.begin(context.script)
    return Session(check, alarm=AlarmId(turn + 1), answered=answered)


def begin_bedtime(context: Context) -> Step:
    """Begin the stretch before bed. There is no cramp, so nothing is watched."""
    session = Session(triage.begin(context.script), cramp=Cramp.GONE, answered=True)
    return Step(Instructing(session, Bedtime()), before=(CancelAlarm(),), chime=True)


def change_part(session: Session, part: Part) -> Step:
    """The same cramp is in another muscle: its first stretch, at once."""
    return Step(Instructing(session, Relief(part)))


def begin_hold(context: Context, state: Instructing, at_s: float, *opening: LineKey) -> Step:
    """Count the hold of the exercise that was explained."""
    length_s = context.hold_length_s(state.exercise)
    return _hold(state.session, state.exercise, at_s, length_s, *(opening or (lines.HOLD_STARTS,)))


def left_of(state: Holding, at_s: float) -> float:
    """Seconds left of a hold at a time."""
    return Hold(state.length_s).left_s(at_s - state.started_at_s)


def hold_again(
    state: Holding, at_s: float, *opening: LineKey, added_s: float = 0.0, least_s: float = 0.0
) -> Step:
    """Go on with the hold: the time that is left, and something said over it.

    ``least_s`` of :data:`HEARD_OUT_S` keeps the end of the hold from cutting it off.
    """
    left_s = min(LONGEST_S, max(least_s, left_of(state, at_s) + added_s))
    return _hold(state.session, state.exercise, at_s, left_s, *opening)


def _hold(
    session: Session, exercise: Exercise, at_s: float, length_s: float, *opening: LineKey
) -> Step:
    return Step(Holding(session, exercise, at_s, length_s), opening)


def hold_finished(context: Context, state: Holding) -> Step:
    """A hold is over: ask, or go to the next turn of the bedtime stretch."""
    match state.exercise:
        case Relief():
            return Step(AskingRelief(state.session, state.exercise), (lines.HOLD_OVER,))
        case Bedtime(turn) if turn + 1 < len(context.script.bedtime):
            return Step(Instructing(state.session, Bedtime(turn + 1)), (lines.HOLD_OVER,))
        case Bedtime():
            return to_sleep(lines.HOLD_OVER, lines.BEDTIME_DONE)
        case _:
            assert_never(state.exercise)


def exercise_heard(
    context: Context, state: Exercising, meaning: Meaning, at_s: float, *, doubtful: bool
) -> Step | None:
    """What the person says of a stretch under way; None leaves it alone."""
    match meaning, state:
        case Command.GONE, _ if doubtful and isinstance(state.exercise, Relief):
            # "Gone" sounds like "go on". It ends the relief, so it is asked back.
            return stop_exercise(state)
        case Command.STOP, _:
            return stop_exercise(state)
        case Command.GONE, _ if isinstance(state.exercise, Relief):
            return cramp_gone(state.session)
        case Command.PAUSE, Instructing():
            length_s = context.hold_length_s(state.exercise)
            return Step(Paused(state.session, state.exercise, length_s))
        case Command.PAUSE, Holding():
            return Step(Paused(state.session, state.exercise, left_of(state, at_s)))
        case Command.GO_ON, Instructing():
            return begin_hold(context, state, at_s)
        case ((Command.GO_ON | Command.NOT_GONE), Paused()):
            return _hold(state.session, state.exercise, at_s, state.left_s, lines.CARRYING_ON)
        case Command.NOT_GONE, Holding():
            session = replace(state.session, cramp=Cramp.STILL)
            return hold_again(replace(state, session=session), at_s)
        case Command.LONGER, Holding():
            return hold_again(state, at_s, lines.ADDED_THIRTY, added_s=ADDED_S)
        case Command.LONGER, Paused():
            left_s = min(LONGEST_S, state.left_s + ADDED_S)
            return Step(replace(state, left_s=left_s), (lines.ADDED_THIRTY,))
        case Command.HOW_LONG, Holding():
            told = time_left_line(spoken_time_left(left_of(state, at_s)))
            return hold_again(state, at_s, told)
        case Command.HOW_LONG, Paused():
            return Step(state, (time_left_line(spoken_time_left(state.left_s)),))
        case Command.HURTS_MORE, Instructing():
            return begin_hold(context, state, at_s, lines.EASE_OFF)
        case Command.HURTS_MORE, Holding():
            return hold_again(state, at_s, lines.EASE_OFF, least_s=HEARD_OUT_S)
        case _:
            return None


def stop_exercise(state: Exercising) -> Step:
    """Leave a stretch at once, and ask what came of it."""
    if isinstance(state.exercise, Relief):
        return Step(AskingRelief(state.session, state.exercise))
    return to_sleep(lines.ALL_RIGHT_QUIET)


def go_back_exercise(state: Exercising | AskingRelief) -> Step:
    """The exercise before this one; the first one again from its beginning."""
    match state.exercise:
        case Relief(part, rung):
            # An earlier rung may be a standing one only where standing was found safe.
            earlier = Relief(part, max(0, rung - 1)) if state.session.steady else Relief(part)
            return Step(Instructing(state.session, earlier))
        case Bedtime(turn):
            return Step(Instructing(state.session, Bedtime(max(0, turn - 1))))
        case _:
            assert_never(state.exercise)


def cramp_gone(session: Session) -> Step:
    """The cramp has let go: no more stretches, and now the questions."""
    eased = replace(session, cramp=Cramp.GONE)
    step = begin_check(eased, lines.WELL_DONE)
    return replace(step, before=(CancelAlarm(), *step.before))


def cramp_still_there(context: Context, session: Session, exercise: Relief) -> Step:
    """The cramp is still there: up the ladder."""
    return next_rung(context, replace(session, cramp=Cramp.STILL), exercise, lines.STAY_WITH_IT)


def next_rung(context: Context, session: Session, exercise: Relief, *preface: LineKey) -> Step:
    """The next rung that is safe for this person; after the last one, the questions."""
    ladder = context.script.ladders[exercise.part]
    for number in range(exercise.rung + 1, len(ladder)):
        there = Relief(exercise.part, number)
        match ladder[number].footing, session.steady:
            case RungFooting.STEADY, None:
                return Step(AskingFooting(session, there), preface)
            case (RungFooting.ANY, _) | (RungFooting.STEADY, True):
                return Step(Instructing(session, there), preface)
            case RungFooting.UNSTEADY, (None | False):
                return Step(Instructing(session, there), preface)
            case _:
                continue
    return begin_check(session)


def relief_heard(
    context: Context, state: AskingRelief, meaning: Meaning, *, doubtful: bool
) -> Step | None:
    """The answer to "has it let go?"; None where it was none."""
    match meaning:
        case Answer.YES | Command.GONE if doubtful:
            return relief_unanswered(context, state, silent=False)
        case Answer.YES | Command.GONE:
            return cramp_gone(state.session)
        case Answer.NO | Answer.UNSURE | Command.NOT_GONE:
            return cramp_still_there(context, state.session, state.exercise)
        case Command.HURTS_MORE:
            step = cramp_still_there(context, state.session, state.exercise)
            return replace(step, preface=(lines.EASE_OFF, *step.preface))
        case _:
            return None


def relief_unanswered(context: Context, state: AskingRelief, *, silent: bool) -> Step:
    """Asked in vain: once more, and then up the ladder, or to sleep where nobody is there."""
    if state.attempt + 1 < ATTEMPTS:
        said = lines.NOT_HEARD if silent else lines.NOT_UNDERSTOOD
        return Step(replace(state, attempt=state.attempt + 1), (said,))
    if not silent or state.session.cramp is Cramp.STILL:
        return next_rung(context, state.session, state.exercise)
    if not state.session.answered:
        return replace(to_sleep(lines.QUIET_NOW), softly=True)
    return fall_silent(state.session, lines.QUIET_STILL)


def thigh_unanswered(state: AskingThigh) -> Step:
    """Front or back was not heard: ask once more, then take the back, the commoner at night."""
    if state.attempt + 1 < ATTEMPTS:
        return Step(replace(state, attempt=state.attempt + 1))
    return change_part(state.session, Part.THIGH_BACK)


def footing_heard(
    context: Context, state: AskingFooting, answer: Answer, *, doubtful: bool
) -> Step:
    """May they stand? Only a plain "not faint" and a plain "steady" will do."""
    match state.about, answer:
        case Footing.FAINT, Answer.NO if not doubtful:
            return Step(replace(state, about=Footing.STEADY, attempt=0))
        case Footing.STEADY, Answer.YES if not doubtful:
            steady = replace(state.session, steady=True)
            return Step(Instructing(steady, state.exercise))
        case _ if doubtful and state.attempt + 1 < ATTEMPTS:
            return Step(replace(state, attempt=state.attempt + 1), (lines.NOT_UNDERSTOOD,))
        case _:
            return stay_down(context, state)


def footing_unanswered(context: Context, state: AskingFooting, *, silent: bool) -> Step:
    """Asked in vain: once more, and then nobody is told to stand."""
    if state.attempt + 1 < ATTEMPTS:
        said = lines.NOT_HEARD if silent else lines.NOT_UNDERSTOOD
        return Step(replace(state, attempt=state.attempt + 1), (said,))
    return stay_down(context, state)


def stay_down(context: Context, state: AskingFooting) -> Step:
    """Go on with what can be done without standing."""
    session = replace(state.session, steady=False)
    before = replace(state.exercise, rung=state.exercise.rung - 1)
    return next_rung(context, session, before, lines.STAY_DOWN)
