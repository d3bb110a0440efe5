"""A conversation over another assistant's speech services. Knows no clock, thread or library.

Its owner reports what happens (words, speech, recording) with the time, and calls
:meth:`Conversation.tick` at :attr:`Conversation.due_s`. All times are seconds on
one monotonic clock. The laws of this file:

1. One line is out at a time: the next is handed over when the one before has been played. A
   count is the exception, since its numbers belong to their seconds.
2. What a person says cuts speech off; what only the clock brings about lets it finish.
3. "Stop" silences everything at once, but reaches the dialogue a moment later, after the
   assistant has stopped its own speech: the advice that then follows is not cut off.
4. Silence is counted from the end of speech, and never while a recording is on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol, assert_never

from voice.content.interpret import understand
from voice.content.script import Command, GrammarKey, LineKey, Script
from voice.dialogue import Dialogue
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
    UtteranceFinished,
    WakeHeard,
)
from voice.dialogue.hold import Cue
from voice.dialogue.in_text import heard, lines_in_hold, listening, plain, spoken_s
from voice.dialogue.night import Night
from voice.dialogue.voice_status import VoiceStatus
from voice.errors import DialogueError
from voice.ovos.intents import danger_phrases, most_alike

SETTLE_S: Final = 0.5
"""How long an assistant takes to fall silent, and to be ready to speak again."""

SYNTHESIS_S: Final = 10.0
"""How long a line may take to begin. After that, and twice its length, it counts as played."""

TRANSCRIPT_S: Final = 10.0
"""How long after a recording its words may still come: a small machine is slow."""

RECORDING_S: Final = 30.0
"""The longest recording: after this, it counts as ended."""

LATE_S: Final = 0.75
"""A number of a count that is later than this is left out: it would be wrong."""

LEAD_S: Final = 1.0
"""A number is handed over at most this long before its second, to leave time for synthesis."""

_LOG: Final = logging.getLogger(__name__)


_ONE_VOICE: Final = VoiceStatus(other_voice=False, other_rates=False)


class Services(Protocol):
    """The assistant's side: what speaks, and what decides who is listened to."""

    def speak(self, text: str, *, listen: bool) -> None:
        """Speak, and report when that begins and ends; then record if ``listen``."""
        ...

    def fall_silent(self) -> None:
        """Cut speech off, including any that is queued."""
        ...

    def adjust_volume(self, steps: int) -> None:
        """Speak louder (positive) or softer (negative)."""
        ...

    def attend(self) -> None:
        """Give what the person says to this conversation first, from now on."""
        ...

    def release(self) -> None:
        """Stop doing so: the conversation is over."""
        ...


class Memory(Protocol):
    """Survives a restart; :class:`voice.app.night_memory.NightMemory` is one."""

    def keep(self, night: Night, now_s: float) -> None:
        """Keep the night so far; ``now_s`` is the time on the conversation's clock."""
        ...


@dataclass
class _Saying:
    action: Say
    lines: list[LineKey]
    ready_s: float


@dataclass
class _Counting:
    action: StartHold
    started_s: float
    cues: list[Cue]

    @property
    def ends_s(self) -> float:
        return self.started_s + self.action.plan.length_s


@dataclass
class _LineOut:
    """A line that has been handed over and has not ended. ``alone``: nothing sounded then."""

    handed_over_s: float
    limit_s: float
    alone: bool
    sounds: bool = False


class Conversation:
    """One person's Charley, asleep until it is called.

    ``wake_phrases`` are what Charley is called by. Without a ``diary`` none is kept, and
    without a ``memory`` the night is forgotten when the process ends.
    """

    def __init__(
        self,
        dialogue: Dialogue,
        script: Script,
        wake_phrases: Iterable[str],
        services: Services,
        *,
        diary: Diary | None = None,
        memory: Memory | None = None,
    ) -> None:
        self._dialogue = dialogue
        self._script = script
        self._wake_phrases = tuple(wake_phrases)
        self._services = services
        self._diary = diary
        self._memory = memory
        self._alarm: SetAlarm | None = None
        self._doing: _Saying | _Counting | None = None
        self._out: _LineOut | None = None
        self._quiet_since_s = 0.0
        self._patient = True
        self._recording_since_s: float | None = None
        self._words_by_s = 0.0
        self._stop_at_s: float | None = None
        self._lead_s = 0.0
        actions = dialogue.start()
        self._listening = listening(actions)
        self._perform(actions, 0.0, cut=False)

    @property
    def awake(self) -> bool:
        """Whether a conversation is going on."""
        return self._listening.grammar is not GrammarKey.WAKE

    @property
    def due_s(self) -> float | None:
        """When :meth:`tick` must be called next; None if nothing is waited for."""
        if self._stop_at_s is not None:
            return self._stop_at_s
        times = [
            self._alarm.at_s if self._alarm is not None else None,
            self._speech_due_s(),
            self._silence_due_s(),
        ]
        return min((time for time in times if time is not None), default=None)

    # What happens ---------------------------------------------------------------------------

    def hear(self, said: str, now_s: float) -> bool:
        """Hear what a person said, and return whether it was meant for Charley."""
        if self._stop_at_s is not None:
            self._told_to_stop(now_s)
        self._recording_since_s, self._words_by_s = None, now_s
        words = plain(said)
        event = self._event(words, now_s) if words else None
        if event is None:
            return False
        self._tell(event, cut=True)
        return True

    def called(self, said: str, now_s: float) -> None:
        """Hear what the assistant took for a call, in whatever words: wake to it."""
        if not self.hear(said, now_s) and not self.awake:
            self._wake(plain(said), now_s, uncalled=False)

    def danger_said(self, said: str, now_s: float) -> None:
        """Hear what the assistant took for a danger sign.

        If the dialogue finds no sign in the words, it asks about the sign with the most similar
        words: a needless question is better than a danger that is not asked about.
        """
        if self.hear(said, now_s) or self.awake:
            return
        words = plain(said)
        understood = understand(self._script.grammars[GrammarKey.WAKE], words)
        if understood is None or not understood.signs:
            words = most_alike(words, danger_phrases(self._script))
        self._wake(words, now_s, uncalled=True)

    def _wake(self, words: str, now_s: float, *, uncalled: bool) -> None:
        listen, diary = self._listening.listen, self._summary()
        self._tell(WakeHeard(now_s, listen, words, uncalled=uncalled, diary=diary), cut=True)

    def stop(self, now_s: float) -> bool:
        """Stop; return whether there was anything to stop. Speech ends now; the rest follows."""
        if not self.awake:
            return False
        self._out = None
        self._stop_at_s = now_s + SETTLE_S
        self._services.fall_silent()
        return True

    def speech_began(self, now_s: float) -> None:
        """The assistant has begun to speak."""
        out = self._out
        if out is None:
            return  # another skill is speaking
        out.sounds = True
        if isinstance(self._doing, _Counting) and out.alone:
            self._lead_s = min(LEAD_S, now_s - out.handed_over_s)

    def speech_ended(self, now_s: float) -> None:
        """The assistant has finished speaking."""
        if self._out is not None and self._out.sounds:
            self._line_ended(now_s)

    def recording_began(self, now_s: float) -> None:
        """The assistant records what a person may be saying."""
        self._recording_since_s = now_s

    def recording_ended(self, now_s: float) -> None:
        """The recording is over; its words may follow."""
        self._recording_since_s, self._words_by_s = None, now_s + TRANSCRIPT_S

    def nothing_recognised(self, now_s: float) -> None:
        """There were no words in the recording."""
        self._recording_since_s, self._words_by_s = None, now_s

    def tick(self, now_s: float) -> None:
        """Do everything that is due."""
        while (due_s := self.due_s) is not None and due_s <= now_s:
            if self._stop_at_s is not None:
                self._told_to_stop(now_s)
            elif self._alarm is not None and self._alarm.at_s <= now_s:
                alarm, self._alarm = self._alarm.alarm, None
                self._tell(AlarmRang(now_s, alarm), cut=True)
            elif (speech_s := self._speech_due_s()) is not None and speech_s <= now_s:
                self._go_on(now_s)
            else:
                self._patient = False
                self._tell(SilenceHeard(now_s, self._listening.listen))

    # What is due ----------------------------------------------------------------------------

    def _speech_due_s(self) -> float | None:
        limit_s = self._out.limit_s if self._out is not None else None
        doing = self._doing
        if isinstance(doing, _Counting):
            return self._cue_due_s(doing, doing.cues[0]) if doing.cues else doing.ends_s
        if isinstance(doing, _Saying) and limit_s is None:
            return doing.ready_s
        return limit_s

    def _cue_due_s(self, counting: _Counting, cue: Cue) -> float:
        return max(counting.started_s, counting.started_s + cue.at_s - self._lead_s)

    def _silence_due_s(self) -> float | None:
        patience_s = self._listening.patience_s
        if patience_s is None or not self._patient:
            return None
        if self._doing is not None or self._out is not None:
            return None
        if self._recording_since_s is not None:
            self_ended_s = self._recording_since_s + RECORDING_S
            return max(self._quiet_since_s + patience_s, self_ended_s)
        return max(self._quiet_since_s + patience_s, self._words_by_s)

    # Speaking -------------------------------------------------------------------------------

    def _go_on(self, now_s: float) -> None:
        """Go on with what is being said or counted."""
        doing = self._doing
        if isinstance(doing, _Counting):
            self._count(doing, now_s)
        elif doing is not None and self._out is None:
            line = doing.lines.pop(0)
            listen = not doing.lines and self._listening.patience_s is not None
            self._hand_over(line, now_s, listen=listen)
        else:
            self._line_ended(now_s)  # not reported, but it must have ended

    def _count(self, counting: _Counting, now_s: float) -> None:
        if not counting.cues:
            self._doing = None
            # The last number may still be sounding: what follows waits for it.
            self._tell(HoldFinished(now_s, counting.action.hold))
            return
        cue = counting.cues.pop(0)
        if now_s - self._cue_due_s(counting, cue) <= LATE_S:
            self._hand_over(cue.line, now_s, listen=False)

    def _hand_over(self, line: LineKey, now_s: float, *, listen: bool) -> None:
        limit_s = now_s + SYNTHESIS_S + 2 * spoken_s(self._script, line)
        self._out = _LineOut(now_s, limit_s, alone=self._out is None)
        self._services.speak(self._script.text(line), listen=listen)

    def _line_ended(self, now_s: float) -> None:
        self._out = None
        self._quiet_since_s = now_s
        doing = self._doing
        if not isinstance(doing, _Saying):
            return
        doing.ready_s = max(doing.ready_s, now_s)
        if not doing.lines:
            self._doing = None
            self._tell(UtteranceFinished(now_s, doing.action.utterance))

    def _cut_off(self, now_s: float) -> float:
        """Cut speech off, if any, and return when the assistant can speak again."""
        self._doing = None
        if self._out is None:
            return now_s
        self._out = None
        self._services.fall_silent()
        return now_s + SETTLE_S

    # The dialogue ---------------------------------------------------------------------------

    def _event(self, words: str, now_s: float) -> Event | None:
        return heard(
            self._script,
            self._wake_phrases,
            self._listening,
            words,
            at_s=now_s,
            diary=self._summary(),
            voice_status=_ONE_VOICE,
        )

    def _told_to_stop(self, now_s: float) -> None:
        """Tell the dialogue, in words that mean it."""
        self._stop_at_s = None
        phrases = self._script.grammars[self._listening.grammar].phrases
        words = next(phrase.words for phrase in phrases if phrase.meaning is Command.STOP)
        listen = self._listening.listen
        self._tell(SpeechHeard(now_s, listen, words, diary=self._summary()), cut=True)

    def _tell(self, event: Event, *, cut: bool = False) -> None:
        try:
            actions = self._dialogue.handle(event)
        except DialogueError:
            # A bug, and nothing has changed: go on, for the person's sake.
            _LOG.exception("the dialogue refused %s", type(event).__name__)
            return
        if actions:
            self._perform(actions, event.at_s, cut=cut)

    def _perform(self, actions: tuple[Action, ...], now_s: float, *, cut: bool) -> None:
        was_awake = self.awake
        self._listening = listening(actions)
        self._patient = True
        for action in actions:
            self._do(action, now_s, cut=cut)
        if self.awake:
            self._services.attend()
        elif was_awake:
            self._services.release()

    def _do(self, action: Action, now_s: float, *, cut: bool) -> None:
        match action:
            case Say():
                ready_s = self._cut_off(now_s) if cut else now_s
                self._doing = _Saying(action, list(action.lines), ready_s)
            case StartHold():
                started_s = self._cut_off(now_s) if cut else now_s
                cues = list(lines_in_hold(self._script, action.plan))
                self._doing = _Counting(action, started_s, cues)
            case StopSpeaking():
                self._quiet_since_s = self._cut_off(now_s)
            case SetAlarm():
                self._alarm = action
            case CancelAlarm():
                self._alarm = None
            case AdjustVolume(steps):
                self._services.adjust_volume(steps)
            case AdjustRate() | ChangeVoice() | Listen():
                pass  # an assistant's voice has one rate; what to listen for is known already
            case Remember(night):
                if self._memory is not None:
                    self._memory.keep(night, now_s)
            case WriteDiary() | EraseDiary():
                self._keep_diary(action, now_s)
            case _:
                assert_never(action)

    def _keep_diary(self, action: WriteDiary | EraseDiary, now_s: float) -> None:
        if self._diary is None:
            return
        if isinstance(action, WriteDiary):
            spoken_of = action.spoken_of
            self._diary.write(action.entry, action.called_at_s, now_s, spoken_of=spoken_of)
        else:
            self._diary.erase()

    def _summary(self) -> Summary:
        return NO_DIARY if self._diary is None else self._diary.summary()
