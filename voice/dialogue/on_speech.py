"""What a person says, and where it leads: danger first, then the point, then the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from voice.content.interpret import understand
from voice.content.script import Answer, Command, GrammarKey, Meaning, Part, is_danger
from voice.dialogue.danger_signs import confirmation_heard, danger_answered, danger_heard
from voice.dialogue.events import SpeechHeard, WakeHeard
from voice.dialogue.global_commands import again, common_heard
from voice.dialogue.line_keys import condition_lines
from voice.dialogue.no_input import heard_in_vain
from voice.dialogue.red_flag_check import advice_heard, answer_heard
from voice.dialogue.state_prompts import Context, prompt_of
from voice.dialogue.states import (
    Advising,
    AskingDanger,
    AskingFooting,
    AskingRelief,
    AskingThigh,
    Asleep,
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
    with_session,
)
from voice.dialogue.stretching import (
    begin_bedtime,
    begin_part,
    begin_relief,
    exercise_heard,
    footing_heard,
    new_session,
    relief_heard,
)
from voice.dialogue.transition import Step


def wake_heard(context: Context, state: Asleep, event: WakeHeard) -> Step:
    """Somebody called. What was said in the same breath is obeyed at once."""
    understood = understand(context.script.grammars[GrammarKey.WAKE], event.words)
    if understood is None:
        return begin_relief(context, state.turn, event.at_s, answered=False)
    meaning = understood.meaning
    if isinstance(meaning, str):
        session = replace(new_session(context, state.turn, answered=True), alarm=None)
        asked = Attending(replace(session, cramp=Cramp.GONE))
        return Step(asked, context.script.topics[meaning].lines, chime=True)
    if is_danger(meaning):
        return _danger_on_waking(context, state, event, meaning, whole=understood.whole)
    match meaning:
        case Command.BEDTIME_STRETCH:
            return begin_bedtime(context)
        case Command.CAN_YOU_HEAR_ME:
            return Step(Asleep(watch=state.watch), condition_lines(event.condition), chime=True)
        case _:
            return begin_part(context, state.turn, event.at_s, meaning)


def _danger_on_waking(
    context: Context, state: Asleep, event: WakeHeard, sign: Command, *, whole: bool
) -> Step:
    """A danger sign in the breath of the wake, or by itself: it first, then the first stretch."""
    session = new_session(context, state.turn, answered=not event.uncalled)
    begun = begin_relief(context, state.turn, event.at_s, answered=session.answered)
    # Where nobody has called it may have been said in a film next door, so ask.
    doubtful = event.uncalled or not whole
    step = danger_heard(Instructing(session, Relief(Part.CALF)), sign, doubtful=doubtful)
    return replace(step, before=begun.before, chime=True)


def speech_heard(context: Context, state: Awake, event: SpeechHeard) -> Step | None:
    """Words that were listened for; None where they change nothing here."""
    grammar = context.script.grammars[prompt_of(state, context).grammar]
    understood = understand(grammar, event.words)
    if understood is None:
        return heard_in_vain(context, state, silent=False)
    doubtful = event.doubtful or not understood.whole
    meaning = understood.meaning
    state = with_session(state, replace(state.session, answered=True))
    if is_danger(meaning):
        return danger_heard(state, meaning, doubtful=doubtful)
    if meaning is Command.CAN_YOU_HEAR_ME:
        return again(state, event.at_s, *condition_lines(event.condition))
    step = _to_the_point(context, state, meaning, event.at_s, doubtful=doubtful)
    if step is None:
        step = common_heard(context, state, meaning, event.at_s)
    return step


def _to_the_point(
    context: Context, state: Awake, meaning: Meaning, at_s: float, *, doubtful: bool
) -> Step | None:
    """What is said in answer to what the state is about; None for everything else."""
    match state:
        case Instructing() | Holding() | Paused():
            return exercise_heard(context, state, meaning, at_s, doubtful=doubtful)
        case AskingRelief():
            return relief_heard(context, state, meaning, doubtful=doubtful)
        case AskingThigh():
            return None
        case Attending():
            return _floor_taken(context, state, meaning, at_s)
        case _ if isinstance(meaning, Answer):
            return _answered(context, state, meaning, doubtful=doubtful)
        case _:
            return None


def _answered(
    context: Context,
    state: AskingFooting | Checking | ConfirmingDanger | AskingDanger | Advising | Emergency,
    answer: Answer,
    *,
    doubtful: bool,
) -> Step:
    match state:
        case AskingFooting():
            return footing_heard(context, state, answer, doubtful=doubtful)
        case Checking():
            return answer_heard(state, answer, doubtful=doubtful)
        case ConfirmingDanger():
            return confirmation_heard(state, answer, doubtful=doubtful)
        case AskingDanger():
            return danger_answered(context, state, answer, doubtful=doubtful)
        case Advising():
            return advice_heard(state, context.script, answer)
        case Emergency():
            return Step(state)
        case _:
            assert_never(state)


def _floor_taken(context: Context, state: Attending, meaning: Meaning, at_s: float) -> Step | None:
    """Something else, no, or a cramp that is still there."""
    match meaning:
        case Command.NOT_GONE:
            return begin_relief(context, state.turn, at_s, answered=True)
        case Answer.NO:
            return common_heard(context, state, Command.GOODBYE, at_s)
        case Answer():
            return common_heard(context, state, Command.HELP, at_s)
        case _:
            return None
