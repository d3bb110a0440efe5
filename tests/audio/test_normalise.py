import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.audio.loudness import loudness_lufs
from voice.audio.normalise import (
    LEAD_S,
    LEVEL_LUFS,
    PEAK_DBFS,
    TAIL_S,
    finish,
    trim,
    voiced_level_dbfs,
)
from voice.audio.samples import Samples, gain, level_dbfs, peak_dbfs, samples_of, silence, tone


def spoken(level_db: float = 0.0) -> Samples:
    """A vowel between two silences, with a weak fricative at its end."""
    weak = gain(np.random.default_rng(3).integers(-3_000, 3_000, 1_600).astype(np.int16), -30.0)
    sound = np.concatenate((tone(180.0, 0.4, -6.0), weak))
    return gain(np.concatenate((silence(0.3), sound, silence(0.5))), level_db)


def test_silence_is_trimmed_to_a_short_lead_and_tail() -> None:
    trimmed = trim(spoken())
    lead, tail = samples_of(LEAD_S), samples_of(TAIL_S)
    floor = peak_dbfs(trimmed) - 50.0
    assert peak_dbfs(trimmed[:lead]) < floor < peak_dbfs(trimmed[: lead + 1])
    assert peak_dbfs(trimmed[-tail:]) < floor < peak_dbfs(trimmed[-tail - 1 :])


def test_a_weak_ending_is_kept_whole() -> None:
    tail = samples_of(TAIL_S)
    ending = trim(spoken())[-tail - 1_500 : -tail]
    assert level_dbfs(ending) > -56.0


def test_a_sound_that_fills_its_recording_still_gets_a_lead_and_a_tail() -> None:
    full = np.full(800, 9_000, np.int16)
    trimmed = trim(full)
    lead = samples_of(LEAD_S)
    assert len(trimmed) == lead + 800 + samples_of(TAIL_S)
    assert np.array_equal(trimmed[lead : lead + 800], full)


@pytest.mark.parametrize("samples", [silence(0.0), silence(0.4), np.ones(300, np.int16)])
def test_no_sound_gives_no_clip(samples: Samples) -> None:
    assert not len(finish(samples))


@settings(deadline=None)  # a busy machine is not the code's fault
@given(level_db=st.floats(-40.0, 0.0), hz=st.floats(90.0, 400.0))
def test_every_line_comes_out_equally_loud(level_db: float, hz: float) -> None:
    finished = finish(gain(np.concatenate((tone(hz, 0.5, -1.0), silence(0.2))), level_db))
    assert loudness_lufs(finished) == pytest.approx(LEVEL_LUFS, abs=0.5)
    assert peak_dbfs(finished) <= PEAK_DBFS + 0.01


def test_a_spiky_line_is_limited_by_its_peak() -> None:
    spiky = np.zeros(16_000, np.int16)
    spiky[::400] = 20_000
    finished = finish(spiky)
    assert peak_dbfs(finished) == pytest.approx(PEAK_DBFS, abs=0.01)
    assert loudness_lufs(finished) < LEVEL_LUFS - 3.0


def test_an_occasional_peak_does_not_make_a_line_softer() -> None:
    popping = tone(200.0, 2.0, -18.0)
    popping[16_000:16_010] = 24_000
    finished = finish(popping)
    alike = trim(popping)
    assert loudness_lufs(finished) == pytest.approx(LEVEL_LUFS, abs=0.2)
    assert peak_dbfs(finished) <= PEAK_DBFS + 0.01
    # Far from the peak, only the level has changed.
    assert np.corrcoef(finished[2_000:14_000], alike[2_000:14_000])[0, 1] > 0.9999


def test_both_ends_are_faded() -> None:
    finished = finish(np.full(1_600, 9_000, np.int16))
    lead = samples_of(LEAD_S)
    assert not finished[:lead].any()
    assert abs(int(finished[-1])) < 5


def test_pauses_do_not_count_towards_the_level_of_a_voice() -> None:
    vowel = np.full(16_000, 3_277, np.int16)
    spoken = np.concatenate((vowel, silence(2.0), vowel))
    assert voiced_level_dbfs(spoken) == pytest.approx(-20.0, abs=0.1)


def test_a_click_of_a_few_samples_has_a_level_too() -> None:
    assert voiced_level_dbfs(np.full(50, 3_277, np.int16)) == pytest.approx(-20.0, abs=0.01)
