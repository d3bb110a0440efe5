"""The supervisor with scripted devices: its jobs are run by the test, on the test's own clock."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import pytest

from tests.devices.test_reconnecting import lines
from tests.fakes import GONE, ScriptedClock, ScriptedMicrophone, ScriptedSpeaker
from voice.devices.reconnecting_microphone import ReconnectingMicrophone
from voice.devices.reconnecting_speaker import ReconnectingSpeaker
from voice.devices.recovery_policy import (
    HUNG_S,
    LATER_S,
    RETRY_LATER_S,
    RETRY_S,
    SILENT_OPENS,
    SUSPEND_AFTER_S,
    SUSPENDED_S,
)
from voice.devices.supervisor import DeviceSupervisor, EchoPath
from voice.errors import MicrophoneError, SpeakerError


class ScriptedDevices:
    """A microphone and a speaker, each present or not; a rescan lists those that are present."""

    def __init__(self, clock: ScriptedClock) -> None:
        self._clock = clock
        self.microphone_there = self.speaker_there = True
        self.mute = False
        self.keeps_time = True
        self.listed = {"microphone", "speaker"}
        self.rescans = 0
        self.opened: list[ScriptedMicrophone | ScriptedSpeaker] = []
        self.while_opening: Callable[[], None] = lambda: None

    def open_microphone(self) -> ScriptedMicrophone:
        self.while_opening()
        if not (self.microphone_there and "microphone" in self.listed):
            raise MicrophoneError("There is no microphone.", remedy=GONE)
        self.opened.append(opened := ScriptedMicrophone(self._clock, 0 if self.mute else 10_000))
        return opened

    def open_speaker(self) -> ScriptedSpeaker:
        if not (self.speaker_there and "speaker" in self.listed):
            raise SpeakerError("There is no speaker", remedy=GONE)
        self.opened.append(opened := ScriptedSpeaker())
        opened.keeps_time = self.keeps_time
        return opened

    def rescan(self) -> None:
        self.rescans += 1
        there = {"microphone": self.microphone_there, "speaker": self.speaker_there}
        self.listed = {name for name, is_there in there.items() if is_there}
        if not self.listed:
            raise SpeakerError("PortAudio cannot be initialised again.", remedy=GONE)


class RestartError(Exception):
    """Stands in for a new process."""


class Bench:
    def __init__(self, *, blocks: int = 10_000, empty: bool = False) -> None:
        self.clock = ScriptedClock()
        self.devices = ScriptedDevices(self.clock)
        self.first_speaker = ScriptedSpeaker()
        self.first_microphone = ScriptedMicrophone(self.clock, blocks)
        self.microphone = ReconnectingMicrophone(
            None if empty else self.first_microphone, self.clock
        )
        self.speaker = ReconnectingSpeaker(None if empty else self.first_speaker, self.clock.now_s)
        self.waiting: list[Callable[[], None]] = []
        self.paths: list[EchoPath] = []
        self.supervisor = DeviceSupervisor(
            self.devices,
            self.microphone,
            self.speaker,
            clock=self.clock.now_s,
            start=self.waiting.append,
            restart=self._restart,
        )

    @staticmethod
    def _restart() -> None:
        raise RestartError

    def watch(self, *, wanted: bool = True) -> bool:
        """Watch, without time passing, until every job is done; return whether there was any."""
        worked = False
        while True:
            self.paths.append(self.supervisor.watch(speaker_wanted=wanted))
            if not self.waiting:
                return worked
            worked = True
            (work,) = self.waiting  # one job at a time
            self.waiting.clear()
            work()

    @property
    def changes(self) -> int:
        """How often a device was opened."""
        return self.paths.count(EchoPath.NEW)

    def lost(self) -> tuple[bool, bool]:
        return self.microphone.lost, self.speaker.lost

    def microphone_tries(self) -> int:
        return sum(isinstance(opened, ScriptedMicrophone) for opened in self.devices.opened)

    def lose_microphone(self) -> None:
        self.devices.microphone_there = False
        self.devices.listed = {"speaker"}
        while not self.microphone.lost:
            self.microphone.read()


def test_nothing_is_done_while_nothing_is_lost() -> None:
    bench = Bench()
    assert not any(bench.watch() for _ in range(5))
    assert bench.changes == 0


def test_a_lost_microphone_is_reopened_without_touching_the_speaker() -> None:
    bench = Bench(blocks=1)
    while not bench.microphone.lost:
        bench.microphone.read()
    assert bench.watch()
    assert bench.lost() == (False, False)
    assert bench.first_microphone.closed == 1
    assert bench.devices.rescans == 0
    assert ("close", None) not in bench.first_speaker.told
    assert bench.changes == 1
    assert bench.microphone.read().any()


def test_a_lost_speaker_is_reopened_without_touching_the_microphone() -> None:
    bench = Bench()
    bench.first_speaker.gone = True
    assert bench.watch()
    assert bench.lost() == (False, False)
    assert bench.first_speaker.told[-1] == ("close", None)
    assert bench.first_microphone.closed == 0


def test_a_speaker_that_does_not_keep_time_is_reopened_until_it_does() -> None:
    bench = Bench()
    bench.first_speaker.gone = True
    bench.devices.keeps_time = False
    bench.watch()
    assert bench.speaker.lost
    opened = [s for s in bench.devices.opened if isinstance(s, ScriptedSpeaker)]
    assert opened
    assert all(speaker.told[-1] == ("close", None) for speaker in opened)
    bench.devices.keeps_time = True
    bench.clock.at_s += RETRY_S
    bench.watch()
    assert bench.lost() == (False, False)


def test_an_unplugged_device_is_looked_for_with_both_closed() -> None:
    bench = Bench(blocks=1)
    bench.lose_microphone()
    bench.devices.microphone_there = True
    bench.watch()
    assert bench.devices.rescans == 1
    assert bench.first_speaker.told[-1] == ("close", None)
    assert bench.lost() == (False, False)


def test_the_speaker_is_not_interrupted_while_it_speaks() -> None:
    bench = Bench(blocks=1)
    bench.lose_microphone()
    bench.speaker.play(lines())
    bench.watch()
    assert bench.devices.rescans == 0
    assert bench.lost() == (True, False)
    bench.first_speaker.play_on(7.0, bench.clock)
    bench.devices.microphone_there = True
    bench.watch()
    assert bench.lost() == (False, False)


def test_tries_are_frequent_at_first_and_rare_later() -> None:
    bench = Bench(blocks=1)
    bench.lose_microphone()
    at_s = []
    for _ in range(round((LATER_S + 60.0) * 10)):
        if bench.watch():
            at_s.append(bench.clock.at_s)
        bench.clock.at_s += 0.1
    gaps = np.diff(at_s)
    assert gaps[0] == pytest.approx(RETRY_S, abs=0.2)
    assert gaps[-1] == pytest.approx(RETRY_LATER_S, abs=0.2)
    assert len(at_s) < 36


def test_a_fault_is_logged_once_and_once_more_when_it_recurs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench(blocks=1)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            bench.lose_microphone()
            for _ in range(5):
                bench.watch()
                bench.clock.at_s += RETRY_S
            bench.devices.microphone_there = True
            bench.watch()
            bench.watch()
            bench.devices.opened[-1].close()
            for microphone in bench.devices.opened:
                if isinstance(microphone, ScriptedMicrophone):
                    microphone.run_out()
    told = [r.message for r in caplog.records if r.message.startswith("There is no microphone")]
    assert told == ["There is no microphone. Charley keeps trying."] * 2


def test_without_any_device_the_supervisor_keeps_looking() -> None:
    bench = Bench(empty=True)
    bench.devices.microphone_there = bench.devices.speaker_there = False
    bench.devices.listed = set()
    for _ in range(10):
        bench.watch()
        bench.clock.at_s += RETRY_S
    assert bench.lost() == (True, True)
    assert bench.supervisor.both_lost_s == pytest.approx(10 * RETRY_S)
    bench.devices.speaker_there = True
    bench.watch()
    bench.watch()
    assert bench.lost() == (True, False)
    assert bench.supervisor.both_lost_s == 0.0


def test_a_call_that_does_not_return_restarts_the_process() -> None:
    bench = Bench(empty=True)

    def hang() -> None:
        bench.clock.at_s += HUNG_S - 0.1
        bench.supervisor.watch(speaker_wanted=True)  # still patient
        bench.clock.at_s += 0.1
        with pytest.raises(RestartError):
            bench.supervisor.watch(speaker_wanted=True)

    bench.devices.while_opening = hang
    assert bench.watch()
    bench.devices.while_opening = lambda: None
    bench.clock.at_s += HUNG_S
    assert not bench.watch()  # it did return after all, and nothing is lost


def test_a_microphone_that_opens_and_sends_nothing_restarts_the_process() -> None:
    bench = Bench(empty=True)
    bench.devices.mute = True
    while bench.microphone_tries() < SILENT_OPENS - 2:  # a try opens it before and after a rescan
        assert bench.watch()
        assert bench.lost() == (True, False)
        bench.clock.at_s += RETRY_S
    with pytest.raises(RestartError):
        bench.watch()
    assert bench.microphone_tries() == SILENT_OPENS


def test_a_try_that_fails_unexpectedly_is_followed_by_another() -> None:
    bench = Bench(empty=True)

    def fail() -> None:
        raise RuntimeError("unforeseen")

    bench.devices.while_opening = fail
    with pytest.raises(RuntimeError, match="unforeseen"):
        bench.watch()
    bench.devices.while_opening = lambda: None
    bench.clock.at_s += RETRY_S
    assert bench.watch()
    assert bench.lost() == (False, False)


# A suspended speaker.


def suspended_and_resumed(bench: Bench, duration_s: float, *, wanted: bool = False) -> list[str]:
    """The calls that the first speaker received in that time."""
    before = len(bench.first_speaker.told)
    until_s = bench.clock.at_s + duration_s
    while bench.clock.at_s < until_s:
        bench.watch(wanted=wanted)
        bench.clock.at_s += 0.1
    return [what for what, _ in bench.first_speaker.told[before:]]


def test_an_unused_speaker_is_suspended_and_resumed_at_the_first_sound() -> None:
    bench = Bench()
    assert suspended_and_resumed(bench, 30.0, wanted=True) == []
    assert suspended_and_resumed(bench, SUSPEND_AFTER_S - 0.5) == []
    assert suspended_and_resumed(bench, 1.0) == ["suspend"]
    assert suspended_and_resumed(bench, 0.1, wanted=True) == ["resume"]
    assert bench.lost() == (False, False)
    assert bench.changes == 0


def test_resuming_a_speaker_puts_the_echo_delay_in_doubt() -> None:
    bench = Bench()
    suspended_and_resumed(bench, SUSPEND_AFTER_S + 1.0)
    bench.paths.clear()
    suspended_and_resumed(bench, 0.5, wanted=True)
    assert bench.paths.count(EchoPath.SHIFTED) == 1
    assert EchoPath.NEW not in bench.paths


def test_a_speaker_lost_while_suspended_is_noticed_and_reopened() -> None:
    bench = Bench()
    suspended_and_resumed(bench, SUSPEND_AFTER_S + 1.0)
    bench.first_speaker.gone = True
    assert suspended_and_resumed(bench, SUSPENDED_S / 2) == []
    assert suspended_and_resumed(bench, SUSPENDED_S + 1.0)[-1] == "close"
    assert bench.lost() == (False, False)
    assert len(bench.devices.opened) == 1
