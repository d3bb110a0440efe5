"""The diary as the assistant uses it: it never blocks, and a bad disk costs one line in the log."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.diary_nights import DAY_S, Machine
from voice.clocks import Clocks, Uptime
from voice.dialogue.diary import Entry, Readable
from voice.diary.keeper import DiaryKeeper
from voice.diary.store import FILE, MIGRATIONS, DiaryStore, erase_kept

CRAMP = Entry(cramp=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / FILE


@pytest.fixture
def machine() -> Machine:
    return Machine()


def until(done: Callable[[], bool]) -> None:
    ends_s = time.monotonic() + 20.0
    while not done():
        assert time.monotonic() < ends_s
        time.sleep(0.005)


def began(path: Path) -> float:
    """When the machine was started, according to the file."""
    with closing(DiaryStore(path)) as store:
        return max(store.read().began.values(), default=0.0)


def test_an_entry_counts_at_once_and_after_a_restart(path: Path, machine: Machine) -> None:
    with closing(machine.opened(path)) as diary:
        diary.write(CRAMP, 100.0, 100.0)
        diary.write(CRAMP, 100.0, 160.0)  # the same conversation, later
        diary.write(CRAMP, 900.0, 960.0)
        assert diary.summary().lately == 2
    with closing(machine.opened(path)) as diary:
        assert diary.summary().lately == 2


def test_a_conversation_is_dated_by_its_call(path: Path, machine: Machine) -> None:
    with closing(machine.opened(path)) as diary:
        diary.write(CRAMP, 100.0, 400.0)
    (record,) = machine.records(path)
    assert record.called_at_s == pytest.approx(machine.clock_s - 300.0, abs=0.01)


def test_correcting_the_clock_while_charley_runs_redates_the_night(path: Path) -> None:
    machine = Machine(clock_s=200.0)  # a Raspberry Pi without a network starts in 1970
    with closing(machine.opened(path)) as diary:
        diary.write(CRAMP, 1.0, 1.0)
        assert diary.summary().readable is Readable.UNDATED
        machine.pass_time(3_600.0)
        machine.clock_s = 1_790_000_000.0
        until(lambda: began(path) > 1_000_000_000.0)
        assert diary.summary().last_ago_s == pytest.approx(3_600.0, abs=0.01)
    assert machine.records(path)[0].called_at_s == pytest.approx(1_789_996_400.0, abs=0.01)


def test_a_night_whose_clock_was_never_set_stays_undated(path: Path) -> None:
    machine = Machine(clock_s=200.0)
    with closing(machine.opened(path)) as diary:
        diary.write(CRAMP, 1.0, 1.0)
    machine.start_anew(clock_s=1_790_000_000.0)
    with closing(machine.opened(path)) as diary:
        summary = diary.summary()
    assert (summary.lately, summary.before, summary.last_ago_s) == (0, 0, None)
    assert [record.dated for record in machine.records(path)] == [False]


def test_a_time_in_the_future_is_taken_for_now(path: Path, machine: Machine) -> None:
    with closing(machine.opened(path)) as diary:
        diary.write(CRAMP, 1.0, 1.0)
    machine.start_anew(machine.clock_s - 3 * DAY_S)
    with closing(machine.opened(path)) as diary:
        summary = diary.summary()
    assert (summary.lately, summary.last_ago_s, summary.last_nights) == (1, 0.0, 0)


def test_what_another_process_erases_is_soon_forgotten_here_too(
    path: Path, machine: Machine
) -> None:
    with closing(machine.opened(path)) as diary:
        diary.write(CRAMP, 1.0, 1.0)
        until(lambda: bool(machine.records(path)))
        erase_kept(path)
        until(lambda: diary.summary().lately == 0)


def test_erasing_clears_the_disk_and_keeps_what_comes_after(path: Path, machine: Machine) -> None:
    with closing(machine.opened(path)) as diary:
        diary.write(CRAMP, 1.0, 1.0)
        diary.erase()
        diary.write(Entry(bedtime=True), 50.0, 50.0)
        assert diary.summary().lately == 0
    assert [record.entry for record in machine.records(path)] == [Entry(bedtime=True)]


def test_a_damaged_file_is_set_aside_and_a_new_one_started(
    path: Path, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all " * 400)
    with caplog.at_level(logging.WARNING), closing(machine.opened(path)) as diary:
        diary.write(CRAMP, 1.0, 1.0)
    assert len(machine.records(path)) == 1
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert f"{FILE}.damaged1" in caplog.text
    assert path.with_name(f"{FILE}.damaged1").read_bytes().startswith(b"no database")


@pytest.mark.slow
def test_a_locked_file_logs_one_line_and_is_written_later(
    path: Path, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    DiaryStore(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with caplog.at_level(logging.WARNING), closing(machine.keeper(path)) as diary:
            diary.write(CRAMP, 1.0, 1.0)
            until(lambda: bool(caplog.records))
            assert diary.summary().readable is Readable.NO
            other.execute("ROLLBACK")
            other.close()
            until(lambda: diary.summary().readable is Readable.YES)
            assert diary.summary().lately == 1
            until(lambda: bool(machine.records(path)))
    assert len(caplog.records) == 1
    assert "kept in memory only" in caplog.text


def test_a_file_from_a_newer_charley_is_left_as_it_is(path: Path, machine: Machine) -> None:
    newer = (*MIGRATIONS, "ALTER TABLE conversation ADD COLUMN mood TEXT;")
    DiaryStore(path, migrations=newer).close()
    before = path.read_bytes()
    with closing(machine.keeper(path)) as diary:
        diary.write(CRAMP, 1.0, 1.0)
        time.sleep(0.1)
        assert diary.summary().readable is Readable.NO
    assert path.read_bytes() == before


FULL_DISK = """
import resource, signal, sys, time
from contextlib import closing
from pathlib import Path
from voice.content.script import Answer, QuestionKey
from voice.dialogue.diary import Entry
from voice.diary.keeper import DiaryKeeper

path = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with closing(DiaryKeeper(path, look_s=0.02)) as diary:
    while diary.summary().readable.value == "no":
        time.sleep(0.01)
    most = 1024 + max(file.stat().st_size for file in path.parent.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    answers = tuple((QuestionKey(f"question {n}"), Answer.YES) for n in range(20))
    for number in range(50):
        diary.write(Entry(cramp=True, answers=answers), number * 100.0, 5_000.0)
    ends_s = time.monotonic() + 20.0
    while diary.summary().writable and time.monotonic() < ends_s:
        time.sleep(0.01)
    print(diary.summary().writable, diary.summary().lately)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    while not diary.summary().writable and time.monotonic() < ends_s:
        time.sleep(0.01)
"""


def test_a_full_disk_logs_one_line_and_all_is_written_once_there_is_room(
    path: Path, machine: Machine
) -> None:
    path.parent.mkdir()
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert run.stdout == "False 50\n"
    assert run.stderr.count("kept in memory only") == 1
    assert len(machine.records(path)) == 50


def test_a_hanging_disk_keeps_nobody_waiting(path: Path, machine: Machine) -> None:
    gone = threading.Event()
    here = threading.current_thread()

    def uptime() -> Uptime:
        if threading.current_thread() is not here:
            gone.wait(30.0)  # the diary's thread gets no further
        return machine.up

    began_s = time.monotonic()
    with closing(DiaryKeeper(path, Clocks(lambda: machine.clock_s, uptime))) as diary:
        diary.write(CRAMP, 1.0, 1.0)
        assert diary.summary().readable is Readable.NO
    assert time.monotonic() - began_s < 5.0
    gone.set()


def test_a_throwaway_diary_touches_no_disk_and_need_not_be_mentioned(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    diary = DiaryKeeper(None, machine.clocks)
    diary.write(CRAMP, 1.0, 1.0)
    assert diary.summary().lately == 1
    assert diary.summary().spoken_of
    diary.erase()
    assert diary.summary().lately == 0
    diary.close()
    assert list(tmp_path.iterdir()) == []
