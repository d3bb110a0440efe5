"""What a few seconds of sound show about the microphone."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from voice.audio.samples import BLOCK_SAMPLES, Samples, gain, silence, tone
from voice.listening.signal_quality import _quantile, check_sound

SECOND = 16_000


def hiss(level: float) -> Samples:
    return np.random.default_rng(1).normal(scale=level, size=3 * SECOND).astype(np.int16)


def voice_in(room: Samples, peak_dbfs: float) -> Samples:
    sound = room.copy()
    sound[SECOND : 2 * SECOND] += tone(200.0, 1.0, peak_dbfs)
    return sound


def test_a_quiet_room_passes() -> None:
    found = check_sound(hiss(20.0), voiced=False)
    assert found.fault is None
    assert found.numbers == "noise floor -65 decibels, loudest -64, 0.0 percent clipped"


def test_a_voice_in_a_quiet_room_passes() -> None:
    found = check_sound(voice_in(hiss(20.0), -20.0), voiced=True)
    assert found.fault is None
    assert found.loudest_dbfs == pytest.approx(-23.0, abs=0.5)


@pytest.mark.parametrize(
    ("sound", "voiced", "words"),
    [
        (silence(3.0), False, "Take off its mute"),
        (silence(3.0) + np.int16(1), False, "Take off its mute"),
        (gain(voice_in(hiss(20.0), -3.0), 12.0), True, "clipped"),
        (hiss(1000.0), False, "too loud"),
        (voice_in(hiss(20.0), -50.0), True, "very soft"),
    ],
)
def test_an_unusable_signal_is_reported_with_a_remedy(
    sound: Samples, voiced: bool, words: str
) -> None:
    fault = check_sound(sound, voiced=voiced).fault
    assert fault is not None
    assert words in fault
    assert fault.count(". ") == 1


def test_a_soft_noise_is_not_a_soft_voice() -> None:
    assert check_sound(voice_in(hiss(20.0), -50.0), voiced=False).fault is None


def test_one_block_is_enough() -> None:
    assert check_sound(hiss(20.0)[:BLOCK_SAMPLES], voiced=False).fault is None


def test_the_first_wake_does_not_wait_for_more_of_numpy_to_load() -> None:
    code = (
        "import sys; import numpy as np;"
        "from voice.listening.signal_quality import signal_quality_of;"
        "before = set(sys.modules); signal_quality_of([np.ones(512, np.int16)] * 9);"
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_floor_is_the_tenth_percentile_of_the_levels() -> None:
    levels = np.random.default_rng(1).normal(-50.0, 10.0, 37)
    assert _quantile(levels, 0.1) == pytest.approx(np.quantile(levels, 0.1))
