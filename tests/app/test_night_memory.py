"""What was reached tonight outlasts a restart: it is saved, and the next run starts from it."""

from __future__ import annotations

import json
import logging
import os
from contextlib import closing
from pathlib import Path

import pytest

from tests.app.night import Machine
from tests.app.night import Night as Bed
from voice.app.night_memory import FILE, NightMemory
from voice.clocks import Clocks, uptime
from voice.content.script import Level
from voice.dialogue.actions import Remember
from voice.dialogue.night import NO_MEMORY, REMEMBERED_S, Night
from voice.dialogue.states import AskingRedFlag, Asleep, Emergency, Instructing, MayStand

HOUR_S = 3600.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / FILE


@pytest.fixture
def machine() -> Machine:
    return Machine()


def until_answered(bed: Bed, words: str) -> None:
    """Hear Charley out, then answer."""
    bed.until_quiet()
    bed.say(words)


def to_urgent_care(bed: Bed) -> None:
    """A cramp that has gone, a swollen leg, and goodbye."""
    bed.say("hey charley")
    bed.until_holding()
    bed.pass_time(1.0)
    bed.say("it's gone")
    until_answered(bed, "no")
    until_answered(bed, "yes")
    until_answered(bed, "goodbye")
    assert isinstance(bed.assistant.state, Asleep)
    bed.until_quiet()


def reached(path: Path, night: Night, machine: Machine, now_s: float = 0.0) -> None:
    """Save that night."""
    with closing(machine.memory(path)) as memory:
        memory.keep(night, now_s)


def read(path: Path, machine: Machine) -> Night:
    """The night that a run started now begins from."""
    with closing(machine.memory(path)) as memory:
        return memory.night


def second_night(path: Path, machine: Machine) -> Bed:
    """Charley, restarted and called."""
    bed = Bed(memory=machine.memory(path))
    bed.say("hey charley")
    return bed


def test_a_new_run_starts_from_what_the_last_one_reached(path: Path, machine: Machine) -> None:
    with closing(machine.memory(path)) as memory:
        first = Bed(memory=memory)
        to_urgent_care(first)
    assert "earlier_urgent" not in first.said()
    assert "urgent_tonight" in first.said()
    machine.pass_time(2 * HOUR_S)
    second = second_night(path, machine)
    assert isinstance(second.assistant.state, Instructing)
    assert second.said()[0] == "earlier_urgent"
    assert not any(isinstance(action, Remember) for action in second.actions)


def test_nothing_is_saved_before_anything_is_reached(path: Path, machine: Machine) -> None:
    with closing(machine.memory(path)) as memory:
        bed = Bed(memory=memory)
        bed.say("hey charley")
        bed.until_holding()
        bed.pass_time(1.0)
        bed.say("it's gone")
        assert isinstance(bed.assistant.state, AskingRedFlag)
    assert not path.exists()


def test_a_level_is_saved_when_reached_not_only_at_the_end(path: Path, machine: Machine) -> None:
    with closing(machine.memory(path)) as memory:
        bed = Bed(memory=memory)
        bed.say("hey charley")
        bed.until_holding()
        bed.pass_time(1.0)
        bed.say("my chest hurts")
        assert isinstance(bed.assistant.state, Emergency)
    # The power failed here: nobody said goodbye.
    second = second_night(path, machine)
    assert isinstance(second.assistant.state, Emergency)
    assert second.said()[0] == "emergency_call"
    assert "earlier_emergency" in second.said()


def test_after_a_restart_a_faint_user_is_still_not_told_to_stand(
    path: Path, machine: Machine
) -> None:
    with closing(machine.memory(path)) as memory:
        bed = Bed(memory=memory)
        bed.say("hey charley")
        bed.until_holding()
        bed.pass_time(1.0)
        bed.say("i feel faint")
        until_answered(bed, "no")
    second = second_night(path, machine)
    assert isinstance(second.assistant.state, Instructing)
    assert second.assistant.state.session.may_stand is MayStand.NO


@pytest.mark.parametrize(("age_h", "remembered"), [(0.0, True), (11.9, True), (12.1, False)])
def test_a_night_is_remembered_for_twelve_hours_and_no_longer(
    path: Path, machine: Machine, age_h: float, remembered: bool
) -> None:
    reached(path, Night(Level.URGENT), machine)
    machine.pass_time(age_h * HOUR_S)
    bed = second_night(path, machine)
    assert ("earlier_urgent" in bed.said()) == remembered


def test_the_hours_keep_counting_over_a_restart_and_while_running(
    path: Path, machine: Machine
) -> None:
    reached(path, Night(Level.URGENT, at_s=1_000.0), machine, now_s=1_000.0 + 5 * HOUR_S)
    machine.pass_time(6 * HOUR_S)
    night = read(path, machine)
    assert night.at_s == pytest.approx(-11 * HOUR_S)
    assert night.at(0.9 * HOUR_S).level is Level.URGENT
    assert night.at(1.1 * HOUR_S).level is Level.NO_URGENT_SIGN_HEARD


def test_what_can_wait_outlasts_the_night(path: Path, machine: Machine) -> None:
    reached(path, Night(rest_waiting=True), machine)
    machine.pass_time(30 * 24 * HOUR_S)
    assert read(path, machine).at(0.0).rest_waiting


def test_every_fact_is_read_back_as_it_was_saved(path: Path, machine: Machine) -> None:
    for night in (
        Night(Level.SEE_A_DOCTOR, no_standing=True),
        Night(Level.URGENT, clot_sign=True),
        Night(Level.EMERGENCY, rest_waiting=True),
    ):
        reached(path, night, machine)
        assert read(path, machine) == night


@pytest.mark.parametrize("off_h", [0.0, 11.9, 12.1])
def test_a_machine_that_was_off_goes_by_the_wall_clock(
    path: Path, machine: Machine, off_h: float
) -> None:
    reached(path, Night(Level.URGENT), machine)
    machine.start_anew(off_h * HOUR_S)
    expected = Level.URGENT if off_h < 12.0 else Level.NO_URGENT_SIGN_HEARD
    assert read(path, machine).at(0.0).level is expected


def test_a_clock_set_back_never_forgets_early(path: Path, machine: Machine) -> None:
    reached(path, Night(Level.URGENT), machine)
    machine.start_anew()
    machine.clock_s = 60.0  # a Raspberry Pi without a network starts in 1970
    assert read(path, machine).at(REMEMBERED_S - 1.0).level is Level.URGENT


def test_a_clock_corrected_meanwhile_never_forgets_early(path: Path) -> None:
    machine = Machine(clock_s=60.0)
    reached(path, Night(Level.URGENT), machine)
    machine.pass_time(300.0)
    machine.clock_s = 1_790_000_000.0  # the network is back
    night = read(path, machine)
    assert night == Night(Level.URGENT, at_s=-300.0)
    assert night.at(REMEMBERED_S - 301.0).level is Level.URGENT


def test_a_machine_without_an_uptime_goes_by_the_wall_clock(path: Path) -> None:
    now_s = 1_790_000_000.0
    with closing(NightMemory(path, Clocks(lambda: now_s, lambda: None))) as memory:
        memory.keep(Night(Level.URGENT), now_s=0.0)
    later = NightMemory(path, Clocks(lambda: now_s + HOUR_S, lambda: None))
    assert later.night == Night(Level.URGENT, at_s=-HOUR_S)


def test_the_uptime_of_this_machine_grows_and_its_boot_id_stays() -> None:
    first, second = uptime(), uptime()
    if first is None or second is None:
        pytest.skip("this machine tells no uptime")
    assert first.boot == second.boot
    assert 0.0 < first.up_s <= second.up_s


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[]",
        b'{"level": 9, "reached": {"wall_s": 0}, "no_standing": false, "clot_sign": false}',
        b'{"level": 2}',
    ],
)
def test_a_damaged_file_only_logs_a_warning(
    path: Path, machine: Machine, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        bed = second_night(path, machine)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert str(path) in caplog.text
    assert bed.said()[0] == "calf_pull"
    reached(path, Night(Level.URGENT), machine)
    assert read(path, machine).level is Level.URGENT


def test_a_missing_file_logs_nothing(
    path: Path, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert read(path, machine) == NO_MEMORY
    assert not caplog.records


def test_an_unwritable_folder_only_logs_warnings(
    path: Path, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.write_text("a file where a folder should be")
    with caplog.at_level(logging.WARNING), closing(machine.memory(path)) as memory:
        caplog.clear()
        bed = Bed(memory=memory)
        to_urgent_care(bed)
    assert caplog.records
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert "could not save the memory of tonight" in caplog.text


def test_a_hanging_disk_keeps_nobody_waiting(path: Path, machine: Machine) -> None:
    path.parent.mkdir()
    os.mkfifo(path.with_name(f"{FILE}.new"))  # a writer waits for a reader
    memory = machine.memory(path)
    bed = Bed(memory=memory)
    to_urgent_care(bed)
    memory.close()
    assert "urgent_tonight" in bed.said()
    assert not path.exists()


def test_the_file_holds_none_of_the_users_words(path: Path, machine: Machine) -> None:
    with closing(machine.memory(path)) as memory:
        to_urgent_care(Bed(memory=memory))
    kept = json.loads(path.read_text())
    assert kept["level"] == Level.URGENT
    assert kept["clot_sign"] is True
    assert set(kept.pop("reached")) == {"wall_s", "boot", "up_s"}
    assert not [value for value in kept.values() if not isinstance(value, bool | int)]
