"""The background noise of a bedroom: hiss, rumble, snoring.

Every noise is a period that repeats seamlessly, so it can go on for ever. Levels are RMS over the
whole period, in dBFS. None of it is recorded.
"""

from __future__ import annotations

import enum
from typing import Final

import numpy as np

from voice.audio.samples import BLOCK_SAMPLES, RATE_HZ
from voice.simulation.acoustics import Wave, ratio

PERIOD_BLOCKS: Final = 1_250
"""40 s, a whole number of blocks: long enough for the repetition to go unnoticed."""

_PERIOD: Final = PERIOD_BLOCKS * BLOCK_SAMPLES
_LOWEST_HZ: Final = 40.0
_RESONANCES: Final = ((170.0, 60.0, 1.0), (480.0, 120.0, 0.5), (1_100.0, 260.0, 0.2))
"""Resonances of a snoring throat: centre and width in Hz, and share."""


class NoiseKind(enum.Enum):
    """The kind of background noise."""

    NONE = "none"
    WHITE = "white"
    PINK = "pink"
    SNORING = "snoring"


def make_noise(kind: NoiseKind, level_dbfs: float, rng: np.random.Generator) -> Wave | None:
    """One seamless period of a noise at this level; None for no noise."""
    match kind:
        case NoiseKind.NONE:
            return None
        case NoiseKind.WHITE:
            return levelled(rng.standard_normal(_PERIOD, np.float32), level_dbfs)
        case NoiseKind.PINK:
            return levelled(_coloured(_PERIOD, rng, exponent=-0.5), level_dbfs)
        case NoiseKind.SNORING:
            return levelled(_snoring(rng), level_dbfs)


def levelled(wave: Wave, level_dbfs: float) -> Wave:
    """The wave scaled to this RMS level; silence stays silence."""
    rms = float(np.sqrt(np.mean(np.square(wave, dtype=np.float64)))) if len(wave) else 0.0
    return wave * np.float32(ratio(level_dbfs) / rms) if rms > 0.0 else wave


def looped(wave: Wave) -> Wave:
    """A recording turned into a seamless period, by fading its end into its beginning."""
    overlap = min(RATE_HZ, len(wave) // 4)
    body = wave[: len(wave) - overlap].copy()
    rise = np.linspace(0.0, 1.0, overlap, dtype=np.float32)
    body[:overlap] = body[:overlap] * np.sqrt(rise) + wave[-overlap:] * np.sqrt(1.0 - rise)
    return body


class Loop:
    """A period of noise, handed out in blocks for ever."""

    def __init__(self, period: Wave | None) -> None:
        self._period = period
        self._at = 0

    def next_block(self) -> Wave | None:
        """The next block; None for silence."""
        if self._period is None:
            return None
        end = self._at + BLOCK_SAMPLES
        if end <= len(self._period):
            block = self._period[self._at : end]
        else:
            block = np.take(self._period, range(self._at, end), mode="wrap")
        self._at = end % len(self._period)
        return block


def _coloured(count: int, rng: np.random.Generator, exponent: float) -> Wave:
    """Noise whose amplitude falls with frequency to the power ``exponent``. Seamless."""
    bins = count // 2 + 1
    frequency = np.fft.rfftfreq(count, 1.0 / RATE_HZ)
    shape = np.where(frequency < _LOWEST_HZ, 0.0, np.maximum(frequency, _LOWEST_HZ) ** exponent)
    phase = rng.uniform(0.0, 2.0 * np.pi, bins)
    return np.fft.irfft(shape * np.exp(1j * phase), count).astype(np.float32)


def _snoring(rng: np.random.Generator) -> Wave:
    """Breath after breath: a fluttering rattle in, a soft hiss out, a rest."""
    wave = np.zeros(_PERIOD, np.float32)
    at = 0
    while True:
        breath_in = rng.uniform(1.1, 1.8)
        rest, breath_out, pause = (
            rng.uniform(0.2, 0.4),
            rng.uniform(0.9, 1.4),
            rng.uniform(0.6, 1.4),
        )
        needed = round((breath_in + rest + breath_out + pause) * RATE_HZ)
        if at + needed > _PERIOD:
            return wave
        rattle = _rattle(round(breath_in * RATE_HZ), rng)
        wave[at : at + len(rattle)] += rattle
        out_at = at + round((breath_in + rest) * RATE_HZ)
        hiss = _coloured(round(breath_out * RATE_HZ), rng, exponent=-1.0)
        wave[out_at : out_at + len(hiss)] += levelled(hiss * _swell(len(hiss)), -26.0)
        at += needed


def _rattle(count: int, rng: np.random.Generator) -> Wave:
    """The soft palate flutters 28 to 55 times a second and rings in the throat."""
    pulses = np.zeros(count, np.float64)
    flutter_hz = rng.uniform(28.0, 55.0)
    at = 0.0
    while at < count:
        pulses[int(at)] = rng.uniform(0.6, 1.0)
        at += RATE_HZ / (flutter_hz * rng.uniform(0.92, 1.08))
    excitation = pulses + 0.02 * rng.standard_normal(count)
    time_s = np.arange(round(0.05 * RATE_HZ)) / RATE_HZ
    throat = sum(
        (
            share * np.exp(-np.pi * width * time_s) * np.sin(2.0 * np.pi * centre * time_s)
            for centre, width, share in _RESONANCES
        ),
        start=np.zeros(len(time_s)),
    )
    size = 1 << (count + len(throat)).bit_length()
    ringing = np.fft.irfft(np.fft.rfft(excitation, size) * np.fft.rfft(throat, size), size)[:count]
    return levelled((ringing * _swell(count)).astype(np.float32), -12.0)


def _swell(count: int) -> Wave:
    """An envelope that rises and falls once."""
    return (np.sin(np.linspace(0.0, np.pi, count)) ** 0.7).astype(np.float32)
