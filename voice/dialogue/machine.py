"""The dialogue as a machine: an event in, actions out. No clock, no sound, no file.

The laws of this file:

1. An event whose id is not the present one is late, and is dropped without a
   trace (:func:`is_late`). That is the only rule about time.
2. An event that is not legal in the present state raises DialogueError, and
   nothing has changed.
3. Every other event leads to one :class:`~voice.dialogue.transition.Step`, or to
   nothing; entering a state always says its prompt and listens with its grammar.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from voice.dialogue.actions import (
    Action,
    AlarmId,
    HoldId,
    Hush,
    Listen,
    ListenId,
    Say,
    StartHold,
    UtteranceId,
)
from voice.dialogue.events import (
    AlarmRang,
    Event,
    HoldFinished,
    SilenceHeard,
    SpeechHeard,
    SpeechUnclear,
    UtteranceFinished,
    WakeHeard,
)
from voice.dialogue.global_commands import alarm_rang
from voice.dialogue.hold import Hold
from voice.dialogue.line_keys import TEN_MINUTES, check_lines
from voice.dialogue.no_input import heard_in_vain
from voice.dialogue.on_speech import speech_heard, wake_heard
from voice.dialogue.state_prompts import Context, prompt_of
from voice.dialogue.states import Asleep, Holding, Instructing, State
from voice.dialogue.stretching import begin_hold, hold_finished
from voice.dialogue.transition import Step
from voice.dialogue.transition_table import ARROWS
from voice.errors import DialogueError


def is_late(state: State, event: Event) -> bool:
    """Whether an event speaks of something that is over."""
    match event:
        case WakeHeard() | SpeechHeard() | SpeechUnclear() | SilenceHeard():
            return event.listen != state.turn
        case UtteranceFinished():
            return event.utterance != state.turn
        case HoldFinished():
            return event.hold != state.turn
        case AlarmRang():
            return event.alarm != _alarm(state)
        case _:
            assert_never(event)


def _alarm(state: State) -> AlarmId | None:
    if isinstance(state, Asleep):
        return state.watch.alarm if state.watch else None
    return state.session.alarm


class Dialogue:
    """Charley's side of a conversation.

    Raises ContentError where the script lacks a line that it needs.
    """

    def __init__(self, context: Context) -> None:
        check_lines(context.script)
        self._context = context
        self._state: State = Asleep()

    @property
    def state(self) -> State:
        """Where the conversation is."""
        return self._state

    def start(self) -> tuple[Action, ...]:
        """Begin to listen for a wake phrase."""
        return self._enter(Step(Asleep()), 0.0)

    def handle(self, event: Event) -> tuple[Action, ...]:
        """What to do about an event. Raises DialogueError for one that is not legal here."""
        state = self._state
        if is_late(state, event):
            return ()
        if (type(state), type(event)) not in ARROWS:
            raise DialogueError(f"{type(event).__name__} is not legal in {type(state).__name__}")
        step = self._step(state, event)
        if step is None:
            return ()
        return self._enter(step, event.at_s)

    def _step(self, state: State, event: Event) -> Step | None:
        match event, state:
            case WakeHeard(), Asleep():
                return wake_heard(self._context, state, event)
            case SpeechHeard(), _ if not isinstance(state, Asleep):
                return speech_heard(self._context, state, event)
            case ((SpeechUnclear() | SilenceHeard()), _) if not isinstance(state, Asleep):
                return heard_in_vain(self._context, state, silent=isinstance(event, SilenceHeard))
            case UtteranceFinished(), Instructing():
                return begin_hold(self._context, state, event.at_s)
            case HoldFinished(), Holding():
                return hold_finished(self._context, state)
            case AlarmRang(), Asleep():
                return Step(Asleep(), (TEN_MINUTES,))
            case AlarmRang(), _ if not isinstance(state, Asleep):
                return alarm_rang(state, event.at_s)
            case _:
                return None

    def _enter(self, step: Step, at_s: float) -> tuple[Action, ...]:
        """Take the step: number the turn, say, listen."""
        turn = self._state.turn + 1
        state = replace(step.state, turn=turn)
        prompt = prompt_of(state, self._context)
        said = step.preface + prompt.lines
        listen = Listen(ListenId(turn), prompt.grammar, prompt.patience_s)
        speech: Action
        if isinstance(state, Holding):
            state = replace(state, started_at_s=at_s)
            speech = StartHold(HoldId(turn), Hold(state.length_s, said))
        elif said:
            speech = Say(UtteranceId(turn), said, step.chime, step.softly)
        else:
            speech = Hush()
        self._state = state
        return (*step.before, speech, listen)
