"""A model of the way from the loudspeaker to the microphone, learned while it is used. Pure.

A frequency-domain Kalman filter in partitions (G. Enzner and P. Vary,
"Frequency-domain adaptive Kalman filter for acoustic echo control in hands-free
telephones", Signal Processing 86, 2006; F. Kuech, E. Mabande and G. Enzner,
"State-space architecture of the partitioned-block-based acoustic echo
controller", ICASSP 2014). It subtracts what it can predict and nothing else, so a
voice that speaks at the same time stays whole. It knows how sure it is of itself,
and so learns quickly at first and hardly at all while somebody else speaks.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voice.audio.samples import BLOCK_SAMPLES, Samples, from_float, to_float

PARTITIONS: Final = 8
"""Blocks of the past that an echo may come from: 256 ms, the devices' delay included. More
would take longer to learn."""

_KEEPS: Final = 0.999
"""How much of the room is the same a block later: people and blankets move."""

_BEFORE: Final = 0.001
"""What is thought possible before the echo begins, where what it begins with is 1."""

_DIES_AWAY: Final = 0.2
"""How much of the power of an echo comes a block later: a bedroom with a reverberation of a
quarter of a second."""

_NOISE_MEMORY: Final = 0.8
_LEAST: Final = 1e-10

Spectrum = npt.NDArray[np.complex128]
Power = npt.NDArray[np.float64]


class EchoFilter:
    """Takes the predictable part of the echo out, block by block, without delay.

    ``follows``: by so many samples the echo is known to follow what was played. Hardly
    anything comes before, and what comes after dies away, which makes for less to learn.
    """

    def __init__(self, follows: int | None = None) -> None:
        shape = (PARTITIONS, BLOCK_SAMPLES + 1)
        self._room: Spectrum = np.zeros(shape, np.complex128)
        self._doubt: Power = np.ones(shape)
        if follows is not None:
            first = follows // BLOCK_SAMPLES
            for partition in range(PARTITIONS):
                after = partition - first
                self._doubt[partition] = _DIES_AWAY**after if after >= 0 else _BEFORE
        self._other: Power = np.full(shape[1], 1e-4)
        self.rewind()

    def rewind(self) -> None:
        """What comes next was played before, or after a gap; what was learned is kept."""
        self._played: Spectrum = np.zeros(self._room.shape, np.complex128)
        self._before = np.zeros(BLOCK_SAMPLES)

    def clean(self, heard: Samples, played: Samples) -> Samples:
        """A block of the microphone without the echo of this block and those before it."""
        there = to_float(heard).astype(np.float64)
        now = to_float(played).astype(np.float64)
        self._played = np.roll(self._played, 1, axis=0)
        self._played[0] = np.fft.rfft(np.concatenate((self._before, now)))
        self._before = now
        left = there - self._echo()
        self._learn(there, left)
        return from_float(left)

    def _echo(self) -> npt.NDArray[np.float64]:
        return np.fft.irfft((self._played * self._room).sum(axis=0))[BLOCK_SAMPLES:]

    def _learn(self, there: npt.NDArray[np.float64], left: npt.NDArray[np.float64]) -> None:
        power = np.abs(self._played) ** 2
        expected = (power * self._doubt).sum(axis=0) + self._other + _LEAST
        gain = self._doubt * self._played.conj() / expected
        step = np.fft.irfft(gain * _spectrum(left), axis=1)
        step[:, BLOCK_SAMPLES:] = 0.0  # a room answers after, never before
        self._room += np.fft.rfft(step, axis=1)
        # What is left even now was never an echo: a voice, or the noise of the room.
        other = np.abs(_spectrum(there - self._echo())) ** 2
        self._other = _NOISE_MEMORY * self._other + (1.0 - _NOISE_MEMORY) * other
        learned = np.clip(1.0 - 0.5 * power * self._doubt / expected, 0.0, 1.0)
        moved = (1.0 - _KEEPS**2) * np.abs(self._room) ** 2
        self._doubt = _KEEPS**2 * learned * self._doubt + moved + _LEAST


def _spectrum(block: npt.NDArray[np.float64]) -> Spectrum:
    return np.fft.rfft(np.concatenate((np.zeros(BLOCK_SAMPLES), block)))
