"""Commands that work in every state of a conversation: help, repeat, louder, a question."""

from __future__ import annotations

from typing import Final, assert_never

from voice.content.script import Command, Level, LineKey, Meaning, Script, TopicKey
from voice.dialogue import line_keys as lines
from voice.dialogue.actions import Action, AdjustRate, AdjustVolume, ChangeVoice
from voice.dialogue.changing import replace
from voice.dialogue.emergency import leave_emergency
from voice.dialogue.red_flag_check import (
    ask_rest,
    go_back_question,
    last_word,
    leave_check,
    quiet_line,
)
from voice.dialogue.state_prompts import Context, prompt_of
from voice.dialogue.states import (
    Advising,
    AskingCanStand,
    AskingIfGone,
    AskingRedFlag,
    AskingWhichThigh,
    Awake,
    ConfirmingSign,
    Conversing,
    Cramp,
    Emergency,
    Holding,
    Instructing,
    OfferingCheck,
    OfferingRest,
    OpenFloor,
    Paused,
    Relief,
    Tries,
)
from voice.dialogue.stretching import (
    HEARD_OUT_S,
    PARTS,
    ask_which_thigh,
    begin_bedtime,
    begin_long_relief,
    begin_relief,
    go_back_exercise,
    hold_again,
    leg_heard,
    stop_exercise,
)
from voice.dialogue.transition import Step, sleep

_VOICE: Final[dict[Command, Action]] = {
    Command.LOUDER: AdjustVolume(+1),
    Command.QUIETER: AdjustVolume(-1),
    Command.FASTER: AdjustRate(+1),
    Command.SLOWER: AdjustRate(-1),
    Command.ANOTHER_VOICE: ChangeVoice(),
}

VOICE_COMMANDS: Final = frozenset(_VOICE)
"""Requests that change how Charley speaks."""

DOCTOR: Final = TopicKey("doctor")

ASKED_BACK: Final = 8
"""Asking back or for time is no answer; after this many in one state it counts as no-match."""


def global_heard(context: Context, state: Conversing, meaning: Meaning, at_s: float) -> Step | None:
    """Handle a command or question that is the same everywhere; None for any other."""
    if isinstance(meaning, str):
        return _topic_heard(context, state, meaning, at_s)
    match meaning:
        case Command() if meaning in VOICE_COMMANDS:
            return changed_voice(again(state, at_s, lines.VOICE_CHANGED), meaning)
        case Command.REPEAT | Command.EXPLAIN | Command.PAUSE:
            return _asked_back(context, state, meaning, at_s)
        case Command.HELP:
            return again(state, at_s, lines.help_line(prompt_of(state, context).grammar))
        case Command.AFRAID:
            return again(state, at_s, lines.WITH_YOU)
        case Command.CALL_SOMEBODY:
            return again(state, at_s, *lines.CANNOT_PHONE)
        case Command.RISK:
            told = replace(state, session=replace(state.session, risk=True))
            return again(told, at_s, lines.TELL_THEM)
        case Command.LASTING:
            return _lasting_heard(state, at_s)
        case Command.CANT_REACH:
            return again(state, at_s, context.script.reach[state.session.part])
        case Command.GO_BACK:
            return _go_back(context, state, at_s)
        case Command.GOODBYE | Command.STOP:
            return leave(state, meaning)
        case Command.DONE:
            return _done(state)
        case Command.BEDTIME_STRETCH:
            return begin_bedtime(state.session, restarts=True)
        case Command.OTHER_QUESTIONS:
            return _other_questions(state)
        case _:
            return _cramp_heard(state, meaning, at_s)


def _topic_heard(context: Context, state: Conversing, topic: TopicKey, at_s: float) -> Step:
    answer = answer_to(context.script, topic, state.session.reached)
    if isinstance(state, OpenFloor):
        state = replace(state, answer=answer)
    return again(state, at_s, *answer)


def answer_to(script: Script, topic: TopicKey, reached: Level) -> tuple[LineKey, ...]:
    """The answer to a question; on when to see a doctor, tonight's advice comes first.

    Once that advice is to go tonight, it is the whole answer: "if it swells" would weaken it.
    """
    answer = script.topics[topic].lines
    if topic != DOCTOR:
        return answer
    advice = script.advice[reached].brief
    return advice if reached >= Level.URGENT else (*advice, *answer)


def _cramp_heard(state: Awake, meaning: Meaning, at_s: float) -> Step | None:
    """Another cramp, leg or muscle: begin its first stretch, before anything else."""
    session, turn_id = state.session, state.turn_id
    match meaning:
        case Command.ANOTHER_CRAMP:
            return begin_relief(session, session.part, turn_id, at_s, restarts=True)
        case Command.OTHER_LEG | Command.BOTH_LEGS | Command.LEFT_LEG | Command.RIGHT_LEG:
            return leg_heard(state, meaning, turn_id, at_s)
        case Command.THIGH:
            return ask_which_thigh(session, turn_id, at_s, restarts=True)
        case Command.CALF | Command.THIGH_FRONT | Command.THIGH_BACK | Command.FOOT:
            return begin_relief(session, PARTS[meaning], turn_id, at_s, restarts=True)
        case _:
            return None


def _lasting_heard(state: Conversing, at_s: float) -> Step:
    """The cramp has lasted ten minutes or longer: name the way to help, whatever is going on."""
    session = state.session
    if session.cramp is not Cramp.GONE:
        told = replace(state, session=replace(session, cramp=Cramp.STILL))
        return again(told, at_s, lines.LONG_CRAMP)
    if isinstance(state, OpenFloor | Instructing | Holding | Paused):  # or in the bedtime stretch
        return begin_long_relief(session, session.part, state.turn_id, at_s, restarts=True)
    return again(state, at_s, lines.LONG_CRAMP)


def changed_voice(step: Step, command: Command) -> Step:
    """The step, said in the requested voice."""
    return replace(step, before=(_VOICE[command], *step.before))


def again(state: Conversing, at_s: float, *preface: LineKey) -> Step:
    """Say something, then the state's prompt. A hold goes on meanwhile."""
    match state:
        case Holding():
            return hold_again(state, at_s, *preface, least_s=HEARD_OUT_S)
        case Advising():
            return Step(replace(state, announced=True, tries=_not_waiting(state.tries)), preface)
        case Instructing() | Paused():
            return Step(state, preface)
        case _:
            return Step(replace(state, tries=_not_waiting(state.tries)), preface)


def _not_waiting(tries: Tries) -> Tries:
    return replace(tries, waiting=False)


def _asked_back(context: Context, state: Conversing, command: Command, at_s: float) -> Step | None:
    """The user asks back or for time ("what do you mean?", "hold on"), which is no answer."""
    match state:
        case Holding():
            said = context.ladder_step(state.exercise).lines
            return hold_again(state, at_s, *said, least_s=HEARD_OUT_S)
        case Instructing() | Paused():
            return Step(state)
        case _ if state.tries.asked_back >= ASKED_BACK:
            return None
    waiting = command is Command.PAUSE
    tries = replace(state.tries, asked_back=state.tries.asked_back + 1, waiting=waiting)
    preface = _explained(context, state) if command is Command.EXPLAIN else ()
    if isinstance(state, OpenFloor) and command is Command.REPEAT:
        preface = state.answer or context.script.advice[state.session.reached].brief
    if isinstance(state, Advising):
        # Repeat the advice; explain an offer by listing the possible replies.
        return Step(replace(state, announced=waiting or bool(preface), tries=tries), preface)
    return Step(replace(state, tries=tries), preface)


def _explained(context: Context, state: Awake) -> tuple[LineKey, ...]:
    match state:
        case AskingRedFlag():
            return (context.script.question(state.question).explain,)
        case ConfirmingSign():
            return (context.script.question(state.sign).explain,)
        case _:
            return (lines.help_line(prompt_of(state, context).grammar),)


def _go_back(context: Context, state: Conversing, at_s: float) -> Step | None:
    match state:
        case AskingRedFlag():
            return go_back_question(state)
        case Instructing() | Holding() | Paused() | AskingIfGone():
            return go_back_exercise(context, state)
        case _:
            return _asked_back(context, state, Command.REPEAT, at_s)


def _done(state: Awake) -> Step | None:
    """The user is done: that ends an offer, but never the questions."""
    match state:
        case AskingRedFlag() | ConfirmingSign():
            tries = replace(state.tries, asked_back=state.tries.asked_back + 1, waiting=False)
            if tries.asked_back > ASKED_BACK:
                return None
            return Step(replace(state, tries=tries), (lines.NOT_DONE,))
        case Advising() | OpenFloor() | OfferingRest() | OfferingCheck():
            return leave(state, Command.GOODBYE)
        case _:
            return None


def leave(state: Awake, command: Command) -> Step:
    """Handle "stop" and "goodbye". Unfinished questions are never passed off as all well."""
    session = state.session
    match state:
        case Instructing() | Holding() | Paused():
            if command is Command.STOP or not isinstance(state.exercise, Relief):
                return stop_exercise(state)
            return sleep(session, quiet_line(session))
        case AskingWhichThigh() | AskingIfGone() | AskingCanStand():
            return sleep(session, quiet_line(session))
        case AskingRedFlag() | ConfirmingSign() | OfferingCheck():
            return leave_check(session)
        case OfferingRest():
            return sleep(replace(session, rest_waiting=True), lines.GOOD_NIGHT)
        case Emergency():
            return leave_emergency(state)
        case Advising() | OpenFloor():
            return sleep(session, last_word(state))
        case _:
            assert_never(state)


def _other_questions(state: Awake) -> Step | None:
    """Ask the questions that can wait, unless one that cannot wait is being asked."""
    match state:
        case OfferingRest() | Advising() | OpenFloor():
            return ask_rest(state.session)
        case _:
            return None
