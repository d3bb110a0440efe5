"""Features and labels of many clips, laid end to end in one array each.

``log_mel``  float16 (n_frames, 40)
``phone``    int8 (n_frames,), 0 is silence and 1 + i phone i
``start``    bool (n_frames,), true where a phone begins
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scripts.corpus.noises import random_noise
from scripts.progress import progress
from scripts.train_model.dataset import effects
from scripts.train_model.dataset.alignment import AlignedClip, Segment
from scripts.train_model.dataset.audio import SAMPLE_RATE_HZ, Samples, read_audio
from scripts.train_model.dataset.mel import HOP_SAMPLES, N_BINS, Features, log_mel
from scripts.train_model.lang.phones import PHONE_INDEX
from scripts.train_model.recipe import COPIES, NOISE

SPEEDS = (0.86, 0.91, 0.96, 1.0, 1.0, 1.05, 1.1, 1.16)

_LONGEST_NOISE_S = 30.0


@dataclass(frozen=True, slots=True)
class Store:
    """Features with their labels; see the module docstring for the shapes."""

    log_mel: npt.NDArray[np.float16]
    phone: npt.NDArray[np.int8]
    start: npt.NDArray[np.bool_]

    def save(self, path: Path) -> None:
        """Write as npz; the file appears completely or not at all."""
        part = path.with_suffix(".part.npz")
        np.savez(part, log_mel=self.log_mel, phone=self.phone, start=self.start)
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Store:
        """Read what ``save`` wrote."""
        with np.load(path) as arrays:
            return cls(arrays["log_mel"], arrays["phone"], arrays["start"])

    @property
    def duration_s(self) -> float:
        """Length of the audio in seconds."""
        return len(self.phone) * HOP_SAMPLES / SAMPLE_RATE_HZ


def store_name(name: str) -> str:
    """The file of a set's store in the work folder."""
    return f"store-{name}.npz"


def read_stores(work: Path) -> dict[str, Store]:
    """The stores of a work folder by the names of their sets, without empty ones."""
    stores = {name: Store.load(work / store_name(name)) for name in (*COPIES, NOISE)}
    return {name: store for name, store in stores.items() if len(store.phone)}


class Effects:
    """Applies random waveform effects, with measured and synthetic rooms."""

    def __init__(self, rooms: Sequence[Samples]) -> None:
        self._rooms = rooms

    def apply(self, samples: Samples, rng: np.random.Generator) -> Samples:
        """Return ``samples`` with effects; the length stays the same."""
        kind = rng.random()
        if kind < 0.07:
            samples = effects.whisper(samples, rng)
        elif kind < 0.16:
            samples = effects.groggy(samples, rng)
        if rng.random() < 0.55:
            measured = self._rooms and rng.random() < 0.5
            room = (
                self._rooms[int(rng.integers(len(self._rooms)))]
                if measured
                else effects.synthetic_room(rng)
            )
            samples = effects.in_room(samples, room, rng)
        if rng.random() < 0.2:
            samples = effects.cheap_microphone(samples, rng)
        return samples


def speech_store(
    clips: Sequence[AlignedClip], copies: int, effects_of: Effects, seed: int
) -> Store:
    """Features of ``copies`` versions of each clip; the first is often left unchanged."""
    parts: list[tuple[Features, npt.NDArray[np.int8], npt.NDArray[np.bool_]]] = []
    for copy, aligned in progress("features", list(product(range(copies), clips))):
        path = aligned.clip.path
        rng = np.random.default_rng([seed, copy, zlib.crc32(path.name.encode())])
        samples = read_audio(path)
        speed = 1.0
        if copy or rng.random() < 0.3:
            speed = float(rng.choice(SPEEDS))
            samples = effects.change_speed(samples, speed)
        before_s, after_s = rng.uniform(0.1, 0.4), rng.uniform(0.15, 0.5)
        samples = _with_quiet_around(samples, before_s, after_s, rng)
        if copy or rng.random() < 0.4:
            samples = effects_of.apply(samples, rng)
        frames = log_mel(samples)
        phone, start = labels(aligned.segments, len(frames), speed, round(before_s * 100))
        parts.append((frames, phone, start))
    return _joined(parts)


def noise_store(
    paths: Iterable[Path], n_synthetic: int, copies: int, effects_of: Effects, seed: int
) -> Store:
    """Features of recorded and synthesised noises, all labelled as silence."""
    rng = np.random.default_rng([seed, 7])
    parts = []
    sounds = [read_audio(path) for path in paths]
    longest = int(_LONGEST_NOISE_S * SAMPLE_RATE_HZ)
    for copy, sound in progress("recorded noise", list(product(range(copies), sounds))):
        offset = int(rng.integers(0, max(1, len(sound) - longest)))
        cut = effects.change_speed(
            sound[offset : offset + longest], 1.0 if copy == 0 else float(rng.choice(SPEEDS))
        )
        parts.append(_silent(log_mel(effects_of.apply(cut, rng) if copy else cut)))
    for _ in progress("synthetic noise", range(n_synthetic)):
        sound = random_noise(rng, 6.0)
        if rng.random() < 0.5:
            sound = effects_of.apply(sound, rng)
        parts.append(_silent(log_mel(sound)))
    return _joined(parts)


def labels(
    segments: Iterable[Segment], n_frames: int, speed: float, shift: int
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
    """Phone and start labels of ``n_frames`` frames.

    ``speed`` is the factor by which the clip was sped up; ``shift`` the number of
    frames of quiet before it.
    """
    phone = np.zeros(n_frames, np.int8)
    start = np.zeros(n_frames, np.bool_)
    for segment in segments:
        first = max(0, shift + round(segment.start / speed))
        last = min(n_frames, shift + round((segment.start + segment.length) / speed))
        if last <= first:
            continue
        phone[first:last] = 1 + PHONE_INDEX[segment.phone] if segment.phone != "SIL" else 0
        start[first] = True
    return phone, start


def _with_quiet_around(
    samples: Samples, before_s: float, after_s: float, rng: np.random.Generator
) -> Samples:
    level = 10 ** (rng.uniform(-90, -70) / 20)
    before = rng.normal(0, level, round(before_s * SAMPLE_RATE_HZ))
    after = rng.normal(0, level, round(after_s * SAMPLE_RATE_HZ))
    return np.concatenate([before, samples, after]).astype(np.float32)


def _silent(
    frames: Features,
) -> tuple[Features, npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
    return frames, np.zeros(len(frames), np.int8), np.zeros(len(frames), np.bool_)


def _joined(
    parts: Sequence[tuple[Features, npt.NDArray[np.int8], npt.NDArray[np.bool_]]],
) -> Store:
    empty = np.zeros((0, N_BINS), np.float16)
    return Store(
        np.concatenate([empty, *(part[0].astype(np.float16) for part in parts)]),
        np.concatenate([np.zeros(0, np.int8), *(part[1] for part in parts)]),
        np.concatenate([np.zeros(0, np.bool_), *(part[2] for part in parts)]),
    )
