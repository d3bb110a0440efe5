"""The assistant with a scripted recogniser, a recording speaker, and a clock that counts blocks."""

from __future__ import annotations

import logging

import pytest

from tests.app.night import Night
from voice.audio.samples import BLOCK_S
from voice.dialogue.actions import AdjustVolume, Listen, ListenId, Say
from voice.dialogue.events import AlarmRang, HoldFinished, SilenceHeard, SpeechHeard, WakeHeard
from voice.dialogue.states import AskingRedFlag, Asleep, Instructing


@pytest.fixture
def night() -> Night:
    return Night()


def test_it_starts_asleep_and_listens_for_the_wake_phrase(night: Night) -> None:
    assert isinstance(night.assistant.state, Asleep)
    assert any(isinstance(a, Listen) for a in night.actions)
    assert night.assistant.now_s == 0.0


def test_the_clock_counts_the_blocks_heard(night: Night) -> None:
    night.pass_time(3.2)
    assert night.assistant.now_s == pytest.approx(3.2)


def test_a_wake_is_answered_and_the_hold_counts_to_its_end(night: Night) -> None:
    night.pass_time(1.0)
    night.say("hey charley")
    assert night.heard(WakeHeard)
    assert isinstance(night.assistant.state, Instructing)
    assert any(isinstance(a, Say) and a.chime for a in night.actions)
    night.until_holding()
    begun_s = night.assistant.now_s
    night.until(lambda: bool(night.heard(HoldFinished)))
    assert night.assistant.now_s - begun_s == pytest.approx(30.0, abs=2 * BLOCK_S)


def test_its_gone_in_a_gap_in_the_count_ends_the_hold(night: Night) -> None:
    night.say("hey charley")
    night.until_holding()
    night.pass_time(2.0)
    night.say("it's gone")
    assert isinstance(night.assistant.state, AskingRedFlag)
    night.until_quiet()
    assert not night.heard(HoldFinished)


def test_silence_is_reported_when_patience_runs_out(night: Night) -> None:
    night.say("hey charley")
    night.until_holding()
    night.pass_time(1.0)
    night.say("it's gone")
    night.until_quiet()
    asked_s = night.assistant.now_s
    night.until(lambda: bool(night.heard(SilenceHeard)))
    assert night.assistant.now_s - asked_s == pytest.approx(7.5, abs=0.6)


def test_the_alarm_rings_ten_minutes_after_the_wake(night: Night) -> None:
    night.say("hey charley")
    woken_s = night.heard(WakeHeard)[0].at_s
    night.until_holding()
    night.pass_time(1.0)
    night.say("pause")
    for _ in range(6):
        night.pass_time(100.0)
        night.say("how long")
    assert night.heard(AlarmRang)[0].at_s - woken_s == pytest.approx(600.0, abs=BLOCK_S)
    assert "ten_minutes" in night.said()


def test_louder_reaches_the_speaker(night: Night) -> None:
    night.say("hey charley")
    night.until_holding()
    night.pass_time(1.0)
    night.say("louder")
    assert AdjustVolume(+1) in night.actions
    assert night.speaker.gains_db == [0.0, 4.0]


def test_a_refused_event_is_logged_and_the_night_goes_on(
    night: Night, caplog: pytest.LogCaptureFixture
) -> None:
    # Speech while asleep is illegal; the ears never produce such an event.
    fault = SpeechHeard(0.0, ListenId(night.assistant.state.turn_id), "yes")
    with caplog.at_level(logging.ERROR):
        night.assistant._tell(fault)
    assert "the dialogue refused SpeechHeard" in caplog.text
    night.say("hey charley")
    assert isinstance(night.assistant.state, Instructing)


def hang_up(night: Night) -> None:
    """Wake Charley with a clear call, and send it to sleep again."""
    night.say("hey charley")
    night.until_holding()
    night.say("stop")
    night.until_quiet()
    night.say("stop")
    assert isinstance(night.assistant.state, Asleep)
    night.until_quiet()


def test_after_a_conversation_a_doubtful_call_must_come_twice(night: Night) -> None:
    hang_up(night)
    night.recogniser.lead = 4.5
    night.say("hey charley")
    assert len(night.heard(WakeHeard)) == 1
    night.say("hey charley")
    assert len(night.heard(WakeHeard)) == 2


def test_after_a_conversation_a_clear_call_wakes_at_once(night: Night) -> None:
    hang_up(night)
    night.say("hey charley")
    assert len(night.heard(WakeHeard)) == 2


def test_a_doubtful_call_wakes_some_seconds_after_a_conversation(night: Night) -> None:
    hang_up(night)
    night.pass_time(6.0)
    night.recogniser.lead = 4.5
    night.say("hey charley")
    assert len(night.heard(WakeHeard)) == 2
