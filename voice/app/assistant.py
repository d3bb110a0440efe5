"""Feeds events to the dialogue and carries out its actions, one block at a time.

There is one clock: the samples that the microphone has delivered. One block is one
step, both live and in a rehearsal.

A block goes down as one :class:`voice.audio.frame.Frame`; events come back up.
:class:`voice.app.turn_taking.TurnTaking` decides who may speak.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final, Protocol, assert_never

from voice.app.turn_taking import TurnTaking
from voice.audio.frame import Frame
from voice.audio.samples import BLOCK_SAMPLES, RATE_HZ, Samples
from voice.content.script import LineKey
from voice.dialogue.actions import (
    Action,
    AdjustRate,
    AdjustVolume,
    AlarmId,
    CancelAlarm,
    ChangeVoice,
    EraseDiary,
    Listen,
    Remember,
    Say,
    SetAlarm,
    StartHold,
    StopSpeaking,
    WriteDiary,
)
from voice.dialogue.broken_off import BrokenOff
from voice.dialogue.diary import NO_DIARY, Diary
from voice.dialogue.events import AlarmRang, Event, Resumed, SpeechHeard, WakeHeard
from voice.dialogue.night import Night
from voice.dialogue.states import Asleep, State
from voice.dialogue.voice_status import VoiceStatus
from voice.errors import DialogueError
from voice.listening.listener import Ears
from voice.speech.player import QUIETLY_DB, Mouth

_LOG: Final = logging.getLogger(__name__)


class Observer(Protocol):
    """Follows what happens: a log, a transcript."""

    def event(self, event: Event) -> None:
        """An event occurred."""
        ...

    def action(self, at_s: float, action: Action) -> None:
        """An action is about to be carried out."""
        ...


class Director(Protocol):
    """Decides what to do; :class:`voice.dialogue.Dialogue` is one."""

    @property
    def state(self) -> State:
        """Where the conversation is."""
        ...

    def start(self) -> tuple[Action, ...]:
        """The first actions."""
        ...

    def handle(self, event: Event) -> tuple[Action, ...]:
        """The actions that follow from an event. Raises DialogueError if it is illegal now."""
        ...


class Memory(Protocol):
    """Survives a restart; :class:`voice.app.night_memory.NightMemory` is one."""

    def keep(self, night: Night, now_s: float) -> None:
        """Keep the night so far; ``now_s`` is the audio clock."""
        ...


class Carer(Protocol):
    """Informs someone in another room; :class:`voice.carer.reporter.CarerReporter` implements it.

    It never blocks, and decides nothing.
    """

    def heard(self, event: Event, before: State, after: State) -> None:
        """An event led from one state to another, or changed nothing."""
        ...

    def tick(self, now_s: float, state: State) -> None:
        """A block has been processed; ``now_s`` is the audio clock."""
        ...


class Assistant:
    """Charley on one microphone and one speaker.

    ``take_played`` returns the far-end reference: one block of what went to the loudspeaker
    for each block of the microphone. None if no echo canceller needs it. ``carer`` follows
    the conversation for someone in another room.
    """

    def __init__(
        self,
        dialogue: Director,
        ears: Ears,
        mouth: Mouth,
        observers: Iterable[Observer] = (),
        *,
        memory: Memory | None = None,
        take_played: Callable[[], Samples] | None = None,
        diary: Diary | None = None,
        carer: Carer | None = None,
    ) -> None:
        self._carer = carer
        self._dialogue = dialogue
        self._memory = memory
        self._take_played = take_played
        self._diary = diary
        self._ears = ears
        self._mouth = mouth
        self._turns = TurnTaking(ears, mouth)
        self._observers = tuple(observers)
        self._blocks = 0
        self._alarm: SetAlarm | None = None

    @property
    def now_s(self) -> float:
        """The audio clock: seconds of microphone audio so far."""
        return self._blocks * BLOCK_SAMPLES / RATE_HZ

    @property
    def state(self) -> State:
        """Where the conversation is."""
        return self._dialogue.state

    @property
    def hearing(self) -> bool:
        """Whether a person is speaking."""
        return self._ears.hearing

    @property
    def mouth(self) -> Mouth:
        """The part that speaks."""
        return self._mouth

    def start(self) -> None:
        """Start listening for a wake phrase."""
        self._perform(self._dialogue.start())

    def resume(self, broken_off: BrokenOff, lasted_s: float) -> None:
        """Offer to go on with a conversation that was broken off ``lasted_s`` after its wake."""
        self._tell(Resumed(self.now_s, broken_off, lasted_s))

    def notice(self, line: LineKey, *, aloud: bool = False) -> bool:
        """Say a line about Charley itself, unless it would cut speech off; return whether it did.

        While asleep it is said softly, unless ``aloud``. The dialogue does not know about it.
        """
        quietly = isinstance(self.state, Asleep) and not aloud
        return self._mouth.notice(line, QUIETLY_DB if quietly else 0.0)

    def reset_echo_path(self) -> None:
        """Forget the echo path, because the sound devices have changed."""
        self._ears.reset_echo_path()

    def doubt_echo_delay(self) -> None:
        """Find the echo's delay again, because the loudspeaker's stream was restarted."""
        self._ears.doubt_echo_delay()

    def step(self, block: Samples, *, deaf: bool = False) -> None:
        """Hear one block and do everything that follows from it.

        ``deaf``: nothing can be heard now, so silence does not count as no-input.
        """
        self._blocks += 1
        now_s = self.now_s
        for event in self._mouth.poll(now_s):
            self._tell(event)
        played = None if self._take_played is None else self._take_played()
        output = self._mouth.output
        frame = Frame(block, now_s, replace(output, busy=True) if deaf else output, played)
        for event in self._ears.hear(frame):
            self._tell(self._with_circumstances(event))
        self._turns.update()
        if self._alarm is not None and now_s >= self._alarm.at_s:
            self._ring(now_s, self._alarm.alarm)
        if (carer := self._carer) is not None:
            self._tell_carer(lambda: carer.tick(now_s, self.state))

    def _with_circumstances(self, event: Event) -> Event:
        if not isinstance(event, WakeHeard | SpeechHeard):
            return event
        mouth = self._mouth
        return replace(
            event,
            voice_status=VoiceStatus(
                self._ears.signal_quality, *mouth.changes, other_voice=mouth.other_voice
            ),
            diary=NO_DIARY if self._diary is None else self._diary.summary(),
        )

    def _ring(self, now_s: float, alarm: AlarmId) -> None:
        self._alarm = None
        self._tell(AlarmRang(now_s, alarm))

    def _tell(self, event: Event) -> None:
        for observer in self._observers:
            observer.event(event)
        before = self._dialogue.state
        try:
            actions = self._dialogue.handle(event)
        except DialogueError:
            # A bug, and the state has not changed: the person in bed is better served
            # by a Charley that goes on than by one that exits.
            _LOG.exception("the dialogue refused %s", type(event).__name__)
            return
        self._perform(actions)
        if (carer := self._carer) is not None:
            self._tell_carer(lambda: carer.heard(event, before, self.state))

    def _tell_carer(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except Exception:  # noqa: BLE001 - whatever is wrong there, it must not end the night
            # A bug. The carer sees that Charley stops reporting; the person in bed is still served.
            _LOG.exception("a fault in informing the carer: nothing more is sent to them tonight")
            self._carer = None

    def _perform(self, actions: Iterable[Action]) -> None:
        now_s = self.now_s
        for action in actions:
            for observer in self._observers:
                observer.action(now_s, action)
            self._do(action)

    def _do(self, action: Action) -> None:
        match action:
            case Say():
                self._turns.begin()
                self._mouth.say(action)
            case StartHold():
                self._turns.begin()
                self._mouth.start_hold(action)
            case StopSpeaking():
                self._mouth.hush()
            case Listen():
                self._ears.listen(action)
            case SetAlarm():
                self._alarm = action
            case CancelAlarm():
                self._alarm = None
            case AdjustVolume():
                self._mouth.adjust_volume(action.steps)
            case AdjustRate():
                self._mouth.adjust_rate(action.steps)
            case ChangeVoice():
                self._mouth.change_voice()
            case Remember():
                if self._memory is not None:
                    self._memory.keep(action.night, self.now_s)
            case WriteDiary() | EraseDiary():
                self._keep_diary(action)
            case _:
                assert_never(action)

    def _keep_diary(self, action: WriteDiary | EraseDiary) -> None:
        match self._diary, action:
            case None, _:
                pass
            case diary, WriteDiary(entry, called_at_s, spoken_of):
                diary.write(entry, called_at_s, self.now_s, spoken_of=spoken_of)
            case diary, EraseDiary():
                diary.erase()
