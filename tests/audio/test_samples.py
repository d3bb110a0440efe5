"""Sound as numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.audio.samples import (
    RATE_HZ,
    SILENCE_DBFS,
    Clip,
    Placement,
    Samples,
    Track,
    fade,
    from_float,
    gain,
    level_dbfs,
    peak_dbfs,
    resample,
    samples_of,
    silence,
    to_float,
    tone,
)


def ramp(count: int, first: int = 1) -> Samples:
    return np.arange(first, first + count, dtype=np.int16)


def track(*placed: tuple[int, int], length: int | None = None) -> Track:
    """A track of ramps: (offset, count) each."""
    clips = tuple(Placement(at, Clip(ramp(count)), f"ramp_{at}") for at, count in placed)
    needed = max((at + count for at, count in placed), default=0)
    return Track(clips, needed if length is None else length)


def test_durations_are_in_seconds() -> None:
    assert Clip(silence(1.5)).duration_s == 1.5
    assert track((0, 800), length=RATE_HZ).duration_s == 1.0
    assert samples_of(0.5) == RATE_HZ // 2


@pytest.mark.parametrize(("offset", "length"), [(0, 5), (-1, 100)])
def test_a_clip_outside_its_track_is_refused(offset: int, length: int) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        Track((Placement(offset, Clip(ramp(10)), "ramp"),), length)


@given(st.integers(0, 60), st.integers(1, 60))
def test_a_track_renders_the_same_in_pieces_of_any_size(start: int, count: int) -> None:
    whole = track((5, 20), (15, 20), length=80)
    expected = whole.render(0, 200)[start : start + count]
    assert np.array_equal(whole.render(start, count), expected)


def test_overlapping_clips_are_added_and_never_wrap() -> None:
    loud = Clip(np.full(4, 30_000, np.int16))
    both = Track((Placement(0, loud, "a"), Placement(2, loud, "b")), 6)
    assert both.render(0, 6).tolist() == [30_000, 30_000, 32_767, 32_767, 30_000, 30_000]


def test_beyond_a_track_there_is_silence() -> None:
    assert not track((0, 4)).render(4, 10).any()


def test_levels() -> None:
    assert level_dbfs(silence(0.1)) == SILENCE_DBFS
    assert level_dbfs(np.zeros(0, np.int16)) == SILENCE_DBFS
    assert peak_dbfs(silence(0.1)) == SILENCE_DBFS
    square = np.full(100, -16_384, np.int16)
    assert level_dbfs(square) == pytest.approx(-6.02, abs=0.01)
    assert peak_dbfs(square) == pytest.approx(-6.02, abs=0.01)
    assert level_dbfs(gain(square, -20.0)) == pytest.approx(-26.02, abs=0.05)


def test_gain_clips_instead_of_wrapping() -> None:
    assert gain(np.array([30_000, -30_000], np.int16), 20.0).tolist() == [32_767, -32_768]


@given(st.lists(st.integers(-32_768, 32_767), max_size=50))
def test_samples_survive_conversion_to_floats_and_back(values: list[int]) -> None:
    samples = np.array(values, np.int16)
    assert np.array_equal(from_float(to_float(samples)), samples)


def test_resampling_keeps_length_and_pitch() -> None:
    sine = tone(440.0, 1.0, -6.0)
    up = resample(sine, RATE_HZ, 48_000)
    assert len(up) == pytest.approx(48_000, abs=2)
    spectrum = np.abs(np.fft.rfft(up.astype(np.float64)))
    assert np.argmax(spectrum) == pytest.approx(440, abs=2)
    assert resample(sine, RATE_HZ) is sine


def test_fades_begin_and_end_in_silence() -> None:
    shaped = fade(np.full(1_000, 20_000, np.int16), 0.01, 0.01)
    assert shaped[0] == 0
    assert shaped[-1] == 0
    assert shaped[500] == 20_000
    steps = np.abs(np.diff(shaped.astype(int)))
    assert steps.max() < 400


def test_a_fade_longer_than_its_sound_is_harmless() -> None:
    assert len(fade(ramp(10), 1.0, 1.0)) == 10


def test_a_tone_has_the_peak_level_asked_for() -> None:
    assert peak_dbfs(tone(660.0, 0.2, -20.0)) == pytest.approx(-20.0, abs=0.5)
