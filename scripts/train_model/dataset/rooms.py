"""Simulated bedrooms: impulse responses from a pillow to a shelf, by pyroomacoustics.

A room is a box of 8 to 60 m² with uniform walls and the reverberation of furnished rooms.
The person lies or sits at the height of a bed; the microphone is 0.3 to 4 m away, on a
bedside table, a shelf or a window sill.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from scripts.train_model.dataset.audio import SAMPLE_RATE_HZ, Samples

LENGTH_S = 0.5
REVERBERATION_S: Final = (0.15, 0.65)
"""Of furnished bedrooms."""

_WALL_M = 0.15
_MOST_REFLECTIONS = 12
_BEFORE_DIRECT = 20


def simulated_room(
    rng: np.random.Generator, reverberation_s: tuple[float, float] = REVERBERATION_S
) -> Samples:
    """One impulse response of ``LENGTH_S``, with energy 1; the direct sound comes first.

    ``reverberation_s``: the shortest and the longest time in which its sound falls by 60 dB.
    """
    import pyroomacoustics

    size = np.array([rng.uniform(2.4, 8.0), rng.uniform(2.4, 7.5), rng.uniform(2.2, 3.2)])
    decay_s = _possible(rng.uniform(*reverberation_s), size)
    absorption, order = pyroomacoustics.inverse_sabine(decay_s, size)
    room = pyroomacoustics.ShoeBox(
        size,
        fs=SAMPLE_RATE_HZ,
        materials=pyroomacoustics.Material(absorption),
        max_order=min(order, _MOST_REFLECTIONS),
        use_rand_ism=True,
        max_rand_disp=0.05,
        air_absorption=True,
    )
    mouth = _in_room(rng, size, low_m=0.4, high_m=1.1)
    microphone = _in_room(rng, size, low_m=0.4, high_m=1.8)
    away = microphone - mouth
    distance_m = np.clip(np.linalg.norm(away), 0.3, 4.0)
    microphone = mouth + away / max(float(np.linalg.norm(away)), 1e-6) * distance_m
    room.add_source(mouth)
    room.add_microphone(np.clip(microphone, _WALL_M, size - _WALL_M))
    room.compute_rir()
    return _finished(np.asarray(room.rir[0][0]), decay_s, rng)


def _possible(reverberation_s: float, size: npt.NDArray[np.float64]) -> float:
    """The reverberation time, at least as long as almost fully absorbing walls would allow."""
    surface = 2 * (size[0] * size[1] + size[0] * size[2] + size[1] * size[2])
    return float(max(reverberation_s, 1.15 * 0.161 * size.prod() / surface))


def _in_room(
    rng: np.random.Generator, size: npt.NDArray[np.float64], *, low_m: float, high_m: float
) -> npt.NDArray[np.float64]:
    place = rng.uniform(_WALL_M, size - _WALL_M)
    place[2] = rng.uniform(low_m, high_m)
    return np.asarray(place)


def _finished(
    response: npt.NDArray[np.float64], reverberation_s: float, rng: np.random.Generator
) -> Samples:
    """Cut to length; beyond the simulated reflections the response decays as noise."""
    direct = int(np.abs(response).argmax())
    length = round(LENGTH_S * SAMPLE_RATE_HZ)
    counted = response[max(0, direct - _BEFORE_DIRECT) :][:length]
    found = np.zeros(length)
    found[: len(counted)] = counted
    time_s = np.arange(length) / SAMPLE_RATE_HZ
    envelope = 10.0 ** (-3.0 * time_s / reverberation_s)
    joint = max(1, len(counted) * 3 // 4)
    level = np.sqrt(np.mean((counted[joint // 2 : joint] / envelope[joint // 2 : joint]) ** 2))
    late = np.clip((np.arange(length) - joint / 2) / max(joint / 2, 1), 0.0, 1.0)
    found = found * (1 - late) + late * level * envelope * rng.normal(size=length)
    return np.asarray(found / np.sqrt(np.sum(found**2)), np.float32)
