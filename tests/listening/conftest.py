"""Speech made by espeak-ng, the model that ships, and a room with a little noise."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pytest
import soundfile

from tests.shipped import SCRIPT
from voice.app.paths import models_folder
from voice.audio.frame import Frame, OutputStatus
from voice.audio.samples import (
    BLOCK_S,
    BLOCK_SAMPLES,
    Samples,
    from_float,
    level_dbfs,
    resample,
    samples_of,
)
from voice.content.script import GrammarKey, Script
from voice.dialogue.actions import Listen, ListenId
from voice.dialogue.events import Event
from voice.engines.silero_vad import SileroGate
from voice.engines.vosk_recogniser import VoskRecogniser
from voice.listening.grammar_fitting import Vocabulary, fit_script
from voice.listening.listener import Ears, HeardUtterance

WAKE_PHRASES = ("hey charley", "leg cramp")
ROOM_DBFS = -72.0


@cache
def spoken(text: str, voice: str = "en-us", words_per_minute: int = 140) -> Samples:
    """``text`` spoken by espeak-ng, without the quiet around it, at -20 dBFS."""
    made = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "--stdout", text],
        check=True,
        capture_output=True,
    )
    sound, rate_hz = soundfile.read(io.BytesIO(made.stdout), dtype="float32")
    samples = resample(from_float(sound), rate_hz)
    loud = np.flatnonzero(np.abs(samples.astype(int)) > 0.02 * np.abs(samples.astype(int)).max())
    samples = samples[loud[0] : loud[-1]]
    return at_level(samples, -20.0)


def at_level(samples: Samples, level: float) -> Samples:
    change = 10.0 ** ((level - level_dbfs(samples)) / 20.0)
    louder: Samples = np.clip(samples * change, -32768, 32767).astype(np.int16)
    return louder


def in_room(*parts: Samples | float, room_dbfs: float = ROOM_DBFS) -> Samples:
    """Speech and pauses (seconds), one after the other, in a room with some noise."""
    pieces = [np.zeros(samples_of(p)) if isinstance(p, float) else p for p in parts]
    sound = np.concatenate(pieces).astype(float)
    noise = np.random.default_rng(7).normal(size=len(sound))
    sound += noise * 32768.0 * 10.0 ** (room_dbfs / 20.0)
    mixed: Samples = np.clip(sound, -32768, 32767).astype(np.int16)
    return mixed


@pytest.fixture(scope="session")
def script() -> Script:
    return SCRIPT


@pytest.fixture(scope="session")
def recogniser() -> VoskRecogniser:
    return VoskRecogniser(models_folder() / "charley-en")


@pytest.fixture(scope="session")
def vocabulary(script: Script, recogniser: VoskRecogniser) -> Vocabulary:
    return fit_script(script, WAKE_PHRASES, recogniser.knows)


class Listener:
    """Ears with their own clock, to which sound is fed block by block."""

    def __init__(self, ears: Ears) -> None:
        self.ears = ears
        self.blocks = 0
        self.utterances: list[HeardUtterance] = []

    @property
    def now_s(self) -> float:
        return self.blocks * BLOCK_S

    def listen(self, grammar: GrammarKey, patience_s: float | None = None, number: int = 1) -> None:
        self.ears.listen(Listen(ListenId(number), grammar, patience_s))

    def hear(
        self,
        sound: Samples,
        *,
        sounding: Callable[[float], bool] = lambda _at_s: False,
        busy: bool = False,
    ) -> list[Event]:
        events: list[Event] = []
        for start in range(0, len(sound) - BLOCK_SAMPLES + 1, BLOCK_SAMPLES):
            self.blocks += 1
            block = sound[start : start + BLOCK_SAMPLES]
            output = OutputStatus(sounding(self.now_s), busy)
            events += self.ears.hear(Frame(block, self.now_s, output))
        return events


@pytest.fixture
def listener(recogniser: VoskRecogniser, vocabulary: Vocabulary) -> Listener:
    told: list[HeardUtterance] = []
    made = Listener(Ears(SileroGate(), recogniser, vocabulary, on_utterance=told.append))
    made.utterances = told
    return made


def words_of(events: Sequence[Event]) -> list[str]:
    """The words of each event, or the event's name if it carries none."""
    return [getattr(event, "words", type(event).__name__) for event in events]
