"""The delay of an echo, measured and compensated, on noise shaped like speech."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from voice.audio.samples import (
    BLOCK_S,
    BLOCK_SAMPLES,
    RATE_HZ,
    Samples,
    from_float,
    samples_of,
    to_float,
)
from voice.echo.delay_tracking import LASTS_S, UNFOUND_S, DelayTracker, match

DELAY = samples_of(0.08)


def babble(duration_s: float, seed: int = 1) -> Samples:
    """Noise that comes and goes as syllables do, below 4 kHz."""
    draw = np.random.default_rng(seed)
    count = round(duration_s / BLOCK_S) * BLOCK_SAMPLES
    spectrum = np.fft.rfft(draw.standard_normal(count))
    spectrum[count // 4 :] = 0.0
    syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 3.0 * np.arange(count) / RATE_HZ)
    return from_float(0.1 * np.fft.irfft(spectrum, count) * syllables)


def echo(played: Samples, delay: float, drift: float = 0.0) -> Samples:
    """``played`` as it returns: ``delay`` samples later, and ``drift`` later with each sample."""
    places = np.arange(len(played)) * (1.0 - drift) - delay
    wave = np.interp(places, np.arange(len(played)), to_float(played), left=0.0)
    return from_float(wave)


def blocks(samples: Samples) -> Iterator[Samples]:
    for start in range(0, len(samples) - BLOCK_SAMPLES + 1, BLOCK_SAMPLES):
        yield samples[start : start + BLOCK_SAMPLES]


@dataclass
class Run:
    """The results of a run: the reference as given out, and when everything had to be relearned."""

    given: Samples
    relearned: list[int] = field(default_factory=list)
    converged: list[bool] = field(default_factory=list)


def run(alignment: DelayTracker, heard: Samples, played: Samples) -> Run:
    made = Run(np.zeros(0, np.int16))
    given = []
    for number, (there, block) in enumerate(zip(blocks(heard), blocks(played), strict=True)):
        if alignment.hear(there, block):
            made.relearned.append(number)
        given.append(alignment.played())
        made.converged.append(alignment.converged)
    made.given = np.concatenate(given)
    return made


def follows(heard: Samples, given: Samples, at_s: float) -> float:
    """How many samples the echo lags what was given out, in the half second from ``at_s``."""
    start = samples_of(at_s)
    stretch = slice(start, start + RATE_HZ // 2)
    correlation, delay = match(heard[stretch], given[start - RATE_HZ // 2 : stretch.stop])
    assert correlation > 0.5
    return delay


def test_a_constant_delay_is_found_within_two_seconds_and_left_alone() -> None:
    played = babble(10.0)
    made = run(DelayTracker(), echo(played, DELAY), played)
    assert len(made.relearned) == 1
    assert made.relearned[0] * BLOCK_S < 1.5
    assert made.converged.index(True) == made.relearned[0]
    later = slice((made.relearned[0] + 1) * BLOCK_SAMPLES, len(played))
    by = round(DELAY - follows(echo(played, DELAY), made.given, 8.0))
    assert by > 0
    assert np.array_equal(made.given[later], played[later.start - by : later.stop - by])


@pytest.mark.parametrize("drift", [300e-6, 100e-6, -100e-6])
def test_drift_is_compensated_through_a_silence(drift: float) -> None:
    played = babble(24.0)
    quiet = slice(10 * RATE_HZ, 20 * RATE_HZ)
    played[quiet] = 0
    heard = echo(played, DELAY, drift)
    made = run(DelayTracker(), heard, played)
    assert len(made.relearned) == 1
    before, after = follows(heard, made.given, 9.0), follows(heard, made.given, 20.2)
    assert abs(drift) * 11 * RATE_HZ > 16  # the lag without compensation
    assert after == pytest.approx(before, abs=4.0)


def test_everything_is_relearned_once_there_is_no_room_for_an_earlier_echo() -> None:
    played = babble(40.0)
    made = run(DelayTracker(), echo(played, DELAY, -300e-6), played)
    assert len(made.relearned) >= 2


def test_a_jump_in_the_delay_is_followed_within_a_second() -> None:
    played = babble(12.0)
    heard = np.concatenate(
        [echo(played, DELAY)[: 6 * RATE_HZ], echo(played, DELAY + 700)[6 * RATE_HZ :]]
    )
    made = run(DelayTracker(), heard, played)
    assert len(made.relearned) == 1
    assert follows(heard, made.given, 8.0) == pytest.approx(follows(heard, made.given, 5.0), abs=1)


def test_a_repeated_sentence_is_not_mistaken_for_a_later_echo() -> None:
    played = babble(12.0)
    again = samples_of(0.416)
    for start in range(4 * RATE_HZ, 8 * RATE_HZ, again):
        played[start : start + again] = played[4 * RATE_HZ : 4 * RATE_HZ + again]
    heard = echo(played, DELAY)
    heard[5 * RATE_HZ : 7 * RATE_HZ] += babble(3.0, seed=2)[: 2 * RATE_HZ] // 4
    made = run(DelayTracker(), heard, played)
    assert follows(heard, made.given, 9.0) == pytest.approx(
        follows(heard, made.given, 3.0), abs=0.5
    )
    same = slice(3 * RATE_HZ, len(played))
    by = round(DELAY - follows(heard, made.given, 3.0))
    assert np.array_equal(made.given[same], played[same.start - by : same.stop - by])


def test_a_voice_at_the_same_time_is_not_mistaken_for_an_echo() -> None:
    played = babble(12.0)
    heard = echo(played, DELAY)
    voice = babble(12.0, seed=2)
    heard[5 * RATE_HZ :] = heard[5 * RATE_HZ :] // 2 + voice[5 * RATE_HZ :]
    made = run(DelayTracker(), heard, played)
    assert len(made.relearned) == 1
    same = slice(3 * RATE_HZ, len(played))
    by = round(DELAY - follows(echo(played, DELAY), made.given, 3.5))
    assert np.array_equal(made.given[same], played[same.start - by : same.stop - by])


def test_without_a_detectable_echo_there_is_nothing_to_wait_for() -> None:
    played = babble(4.0)
    made = run(DelayTracker(), babble(4.0, seed=2), played)
    assert not made.relearned
    assert made.converged.index(True) * BLOCK_S == pytest.approx(UNFOUND_S, abs=2 * BLOCK_S)
    assert np.array_equal(made.given, played)


def test_after_a_long_silence_the_delay_is_measured_before_it_is_trusted() -> None:
    played = babble(LASTS_S + 14.0)
    silent = slice(5 * RATE_HZ, 10 * RATE_HZ + samples_of(LASTS_S))
    played[silent] = 0
    late = echo(played, DELAY + 333)
    heard = np.concatenate([echo(played, DELAY)[: silent.stop], late[silent.stop :]])
    made = run(DelayTracker(), heard, played)
    begins = silent.stop // BLOCK_SAMPLES
    assert made.converged[samples_of(9.0) // BLOCK_SAMPLES]
    assert not made.converged[begins]
    again = made.converged.index(True, begins)
    assert 0.25 < (again - begins) * BLOCK_S < 1.0
    assert len(made.relearned) == 1  # what was learned about the room still holds
    end_s = len(played) / RATE_HZ - 1.0
    assert follows(heard, made.given, end_s) == pytest.approx(
        follows(heard, made.given, 4.0), abs=1
    )


def test_nothing_matches_if_there_is_too_little_to_compare() -> None:
    assert match(babble(0.5), babble(0.5)[:-1]) == (0.0, 0.0)
    assert match(np.zeros(1000, np.int16), babble(1.0))[0] == pytest.approx(0.0)
