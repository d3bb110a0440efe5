"""The stretches: the ladder, the hold, and whether the cramp has let go."""

from __future__ import annotations

from typing import Final, assert_never

from voice.content.script import Answer, Command, Footing, LineKey, Meaning, Part
from voice.dialogue import line_keys as lines
from voice.dialogue.actions import AlarmId, CancelAlarm, SetAlarm
from voice.dialogue.changing import replace
from voice.dialogue.hold import LONGEST_S, Hold, spoken_time_left, time_left_line
from voice.dialogue.ladder import may_do
from voice.dialogue.red_flag_check import ATTEMPTS, begin_check, offer_rest, quiet_line
from voice.dialogue.state_prompts import Context
from voice.dialogue.states import (
    AskingCanStand,
    AskingIfGone,
    AskingWhichThigh,
    Awake,
    Bedtime,
    Cramp,
    Exercise,
    Exercising,
    Holding,
    Instructing,
    MayStand,
    Paused,
    Relief,
    Session,
    StandingQuestion,
    Tries,
)
from voice.dialogue.transition import Step, sleep

MEDICAL_HELP_AFTER_S: Final = 600.0
"""A cramp that lasts longer than ten minutes needs medical help (N02)."""

ADDED_S: Final = 30.0
"""How much "longer" adds to a hold."""

HEARD_OUT_S: Final = 15.0
"""A hold lasts at least this long after something important is said over it."""

HINT_EVERY_S: Final = 20.0
"""Unclear speech in a hold is answered, but not more often than this."""

PARTS: Final[dict[Meaning, Part]] = {
    Command.CALF: Part.CALF,
    Command.THIGH_FRONT: Part.THIGH_FRONT,
    Command.THIGH_BACK: Part.THIGH_BACK,
    Command.FOOT: Part.FOOT,
}


# A cramp begins --------------------------------------------------------------------


def begin_relief(
    session: Session,
    part: Part,
    turn_id: int,
    at_s: float,
    *preface: LineKey,
    restarts: bool = False,
) -> Step:
    """Begin the first stretch for a part. The ten minutes run from the first mention of a cramp."""
    session, before = _watched(session, part, turn_id, at_s)
    return Step(Instructing(session, Relief(part)), preface, before, restarts=restarts)


def begin_long_relief(
    session: Session, part: Part, turn_id: int, at_s: float, *, restarts: bool = False
) -> Step:
    """Name the way to help a cramp of ten minutes or longer, and begin its first stretch."""
    step = begin_relief(session, part, turn_id, at_s, lines.LONG_CRAMP, restarts=restarts)
    assert isinstance(step.state, Instructing)  # noqa: S101 - begin_relief gives no other state
    state = replace(step.state, session=replace(step.state.session, cramp=Cramp.STILL))
    return replace(step, state=state)


def ask_which_thigh(session: Session, turn_id: int, at_s: float, *, restarts: bool = False) -> Step:
    """The user named the thigh: ask whether it is the front or the back."""
    session, before = _watched(session, session.part, turn_id, at_s)
    return Step(AskingWhichThigh(session), (), before, restarts=restarts)


def _watched(
    session: Session, part: Part, turn_id: int, at_s: float
) -> tuple[Session, tuple[SetAlarm, ...]]:
    """The session with a cramp in this part, and an alarm; a cramp in progress keeps its own."""
    course = session.course.with_cramp(at_s)
    if session.alarm is not None and session.cramp is not Cramp.GONE:
        return replace(session, part=part, course=course), ()
    alarm = AlarmId(turn_id + 1)
    watched = replace(session, part=part, course=course, alarm=alarm, cramp=Cramp.UNKNOWN)
    return watched, (SetAlarm(alarm, at_s + MEDICAL_HELP_AFTER_S),)


def begin_bedtime(session: Session, *preface: LineKey, restarts: bool = False) -> Step:
    """Begin the stretch before bed. There is no cramp, so there is nothing to watch."""
    session = replace(session, cramp=Cramp.GONE, alarm=None)
    state = Instructing(session, Bedtime())
    return Step(state, preface, (CancelAlarm(),), restarts=restarts)


def leg_heard(state: Awake, leg: Command, turn_id: int, at_s: float) -> Step:
    """Another leg, or both: begin the first stretch again, for the same part."""
    session = state.session
    if leg is Command.BOTH_LEGS:
        session = replace(session, both_legs=True)
    return begin_relief(session, session.part, turn_id, at_s, lines.leg_line(leg), restarts=True)


# The hold ------------------------------------------------------------------------------


def begin_hold(context: Context, state: Instructing, at_s: float, *opening: LineKey) -> Step:
    """Count the hold of the exercise that was explained."""
    length_s = context.hold_length_s(state.exercise)
    return _hold(state.session, state.exercise, at_s, length_s, *(opening or (lines.HOLD_STARTS,)))


def left_of(state: Holding, at_s: float) -> float:
    """Seconds left in a hold at a given time."""
    return Hold(state.length_s).left_s(at_s - state.started_at_s)


def hold_again(
    state: Holding, at_s: float, *opening: LineKey, added_s: float = 0.0, least_s: float = 0.0
) -> Step:
    """Go on with the hold for the time left, and say something over it.

    ``least_s`` of :data:`HEARD_OUT_S` keeps the end of the hold from cutting it off.
    """
    left_s = min(LONGEST_S, max(least_s, left_of(state, at_s) + added_s))
    return _hold(state.session, state.exercise, at_s, left_s, *opening)


def _hold(
    session: Session, exercise: Exercise, at_s: float, length_s: float, *opening: LineKey
) -> Step:
    return Step(Holding(session, exercise, at_s, length_s), opening)


def hold_finished(context: Context, state: Holding) -> Step:
    """A hold is over: ask about the cramp, or go on with the bedtime stretch."""
    match state.exercise:
        case Relief():
            return Step(AskingIfGone(state.session, state.exercise))
        case Bedtime(number) if number + 1 < len(context.script.bedtime):
            return Step(Instructing(state.session, Bedtime(number + 1)), (lines.HOLD_OVER,))
        case Bedtime() if state.session.rest_waiting:
            return offer_rest(state.session, lines.HOLD_OVER)
        case Bedtime():
            return sleep(state.session, lines.HOLD_OVER, lines.BEDTIME_DONE)
        case _:
            assert_never(state.exercise)


def exercise_heard(
    context: Context, state: Exercising, meaning: Meaning, at_s: float, *, doubtful: bool
) -> Step | None:
    """Handle what the user says during a stretch; None if it changes nothing."""
    relieving = isinstance(state.exercise, Relief)
    match meaning:
        case Command.STOP | Command.DONE:
            return stop_exercise(state)
        case Command.GONE | Command.NO_CRAMP if relieving and doubtful:
            # "Gone" sounds like "go on". It would end the relief, so ask to make sure.
            return stop_exercise(state)
        case Command.NO_CRAMP if relieving and isinstance(state, Instructing):
            return cramp_gone(_never_had(state.session), state.turn_id, at_s)
        case Command.GONE | Command.NO_CRAMP if relieving:
            return cramp_gone(state.session, state.turn_id, at_s)
        case Command.ANOTHER_CRAMP if relieving:
            return begin_relief(state.session, state.session.part, state.turn_id, at_s)
        case Command.NOT_GONE | Command.ANOTHER_CRAMP if not relieving:
            # A cramp has come on during the stretch before bed.
            return begin_relief(state.session, Part.CALF, state.turn_id, at_s, restarts=True)
        case _:
            return _pace_heard(context, state, meaning, at_s)


def _pace_heard(context: Context, state: Exercising, meaning: Meaning, at_s: float) -> Step | None:
    """Handle how a stretch should go on: now, later, longer, more gently."""
    match state:
        case Instructing():
            return _before_the_hold(context, state, meaning, at_s)
        case Holding():
            return _in_the_hold(state, meaning, at_s)
        case Paused():
            return _in_the_pause(state, meaning, at_s)
        case _:
            assert_never(state)


def _before_the_hold(
    context: Context, state: Instructing, meaning: Meaning, at_s: float
) -> Step | None:
    match meaning:
        case Command.PAUSE:
            length_s = context.hold_length_s(state.exercise)
            return Step(Paused(state.session, state.exercise, length_s))
        case Command.GO_ON:
            return begin_hold(context, state, at_s)
        case Command.HURTS_MORE:
            return begin_hold(context, replace(state, session=_worse(state)), at_s, lines.EASE_OFF)
        case _:
            return None


def _in_the_hold(state: Holding, meaning: Meaning, at_s: float) -> Step | None:
    match meaning:
        case Command.PAUSE:
            return Step(Paused(state.session, state.exercise, left_of(state, at_s)))
        case Command.GO_ON:
            return hold_again(state, at_s, lines.KEEP_GOING)
        case Command.NOT_GONE:
            session = replace(state.session, cramp=Cramp.STILL)
            return hold_again(replace(state, session=session), at_s, lines.KEEP_GOING)
        case Command.LONGER:
            return hold_again(state, at_s, lines.ADDED_THIRTY, added_s=ADDED_S)
        case Command.HOW_LONG:
            told = time_left_line(spoken_time_left(left_of(state, at_s)))
            return hold_again(state, at_s, told)
        case Command.HURTS_MORE:
            worse = replace(state, session=_worse(state))
            return hold_again(worse, at_s, lines.EASE_OFF, least_s=HEARD_OUT_S)
        case _:
            return None


def _in_the_pause(state: Paused, meaning: Meaning, at_s: float) -> Step | None:
    match meaning:
        case Command.GO_ON | Command.NOT_GONE:
            return _hold(state.session, state.exercise, at_s, state.left_s, lines.CARRYING_ON)
        case Command.LONGER:
            left_s = min(LONGEST_S, state.left_s + ADDED_S)
            return Step(replace(state, left_s=left_s), (lines.ADDED_THIRTY,))
        case Command.HOW_LONG:
            return Step(state, (time_left_line(spoken_time_left(state.left_s)),))
        case _:
            return None


def _worse(state: Exercising) -> Session:
    """The session after the pain got worse: the cramp persists; a stretch before bed may ache."""
    if isinstance(state.exercise, Bedtime):
        return state.session
    return replace(state.session, cramp=Cramp.STILL)


def unclear_in_exercise(state: Exercising, at_s: float) -> Step | None:
    """Unclear speech during a stretch: give a short hint, once in a while."""
    hinted_s = state.session.hint_s
    if not isinstance(state, Holding) or (hinted_s is not None and at_s - hinted_s < HINT_EVERY_S):
        return None
    session = replace(state.session, hint_s=at_s)
    return hold_again(replace(state, session=session), at_s, lines.HOLD_HINT)


def stop_exercise(state: Exercising) -> Step:
    """Leave a stretch at once; ask whether the cramp has let go, if there was one."""
    if isinstance(state.exercise, Relief):
        return Step(AskingIfGone(state.session, state.exercise))
    return sleep(state.session, lines.ALL_RIGHT_QUIET)


def go_back_exercise(context: Context, state: Exercising | AskingIfGone) -> Step:
    """Go back to the previous safe exercise, or start the first one over."""
    session = state.session
    match state.exercise:
        case Relief(part, step):
            earlier = (Relief(part, number) for number in range(step - 1, 0, -1))
            safe = (there for there in earlier if may_do(context.script, session, there))
            return Step(Instructing(session, next(safe, Relief(part))))
        case Bedtime(number):
            return Step(Instructing(session, Bedtime(max(0, number - 1))))
        case _:
            assert_never(state.exercise)


# Has it let go? ----------------------------------------------------------------------


def cramp_gone(session: Session, turn_id: int, at_s: float) -> Step:
    """The cramp has let go: go on with the other leg, if it cramps too, else with the questions."""
    eased = replace(session, cramp=Cramp.GONE, alarm=None, course=session.course.with_relief(at_s))
    if session.both_legs:
        other = replace(eased, both_legs=False)
        leg = lines.leg_line(Command.OTHER_LEG)
        return begin_relief(other, session.part, turn_id, at_s, leg)
    step = begin_check(eased, lines.WELL_DONE)
    return replace(step, before=(CancelAlarm(), *step.before))


def _never_had(session: Session) -> Session:
    """The session of a user who called without a cramp: the diary counts none."""
    if session.course.steps:
        return session
    return replace(session, course=replace(session.course, cramp_at_s=None))


def cramp_still_there(context: Context, session: Session, exercise: Relief) -> Step:
    """The cramp is still there: go up the ladder."""
    still = replace(session, cramp=Cramp.STILL)
    return next_step(context, still, exercise, lines.STAY_WITH_IT)


def next_step(context: Context, session: Session, exercise: Relief, *preface: LineKey) -> Step:
    """Go on to the next step that is safe for this user; after the last one, to the questions."""
    ladder = context.script.ladders[exercise.part]
    for number in range(exercise.step + 1, len(ladder)):
        there = Relief(exercise.part, number)
        if ladder[number].footing is Footing.STEADY and session.may_stand is MayStand.UNKNOWN:
            return Step(AskingCanStand(session, there), preface)
        if may_do(context.script, session, there):
            return Step(Instructing(session, there), preface)
    return begin_check(session)


def relief_heard(
    context: Context, state: AskingIfGone, meaning: Meaning, at_s: float, *, doubtful: bool
) -> Step | None:
    """Handle the answer to "has it let go?"; None if it is no answer."""
    match meaning:
        case Answer.YES | Command.GONE | Command.NO_CRAMP if doubtful:
            return relief_unanswered(context, state, silent=False)
        case Answer.YES | Command.GONE | Command.NO_CRAMP:
            return cramp_gone(state.session, state.turn_id, at_s)
        case Answer.NO | Answer.UNSURE | Command.NOT_GONE:
            return cramp_still_there(context, state.session, state.exercise)
        case Command.HURTS_MORE | Command.LASTING:
            step = cramp_still_there(context, state.session, state.exercise)
            said = lines.EASE_OFF if meaning is Command.HURTS_MORE else lines.LONG_CRAMP
            return replace(step, preface=(said, *step.preface))
        case _:
            return None


def relief_unanswered(context: Context, state: AskingIfGone, *, silent: bool) -> Step:
    """No-input or no-match: reprompt once, then up the ladder, or to sleep if no one is there."""
    vain = state.tries.vain + 1
    if vain < ATTEMPTS:
        said = lines.NOT_HEARD if silent else lines.NOT_UNDERSTOOD
        return Step(replace(state, tries=Tries(vain)), (said,))
    if not silent or state.session.cramp is Cramp.STILL:
        return next_step(context, state.session, state.exercise)
    if not state.session.present:
        return replace(sleep(state.session, lines.QUIET_NOW), quietly=True)
    return sleep(state.session, quiet_line(state.session))


def thigh_unanswered(state: AskingWhichThigh) -> Step:
    """No answer on front or back: reprompt once, then take the back, more common at night."""
    vain = state.tries.vain + 1
    if vain < ATTEMPTS:
        return Step(replace(state, tries=Tries(vain)))
    session = replace(state.session, part=Part.THIGH_BACK)
    return Step(Instructing(session, Relief(Part.THIGH_BACK)))


# On the feet, or not -------------------------------------------------------------------


def standing_heard(
    context: Context, state: AskingCanStand, answer: Answer, *, doubtful: bool
) -> Step:
    """Whether the user may stand: only after a plain "not faint" and a plain "steady"."""
    match state.about, answer:
        case StandingQuestion.FAINT, Answer.NO if not doubtful:
            return Step(replace(state, about=StandingQuestion.STEADY, tries=Tries()))
        case StandingQuestion.STEADY, Answer.YES if not doubtful:
            steady = replace(state.session, may_stand=MayStand.YES)
            return Step(Instructing(steady, state.exercise))
        case _ if doubtful and state.tries.vain + 1 < ATTEMPTS:
            return Step(replace(state, tries=Tries(state.tries.vain + 1)), (lines.NOT_UNDERSTOOD,))
        case _:
            return stay_down(context, state)


def standing_unanswered(context: Context, state: AskingCanStand, *, silent: bool) -> Step:
    """No-input or no-match: reprompt once, and then do not tell the user to stand."""
    vain = state.tries.vain + 1
    if vain < ATTEMPTS:
        said = lines.NOT_HEARD if silent else lines.NOT_UNDERSTOOD
        return Step(replace(state, tries=Tries(vain)), (said,))
    return stay_down(context, state)


def stay_down(context: Context, state: AskingCanStand) -> Step:
    """Go on with what can be done without standing."""
    session = replace(state.session, may_stand=MayStand.NO)
    before = replace(state.exercise, step=state.exercise.step - 1)
    return next_step(context, session, before, lines.STAY_DOWN)
