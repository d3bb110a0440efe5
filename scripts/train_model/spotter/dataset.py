"""What the keyword spotter learns from: the vectors of many recordings in many places.

Every recording is heard in several ways, the keywords in more than the rest. The vectors of a
few hundred recordings go into one file, so that the work can be stopped and continued, and runs
on every core.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from scripts.corpus.manifest import Recording, Role
from scripts.progress import progress
from scripts.train_model.dataset.audio import write_audio
from scripts.train_model.spotter.scenes import Places, heard_by, places_of, wave_of
from voice.audio.samples import to_float
from voice.content.script import Script
from voice.engines.command_voices import CommandVoice, Engine, speak
from voice.engines.keyword_spotter import SpeechEmbedding, Vectors

KEYWORDS: Final = ("yes", "no", "stop", "hey charley", "leg cramp")

TIMES: Final = 10
"""How often a keyword is heard, each time elsewhere."""
TIMES_FEW: Final = 16
"""The same for a keyword of a set that has only a few of them."""
TIMES_OTHER: Final = 4
TIMES_RUNNING: Final = 3
TIMES_NOISE: Final = 5

SPOKEN: Final = 80
"""How often espeak-ng says each keyword, in as many voices; other phrases it says once."""
SPOKEN_OTHERS: Final = 700

_FEW: Final = frozenset({"an4", "commands_train"})
_PER_FILE: Final = 200
_SHORTEST: Final = 1600
_ACCENTS: Final = ("en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-029", "en-us-nyc")
_VARIANTS: Final = (
    *("", "+f1", "+f2", "+f3", "+f4", "+f5", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7"),
    *("+klatt", "+klatt2", "+croak", "+whisper", "+Andy", "+Annie", "+Gene", "+Storm"),
)


@dataclass(frozen=True)
class Examples:
    """All utterances: their vectors, what was said, by whom, and whether it was running speech."""

    vectors: Sequence[Vectors]
    labels: Sequence[str]
    speakers: Sequence[str]
    running: Sequence[bool]

    def contains(self, keyword: str) -> list[bool]:
        """Whether each utterance has that keyword in it."""
        return [f" {keyword} " in f" {label} " for label in self.labels]


def gather(recordings: Sequence[Recording], work: Path, seed: int) -> Examples:
    """The examples made of ``recordings``. Raises CharleyError for one that cannot be read."""
    work.mkdir(parents=True, exist_ok=True)
    parts = [recordings[i : i + _PER_FILE] for i in range(0, len(recordings), _PER_FILE)]
    paths = [work / f"{number:03d}.npz" for number in range(len(parts))]
    to_do = [(part, path) for part, path in zip(parts, paths, strict=True) if not path.exists()]
    if to_do:
        places = places_of(recordings, seed)
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            made = pool.map(partial(_make, places=places, seed=seed), to_do)
            for _ in progress("what the spotter learns from", list(to_do)):
                next(made)
    return _read(paths)


def spoken(script: Script, folder: Path, seed: int) -> list[Recording]:
    """The keywords, and other phrases of the script, by espeak-ng. Raises SynthesisError."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, 32])
    phrases = sorted({p.words for g in script.grammars.values() for p in g.listened})
    others = [phrases[i] for i in rng.permutation(len(phrases))[:SPOKEN_OTHERS]]
    texts = [*(k for k in KEYWORDS for _ in range(SPOKEN)), *others]
    found = []
    for number, text in enumerate(progress("espeak-ng", texts)):
        name = str(rng.choice(_ACCENTS)) + str(rng.choice(_VARIANTS))
        voice = CommandVoice(Engine.ESPEAK, name, int(rng.integers(110, 190)))
        path = folder / f"{number:05d}.flac"
        if not path.exists():
            write_audio(path, to_float(speak(text, voice)))
        found.append(Recording(path, path.name, "espeak", text, text, f"espeak {number}", 1.0))
    return found


def _make(job: tuple[Sequence[Recording], Path], places: Places, seed: int) -> None:
    recordings, path = job
    embedding = SpeechEmbedding()
    found = [one for r in recordings for one in _examples(r, places, seed, embedding)]
    arrays: dict[str, Any] = {
        "vectors": np.concatenate([v for v, _ in found]).astype(np.float16),
        "lengths": np.array([len(v) for v, _ in found]),
        "labels": np.array([r.label for _, r in found]),
        "speakers": np.array([f"{r.set_name}:{r.speaker or r.file}" for _, r in found]),
        "running": np.array([r.role is Role.RUNNING for _, r in found]),
    }
    half = path.with_suffix(".half.npz")
    np.savez(half, **arrays)
    half.replace(path)


def _examples(
    recording: Recording, places: Places, seed: int, embedding: SpeechEmbedding
) -> Iterator[tuple[Vectors, Recording]]:
    recorded = wave_of(recording)
    if not recorded.any():
        return
    for time in range(_times(recording)):
        rng = np.random.default_rng([seed, zlib.crc32(recording.file.encode()), time])
        wave = heard_by(recorded, recording.role, places, rng)
        vectors = embedding.vectors(wave) if len(wave) >= _SHORTEST else ()
        if len(vectors):
            yield np.asarray(vectors), recording


def _times(recording: Recording) -> int:
    if recording.role is Role.NOISE:
        return TIMES_NOISE
    if recording.role is Role.RUNNING:
        return 1 if recording.set_name == "accented" else TIMES_RUNNING
    if recording.role is Role.KEYWORD:
        return 1
    if recording.label not in KEYWORDS:
        return TIMES_OTHER
    return TIMES_FEW if recording.set_name in _FEW else TIMES


def _read(paths: Sequence[Path]) -> Examples:
    vectors: list[Vectors] = []
    labels: list[str] = []
    speakers: list[str] = []
    running: list[bool] = []
    for path in paths:
        with np.load(path, allow_pickle=False) as stored:
            vectors += np.split(stored["vectors"], np.cumsum(stored["lengths"])[:-1])
            labels += map(str, stored["labels"])
            speakers += map(str, stored["speakers"])
            running += map(bool, stored["running"])
    return Examples(vectors, labels, speakers, running)
