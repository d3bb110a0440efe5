"""The dialogue in a typed conversation: no sound, and a clock made of words.

Each time Charley listens it takes one reply; an empty one is silence. A hold takes one reply too:
an empty one lets it run to its end, any other is said :data:`INTO_HOLD_S` seconds into it. Time
passes as it would aloud, so that the alarm of a cramp that lasts too long rings here as well.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol, assert_never

from voice.content.script import GrammarKey, LineKey, Script
from voice.dialogue.actions import (
    Action,
    AdjustRate,
    AdjustVolume,
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
from voice.dialogue.diary import NO_DIARY, Diary, Summary
from voice.dialogue.events import (
    AlarmRang,
    Event,
    HoldFinished,
    SilenceHeard,
    UtteranceFinished,
)
from voice.dialogue.hold import Cue
from voice.dialogue.in_text import WORD_S, heard, lines_in_hold, plain, spoken_s

REACTION_S: Final = 1.0
"""How long a person thinks before replying."""

INTO_HOLD_S: Final = 8.0
"""When in a hold a reply is said; halfway through if the hold is too short for that."""

QUIET_S: Final = 60.0
"""How long an empty reply lasts if there is no no-input timeout."""

_ROUNDING_S: Final = 1e-4
"""Tolerance for rounding errors in sums of seconds."""


class Moment(enum.Enum):
    """When a reply is asked for."""

    ASLEEP = "asleep"
    HOLD = "hold"
    AWAKE = "awake"


class Talker(Protocol):
    """The dialogue; :class:`voice.dialogue.Dialogue` is one."""

    def start(self) -> tuple[Action, ...]:
        """The first actions."""
        ...

    def handle(self, event: Event) -> tuple[Action, ...]:
        """The actions that follow from an event."""
        ...


class Stage(Protocol):
    """Where a typed conversation is shown, and where its replies come from."""

    def line(self, key: LineKey, text: str, into_hold_s: float | None) -> None:
        """Charley says a line; ``into_hold_s`` is set for the cues of a hold."""
        ...

    def note(self, text: str) -> None:
        """Something happens that is not a line."""
        ...

    def reply(self, moment: Moment) -> str | None:
        """The next reply, empty for silence; None when there are no more."""
        ...


@dataclass(frozen=True)
class _Saying:
    action: Say
    ends_s: float


@dataclass
class _Counting:
    action: StartHold
    started_s: float
    cues: list[Cue] = field(default_factory=list)
    asked: bool = False

    @property
    def ends_s(self) -> float:
        return self.started_s + self.action.plan.length_s


class Simulation:
    """One conversation, from asleep until there are no more replies."""

    def __init__(
        self,
        dialogue: Talker,
        script: Script,
        wake_phrases: Iterable[str],
        stage: Stage,
        diary: Diary | None = None,
    ) -> None:
        self._dialogue = dialogue
        self._script = script
        self._wake_phrases = tuple(wake_phrases)
        self._stage = stage
        self._diary = diary
        self._now_s = 0.0
        self._listening: Listen | None = None
        self._patient = True
        self._alarm: SetAlarm | None = None
        self._doing: _Saying | _Counting | None = None
        self._kept_reply: str | None = None

    def run(self) -> None:
        """Talk until the stage has no more replies."""
        self._perform(self._dialogue.start())
        while self._step():
            pass

    def _step(self) -> bool:
        """Do the next thing that takes time; False when there are no more replies."""
        doing = self._doing
        match doing:
            case _Saying():
                if self._advance(doing.ends_s):
                    self._doing = None
                    self._handle(UtteranceFinished(self._now_s, doing.action.utterance))
                return True
            case _Counting(asked=True):
                self._count_on(doing)
                return True
            case _Counting():
                return self._reply_to_hold(doing)
            case None:
                return self._reply()
            case _:
                assert_never(doing)

    def _reply_to_hold(self, doing: _Counting) -> bool:
        reply = self._next_reply(Moment.HOLD)
        if reply is None:
            return False
        doing.asked = True
        words = plain(reply)
        if words:
            into_s = min(INTO_HOLD_S, doing.action.plan.length_s / 2)
            if self._advance(doing.started_s + into_s):
                self._hear(words)
            else:
                self._kept_reply = reply
        return True

    def _count_on(self, doing: _Counting) -> None:
        if self._advance(doing.ends_s):
            self._doing = None
            self._handle(HoldFinished(self._now_s, doing.action.hold))

    def _reply(self) -> bool:
        listening = self._listening
        asleep = listening is None or listening.grammar is GrammarKey.WAKE
        reply = self._next_reply(Moment.ASLEEP if asleep else Moment.AWAKE)
        if reply is None:
            return False
        words = plain(reply)
        if words:
            if self._advance(self._now_s + REACTION_S + WORD_S * len(words.split())):
                self._hear(words)
            else:
                self._kept_reply = reply
        elif listening is None or listening.patience_s is None or not self._patient:
            self._advance(self._now_s + QUIET_S)
        elif self._advance(self._now_s + listening.patience_s):
            self._patient = False
            self._handle(SilenceHeard(self._now_s, listening.listen))
        return True

    def _next_reply(self, moment: Moment) -> str | None:
        """The next reply; one that an alarm pre-empted comes first."""
        kept, self._kept_reply = self._kept_reply, None
        return self._stage.reply(moment) if kept is None else kept

    def _hear(self, words: str) -> None:
        """Pass words on to the dialogue, unless they mean nothing to it."""
        if self._listening is None:
            return
        event = heard(
            self._script,
            self._wake_phrases,
            self._listening,
            words,
            at_s=self._now_s,
            diary=self._summary(),
        )
        if event is not None:
            self._handle(event)

    def _advance(self, to_s: float) -> bool:
        """Let time pass. False if an alarm rang first; it has then been handled instead."""
        alarm = self._alarm
        rings = alarm is not None and alarm.at_s <= to_s
        self._now_s = max(self._now_s, alarm.at_s if alarm is not None and rings else to_s)
        if isinstance(self._doing, _Counting):
            self._tell_cues(self._doing)
        if alarm is None or not rings:
            return True
        self._alarm = None
        self._handle(AlarmRang(self._now_s, alarm.alarm))
        return False

    def _tell_cues(self, doing: _Counting) -> None:
        elapsed_s = self._now_s - doing.started_s
        while doing.cues and doing.cues[0].at_s <= elapsed_s + _ROUNDING_S:
            cue = doing.cues.pop(0)
            self._stage.line(cue.line, self._script.text(cue.line), cue.at_s)

    def _handle(self, event: Event) -> None:
        self._perform(self._dialogue.handle(event))

    def _perform(self, actions: Iterable[Action]) -> None:
        for action in actions:
            match action:
                case Say():
                    self._say(action)
                case StartHold():
                    self._start_hold(action)
                case StopSpeaking():
                    self._doing = None
                case Listen():
                    self._listening, self._patient = action, True
                case SetAlarm():
                    self._alarm = action
                case CancelAlarm():
                    self._alarm = None
                case AdjustVolume(steps):
                    self._stage.note("Charley speaks " + ("louder" if steps > 0 else "quieter"))
                case AdjustRate(steps):
                    self._stage.note("Charley speaks " + ("faster" if steps > 0 else "slower"))
                case ChangeVoice():
                    self._stage.note("Charley speaks in another voice")
                case Remember():
                    pass  # the dialogue itself remembers while it runs, and no longer
                case WriteDiary() | EraseDiary():
                    self._keep_diary(action)
                case _:
                    assert_never(action)

    def _summary(self) -> Summary:
        return NO_DIARY if self._diary is None else self._diary.summary()

    def _keep_diary(self, action: WriteDiary | EraseDiary) -> None:
        if self._diary is None:
            return
        if isinstance(action, WriteDiary):
            self._diary.write(action.entry, action.called_at_s, self._now_s)
        else:
            self._diary.erase()

    def _say(self, action: Say) -> None:
        if action.chime:
            self._stage.note("a soft tone")
        for key in action.lines:
            self._stage.line(key, self._script.text(key), None)
        length_s = math.fsum(spoken_s(self._script, key) for key in action.lines)
        self._doing = _Saying(action, self._now_s + length_s)

    def _start_hold(self, action: StartHold) -> None:
        self._stage.note(f"a hold of {action.plan.length_s:g} seconds begins")
        cues = list(lines_in_hold(self._script, action.plan))
        self._doing = _Counting(action, self._now_s, cues)
        self._tell_cues(self._doing)
