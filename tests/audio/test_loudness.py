"""The loudness measure, checked against a library that implements the recommendation."""

from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest

from voice.audio.loudness import loudness_lufs
from voice.audio.samples import (
    RATE_HZ,
    SILENCE_DBFS,
    Samples,
    gain,
    samples_of,
    silence,
    to_float,
    tone,
)


def noise(seed: int, duration_s: float, level: float = 1_000.0) -> Samples:
    drawn = np.random.default_rng(seed).standard_normal(samples_of(duration_s)) * level
    return drawn.astype(np.int16)


def by_the_library(samples: Samples) -> float:
    meter = pyloudnorm.Meter(RATE_HZ, filter_class="DeMan")
    return float(meter.integrated_loudness(to_float(samples).astype(np.float64)))


@pytest.mark.parametrize(
    "samples",
    [
        noise(1, 0.4),
        noise(2, 3.0, 60.0),
        tone(80.0, 1.0, -20.0),
        tone(1_000.0, 2.0, -20.0),
        tone(6_000.0, 1.0, -20.0),
        # Both gates have something to do.
        np.concatenate((noise(3, 1.0), silence(2.0), noise(4, 0.6, 20.0), noise(5, 0.4, 3_000.0))),
    ],
    ids=["a block", "soft", "low", "middle", "high", "gated"],
)
def test_loudness_matches_the_library(samples: Samples) -> None:
    assert loudness_lufs(samples) == pytest.approx(by_the_library(samples), abs=0.01)


def test_a_short_word_is_measured_too() -> None:
    word = noise(6, 0.3)
    assert loudness_lufs(word) == pytest.approx(loudness_lufs(noise(6, 0.4)), abs=0.5)
    assert loudness_lufs(gain(word, 6.0)) - loudness_lufs(word) == pytest.approx(6.0, abs=0.01)


@pytest.mark.parametrize("samples", [silence(0.0), silence(1.0), np.ones(8_000, np.int16)])
def test_silence_has_a_loudness_too(samples: Samples) -> None:
    assert loudness_lufs(samples) == SILENCE_DBFS
