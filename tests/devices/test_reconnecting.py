"""Devices that go and come back, on the test's own clock: no threads, no sleeping."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fakes import ScriptedClock, ScriptedMicrophone, ScriptedSpeaker
from voice.audio.samples import BLOCK_S, BLOCK_SAMPLES, RATE_HZ, Clip, Placement, Samples, Track
from voice.devices.playback_rate import KEPT_S
from voice.devices.reconnecting_microphone import BATCH_BLOCKS, MUTE_S, ReconnectingMicrophone
from voice.devices.reconnecting_speaker import KEEP_S, UNHEARD_S, ReconnectingSpeaker


class SilentMicrophone:
    """Is present, and sends nothing louder than ``noise``."""

    def __init__(self, noise: int) -> None:
        self.noise = noise

    def read(self) -> Samples:
        return np.arange(BLOCK_SAMPLES, dtype=np.int16) % np.int16(self.noise + 1)

    def close(self) -> None:
        pass


SECOND = Clip(np.full(RATE_HZ, 1_000, np.int16))


def lines(*, timed: bool = False) -> Track:
    """Three lines of a second each, at 0, 2 and 4 s; 6 s in all."""
    placed = tuple(Placement(at * RATE_HZ, SECOND, f"line_{at}") for at in (0, 2, 4))
    return Track(placed, 6 * RATE_HZ, timed)


def where(speaker: ReconnectingSpeaker) -> int | None:
    """The position, brought up to date."""
    speaker.update()
    return speaker.position


@pytest.fixture
def clock() -> ScriptedClock:
    return ScriptedClock()


# Where a track continues.


@pytest.mark.parametrize(
    ("position_s", "begins_s"), [(0.0, 0), (0.5, 0), (1.0, 2), (1.5, 2), (2.9, 2), (5.0, 6)]
)
def test_a_track_knows_where_the_current_line_began(position_s: float, begins_s: int) -> None:
    assert lines().begin_of_clip(round(position_s * RATE_HZ)) == begins_s * RATE_HZ


def test_the_rest_of_a_track_leaves_out_lines_that_have_begun() -> None:
    rest = lines(timed=True).rest(RATE_HZ)
    assert [(p.key, p.offset) for p in rest.placements] == [
        ("line_2", RATE_HZ),
        ("line_4", 3 * RATE_HZ),
    ]
    assert (rest.length, rest.timed) == (5 * RATE_HZ, True)
    after = lines().rest(9 * RATE_HZ)
    assert (after.placements, after.length, after.timed) == ((), 0, False)


# The microphone.


def test_while_the_device_is_present_its_blocks_pass_through(clock: ScriptedClock) -> None:
    microphone = ReconnectingMicrophone(ScriptedMicrophone(clock, 3), clock)
    assert all(microphone.read().all() for _ in range(3))
    assert not microphone.lost
    assert clock.waited == []


@pytest.mark.parametrize("stall_s", [0.0, 3.0, 6.0])
def test_silence_fills_in_and_the_audio_clock_stays_accurate(
    clock: ScriptedClock, stall_s: float
) -> None:
    began_s = clock.at_s
    microphone = ReconnectingMicrophone(ScriptedMicrophone(clock, 10, stall_s), clock)
    blocks = [microphone.read() for _ in range(500)]
    assert microphone.lost
    assert [bool(b.any()) for b in blocks] == [True] * 10 + [False] * 490
    assert clock.at_s - began_s == pytest.approx(500 * BLOCK_S)
    assert all(len(b) == BLOCK_SAMPLES for b in blocks)


def test_a_microphone_that_comes_back_is_used_again(clock: ScriptedClock) -> None:
    lost = ScriptedMicrophone(clock, 1)
    microphone = ReconnectingMicrophone(lost, clock)
    for _ in range(3):
        microphone.read()
    assert microphone.take_failed() == (lost,)
    assert microphone.take_failed() == ()
    microphone.attach(ScriptedMicrophone(clock, 5))
    assert not microphone.lost
    assert all(microphone.read().all() for _ in range(5))


def test_without_a_device_at_the_start_there_is_silence(clock: ScriptedClock) -> None:
    microphone = ReconnectingMicrophone(None, clock)
    assert microphone.lost
    assert not microphone.read().any()
    microphone.close()


def test_a_detached_microphone_does_not_count_as_failed(
    clock: ScriptedClock,
) -> None:
    inner = ScriptedMicrophone(clock, 5)
    microphone = ReconnectingMicrophone(inner, clock)
    assert microphone.detach() is inner
    assert not microphone.read().any()
    assert microphone.take_failed() == ()
    assert microphone.detach() is None


def test_closing_releases_the_microphone(clock: ScriptedClock) -> None:
    inner = ScriptedMicrophone(clock, 5)
    microphone = ReconnectingMicrophone(inner, clock)
    microphone.close()
    microphone.close()
    assert inner.closed == 1


def test_unhurried_blocks_are_read_several_at_a_time(clock: ScriptedClock) -> None:
    microphone = ReconnectingMicrophone(ScriptedMicrophone(clock, 100), clock)
    microphone.unhurried = True
    for _ in range(4 * BATCH_BLOCKS):
        microphone.read()
    assert clock.waited == [(BATCH_BLOCKS - 1) * BLOCK_S] * 4
    microphone.unhurried = False
    for _ in range(4 * BATCH_BLOCKS):
        microphone.read()
    assert len(clock.waited) == 4


@pytest.mark.parametrize("last_bit", [0, 1])
def test_a_microphone_that_sends_only_silence_is_mute(
    clock: ScriptedClock, last_bit: int, caplog: pytest.LogCaptureFixture
) -> None:
    inner = SilentMicrophone(last_bit)
    microphone = ReconnectingMicrophone(inner, clock)
    blocks = round(MUTE_S / BLOCK_S) + 1
    muted = []
    for block in range(blocks + 101):
        inner.noise = last_bit if block < blocks + 100 else 4
        microphone.read()
        muted.append(microphone.mute)
    assert muted == [False] * (blocks - 1) + [True] * 101 + [False]
    told = [record.message.split(".")[0] for record in caplog.records]
    assert told == ["The microphone sends only silence", "The microphone sends sound again"]


# The speaker.


def test_while_the_device_is_present_every_call_is_passed_on(clock: ScriptedClock) -> None:
    inner = ScriptedSpeaker()
    speaker = ReconnectingSpeaker(inner, clock.now_s)
    speaker.set_gain(-3.0)
    speaker.mute(on=True)
    speaker.play(track := lines())
    inner.play_on(2.5, clock)
    speaker.update()
    assert where(speaker) == 2.5 * RATE_HZ
    assert speaker.take_played().all()
    inner.play_on(4.0, clock)
    assert where(speaker) is None
    speaker.halt()
    speaker.close()
    speaker.close()
    told = [("gain", -3.0), ("mute", True), ("play", track), ("halt", None), ("close", None)]
    assert inner.told == told


def test_speech_resumes_from_the_line_that_was_interrupted(clock: ScriptedClock) -> None:
    inner = ScriptedSpeaker()
    speaker = ReconnectingSpeaker(inner, clock.now_s)
    speaker.set_gain(-6.0)
    speaker.play(lines())
    inner.play_on(2.0 + UNHEARD_S + 0.1, clock)
    assert where(speaker) is not None
    inner.gone = True
    assert where(speaker) == 2 * RATE_HZ
    assert speaker.lost
    clock.at_s += KEEP_S - 0.1
    assert where(speaker) == 2 * RATE_HZ
    assert not speaker.take_played().any()
    assert speaker.take_failed() == (inner,)
    back = ScriptedSpeaker()
    speaker.attach(back)
    assert back.told[:2] == [("gain", -6.0), ("mute", False)]
    assert where(speaker) == 2 * RATE_HZ
    back.play_on(2.5, clock)
    assert where(speaker) == 4.5 * RATE_HZ
    back.play_on(2.0, clock)
    assert where(speaker) is None


def test_the_previous_line_repeats_if_its_end_may_not_have_been_heard(
    clock: ScriptedClock,
) -> None:
    inner = ScriptedSpeaker()
    speaker = ReconnectingSpeaker(inner, clock.now_s)
    speaker.play(lines())
    inner.play_on(2.1, clock)
    assert where(speaker) is not None
    inner.gone = True
    assert where(speaker) == 2 * RATE_HZ
    inner = ScriptedSpeaker()
    speaker.attach(inner)
    inner.play_on(1.2, clock)
    inner.gone = True
    speaker.update()
    assert where(speaker) == 2 * RATE_HZ


def test_a_line_that_waited_too_long_passes_unheard(clock: ScriptedClock) -> None:
    inner = ScriptedSpeaker()
    speaker = ReconnectingSpeaker(inner, clock.now_s)
    speaker.play(lines())
    inner.gone = True
    speaker.update()
    clock.at_s += KEEP_S + 3.0
    assert where(speaker) == 3 * RATE_HZ
    clock.at_s += 3.0
    assert where(speaker) is None
    assert where(speaker) is None
    speaker.attach(back := ScriptedSpeaker())
    assert [what for what, _ in back.told] == ["gain", "mute"]


def test_a_count_continues_unheard_and_returns_on_its_second(clock: ScriptedClock) -> None:
    inner = ScriptedSpeaker()
    speaker = ReconnectingSpeaker(inner, clock.now_s)
    speaker.play(lines(timed=True))
    inner.play_on(0.5, clock)
    assert where(speaker) == 0.5 * RATE_HZ
    clock.at_s += 1.0  # the device does nothing, which has gone unnoticed so far
    assert where(speaker) == 0.5 * RATE_HZ
    inner.gone = True
    assert where(speaker) == 1.5 * RATE_HZ
    clock.at_s += 1.0
    speaker.attach(back := ScriptedSpeaker())
    ((_, rest),) = [told for told in back.told if told[0] == "play"]
    assert isinstance(rest, Track)
    assert [(p.key, p.offset) for p in rest.placements] == [("line_4", 1.5 * RATE_HZ)]
    back.play_on(3.5, clock)
    assert where(speaker) is None


def test_a_count_begins_with_its_first_sample_not_with_the_request(
    clock: ScriptedClock,
) -> None:
    inner = ScriptedSpeaker()
    speaker = ReconnectingSpeaker(inner, clock.now_s)
    speaker.play(lines(timed=True))
    for _ in range(60):
        clock.at_s += 0.032  # the device stands still
        assert where(speaker) == 0
    inner.play_on(1.5, clock)
    assert where(speaker) == pytest.approx(1.5 * RATE_HZ, abs=0.04 * RATE_HZ)
    assert [name for name, _ in inner.told].count("play") == 1


def test_a_count_that_fell_behind_catches_up_in_the_next_gap(
    clock: ScriptedClock,
) -> None:
    inner = ScriptedSpeaker()
    speaker = ReconnectingSpeaker(inner, clock.now_s)
    speaker.play(lines(timed=True))
    inner.play_on(0.5, clock)
    clock.at_s += 0.7  # the machine was too busy to feed the device
    assert where(speaker) == 0.5 * RATE_HZ  # never in the middle of a word
    inner.play_on(0.6, clock)
    assert where(speaker) == pytest.approx(1.8 * RATE_HZ, abs=1)
    inner.play_on(0.4, clock)
    assert where(speaker) == pytest.approx(2.2 * RATE_HZ, abs=1)
    tracks = [told for name, told in inner.told if name == "play"]
    assert isinstance(tracks[-1], Track)
    assert [p.key for p in tracks[-1].placements] == ["line_2", "line_4"]
    inner.play_on(1.0, clock)
    clock.at_s += 30.0
    assert where(speaker) == 6 * RATE_HZ
    inner.play_on(0.1, clock)
    assert where(speaker) is None


def test_untimed_speech_is_never_hurried(clock: ScriptedClock) -> None:
    inner = ScriptedSpeaker()
    speaker = ReconnectingSpeaker(inner, clock.now_s)
    speaker.play(lines())
    inner.play_on(1.5, clock)
    clock.at_s += 5.0
    assert where(speaker) == 1.5 * RATE_HZ
    assert where(speaker) == 1.5 * RATE_HZ


def test_speech_queued_while_the_device_is_away_plays_when_it_returns(clock: ScriptedClock) -> None:
    speaker = ReconnectingSpeaker(None, clock.now_s)
    assert speaker.lost
    assert where(speaker) is None
    speaker.play(lines())
    clock.at_s += 5.0
    assert where(speaker) == 0
    speaker.attach(inner := ScriptedSpeaker())
    inner.play_on(0.5, clock)
    assert where(speaker) == 0.5 * RATE_HZ
    inner.gone = True
    speaker.play(lines())
    assert speaker.lost
    speaker.halt()
    assert where(speaker) is None
    speaker.attach(ScriptedSpeaker())
    assert where(speaker) is None
    speaker.close()


def test_a_device_that_fails_as_soon_as_it_returns_counts_as_failed(clock: ScriptedClock) -> None:
    speaker = ReconnectingSpeaker(None, clock.now_s)
    speaker.play(lines())
    inner = ScriptedSpeaker()
    inner.gone = True
    speaker.attach(inner)
    assert speaker.lost
    assert speaker.take_failed() == (inner,)
    assert where(speaker) == 0


def test_the_device_can_be_spared_in_silence_and_in_the_gaps_of_a_count(
    clock: ScriptedClock,
) -> None:
    inner = ScriptedSpeaker()
    speaker = ReconnectingSpeaker(inner, clock.now_s)
    assert speaker.silent_for(5.0)
    speaker.play(lines())
    inner.play_on(1.1, clock)
    assert not speaker.silent_for(0.5)
    speaker.play(lines(timed=True))
    assert not speaker.silent_for(0.5)
    inner.play_on(1.1, clock)
    speaker.update()
    assert speaker.silent_for(0.5)
    assert not speaker.silent_for(1.0)
    assert speaker.detach() is inner
    assert speaker.detach() is None
    clock.at_s += 0.4
    speaker.attach(inner)
    assert where(speaker) == 1.5 * RATE_HZ


# A device that takes sound faster than real time.


def test_a_hold_lasts_as_long_as_it_should_whatever_a_device_swallows(clock: ScriptedClock) -> None:
    """A device that takes 3.2 s within 0.2 s, eight times, and keeps time in between."""
    numbers = tuple(Placement(s * RATE_HZ, SECOND, f"line_{s}") for s in range(30))
    hold = Track(numbers, 30 * RATE_HZ, timed=True)
    inner = ScriptedSpeaker()
    speaker = ReconnectingSpeaker(inner, clock.now_s)
    speaker.play(hold)
    began_s = clock.at_s
    swallows_at_s = [began_s + 1.0 + 3.0 * n for n in range(8)]
    while where(speaker) is not None:
        inner.play_on(0.032, clock)
        if swallows_at_s and clock.at_s >= swallows_at_s[0]:
            swallows_at_s.pop(0)
            for _ in range(5):
                inner.swallow(0.6)
                inner.play_on(0.04, clock)
                speaker.update()
        position = speaker.position
        assert position is None or position <= round((clock.at_s - began_s) * RATE_HZ)
    assert clock.at_s - began_s == pytest.approx(30.0, abs=0.1)
    assert not swallows_at_s
    assert not speaker.lost


def test_after_a_swallow_each_number_is_back_on_its_second(clock: ScriptedClock) -> None:
    inner = ScriptedSpeaker()
    speaker = ReconnectingSpeaker(inner, clock.now_s)
    speaker.play(lines(timed=True))
    inner.play_on(0.5, clock)
    inner.swallow(2.0)
    for _ in range(12):
        inner.play_on(0.032, clock)
        speaker.update()
    track = [told for name, told in inner.told if name == "play"][-1]
    assert isinstance(track, Track)
    now_s = clock.at_s - 1_000.0
    begun_s = 6.0 - track.duration_s
    assert 0.5 + KEPT_S <= begun_s <= now_s
    assert [p.key for p in track.placements] == ["line_2", "line_4"]
    said_at_s = [p.offset / RATE_HZ + begun_s for p in track.placements]
    assert said_at_s == pytest.approx([2.0, 4.0])


@pytest.mark.parametrize("timed", [True, False])
def test_sound_waiting_in_a_device_buffer_is_not_played_twice(
    clock: ScriptedClock, timed: bool
) -> None:
    inner = ScriptedSpeaker()
    speaker = ReconnectingSpeaker(inner, clock.now_s)
    speaker.play(lines(timed=timed))
    for _ in range(3):
        inner.swallow(2.0)  # in gulps of two seconds
        for _ in range(200):
            clock.at_s += 0.01
            speaker.update()
    assert [name for name, _ in inner.told].count("play") == 1
    inner.swallow(0.1)
    clock.at_s += 0.1
    assert where(speaker) is None


def test_a_swallowed_line_is_said_again(clock: ScriptedClock) -> None:
    inner = ScriptedSpeaker()
    speaker = ReconnectingSpeaker(inner, clock.now_s)
    speaker.play(lines())
    inner.play_on(0.2, clock)
    clock.at_s += 1.5  # late, and nothing makes up for it,
    speaker.update()
    inner.swallow(5.8)  # and then everything that is left at once
    assert where(speaker) == pytest.approx(0.2 * RATE_HZ, abs=1)
    for _ in range(11):
        inner.play_on(0.032, clock)
        speaker.update()
    played = [told for name, told in inner.told if name == "play"]
    assert len(played) == 2
    assert where(speaker) == pytest.approx(0.0, abs=0.1 * RATE_HZ)
    assert not speaker.lost
