"""Pumps events into the dialogue, and does what it asks for. One block at a time.

There is one clock: the samples that the microphone has given. One block is one
step, live and in a rehearsal alike.

Charley does not speak to somebody who is speaking: words that are due while a voice
is heard wait until it ends. Where Charley's own voice can be taken out of what the
microphone hears, whoever talks over it is given way to at once. What they said is for
the dialogue; if it was nothing, Charley goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Protocol, assert_never

from voice.audio.samples import BLOCK_SAMPLES, RATE_HZ, Samples
from voice.content.script import LineKey
from voice.dialogue.actions import (
    Action,
    AdjustRate,
    AdjustVolume,
    AlarmId,
    CancelAlarm,
    EraseDiary,
    Listen,
    Remember,
    Say,
    SetAlarm,
    StartHold,
    StopSpeaking,
    WriteDiary,
)
from voice.dialogue.diary import NO_DIARY, Diary
from voice.dialogue.events import AlarmRang, Event, SpeechHeard, WakeHeard
from voice.dialogue.night import Night
from voice.dialogue.states import Asleep, State
from voice.dialogue.voice_status import VoiceStatus
from voice.errors import DialogueError
from voice.listening.listener import Ears
from voice.speech.player import QUIETLY_DB, Mouth

_LOG: Final = logging.getLogger(__name__)


class Observer(Protocol):
    """Whoever wants to know what goes on: a log, a transcript."""

    def event(self, event: Event) -> None:
        """Something happened."""
        ...

    def action(self, at_s: float, action: Action) -> None:
        """Something is being done."""
        ...


class Director(Protocol):
    """Whoever decides: :class:`voice.dialogue.Dialogue` is one."""

    @property
    def state(self) -> State:
        """Where the conversation is."""
        ...

    def start(self) -> tuple[Action, ...]:
        """What to do first."""
        ...

    def handle(self, event: Event) -> tuple[Action, ...]:
        """What to do about an event. Raises DialogueError where it cannot be."""
        ...


class Memory(Protocol):
    """What outlasts a restart: :class:`voice.app.night_memory.NightMemory` is one."""

    def keep(self, night: Night, now_s: float) -> None:
        """Keep what was reached tonight; ``now_s`` is the audio clock."""
        ...


class Assistant:
    """Charley, awake to one microphone and one speaker."""

    def __init__(
        self,
        dialogue: Director,
        ears: Ears,
        mouth: Mouth,
        observers: Iterable[Observer] = (),
        memory: Memory | None = None,
        *,
        diary: Diary | None = None,
    ) -> None:
        self._dialogue = dialogue
        self._memory = memory
        self._diary = diary
        self._ears = ears
        self._mouth = mouth
        self._observers = tuple(observers)
        self._blocks = 0
        self._alarm: SetAlarm | None = None

    @property
    def now_s(self) -> float:
        """The audio clock: seconds of sound heard so far."""
        return self._blocks * BLOCK_SAMPLES / RATE_HZ

    @property
    def state(self) -> State:
        """Where the conversation is."""
        return self._dialogue.state

    @property
    def hearing(self) -> bool:
        """Whether somebody is speaking."""
        return self._ears.hearing

    @property
    def mouth(self) -> Mouth:
        """What speaks."""
        return self._mouth

    def start(self) -> None:
        """Begin to listen for a wake phrase."""
        self._perform(self._dialogue.start())

    def notice(self, line: LineKey, *, aloud: bool = False) -> bool:
        """Say something about Charley itself, if that cuts off nothing. Returns whether it is said.

        Asleep it is said softly, unless ``aloud``. The dialogue knows nothing of it.
        """
        quietly = isinstance(self.state, Asleep) and not aloud
        return self._mouth.notice(line, QUIETLY_DB if quietly else 0.0)

    def reset_echo_path(self) -> None:
        """The sound devices are others now."""
        self._ears.reset_echo_path()

    def step(self, block: Samples, *, deaf: bool = False) -> None:
        """Hear one block, and do all that follows from it.

        ``deaf``: nothing can be heard now, so silence is not the person's.
        """
        self._blocks += 1
        now_s = self.now_s
        for event in self._mouth.poll(now_s):
            self._tell(event)
        for event in self._hear(block, now_s, deaf=deaf):
            self._tell(self._with_circumstances(event))
        self._give_way()
        if self._alarm is not None and now_s >= self._alarm.at_s:
            self._ring(now_s, self._alarm.alarm)

    def _hear(self, block: Samples, now_s: float, *, deaf: bool) -> tuple[Event, ...]:
        sounding, busy = self._mouth.sounding, self._mouth.busy or deaf
        said = self._mouth.words
        return self._ears.hear(block, now_s, sounding=sounding, busy=busy, said=said)

    def _with_circumstances(self, event: Event) -> Event:
        if not isinstance(event, WakeHeard | SpeechHeard):
            return event
        return replace(
            event,
            voice_status=VoiceStatus(self._ears.signal_quality, *self._mouth.changes),
            diary=NO_DIARY if self._diary is None else self._diary.summary(),
        )

    def _give_way(self) -> None:
        if self._ears.hearing:
            self._mouth.pause()
            if self._ears.interrupted and self._mouth.sounding:
                # Given way too often for nothing: what is heard now may be Charley itself.
                self._ears.drop()
        elif self._mouth.paused:
            self._mouth.resume()

    def _ring(self, now_s: float, alarm: AlarmId) -> None:
        self._alarm = None
        self._tell(AlarmRang(now_s, alarm))

    def _tell(self, event: Event) -> None:
        for observer in self._observers:
            observer.event(event)
        try:
            actions = self._dialogue.handle(event)
        except DialogueError:
            # A fault of the program, and nothing has changed: whoever is in bed
            # is better served by a Charley that goes on than by one that ends.
            _LOG.exception("the dialogue refused %s", type(event).__name__)
            return
        self._perform(actions)

    def _perform(self, actions: Iterable[Action]) -> None:
        for action in actions:
            for observer in self._observers:
                observer.action(self.now_s, action)
            self._do(action)

    def _do(self, action: Action) -> None:
        match action:
            case Say():
                self._mouth.say(action)
            case StartHold():
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
