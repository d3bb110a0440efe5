"""How sound gets from one place in a room to another. Pure numpy, block by block.

Samples are float32 with full scale at 1.0, in blocks of :data:`voice.audio.samples.BLOCK_SAMPLES`.
A path keeps its state between blocks, so a stream may be cut into blocks anywhere and sounds the
same.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voice.audio.samples import BLOCK_SAMPLES, RATE_HZ, samples_of

Wave = npt.NDArray[np.float32]
"""One-dimensional float samples at :data:`voice.audio.samples.RATE_HZ`, full scale 1.0."""

_FROM_INT16: Final = np.float32(1.0 / 32_768.0)
_DECAY_60_DB: Final = float(np.log(1000.0))


def as_wave(samples: npt.NDArray[np.int16]) -> Wave:
    """int16 samples as a wave."""
    return np.asarray(samples * _FROM_INT16, np.float32)


def ratio(gain_db: float) -> float:
    """A gain in dB as a factor."""
    return float(10.0 ** (gain_db / 20.0))


def room_response(
    reverberation_s: float, direct_to_reverberant_db: float, rng: np.random.Generator
) -> Wave:
    """An impulse response: the direct sound, then noise that dies away.

    ``reverberation_s``: the time in which the reverberant part falls by 60 dB (0 for an anechoic
    room: a single sample of 1.0). The direct sound keeps a level of 1.0, whatever the
    reverberation; the energy of the rest lies ``direct_to_reverberant_db`` below it. The response
    ends at -60 dB.
    """
    length = samples_of(reverberation_s)
    response = np.zeros(max(1, length), np.float32)
    if length > 1:
        time_s = np.arange(length) / RATE_HZ
        tail = rng.standard_normal(length) * np.exp(-_DECAY_60_DB * time_s / reverberation_s)
        tail[: samples_of(0.002)] = 0.0
        energy = float(np.dot(tail, tail))
        if energy > 0.0:
            response += (tail * ratio(-direct_to_reverberant_db) / np.sqrt(energy)).astype(
                np.float32
            )
    response[0] = 1.0
    return response


class PropagationPath:
    """A path through the room: a delay, a gain and an impulse response.

    Silence costs nothing while the path is empty. Long responses are convolved by FFT with
    overlap-add; a single sample is only shifted.
    """

    def __init__(self, response: Wave, *, gain_db: float = 0.0, delay_samples: int = 0) -> None:
        if delay_samples < 0 or not len(response):
            raise ValueError("a path has a response, and sound never arrives before it is made")
        self._gain = np.float32(ratio(gain_db))
        self._delay = delay_samples
        self._length = len(response)
        self._response = response * self._gain
        self._fft = 1 << (BLOCK_SAMPLES + self._length - 2).bit_length()
        self._spectrum = np.fft.rfft(self._response, self._fft) if self._length > 1 else None
        self._under_way = np.zeros(delay_samples + self._length + BLOCK_SAMPLES - 1, np.float32)
        self._left = 0

    def carry(self, block: Wave | None) -> Wave | None:
        """Send one block in and take out the block that arrives at the same time.

        None stands for silence, both ways.
        """
        if block is not None:
            start, stop = self._delay, self._delay + BLOCK_SAMPLES + self._length - 1
            self._under_way[start:stop] += self._convolve(block)
            self._left = stop
        if self._left <= 0:
            return None
        arrived = self._under_way[:BLOCK_SAMPLES].copy()
        self._under_way[:-BLOCK_SAMPLES] = self._under_way[BLOCK_SAMPLES:].copy()
        self._under_way[-BLOCK_SAMPLES:] = 0.0
        self._left -= BLOCK_SAMPLES
        return arrived

    def _convolve(self, block: Wave) -> Wave:
        if self._spectrum is None:
            return np.asarray(block * self._response[0], np.float32)
        product = np.fft.rfft(block, self._fft) * self._spectrum
        whole = np.fft.irfft(product, self._fft)[: BLOCK_SAMPLES + self._length - 1]
        return whole.astype(np.float32)
