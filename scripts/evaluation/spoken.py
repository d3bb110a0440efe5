"""Measures phrases that nobody has recorded, on a synthetic voice held out from training.

The voice is flite's "kal", a diphone voice, in two qualities and at three speeds
and pitches. Training uses neither it nor festival's voice of that name.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scripts.evaluation.chain import Ear, expected_of, outcome
from scripts.evaluation.tally import Tally, together
from scripts.faults import EvaluationError
from scripts.progress import progress
from voice.audio.files import read_recording
from voice.audio.samples import Samples
from voice.content.script import GrammarKey, Script
from voice.listening.offline import listen_for_grammar


@dataclass(frozen=True)
class Voice:
    """A flite voice. ``stretch`` is the length of sounds, ``pitch_hz`` the mean pitch."""

    name: str
    stretch: float
    pitch_hz: float


PHRASES_EACH: Final = 60
"""Phrases spoken per grammar: families have thousands, which differ by a word."""

VOICES: Final = (Voice("kal", 1.15, 100.0), Voice("kal16", 1.0, 115.0), Voice("kal", 0.9, 90.0))


@dataclass(frozen=True)
class SpokenFigures:
    """Counts by grammar and phrase."""

    tallies: dict[tuple[str, str], Tally]

    def only_synthetic(self, recorded: Collection[str]) -> Tally:
        """Phrases that share no word with those recorded by people."""
        return together(
            tally
            for (_, phrase), tally in self.tallies.items()
            if not set(phrase.split()) & set(recorded)
        )

    def as_json(self) -> list[dict[str, Any]]:
        """Every phrase."""
        return [
            {"grammar": grammar, "phrase": phrase, **tally.as_json()}
            for (grammar, phrase), tally in self.tallies.items()
        ]


def available() -> bool:
    """Whether the engine is installed."""
    return shutil.which("flite") is not None


def measure_spoken(ear: Ear, script: Script, grammars: Sequence[GrammarKey]) -> SpokenFigures:
    """Speak some phrases of each of these grammars, and run them under it."""
    found: dict[tuple[str, str], Tally] = {}
    with tempfile.TemporaryDirectory() as folder:
        for key in grammars:
            grammar = script.grammars[key]
            phrases = _some([p.words for p in grammar.phrases])
            vocabulary = listen_for_grammar(script, key, ear.recogniser)
            for phrase in progress(f"{key.value}, a voice kept out of training", phrases):
                tally = Tally(expected_of(grammar, phrase))
                for voice in VOICES:
                    samples = spoken(phrase, voice, Path(folder) / "said.wav")
                    heard = ear.hear(key, vocabulary, samples)
                    tally.add(outcome(heard, grammar, ear.acceptance), heard.duration_s)
                found[key.value, phrase] = tally
    return SpokenFigures(found)


def spoken(text: str, voice: Voice, path: Path) -> Samples:
    """``text`` in a flite voice, written to ``path`` on the way. Raises EvaluationError."""
    settings = (f"duration_stretch={voice.stretch}", f"int_f0_target_mean={voice.pitch_hz}")
    options = [word for setting in settings for word in ("--setf", setting)]
    try:
        subprocess.run(
            ["flite", "-voice", voice.name, *options, "-t", text, "-o", str(path)],
            check=True,
            capture_output=True,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EvaluationError(
            f"flite cannot say {text!r} with the voice {voice.name!r}",
            remedy="Install flite with its voices (apt-get install flite).",
        ) from error
    return read_recording(path)


def _some(phrases: Sequence[str]) -> list[str]:
    """Always the same ones, spread over the families by a hash."""
    return sorted(phrases, key=lambda words: (zlib.crc32(words.encode()), words))[:PHRASES_EACH]
