"""The dialogue on a typed conversation: no sound, and a clock made of words.

Each listening takes one reply, and an empty one is silence. A hold takes one
reply too: an empty one lets it run to its end, any other is said
:data:`INTO_HOLD_S` seconds into it. Time passes as it would aloud, so that the
alarm of a cramp that lasts too long rings here as well.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol, assert_never

from voice.audio.samples import RATE_HZ
from voice.content.interpret import split_wake, understand
from voice.content.script import GrammarKey, LineKey, Script, is_sign
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
    SpeechHeard,
    SpeechUnclear,
    UtteranceFinished,
    WakeHeard,
)
from voice.dialogue.hold import PlacedLine, lay_out

WORD_S: Final = 0.4
"""How long a spoken word takes, Charley's and the person's alike."""

REACTION_S: Final = 1.0
"""How long a person thinks before replying."""

INTO_HOLD_S: Final = 8.0
"""When in a hold a reply is said; halfway where the hold is too short for that."""

QUIET_S: Final = 60.0
"""How long an empty reply lasts if the listening waits for ever."""


class Moment(enum.Enum):
    """What a reply would be given to."""

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
    """Where a typed conversation is shown, and where the replies come from."""

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
    cues: list[PlacedLine] = field(default_factory=list)
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
        """The next reply; first of all one that an alarm came before."""
        kept, self._kept_reply = self._kept_reply, None
        return self._stage.reply(moment) if kept is None else kept

    def _hear(self, words: str) -> None:
        """Take words as the listening chain would: whole phrases surely, others doubtfully."""
        listening = self._listening
        if listening is None:
            return
        at_s, listen = self._now_s, listening.listen
        asleep = listening.grammar is GrammarKey.WAKE
        rest = split_wake(words, self._wake_phrases) if asleep else None
        if rest is not None:
            self._handle(WakeHeard(at_s, listen, rest, diary=self._summary()))
            return
        understood = understand(self._script.grammars[listening.grammar], words)
        diary = self._summary()
        if asleep:
            sign = understood.meaning if understood is not None and understood.whole else None
            if is_sign(sign) and sign.wakes:
                self._handle(WakeHeard(at_s, listen, words, uncalled=True, diary=diary))
        elif understood is not None and understood.whole:
            self._handle(SpeechHeard(at_s, listen, words, diary=diary))
        elif understood is not None:
            self._handle(SpeechHeard(at_s, listen, words, doubtful=True, diary=diary))
        else:
            self._handle(SpeechUnclear(at_s, listen))

    def _advance(self, to_s: float) -> bool:
        """Let time pass. False where an alarm rang before: then it has been handled instead."""
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
        elapsed = round((self._now_s - doing.started_s) * RATE_HZ)
        while doing.cues and doing.cues[0].offset <= elapsed:
            cue = doing.cues.pop(0)
            self._stage.line(cue.line, self._script.text(cue.line), cue.offset / RATE_HZ)

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
                    pass  # the dialogue remembers while it runs, and no longer
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
        self._doing = _Saying(action, self._now_s + math.fsum(map(self._length_s, action.lines)))

    def _start_hold(self, action: StartHold) -> None:
        self._stage.note(f"a hold of {action.plan.length_s:g} seconds begins")
        plan = action.plan
        said = {*plan.opening, *(cue.line for cue in plan.cues())}
        lengths = {key: round(self._length_s(key) * RATE_HZ) for key in said}
        cues = list(lay_out(plan, lengths, RATE_HZ))
        self._doing = _Counting(action, self._now_s, cues)
        self._tell_cues(self._doing)

    def _length_s(self, key: LineKey) -> float:
        return WORD_S * len(self._script.text(key).split())


def plain(typed: str) -> str:
    """Typed words as a recogniser would write them: lower case, apostrophes, nothing else."""
    kept = (c if c.isalnum() or c == "'" else " " for c in typed.lower().replace("\u2019", "'"))
    return " ".join("".join(kept).split())
