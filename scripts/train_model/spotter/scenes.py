"""Puts a recording where it might be heard: as it is, in a bedroom, in noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from scripts.corpus.conditions import Wave, in_noise, in_room
from scripts.corpus.manifest import Recording, Role
from scripts.train_model.dataset.rooms import simulated_room
from voice.audio.files import read_recording
from voice.audio.samples import samples_of

T = TypeVar("T")

N_ROOMS: Final = 200
REVERBERATION_S: Final = (0.15, 1.1)
"""Up to that of a room with bare walls, in which words run into each other."""

_AS_IT_IS: Final = 0.2
_WITHOUT_NOISE: Final = 0.2
_IN_A_ROOM: Final = 0.7
"""Shares of the recordings; the rest are in noise, most of them in a room."""
_TALK: Final = 0.15
"""Share of the noises that are other people talking."""
_SNR_DB: Final = (3.0, 25.0)

_FRAME: Final = samples_of(0.02)
_LOUD: Final = 0.06
"""A frame belongs to the word if it is at least this loud, relative to the loudest one."""
_BEFORE_S: Final = (0.05, 0.45)
_AFTER_S: Final = (0.1, 0.6)
_NOISE_CUT_S: Final = (1.3, 0.6)
"""Up to this much of the noise alone, before and after the word, is cut off again."""
_TALK_S: Final = (0.6, 3.5)
_NOISE_S: Final = (0.5, 2.5)


@dataclass(frozen=True)
class Places:
    """Rooms (impulse responses), noises and talk to choose from."""

    rooms: Sequence[Wave]
    noises: Sequence[Wave]
    talk: Sequence[Recording]


def places_of(recordings: Sequence[Recording], seed: int) -> Places:
    """Simulated bedrooms, with the noises and the talk among ``recordings``."""
    rng = np.random.default_rng([seed, 31])
    rooms = [np.asarray(simulated_room(rng, REVERBERATION_S), np.float64) for _ in range(N_ROOMS)]
    noises = [wave_of(r) for r in recordings if r.role is Role.NOISE]
    talk = [r for r in recordings if r.role is Role.RUNNING]
    return Places(rooms, [n for n in noises if n.any()], talk)


def heard_by(wave: Wave, role: Role, places: Places, rng: np.random.Generator) -> Wave:
    """One way in which a recording might reach the spotter: cut out by the endpoint."""
    if role is Role.NOISE:
        piece = _piece(wave, _NOISE_S, rng)
        return in_room(piece, _one(places.rooms, rng)) if rng.random() < 0.5 else piece
    word = _piece(wave, _TALK_S, rng) if role is Role.RUNNING else _trimmed(wave, rng)
    return _in_scene(word, places, rng)


def _in_scene(wave: Wave, places: Places, rng: np.random.Generator) -> Wave:
    draw = rng.random()
    if draw < _AS_IT_IS:
        return wave
    if rng.random() < _IN_A_ROOM:
        wave = in_room(wave, _one(places.rooms, rng))
    if draw < _AS_IT_IS + _WITHOUT_NOISE:
        return wave
    noise = wave_of(_one(places.talk, rng)) if rng.random() < _TALK else _one(places.noises, rng)
    if not noise.any():
        return wave
    mixed = in_noise(wave, noise, rng.uniform(*_SNR_DB), rng)
    before, after = (samples_of(rng.uniform(0.0, most_s)) for most_s in _NOISE_CUT_S)
    return mixed[before : len(mixed) - after]


def _trimmed(wave: Wave, rng: np.random.Generator) -> Wave:
    """The word with as much around it as the endpoint leaves."""
    count = len(wave) // _FRAME
    if not count:
        return wave
    levels = np.sqrt(np.mean(wave[: count * _FRAME].reshape(count, _FRAME) ** 2, axis=1))
    loud = np.flatnonzero(levels > levels.max() * _LOUD)
    if not len(loud):
        return wave
    first = int(loud[0]) * _FRAME - samples_of(rng.uniform(*_BEFORE_S))
    last = (int(loud[-1]) + 1) * _FRAME + samples_of(rng.uniform(*_AFTER_S))
    return wave[max(0, first) : last]


def _piece(wave: Wave, lengths_s: tuple[float, float], rng: np.random.Generator) -> Wave:
    length = samples_of(rng.uniform(*lengths_s))
    first = int(rng.integers(max(1, len(wave) - length)))
    return wave[first : first + length]


def wave_of(recording: Recording) -> Wave:
    """The samples of a recording. Raises RecordingError."""
    return np.asarray(read_recording(recording.path), np.float64)


def _one(choices: Sequence[T], rng: np.random.Generator) -> T:
    return choices[int(rng.integers(len(choices)))]
