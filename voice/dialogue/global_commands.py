"""What may be asked for in every state of a conversation: help, repeat, louder, a question."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, assert_never

from voice.content.script import Command, LineKey, Meaning
from voice.dialogue import line_keys as lines
from voice.dialogue.actions import Action, AdjustRate, AdjustVolume
from voice.dialogue.red_flag_check import go_back_question, stop_check
from voice.dialogue.state_prompts import Context, prompt_of
from voice.dialogue.states import (
    Advising,
    AskingDanger,
    AskingFooting,
    AskingRelief,
    AskingThigh,
    Attending,
    Awake,
    Checking,
    ConfirmingDanger,
    Cramp,
    Emergency,
    Holding,
    Instructing,
    Paused,
    Relief,
)
from voice.dialogue.stretching import (
    HEARD_OUT_S,
    PARTS,
    begin_bedtime,
    begin_part,
    change_part,
    go_back_exercise,
    hold_again,
    stop_exercise,
)
from voice.dialogue.transition import Step, fall_silent, to_sleep

_VOICE: Final[dict[Command, Action]] = {
    Command.LOUDER: AdjustVolume(+1),
    Command.QUIETER: AdjustVolume(-1),
    Command.FASTER: AdjustRate(+1),
    Command.SLOWER: AdjustRate(-1),
}


def common_heard(context: Context, state: Awake, meaning: Meaning, at_s: float) -> Step | None:
    """A command or question that is the same everywhere; None for all others."""
    if isinstance(meaning, str):
        return again(state, at_s, *context.script.topics[meaning].lines)
    match meaning:
        case Command.LOUDER | Command.QUIETER | Command.SLOWER | Command.FASTER:
            step = again(state, at_s, lines.VOICE_CHANGED)
            return replace(step, before=(_VOICE[meaning], *step.before))
        case Command.REPEAT:
            return _repeat(context, state, at_s)
        case Command.HELP:
            grammar = prompt_of(state, context).grammar
            return again(state, at_s, lines.help_line(grammar))
        case Command.GO_BACK:
            return _go_back(context, state, at_s)
        case Command.GOODBYE | Command.STOP:
            return _leave(state, meaning)
        case Command.BEDTIME_STRETCH:
            return begin_bedtime(context)
        case Command.CALF | Command.THIGH | Command.THIGH_FRONT | Command.THIGH_BACK | Command.FOOT:
            return _part_heard(context, state, meaning, at_s)
        case _:
            return None


def again(state: Awake, at_s: float, *preface: LineKey) -> Step:
    """Say something, then what the state says anyway. A hold goes on meanwhile."""
    if isinstance(state, Holding):
        return hold_again(state, at_s, *preface, least_s=HEARD_OUT_S)
    return Step(state, preface)


def _repeat(context: Context, state: Awake, at_s: float) -> Step:
    match state:
        case Holding():
            said = context.rung(state.exercise).lines
            return hold_again(state, at_s, *said, least_s=HEARD_OUT_S)
        case Advising():
            return Step(replace(state, attempt=0))
        case _:
            return Step(state)


def _go_back(context: Context, state: Awake, at_s: float) -> Step:
    match state:
        case Checking():
            return go_back_question(state)
        case Instructing() | Holding() | Paused() | AskingRelief():
            return go_back_exercise(state)
        case _:
            return _repeat(context, state, at_s)


def _leave(state: Awake, command: Command) -> Step:
    """Stop, or goodbye. What is not finished is never passed off as all well."""
    match state:
        case Instructing() | Holding() | Paused():
            if command is Command.STOP or not isinstance(state.exercise, Relief):
                return stop_exercise(state)
            return to_sleep(lines.QUIET_STILL)
        case AskingThigh() | AskingRelief() | AskingFooting():
            return to_sleep(lines.QUIET_STILL)
        case Checking() | ConfirmingDanger() | AskingDanger():
            return stop_check()
        case Emergency():
            return to_sleep(lines.STAY_NEAR)
        case Advising() | Attending():
            return fall_silent(state.session, lines.GOOD_NIGHT)
        case _:
            assert_never(state)


def _part_heard(context: Context, state: Awake, command: Command, at_s: float) -> Step:
    """Another muscle: within a cramp change the ladder, else it is a new cramp."""
    if isinstance(state, Advising | Attending | Emergency):
        return begin_part(context, state.turn, at_s, command)
    if command is Command.THIGH:
        return Step(AskingThigh(state.session))
    return change_part(state.session, PARTS[command])


def alarm_rang(state: Awake, at_s: float) -> Step | None:
    """Ten minutes with a cramp: say so, whatever the state, and go on.

    None where the cramp has gone, and where something worse is being said.
    """
    if state.session.cramp is Cramp.GONE or isinstance(state, Emergency):
        return None
    if isinstance(state, Advising):
        state = replace(state, attempt=1)  # the advice itself was said
    return again(state, at_s, lines.TEN_MINUTES)
