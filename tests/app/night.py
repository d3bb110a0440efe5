"""A night without sound devices: an assistant, and a user whose words are scripted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from tests.fakes import LoudIsVoice, RecordingSpeaker, ScriptedRecogniser, Tones
from tests.shipped import SCRIPT
from voice.app.assistant import Assistant, Carer
from voice.app.night_memory import NightMemory
from voice.audio.samples import BLOCK_S, BLOCK_SAMPLES, Samples, tone
from voice.clocks import Clocks, Uptime
from voice.dialogue import Context, Dialogue
from voice.dialogue.actions import Action, Say, StartHold
from voice.dialogue.diary import Diary
from voice.dialogue.events import Event
from voice.dialogue.states import Holding
from voice.echo.echo_control import EchoControl
from voice.listening.grammar_fitting import Vocabulary, fit_script
from voice.listening.listener import Ears
from voice.ports import EchoCanceller
from voice.speech.clip_library import ClipLibrary
from voice.speech.player import Mouth
from voice.speech.settings import SpeechSettings
from voice.speech.voices import NO_OTHERS

WAKES = ("hey charley",)
QUIET = np.zeros(BLOCK_SAMPLES, np.int16)
VOICE = tone(220.0, BLOCK_S, -20.0)


@cache
def vocabulary() -> Vocabulary:
    """What every night listens for: it takes longer to fit than most nights last."""
    return fit_script(SCRIPT, WAKES, ScriptedRecogniser().knows)


class Machine:
    """A computer that a test can reboot: its wall clock and its uptime."""

    def __init__(self, clock_s: float = 1_790_000_000.0) -> None:
        self.clock_s = clock_s
        self.up = Uptime("first", 60.0)

    def pass_time(self, duration_s: float) -> None:
        """Let both clocks run on."""
        self.clock_s += duration_s
        self.up = replace(self.up, up_s=self.up.up_s + duration_s)

    def start_anew(self, off_s: float = 0.0) -> None:
        """Reboot after ``off_s`` without power; the wall clock kept running meanwhile."""
        self.clock_s += off_s
        self.up = Uptime(self.up.boot + " again", 30.0)

    @property
    def clocks(self) -> Clocks:
        """Its clocks, as they run on."""
        return Clocks(lambda: self.clock_s, lambda: self.up)

    def memory(self, path: Path) -> NightMemory:
        """What a Charley on this machine remembers."""
        return NightMemory(path, self.clocks)


class Night:
    """An assistant, and a user whose words are scripted."""

    def __init__(
        self,
        make_canceller: Callable[[], EchoCanceller] | None = None,
        line_s: float = 0.3,
        memory: NightMemory | None = None,
        *,
        diary: Diary | None = None,
        others: Mapping[str, ClipLibrary] = NO_OTHERS,
        carer: Carer | None = None,
    ) -> None:
        self.recogniser = ScriptedRecogniser()
        self.speaker = RecordingSpeaker()
        self.events: list[Event] = []
        self.actions: list[Action] = []
        self.dialogue = Dialogue(Context(SCRIPT), memory.night if memory else None)
        settings = SpeechSettings()
        clips = ClipLibrary(Tones(line_s), None, settings.style)
        echo = None if make_canceller is None else EchoControl(make_canceller)
        self.assistant = Assistant(
            self.dialogue,
            Ears(LoudIsVoice(), self.recogniser, vocabulary(), echo=echo),
            Mouth(self.speaker, clips, SCRIPT, settings, others=others),
            (self,),
            memory=memory,
            take_played=None if echo is None else self.speaker.take_played,
            diary=diary,
            carer=carer,
        )
        self.assistant.start()

    def event(self, event: Event) -> None:
        self.events.append(event)

    def action(self, at_s: float, action: Action) -> None:
        assert at_s == self.assistant.now_s
        self.actions.append(action)

    def pass_time(self, seconds: float, block: Samples = QUIET) -> None:
        for _ in range(round(seconds / BLOCK_S)):
            self.speaker.pass_block()
            self.assistant.step(block)

    def until(self, done: Callable[[], bool], limit_s: float = 120.0) -> None:
        """Let time pass until ``done``, but only up to a limit."""
        ends_s = self.assistant.now_s + limit_s
        while not done():
            assert self.assistant.now_s < ends_s
            self.pass_time(BLOCK_S)

    def until_quiet(self) -> None:
        self.until(lambda: self.speaker.position is None)
        self.pass_time(0.5)

    def until_holding(self) -> None:
        self.until(lambda: isinstance(self.assistant.state, Holding))

    def say(self, words: str) -> None:
        self.pass_time(1.0)
        self.recogniser.next = words
        self.pass_time(0.6, VOICE)
        self.pass_time(0.8)

    def speaker_sounds(self) -> bool:
        return self.assistant.mouth.output.sounding

    def said(self) -> list[str]:
        """The keys of all lines that Charley began to say, including the openings of holds."""
        lines: list[str] = []
        for action in self.actions:
            if isinstance(action, Say):
                lines += action.lines
            elif isinstance(action, StartHold):
                lines += action.plan.opening
        return lines

    def heard(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]
