"""The sounds of a night, made once before it begins: nothing is read or rendered later."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from scripts.corpus.noises import NOISES
from voice.audio.files import length_of, read_recording
from voice.audio.samples import RATE_HZ
from voice.errors import CharleyError
from voice.ports import VoiceStyle
from voice.simulation.acoustics import Wave, as_wave
from voice.simulation.noise import NoiseKind, levelled, looped, make_noise
from voice.simulation.scenario_audio import Render
from voice.simulation.wall import through_wall

EXCERPT_S: Final = 20.0
EXCERPTS: Final = 16
"""Only this much of the given noise is kept, however much there is: memory has to stay flat."""

_SNORERS: Final = 3
_BUMPS: Final = 24
_BUMP_S: Final = 4.0
_ENDINGS: Final = (".wav", ".flac", ".ogg")
_UNIT_DBFS: Final = 0.0


class Kind(enum.Enum):
    """What kind of sound is heard."""

    SNORING = "snoring"
    FAN = "fan"
    TALK = "talk"
    """Talk in another room."""
    BUMP = "bump"
    """Brief sounds: a cough, a groan, bedclothes, a knock."""
    GIVEN = "given"
    """A file of ``--noise``."""


Bank = Mapping[Kind, Sequence[Wave]]
"""Sounds of each kind, at an RMS of 1.0. All but talk and bumps repeat without a seam."""

TALK: Final = (
    ("en-us+f2", "did you lock the front door before you went up"),
    ("en-us+m2", "i think so but i can look again in a minute"),
    ("en-us+f2", "they said on the news that it will rain all week"),
    ("en-us+m2", "charlotte called and wants to know about sunday"),
    ("en-us+f2", "tell her that harley and the children may come too"),
    ("en-us+m2", "he was charged twice for the same parking place"),
    ("en-us+f3", "and now the weather for the coast and the islands"),
    ("en-us+m5", "the market closed a little higher after a quiet day"),
    ("en-us+f3", "in the second half the home team had the better chances"),
    ("en-us+m5", "stop it there you are not listening to a word i say"),
    ("en-us+f3", "no no it is over now and nobody can change it again"),
    ("en-us+m5", "yes please and a glass of water for the gentleman"),
    ("en-us+f5", "the barley soup is in the fridge next to the milk"),
    ("en-us+m4", "hey did you see where i put my reading glasses"),
    ("en-us+f5", "maybe you left them on the shelf by the radio"),
    ("en-us+m4", "my leg is asleep i have been sitting here too long"),
)
"""Voice and words. Some come close to the wake phrases and commands, as talk does."""


class SoakError(CharleyError):
    """A missing folder, file or package, or an invalid option."""


def make_bank(render: Render, rng: np.random.Generator, noise: Path | None) -> Bank:
    """All sounds of a night. Raises SoakError for an unusable folder of noise."""
    return {
        Kind.SNORING: [_made(NoiseKind.SNORING, rng) for _ in range(_SNORERS)],
        Kind.FAN: [_made(NoiseKind.PINK, rng)],
        Kind.TALK: [_spoken(render, voice, words, rng) for voice, words in TALK],
        Kind.BUMP: [_bump(number, rng) for number in range(_BUMPS)],
        Kind.GIVEN: [] if noise is None else _given(noise, rng),
    }


def _made(kind: NoiseKind, rng: np.random.Generator) -> Wave:
    made = make_noise(kind, _UNIT_DBFS, rng)
    assert made is not None  # noqa: S101 - only NONE has no noise
    return made


def _spoken(render: Render, voice: str, words: str, rng: np.random.Generator) -> Wave:
    said = as_wave(render(words, VoiceStyle(voice, 165)).samples)
    return levelled(through_wall(said, rng), _UNIT_DBFS)


def _bump(number: int, rng: np.random.Generator) -> Wave:
    kinds = list(NOISES.values())
    return levelled(kinds[number % len(kinds)](rng, _BUMP_S), _UNIT_DBFS)


def _given(folder: Path, rng: np.random.Generator) -> list[Wave]:
    """Excerpts of the folder's sound files, up to a limit; other files are ignored."""
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _ENDINGS and p.is_file())
    if not files:
        raise SoakError(
            f"{folder}: contains no sound files", remedy=f"Name a folder of {', '.join(_ENDINGS)}."
        )
    chosen = sorted(rng.permutation(len(files))[:EXCERPTS])
    return [_excerpt(files[number], rng) for number in chosen]


def _excerpt(path: Path, rng: np.random.Generator) -> Wave:
    frames, rate_hz = length_of(path)
    wanted = min(frames, round(EXCERPT_S * rate_hz))
    first = int(rng.integers(frames - wanted + 1))
    samples = read_recording(path, first_frame=first, frames=wanted)
    if len(samples) < RATE_HZ // 2 or not samples.any():
        raise SoakError(f"{path}: contains no sound", remedy="Remove it from the folder.")
    return levelled(looped(as_wave(samples)), _UNIT_DBFS)
