"""The assistant on a scripted recogniser, a recording speaker, and a clock of blocks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from voice.actions import Action, AdjustVolume, Listen, ListenId, Say, StartHold
from voice.assistant import Assistant
from voice.audio import BLOCK_S, BLOCK_SAMPLES, Clip, Samples, Track, tone
from voice.clips import ClipLibrary
from voice.content import load_script
from voice.dialogue import Context, Dialogue
from voice.dialogue.states import Asleep, Checking, Holding, Instructing
from voice.events import AlarmRang, Event, HoldFinished, SilenceHeard, SpeechHeard, WakeHeard
from voice.listening import Ears
from voice.mixing import Mixer
from voice.paths import prompts_folder
from voice.ports import HeardWord, Hypothesis, VoiceStyle
from voice.speaking import Mouth
from voice.speech_settings import SpeechSettings
from voice.vocabulary import fit_script

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
    """A recogniser that hears what it was told it would."""

    def __init__(self) -> None:
        self.next = ""

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
        return (Hypothesis(words, 100.0),) if words else ()


class Tones:
    """A synthesizer that says everything in a third of a second."""

    version = "tones"

    def render(self, text: str, style: VoiceStyle) -> Clip:
        assert text
        assert style.words_per_minute
        return Clip(tone(440.0, 0.3, -12.0))

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

    def __init__(self) -> None:
        self.recogniser = Scripted()
        self.speaker = Recording()
        self.events: list[Event] = []
        self.actions: list[Action] = []
        self.dialogue = Dialogue(Context(SCRIPT))
        vocabulary = fit_script(SCRIPT, WAKES, self.recogniser.knows)
        settings = SpeechSettings()
        clips = ClipLibrary(Tones(), None, settings.style)
        self.assistant = Assistant(
            self.dialogue,
            Ears(LoudIsVoice(), self.recogniser, vocabulary),
            Mouth(self.speaker, clips, SCRIPT, settings),
            (self,),
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

    def heard(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def night() -> Night:
    return Night()


def test_it_begins_asleep_and_listens_for_the_wake(night: Night) -> None:
    assert isinstance(night.assistant.state, Asleep)
    assert any(isinstance(a, Listen) for a in night.actions)
    assert night.assistant.now_s == 0.0


def test_the_clock_is_the_blocks_that_were_heard(night: Night) -> None:
    night.pass_time(3.2)
    assert night.assistant.now_s == pytest.approx(3.2)


def test_a_wake_is_answered_and_the_hold_is_counted_to_its_end(night: Night) -> None:
    night.pass_time(1.0)
    night.say("hey charley")
    assert night.heard(WakeHeard)
    assert isinstance(night.assistant.state, Instructing)
    assert any(isinstance(a, Say) and a.chime for a in night.actions)
    night.until_holding()
    begun_s = night.assistant.now_s
    night.until(lambda: bool(night.heard(HoldFinished)))
    assert night.assistant.now_s - begun_s == pytest.approx(30.0, abs=2 * BLOCK_S)


def test_its_gone_in_a_gap_of_the_count_ends_the_hold(night: Night) -> None:
    night.say("hey charley")
    night.until_holding()
    night.pass_time(2.0)
    night.say("it's gone")
    assert isinstance(night.assistant.state, Checking)
    night.until_quiet()
    assert not night.heard(HoldFinished)


def test_silence_is_told_when_patience_is_at_its_end(night: Night) -> None:
    night.say("hey charley")
    night.until_holding()
    night.pass_time(1.0)
    night.say("it's gone")
    night.until_quiet()
    asked_s = night.assistant.now_s
    night.until(lambda: bool(night.heard(SilenceHeard)))
    assert night.assistant.now_s - asked_s == pytest.approx(7.5, abs=0.6)


def test_the_alarm_rings_ten_minutes_after_the_wake(night: Night) -> None:
    night.say("hey charley")
    woken_s = night.heard(WakeHeard)[0].at_s
    night.until_holding()
    night.pass_time(1.0)
    night.say("pause")
    for _ in range(6):
        night.pass_time(100.0)
        night.say("how long")
    assert night.heard(AlarmRang)[0].at_s - woken_s == pytest.approx(600.0, abs=BLOCK_S)
    lines = [line for a in night.actions if isinstance(a, Say) for line in a.lines]
    openings = [line for a in night.actions if isinstance(a, StartHold) for line in a.plan.opening]
    assert "ten_minutes" in lines + openings


def test_louder_reaches_the_speaker(night: Night) -> None:
    night.say("hey charley")
    night.until_holding()
    night.pass_time(1.0)
    night.say("louder")
    assert AdjustVolume(+1) in night.actions
    assert night.speaker.gains_db == [0.0, 4.0]


def test_a_refused_event_is_logged_and_the_night_goes_on(
    night: Night, caplog: pytest.LogCaptureFixture
) -> None:
    # Speech while asleep is not legal; nothing in the ears makes such an event.
    fault = SpeechHeard(0.0, ListenId(night.assistant.state.turn), "yes")
    with caplog.at_level(logging.ERROR):
        night.assistant._tell(fault)
    assert "the dialogue refused SpeechHeard" in caplog.text
    night.say("hey charley")
    assert isinstance(night.assistant.state, Instructing)
