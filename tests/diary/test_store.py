"""The diary's file: what is written is read back, and an older or newer file is recognised."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from voice.content.script import Answer, Level, Part, QuestionKey, Side
from voice.dialogue.diary import Ending, Entry
from voice.diary.store import (
    FILE,
    MIGRATIONS,
    Call,
    DiaryStore,
    erase_kept,
    is_damaged,
    read_kept,
    set_aside,
)
from voice.errors import DiaryError

FULL = Entry(
    cramp=True,
    part=Part.THIGH_BACK,
    side=Side.BOTH,
    relief_s=71.5,
    steps=("calf_lying", "calf_rub"),
    level=Level.URGENT,
    answers=((QuestionKey("faint"), Answer.NO), (QuestionKey("swollen"), Answer.YES)),
    ending=Ending.FINISHED,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / FILE


@pytest.mark.parametrize("entry", [FULL, Entry(bedtime=True), Entry(level=Level.EMERGENCY)])
def test_every_fact_is_read_back_as_it_was_written(path: Path, entry: Entry) -> None:
    call = Call("boot", 12.5)
    with closing(DiaryStore(path)) as store:
        store.write({call: entry}, 1_000.0)
    with closing(DiaryStore(path)) as store:
        kept = store.read()
    assert kept.entries == {call: entry}
    assert kept.began == {"boot": 1_000.0}
    assert not kept.told


def test_a_call_that_is_written_twice_is_one_row(path: Path) -> None:
    call, other = Call("boot", 12.5), Call("boot", 90.0)
    with closing(DiaryStore(path)) as store:
        store.write({call: Entry(cramp=True)}, 1_000.0)
        store.write({call: FULL, other: Entry(cramp=True)}, 1_000.0)
        assert store.read().entries == {call: FULL, other: Entry(cramp=True)}


def test_correcting_the_clock_corrects_what_was_written_before(path: Path) -> None:
    with closing(DiaryStore(path)) as store:
        store.write({Call("boot", 5.0): FULL}, 1_000.0)
        store.date("boot", 1_001.0)
        assert store.read().began == {"boot": 1_000.0}  # that is only drift
        store.date("boot", 1_790_000_000.0)
        assert store.read().began == {"boot": 1_790_000_000.0}
        store.date("another boot", 5.0)  # nothing was written during it
        assert store.read().began == {"boot": 1_790_000_000.0}


def test_the_file_has_a_write_ahead_log_and_is_private(path: Path) -> None:
    with closing(DiaryStore(path)) as store:
        store.write({Call("boot", 5.0): FULL}, 0.0)
        names = {file.name for file in path.parent.iterdir()}
        assert names == {FILE, f"{FILE}-wal", f"{FILE}-shm"}
        assert {oct(file.stat().st_mode)[-3:] for file in path.parent.iterdir()} == {"600"}


def test_an_older_file_is_migrated_and_keeps_its_rows(path: Path) -> None:
    newer = (*MIGRATIONS, "ALTER TABLE conversation ADD COLUMN mood TEXT;")
    with closing(DiaryStore(path)) as store:
        store.write({Call("boot", 5.0): FULL}, 0.0)
    with closing(DiaryStore(path, migrations=newer)) as store:
        assert store.read().entries == {Call("boot", 5.0): FULL}
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (len(newer),)
        assert file.execute("SELECT mood FROM conversation").fetchall() == [(None,)]


def test_a_failed_migration_changes_nothing(path: Path) -> None:
    with closing(DiaryStore(path)) as store:
        store.write({Call("boot", 5.0): FULL}, 0.0)
    broken = (*MIGRATIONS, "ALTER TABLE conversation ADD COLUMN mood TEXT;\nDROP TABLE nothing;")
    with pytest.raises(sqlite3.OperationalError, match="nothing"):
        DiaryStore(path, migrations=broken)
    with closing(DiaryStore(path)) as store:
        assert store.read().entries == {Call("boot", 5.0): FULL}


def test_a_newer_file_is_left_alone(path: Path) -> None:
    newer = (*MIGRATIONS, "ALTER TABLE conversation ADD COLUMN mood TEXT;")
    DiaryStore(path, migrations=newer).close()
    before = path.read_bytes()
    with pytest.raises(DiaryError, match="newer Charley"):
        DiaryStore(path)
    assert path.read_bytes() == before


def test_what_is_erased_can_no_longer_be_found(path: Path) -> None:
    with closing(DiaryStore(path)) as store:
        store.write({Call("boot-of-that-night", n * 1.0): FULL for n in range(500)}, 0.0)
        store.tell()
    damaged = path.with_name(f"{FILE}.damaged1")
    damaged.write_text("swollen")
    assert erase_kept(path) == 500
    left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"swollen" not in left
    assert b"boot-of-that-night" not in left
    assert not damaged.exists()
    assert read_kept(path, "", 0.0).told  # this stays


def test_erasing_reaches_a_file_that_another_process_has_open(path: Path) -> None:
    with closing(DiaryStore(path)) as store:
        store.write({Call("boot", 5.0): FULL}, 0.0)
        version = store.version_of_data()
        erase_kept(path)
        assert store.version_of_data() != version
        assert store.read().entries == {}


@pytest.mark.parametrize(
    "content", [b"no database at all " * 400, b"SQLite format 3\0" + b"x" * 9000]
)
def test_a_damaged_file_is_recognised(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(sqlite3.DatabaseError) as found:
        DiaryStore(path)
    assert is_damaged(found.value)
    with pytest.raises(DiaryError, match="is damaged"):
        read_kept(path, "", 0.0)
    first, second = set_aside(path), None
    path.write_bytes(content)
    second = set_aside(path)
    assert first.read_bytes() == second.read_bytes() == content
    assert not path.exists()


def test_an_overwritten_page_is_damage_too(path: Path) -> None:
    with closing(DiaryStore(path)) as store:
        store.write({Call("boot", n * 1.0): FULL for n in range(500)}, 0.0)
    whole = bytearray(path.read_bytes())
    whole[4096 * 3 : 4096 * 6] = b"\xa5" * 4096 * 3
    path.write_bytes(bytes(whole))
    with pytest.raises(sqlite3.DatabaseError) as found:
        DiaryStore(path)
    assert is_damaged(found.value)


def test_an_unreadable_row_is_named(path: Path) -> None:
    with closing(DiaryStore(path)) as store:
        store.write({Call("boot", 5.0): FULL}, 0.0)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE conversation SET part = 'elbow'")
    with pytest.raises(DiaryError, match="elbow"):
        read_kept(path, "", 0.0)


def test_a_missing_diary_is_reported(path: Path) -> None:
    with pytest.raises(DiaryError, match="There is no diary yet"):
        read_kept(path, "", 0.0)
    assert not path.exists()
