"""Synthesised speech: several engines, many voices, one of them held out.

Training engines are espeak-ng (formant synthesis, eight English accents and
its voice variants), flite (three statistical voices) and, if the package
``py-nanotts`` is installed, SVOX Pico (two voices). Speaking rate, pitch and
vocal tract length (by resampling) vary from clip to clip. The diphone voice
"kal" of flite and festival is never trained on: it shows whether words
are recognised from an engine that the network does not know.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.train_model.dataset.audio import SAMPLE_RATE_HZ, Samples, read_audio, resample

ESPEAK_ACCENTS = (
    "en-gb", "en-us", "en-us", "en-us", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbcwmd",
    "en-gb-x-gbclan", "en-029",
)  # fmt: skip
FLITE_VOICES = ("awb", "rms", "slt")
PICO_VOICES = ("en-GB", "en-US")

HELD_OUT_FLITE_VOICES = ("kal", "kal16")
HELD_OUT_FESTIVAL_VOICE = "kal_diphone"

_TIMEOUT_S = 20.0


class SynthesisError(Exception):
    """An engine is missing or produced no sound."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One way of speaking.

    ``rate`` and ``pitch`` are relative to the engine's defaults; ``tract`` is the factor
    by which the result is resampled, which shifts pitch and formants together.
    """

    engine: str
    name: str
    rate: float = 1.0
    pitch: float = 1.0
    tract: float = 1.0


def speak(text: str, voice: Voice) -> Samples:
    """Return ``text`` spoken by ``voice``.

    Raises:
        SynthesisError: the engine is not installed, fails or produces silence.
    """
    samples = _ENGINES[voice.engine](text, voice)
    if voice.tract != 1.0:
        samples = resample(samples, round(SAMPLE_RATE_HZ * voice.tract / 100) * 100)
    if len(samples) < SAMPLE_RATE_HZ // 20 or float(np.abs(samples).max()) < 1e-3:
        raise SynthesisError(f"{voice} produced no sound for {text!r}")
    return samples


class VoiceSampler:
    """Draws training voices; one seed gives one sequence."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 2])
        self._variants = espeak_variants()
        engines = {"espeak": 0.42, "flite": 0.33, "pico": 0.25 if pico_installed() else 0.0}
        total = sum(engines.values())
        self._engines = list(engines)
        self._shares = [share / total for share in engines.values()]

    def draw(self) -> Voice:
        """Return the next voice."""
        rng = self._rng
        engine = str(rng.choice(self._engines, p=self._shares))
        if engine == "espeak":
            name = str(rng.choice(ESPEAK_ACCENTS))
            if self._variants and rng.random() < 0.85:
                name = f"{name}+{rng.choice(self._variants)}"
        elif engine == "flite":
            name = str(rng.choice(FLITE_VOICES))
        else:
            name = str(rng.choice(PICO_VOICES))
        return Voice(
            engine,
            name,
            rate=round(float(rng.uniform(0.7, 1.3)), 2),
            pitch=round(float(rng.uniform(0.75, 1.4)), 2),
            tract=round(float(rng.uniform(0.86, 1.17)), 2),
        )


def held_out_voices() -> tuple[Voice, ...]:
    """Return the voices of the held-out engine."""
    flite = tuple(
        Voice("flite", name, rate, pitch)
        for name in HELD_OUT_FLITE_VOICES
        for rate, pitch in ((0.85, 1.0), (1.0, 1.15), (1.15, 0.9))
    )
    return (*flite, Voice("festival", HELD_OUT_FESTIVAL_VOICE))


def espeak_variants() -> tuple[str, ...]:
    """Names of espeak-ng's voice variants, sorted; whispering ones too."""
    if shutil.which("espeak-ng") is None:
        return ()
    listing = subprocess.run(
        ["espeak-ng", "--voices=variant"],
        capture_output=True, text=True, check=True, timeout=_TIMEOUT_S,
    ).stdout  # fmt: skip
    columns = [line.split() for line in listing.splitlines()[1:]]
    return tuple(sorted({c[4].rpartition("/")[2] for c in columns if len(c) > 4}))


def pico_installed() -> bool:
    """Whether the optional SVOX Pico engine is available."""
    try:
        import py_nanotts
    except ImportError:
        return False
    return hasattr(py_nanotts, "NanoTTS")


def _by_command(make: Callable[[str], Sequence[str]], stdin: str | None = None) -> Samples:
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "speech.wav"
        command = make(str(wav))
        try:
            subprocess.run(
                command, input=stdin, text=True, capture_output=True, check=True,
                timeout=_TIMEOUT_S,
            )  # fmt: skip
            return read_audio(wav)
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            raise SynthesisError(f"{command[0]}: {error}") from error


def _espeak(text: str, voice: Voice) -> Samples:
    rate = str(round(165 * voice.rate))
    pitch = str(int(np.clip(50 + 60 * np.log2(voice.pitch), 0, 99)))
    return _by_command(
        lambda wav: ["espeak-ng", "-v", voice.name, "-s", rate, "-p", pitch, "-w", wav, text]
    )


def _flite(text: str, voice: Voice) -> Samples:
    mean_f0_hz = {"slt": 170.0, "awb": 130.0, "rms": 95.0}.get(voice.name, 105.0) * voice.pitch
    return _by_command(
        lambda wav: [
            "flite", "-voice", voice.name,
            "--setf", f"duration_stretch={1 / voice.rate:.2f}",
            "--setf", f"int_f0_target_mean={mean_f0_hz:.0f}",
            "-t", text, "-o", wav,
        ]
    )  # fmt: skip


def _festival(text: str, voice: Voice) -> Samples:
    return _by_command(
        lambda wav: ["text2wave", "-eval", f"(voice_{voice.name})", "-o", wav], stdin=text
    )


def _pico(text: str, voice: Voice) -> Samples:
    import py_nanotts

    pcm = py_nanotts.NanoTTS().speak(text, voice.name, speed=voice.rate, pitch=voice.pitch)
    return np.frombuffer(pcm, np.int16).astype(np.float32) / 32768.0


_ENGINES: dict[str, Callable[[str, Voice], Samples]] = {
    "espeak": _espeak,
    "flite": _flite,
    "festival": _festival,
    "pico": _pico,
}
