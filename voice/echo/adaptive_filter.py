"""A model of the path from loudspeaker to microphone, learned while in use. Pure.

A partitioned-block frequency-domain Kalman filter (G. Enzner and P. Vary,
"Frequency-domain adaptive Kalman filter for acoustic echo control in hands-free
telephones", Signal Processing 86, 2006; F. Kuech, E. Mabande and G. Enzner,
"State-space architecture of the partitioned-block-based acoustic echo
controller", ICASSP 2014). It subtracts only what it can predict, so it leaves
near-end speech intact. It tracks its own uncertainty, so it adapts quickly at first
and hardly at all during double talk.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voice.audio.samples import BLOCK_SAMPLES, Samples, from_float, to_float

PARTITIONS: Final = 8
"""Past blocks that an echo may come from: 256 ms, device latency included. More would take
longer to learn."""

_KEEPS: Final = 0.999
"""How much of the echo path stays the same from block to block: people and blankets move."""

_BEFORE: Final = 0.001
"""Prior uncertainty of the taps before the echo arrives, relative to 1 where it arrives."""

_DIES_AWAY: Final = 0.2
"""Decay of the echo's power per block: a bedroom with a reverberation time of a quarter of a
second."""

_NOISE_MEMORY: Final = 0.8
_LEAST: Final = 1e-10

Spectrum = npt.NDArray[np.complex128]
Power = npt.NDArray[np.float64]


class EchoFilter:
    """Takes the predictable part of the echo out, block by block, without delay.

    ``follows``: the known delay of the echo behind the far-end reference, in samples. Hardly
    anything arrives before it, and what arrives later dies away, which leaves less to learn.
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
        """The next block was played earlier, or follows a gap; keep what was learned."""
        self._played: Spectrum = np.zeros(self._room.shape, np.complex128)
        self._before = np.zeros(BLOCK_SAMPLES)

    def clean(self, heard: Samples, played: Samples) -> Samples:
        """The microphone block without the echo of this far-end block and those before it."""
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
        step[:, BLOCK_SAMPLES:] = 0.0  # causal: an echo never comes before its source
        self._room += np.fft.rfft(step, axis=1)
        # What remains even now was never an echo: a voice, or background noise.
        other = np.abs(_spectrum(there - self._echo())) ** 2
        self._other = _NOISE_MEMORY * self._other + (1.0 - _NOISE_MEMORY) * other
        learned = np.clip(1.0 - 0.5 * power * self._doubt / expected, 0.0, 1.0)
        moved = (1.0 - _KEEPS**2) * np.abs(self._room) ** 2
        self._doubt = _KEEPS**2 * learned * self._doubt + moved + _LEAST


def _spectrum(block: npt.NDArray[np.float64]) -> Spectrum:
    return np.fft.rfft(np.concatenate((np.zeros(BLOCK_SAMPLES), block)))
