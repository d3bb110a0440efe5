"""Speech from the programs ``espeak-ng`` and ``flite``, for trying out models.

Charley itself speaks through :mod:`voice.engines.pyttsx3_synthesizer`. Here every
word gets its own process, which is quick (about 15 ms) and, unlike one long-running
engine, gives the same sound for the same word each time.
"""

from __future__ import annotations

import enum
import shutil
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from voice.audio.normalise import finish
from voice.audio.samples import Samples, resample
from voice.errors import SynthesisError

TIME_LIMIT_S: Final = 20.0
"""Limit for one text, with room for a busy machine."""

_USUAL_WORDS_PER_MINUTE: Final = 170.0
"""flite's default rate."""


class Engine(enum.Enum):
    """A speech program; the value is its command."""

    ESPEAK = "espeak-ng"
    FLITE = "flite"

    @property
    def installed(self) -> bool:
        """Whether the program is installed."""
        return shutil.which(self.value) is not None


@dataclass(frozen=True)
class CommandVoice:
    """One way to speak: an engine, its name for the voice, and a rate."""

    engine: Engine
    name: str
    words_per_minute: int

    def __str__(self) -> str:
        return f"{self.engine.value} {self.name} {self.words_per_minute}"


def speak(text: str, voice: CommandVoice) -> Samples:
    """The text spoken in that voice: 16 kHz, trimmed, at Charley's level.

    Raises SynthesisError if the program is missing, fails or produces no sound.
    """
    with tempfile.TemporaryDirectory(prefix="charley-voice-") as folder:
        path = Path(folder) / "speech.wav"
        try:
            subprocess.run(  # noqa: S603 - the program and its options are ours, the text is data
                _command(text, voice, path),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIME_LIMIT_S,
                check=True,
            )
            samples = finish(_read(path))
        except (OSError, subprocess.SubprocessError, wave.Error, EOFError) as error:
            raise SynthesisError(
                f"{voice.engine.value} cannot say {text!r} in the voice {voice.name!r}: {error}",
                remedy=f"Install it: sudo apt-get install {voice.engine.value}",
            ) from error
    if not len(samples):
        raise SynthesisError(
            f"{voice.engine.value} produces no sound for {text!r} in the voice {voice.name!r}",
            remedy="Choose another voice.",
        )
    return samples


def _command(text: str, voice: CommandVoice, path: Path) -> list[str]:
    match voice.engine:
        case Engine.ESPEAK:
            rate = str(voice.words_per_minute)
            return ["espeak-ng", "-v", voice.name, "-s", rate, "-w", str(path), "--", text]
        case Engine.FLITE:
            stretch = f"duration_stretch={_USUAL_WORDS_PER_MINUTE / voice.words_per_minute:.3f}"
            return ["flite", "-voice", voice.name, "--setf", stretch, "-t", text, "-o", str(path)]


def _read(path: Path) -> Samples:
    """A mono 16-bit WAV file, as both programs write it."""
    with wave.open(str(path)) as opened:
        sound = np.frombuffer(opened.readframes(opened.getnframes()), np.int16)
        return resample(sound, opened.getframerate())
