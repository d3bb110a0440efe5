"""A night without sound devices: an assistant, and a person whose words are known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from voice.app.assistant import Assistant
from voice.app.night_memory import NightMemory
from voice.app.paths import prompts_folder
from voice.audio.mixer import Mixer
from voice.audio.samples import BLOCK_S, BLOCK_SAMPLES, Clip, Samples, Track, tone
from voice.content.loader import load_script
from voice.content.script import UNKNOWN_WORD
from voice.dialogue import Context, Dialogue
from voice.dialogue.actions import Action, Say, StartHold
from voice.dialogue.events import Event
from voice.dialogue.states import Holding
from voice.echo.echo_control import EchoGuard
from voice.listening.grammar_fitting import fit_script
from voice.listening.listener import Ears
from voice.ports import EchoCanceller, HeardWord, Hypothesis, VoiceStyle
from voice.speech.clip_library import ClipLibrary
from voice.speech.player import Mouth
from voice.speech.settings import SpeechSettings

SCRIPT = load_script(prompts_folder() / "en")
WAKES = ("hey charley",)
QUIET = np.zeros(BLOCK_SAMPLES, np.int16)
VOICE = tone(220.0, BLOCK_S, -20.0)


class LoudIsVoice:
    """A voice gate that takes every loud block for a voice."""

    def probability(self, block: Samples) -> float:
        return float(np.abs(block).max() > 1_000)

    def reset(self) -> None:
        pass


class Scripted:
    """A recogniser that hears what it was told it would.

    ``lead`` is that of the words over garbage; None where garbage is no alternative.
    """

    def __init__(self) -> None:
        self.next = ""
        self.lead: float | None = None

    def knows(self, word: str) -> bool:
        return bool(word)

    def begin(self, phrases: Sequence[str]) -> Scripted:
        assert phrases
        return self

    def accept(self, samples: Samples) -> None:
        pass

    def partial(self) -> str:
        return self.next

    def finish(self) -> tuple[Hypothesis, ...]:
        words = tuple(HeardWord(w, 0.1 * n, 0.1 * n + 0.1) for n, w in enumerate(self.next.split()))
        if not words:
            return ()
        heard = Hypothesis(words, 100.0)
        if self.lead is None:
            return (heard,)
        garbage = HeardWord(UNKNOWN_WORD, words[0].start_s, words[-1].end_s)
        return (heard, Hypothesis((garbage,), heard.score - self.lead))


class Tones:
    """A synthesizer that says everything in the same time: a third of a second, if not told."""

    version = "tones"

    def __init__(self, line_s: float = 0.3) -> None:
        self._line_s = line_s

    def render(self, text: str, style: VoiceStyle) -> Clip:
        assert text
        assert style.words_per_minute
        return Clip(tone(440.0, self._line_s, -12.0))

    def close(self) -> None:
        pass


class Recording:
    """A speaker that keeps what it played; its clock is the microphone's."""

    def __init__(self) -> None:
        self._mixer = Mixer()
        self._just_played = np.zeros(BLOCK_SAMPLES, np.int16)
        self.gains_db: list[float] = []

    def play(self, track: Track) -> None:
        self._mixer.play(track)

    def halt(self) -> None:
        self._mixer.halt()

    @property
    def position(self) -> int | None:
        return self._mixer.position

    def set_gain(self, gain_db: float) -> None:
        self.gains_db.append(gain_db)

    def mute(self, on: bool) -> None:
        self._mixer.mute(on)

    def take_played(self) -> Samples:
        return self._just_played

    def close(self) -> None:
        pass

    def block(self) -> Samples:
        self._just_played = self._mixer.pull(BLOCK_SAMPLES)
        return self._just_played


class Night:
    """An assistant, and a person whose words are known beforehand."""

    def __init__(
        self,
        make_canceller: Callable[[], EchoCanceller] | None = None,
        line_s: float = 0.3,
        memory: NightMemory | None = None,
    ) -> None:
        self.recogniser = Scripted()
        self.speaker = Recording()
        self.events: list[Event] = []
        self.actions: list[Action] = []
        self.dialogue = Dialogue(Context(SCRIPT), memory.night if memory else None)
        vocabulary = fit_script(SCRIPT, WAKES, self.recogniser.knows)
        settings = SpeechSettings()
        clips = ClipLibrary(Tones(line_s), None, settings.style)
        take = self.speaker.take_played
        echo = None if make_canceller is None else EchoGuard(make_canceller, take)
        self.assistant = Assistant(
            self.dialogue,
            Ears(LoudIsVoice(), self.recogniser, vocabulary, echo=echo),
            Mouth(self.speaker, clips, SCRIPT, settings),
            (self,),
            memory,
        )
        self.assistant.start()

    def event(self, event: Event) -> None:
        self.events.append(event)

    def action(self, at_s: float, action: Action) -> None:
        assert at_s == self.assistant.now_s
        self.actions.append(action)

    def pass_time(self, seconds: float, block: Samples = QUIET) -> None:
        for _ in range(round(seconds / BLOCK_S)):
            self.speaker.block()
            self.assistant.step(block)

    def until(self, done: Callable[[], bool], limit_s: float = 120.0) -> None:
        """Let time pass until something is so, but not for ever."""
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
        return self.assistant.mouth.sounding

    def said(self) -> list[str]:
        """The keys of all lines that Charley began to say, the openings of holds among them."""
        lines: list[str] = []
        for action in self.actions:
            if isinstance(action, Say):
                lines += action.lines
            elif isinstance(action, StartHold):
                lines += action.plan.opening
        return lines

    def heard(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]
