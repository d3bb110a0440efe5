"""The dialogue as a machine: an event in, actions out. No clock, no sound, no file.

The laws of this file:

1. An event whose id is not the current one is late, and is dropped silently (:func:`is_late`).
   That is the only rule about time.
2. An event that is illegal in the current state raises DialogueError and changes nothing.
3. Every other event leads to one :class:`~voice.dialogue.transition.Step`, or to nothing; entering
   a state always says its prompt and listens with its grammar.
4. Nothing ends or starts over until the advice of the level reached has been said (:func:`_owed`),
   and that level is remembered for the night.
5. No exercise is started unless it is safe for this user
   (:func:`voice.dialogue.ladder.safe_exercise`).
"""

from __future__ import annotations

from typing import assert_never

from voice.content.script import Level, LineKey, Script
from voice.dialogue.actions import (
    Action,
    AlarmId,
    HoldId,
    Listen,
    ListenId,
    Remember,
    Say,
    SetAlarm,
    StartHold,
    StopSpeaking,
    UtteranceId,
    WriteDiary,
)
from voice.dialogue.changing import replace
from voice.dialogue.diary_notes import (
    ending_of,
    entry_in,
    entry_of,
    noted,
    owed_word,
    with_advice,
)
from voice.dialogue.emergency import TELL_EVERY_S, tell_again
from voice.dialogue.events import (
    AlarmRang,
    Event,
    HoldFinished,
    Resumed,
    SilenceHeard,
    SpeechHeard,
    SpeechUnclear,
    UtteranceFinished,
    WakeHeard,
)
from voice.dialogue.global_commands import again
from voice.dialogue.hold import Hold
from voice.dialogue.ladder import safe_exercise
from voice.dialogue.line_keys import DIARY_KEPT, TEN_MINUTES, check_lines
from voice.dialogue.night import NO_MEMORY, Night
from voice.dialogue.no_input import on_no_input, on_no_match
from voice.dialogue.on_speech import speech_heard, wake_heard
from voice.dialogue.resumption import resumed
from voice.dialogue.state_prompts import Context, prompt_of
from voice.dialogue.states import (
    Advising,
    Asking,
    AskingWhichThigh,
    Asleep,
    Emergency,
    Holding,
    Instructing,
    MayStand,
    Paused,
    Session,
    State,
    with_session,
)
from voice.dialogue.stretching import begin_hold, hold_finished
from voice.dialogue.transition import Stay, Step
from voice.dialogue.transition_table import ARROWS
from voice.errors import DialogueError


def is_late(state: State, event: Event) -> bool:
    """Whether an event belongs to something that is already over."""
    match event:
        case WakeHeard() | SpeechHeard() | SpeechUnclear() | SilenceHeard():
            return event.listen != state.turn_id
        case UtteranceFinished():
            return event.utterance != state.turn_id
        case HoldFinished():
            return event.hold != state.turn_id
        case AlarmRang():
            return event.alarm != _alarm(state)
        case Resumed():
            return False
        case _:
            assert_never(event)


def _alarm(state: State) -> AlarmId | None:
    if isinstance(state, Asleep):
        return state.watch.alarm if state.watch else None
    return state.session.alarm


class Dialogue:
    """Charley's side of a conversation.

    ``night``: what is remembered from before the program started. Raises ContentError if the
    script lacks a line that the dialogue needs.
    """

    def __init__(self, context: Context, night: Night | None = None) -> None:
        check_lines(context.script)
        self._context = context
        self._state: State = Asleep(night=night or NO_MEMORY)

    @property
    def state(self) -> State:
        """The current state of the conversation."""
        return self._state

    def start(self) -> tuple[Action, ...]:
        """Start listening for a wake phrase."""
        return self._enter(Step(replace(self._state)), 0.0)

    def handle(self, event: Event) -> tuple[Action, ...]:
        """Handle an event and return the actions. Raises DialogueError if it is illegal here."""
        state = self._state
        if is_late(state, event):
            return ()
        if (type(state), type(event)) not in ARROWS:
            raise DialogueError(f"{type(event).__name__} is not legal in {type(state).__name__}")
        step = self._step(state, event)
        if isinstance(step, Stay):
            self._state = step.state
            return ()
        return () if step is None else self._enter(step, event.at_s, event)

    def _step(self, state: State, event: Event) -> Step | Stay | None:
        match event, state:
            case WakeHeard(), Asleep():
                return wake_heard(self._context, state, event)
            case Resumed(), Asleep():
                return resumed(self._context, state, event)
            case SpeechHeard(), _ if not isinstance(state, Asleep):
                return speech_heard(self._context, state, event)
            case SpeechUnclear(), _ if not isinstance(state, Asleep):
                return on_no_match(self._context, state, event.at_s, event.began_at_s)
            case SilenceHeard(), _ if isinstance(state, Paused | Asking):
                return on_no_input(self._context, state)
            case UtteranceFinished(), Instructing():
                return begin_hold(self._context, state, event.at_s)
            case HoldFinished(), Holding():
                return hold_finished(self._context, state)
            case AlarmRang(), _:
                return _alarm_rang(state, event.at_s)
            case _:
                return None

    def _enter(self, step: Step, at_s: float, event: Event | None = None) -> tuple[Action, ...]:
        """Take the step that ``event`` led to: number the turn, remember, say, listen."""
        turn_id = self._state.turn_id + 1
        before = list(step.before)
        owed = _owed(self._context.script, step)
        state = self._remembered(step, turn_id, at_s, advised=bool(owed))
        if _night(state) != _night(self._state):
            before.append(Remember(_night(state)))
        written = self._written(step, state, event, advised=bool(owed))
        before += [] if written is None else [written]
        if isinstance(state, Emergency):
            # One alarm is enough: nothing is more urgent than this.
            alarm = AlarmId(turn_id)
            state = replace(state, session=replace(state.session, alarm=alarm))
            before.append(SetAlarm(alarm, at_s + TELL_EVERY_S))
        prompt = prompt_of(state, self._context)
        said = owed + step.preface + prompt.lines
        if written is not None and written.spoken_of:
            said = (*said[:-1], DIARY_KEPT, *said[-1:])  # the farewell stays last
        listen = Listen(ListenId(turn_id), prompt.grammar, prompt.patience_s)
        speech: Action
        if isinstance(state, Holding):
            state = replace(state, started_at_s=at_s)
            speech = StartHold(HoldId(turn_id), Hold(state.length_s, said))
        elif said:
            speech = Say(UtteranceId(turn_id), said, step.chime, step.quietly)
        else:
            speech = StopSpeaking()
        self._state = state
        return (*before, speech, listen)

    def _written(
        self, step: Step, state: State, event: Event | None, *, advised: bool
    ) -> WriteDiary | None:
        """The entry to write to the diary now; None if it is unchanged or there is none."""
        if not isinstance(state, Asleep):
            entry = entry_in(state)
            known = None if isinstance(self._state, Asleep) else entry_in(self._state)
            if entry is None or entry == known:
                return None
            return WriteDiary(entry, state.session.course.called_at_s)
        if step.left is None:
            return None
        left = with_advice(step.left, step.left.reached if advised else None)
        ending = ending_of(self._state, event)
        entry = entry_of(left, part_unknown=isinstance(self._state, AskingWhichThigh))
        if entry is None:
            return None
        entry = replace(entry, ending=ending)
        return WriteDiary(entry, left.course.called_at_s, spoken_of=owed_word(left, ending))

    def _remembered(self, step: Step, turn_id: int, at_s: float, *, advised: bool) -> State:
        """The state to enter, with a safe exercise and an up-to-date memory of the night."""
        state = step.state
        if isinstance(state, Asleep):
            if step.left is None:
                return replace(state, turn_id=turn_id)
            # A question that is still open counts as unclear, since it will not be answered.
            left = _up_to_date(step.left, at_s, step.left.reached, step.left.advised)
            watch = None if state.watch is None else left
            return replace(state, night=left.night, watch=watch, turn_id=turn_id)
        session = state.session
        if isinstance(state, Advising | Emergency):
            # The advice is said aloud, so it counts, even if the user was not there to answer.
            session = replace(session, other_talk=None)
            told = state.assessment.level
            session = _up_to_date(session, at_s, told, told)
        else:
            told = session.reached if advised else session.advised
            session = _up_to_date(session, at_s, session.heard.worst, told)
        session = with_advice(session, told if advised else None)
        session = noted(self._context, state, session)
        if isinstance(state, Instructing | Holding | Paused):
            safe = safe_exercise(self._context.script, session, state.exercise)
            return replace(state, session=session, exercise=safe, turn_id=turn_id)
        return replace(state, session=session, turn_id=turn_id)


def _night(state: State) -> Night:
    return state.night if isinstance(state, Asleep) else state.session.night


def _up_to_date(session: Session, at_s: float, reached: Level, told: Level) -> Session:
    """The session, with the level it has reached recorded in its memory of the night.

    ``told``: the level whose advice is given now, or has been.
    """
    known = session.night
    rose = reached > session.remembered and reached >= known.level
    night = known.with_reached(
        reached,
        at_s if rose else known.at_s,
        no_standing=session.may_stand is MayStand.NO,
        clot_sign=session.clot_sign,
        rest_waiting=session.rest_waiting,
    )
    remembered, advised = max(session.remembered, reached), max(session.advised, told)
    return replace(session, night=night, remembered=remembered, advised=advised)


def _owed(script: Script, step: Step) -> tuple[LineKey, ...]:
    """The advice that must still be said before something ends or starts over."""
    session = step.left
    if step.restarts and not isinstance(step.state, Asleep):
        session = step.state.session
    if session is None or session.reached <= session.advised:
        return ()
    return script.advice[session.reached].brief


def _alarm_rang(state: State, at_s: float) -> Step:
    """Handle an alarm: the cramp has lasted ten minutes. Say so in any state, and go on.

    A cramp that has gone has no alarm; in an emergency, the alarm repeats the number instead.
    """
    if isinstance(state, Asleep):
        return Step(replace(state, watch=None), (TEN_MINUTES,))
    if isinstance(state, Emergency):
        return tell_again(state)
    rang = with_session(state, replace(state.session, alarm=None))
    return again(rang, at_s, TEN_MINUTES)
