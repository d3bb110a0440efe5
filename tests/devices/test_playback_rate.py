"""The playback rate of a loudspeaker, on the test's own clock."""

from __future__ import annotations

import pytest

from voice.devices.playback_rate import RUNAWAY_S, STEP_S, PlaybackRate, is_steady


def played(pace: PlaybackRate, begin_s: float, end_s: float) -> None:
    for step in range(round((end_s - begin_s) * 100)):
        pace.take(0.01, begin_s + 0.01 * step)


def test_a_device_that_keeps_time_never_runs_away() -> None:
    pace = PlaybackRate(50.0)
    played(pace, 50.0, 650.0)
    assert not pace.runs_away
    assert pace.taken_s == pytest.approx(600.0)


def test_filling_a_buffer_first_is_not_running_away() -> None:
    pace = PlaybackRate(50.0)
    pace.take(2.0, 50.0)
    played(pace, 52.0, 60.0)
    assert not pace.runs_away


@pytest.mark.parametrize("stood_still_s", [0.0, 60.0])
def test_a_device_without_a_clock_runs_away_whatever_came_before(stood_still_s: float) -> None:
    pace = PlaybackRate(50.0)
    played(pace, 50.0, 60.0)
    pace.take(RUNAWAY_S + 0.1, 60.0 + stood_still_s)
    assert pace.runs_away


def test_a_storm_is_more_than_refilling_a_buffer() -> None:
    pace = PlaybackRate(50.0)
    played(pace, 50.0, 60.0)
    pace.take(0.4, 62.0)  # dry for two seconds, then all that the buffer holds
    assert not pace.is_storm(0.4, 62.0)
    pace.take(0.4, 62.01)  # and the same again
    assert pace.is_storm(0.4, 62.01)
    for n in range(100):
        pace.take(0.1, 62.01 + 0.001 * n, sound=False)
    assert pace.is_storm(0.4, 62.12)
    assert not pace.is_storm(0.4, 63.0)


def test_stumbles_do_not_add_up_over_a_night() -> None:
    """Each is late by a second, which is then taken at once."""
    pace = PlaybackRate(0.0)
    for stumble in range(200):
        played(pace, 10.0 * stumble, 10.0 * stumble + 9.0)
        pace.take(1.0, 10.0 * stumble + 10.0)
        assert not pace.runs_away


@pytest.mark.parametrize(
    ("steps_s", "steady"),
    [
        ((0.1, 0.1, 0.1), True),
        ((0.06, 0.19, 0.1), True),
        ((0.1, 0.1), False),
        ((0.1, 0.1, 0.0), False),
        ((0.1, 0.21, 0.1), False),
        ((2.0, 0.0, 0.0, 0.1, 0.1, 0.1), True),
        ((0.1, 0.1, 0.1, 2.0), False),
    ],
)
def test_steady_means_growing_with_time(steps_s: tuple[float, ...], steady: bool) -> None:
    taken_s = [5.0]
    for step_s in steps_s:
        taken_s.append(taken_s[-1] + step_s / 0.1 * STEP_S)
    assert is_steady(taken_s) is steady
