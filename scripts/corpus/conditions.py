"""Puts recordings into rooms and noise, the same way every time.

What is drawn for a recording (room, noise, place in the noise) depends only on
the seed, the recording and the condition, not on what was measured before.
The signal-to-noise ratio is that of the loud parts of the speech: the mean
power of its 20 ms frames that are within 20 dB of the loudest one, against the
mean power of the noise beside it.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from voice.audio.samples import Samples, from_float, samples_of, to_float

Wave = npt.NDArray[np.float64]

NOISE_BEFORE_S: Final = 1.5
NOISE_AFTER_S: Final = 0.7
"""The noise starts before the word and continues after it, as at a bedside."""

PEAK: Final = 0.98
"""A mix that would clip is attenuated as a whole."""

_FRAME: Final = samples_of(0.02)
_WITHIN_DB: Final = 20.0


@dataclass(frozen=True)
class Condition:
    """Where a recording is heard. ``snr_db`` is None without noise."""

    name: str
    snr_db: float | None = None
    room: bool = False

    @property
    def quiet(self) -> bool:
        """Whether the recording is used unchanged."""
        return self.snr_db is None and not self.room


QUIET: Final = Condition("as recorded")


@dataclass(frozen=True)
class Surroundings:
    """Noises and rooms (impulse responses) to choose from."""

    noises: Sequence[Samples]
    rooms: Sequence[Samples]
    seed: int = 0

    def conditions(self, snrs_db: Sequence[float]) -> tuple[Condition, ...]:
        """As recorded, then in a room if there is one, then with noise, loudest last."""
        inside = " in a room" if self.rooms else ""
        found = [QUIET]
        if self.rooms:
            found.append(Condition("in a room", room=True))
        if self.noises:
            found += [
                Condition(f"{snr:g} dB{inside}", snr, bool(self.rooms))
                for snr in sorted(snrs_db, reverse=True)
            ]
        return tuple(found)

    def heard_in(self, condition: Condition, samples: Samples, file: str) -> Samples:
        """The recording named ``file`` as it would sound there."""
        if condition.quiet or not len(samples):
            return samples
        # The same room and the same place in the same noise at every noise level.
        draw = np.random.default_rng([self.seed, zlib.crc32(file.encode())])
        wave: Wave = to_float(samples).astype(np.float64)
        if condition.room:
            room = self.rooms[int(draw.integers(len(self.rooms)))]
            wave = in_room(wave, to_float(room).astype(np.float64))
        if condition.snr_db is not None:
            noise = self.noises[int(draw.integers(len(self.noises)))]
            wave = in_noise(wave, to_float(noise).astype(np.float64), condition.snr_db, draw)
        return from_float(wave * min(1.0, PEAK / max(float(np.abs(wave).max()), 1e-9)))


def in_room(wave: Wave, response: Wave) -> Wave:
    """The sound in a room, at its original level. The direct sound keeps its place."""
    direct = int(np.abs(response).argmax())
    length = len(wave) + len(response)
    size = 1 << (length - 1).bit_length()
    wet = np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(response, size), size)
    wet = wet[direct : direct + len(wave) + samples_of(0.3)]
    power = loud_power(wet)
    return np.asarray(wet * np.sqrt(loud_power(wave) / power) if power > 0 else wet, np.float64)


def in_noise(wave: Wave, noise: Wave, snr_db: float, draw: np.random.Generator) -> Wave:
    """Speech in noise, with noise alone before and after it."""
    before, after = samples_of(NOISE_BEFORE_S), samples_of(NOISE_AFTER_S)
    length = before + len(wave) + after
    start = int(draw.integers(len(noise)))
    piece = np.resize(np.roll(noise, -start), length)
    beside = piece[before : before + len(wave)]
    # Noises with pauses may be silent just beside the word: then use the whole piece.
    power = max(float(np.mean(beside**2)), float(np.mean(piece**2)))
    factor = np.sqrt(loud_power(wave) / power * 10.0 ** (-snr_db / 10.0)) if power > 0 else 0.0
    mixed = piece * factor
    mixed[before : before + len(wave)] += wave
    return np.asarray(mixed, np.float64)


def loud_power(wave: Wave) -> float:
    """Mean power of the frames within 20 dB of the loudest."""
    count = max(1, len(wave) // _FRAME)
    frames = wave[: count * _FRAME].reshape(count, -1) if len(wave) >= _FRAME else wave[None]
    powers = np.mean(frames**2, axis=1)
    return float(powers[powers >= powers.max() * 10.0 ** (-_WITHIN_DB / 10.0)].mean())
