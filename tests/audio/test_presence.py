from __future__ import annotations

import numpy as np
import pytest

from voice.audio.presence import FROM_HZ, MOST_LIFT_DB, TO_HZ, for_quiet
from voice.audio.samples import RATE_HZ, Samples, from_float, level_dbfs, silence


def parts_db(samples: Samples) -> tuple[float, float]:
    """Level below and above the shelf, in dB."""
    power = np.abs(np.fft.rfft(samples.astype(np.float64))) ** 2
    hz = np.fft.rfftfreq(len(samples), 1.0 / RATE_HZ)
    low, high = power[hz < FROM_HZ].sum(), power[hz > TO_HZ].sum()
    return 10.0 * float(np.log10(low)), 10.0 * float(np.log10(high))


def vowel_and_hiss() -> Samples:
    """A vowel, with an s 20 dB below it."""
    t = np.arange(RATE_HZ) / RATE_HZ
    vowel = 0.2 * np.sin(2 * np.pi * 220.0 * t)
    return from_float(vowel + 0.02 * np.sin(2 * np.pi * 5_000.0 * t))


@pytest.mark.parametrize(("gain_db", "lift_db"), [(-4.0, 2.0), (-8.0, 4.0), (-24.0, MOST_LIFT_DB)])
def test_the_softer_the_voice_the_more_the_consonants_are_lifted(
    gain_db: float, lift_db: float
) -> None:
    before, after = vowel_and_hiss(), for_quiet(vowel_and_hiss(), gain_db)
    low, high = parts_db(before)
    quiet_low, quiet_high = parts_db(after)
    assert (quiet_high - quiet_low) - (high - low) == pytest.approx(lift_db, abs=0.1)
    assert level_dbfs(after) == pytest.approx(level_dbfs(before), abs=0.05)
    assert len(after) == len(before)


def test_silence_stays_silence() -> None:
    assert not for_quiet(silence(0.5), -12.0).any()
    assert not len(for_quiet(silence(0.0), -12.0))
