"""The diary, through the whole assistant: what is kept of a conversation, asked and erased."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.app.night import Night as Bed
from tests.diary_nights import DAY_S, Machine, a_cramp, ask, until_answered
from voice.app.night_memory import NightMemory
from voice.content.script import Answer, Level, Part, Side
from voice.dialogue.actions import EraseDiary
from voice.dialogue.diary import Ending, Entry
from voice.dialogue.states import Asleep, Emergency, OpenFloor
from voice.diary.keeper import DiaryKeeper
from voice.diary.record import Record
from voice.diary.store import FILE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / FILE


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def diary(path: Path, machine: Machine) -> Iterator[DiaryKeeper]:
    with closing(machine.opened(path)) as keeper:
        yield keeper


def kept(path: Path, machine: Machine, diary: DiaryKeeper) -> tuple[Record, ...]:
    """What lies on the disk once all is written."""
    diary.close()
    return machine.records(path)


def test_a_cramp_is_a_row_with_all_that_a_doctor_asks(
    path: Path, machine: Machine, diary: DiaryKeeper
) -> None:
    a_cramp(
        Bed(diary=diary, line_s=0.1),
        "hey charley my left calf",
        "no",
        "yes",
        *["no"] * 6,
        "goodbye",
    )
    (record,) = kept(path, machine, diary)
    entry = record.entry
    assert (entry.cramp, entry.part, entry.side) == (True, Part.CALF, Side.LEFT)
    assert entry.relief_s is not None
    assert 5.0 < entry.relief_s < 30.0
    assert entry.steps == ("calf_lying",)
    assert entry.level is Level.URGENT
    answers = dict(entry.answers)
    assert [key for key, answer in answers.items() if answer is Answer.YES] == ["swollen"]
    assert answers.keys() >= {"faint", "swollen", "chest_pain", "short_of_breath"}
    assert entry.ending is Ending.FINISHED
    assert record.called_at_s == pytest.approx(machine.clock_s, abs=120.0)


def test_it_is_kept_while_it_happens_and_not_only_at_the_end(
    path: Path, machine: Machine, diary: DiaryKeeper
) -> None:
    bed = Bed(diary=diary, line_s=0.1)
    bed.say("hey charley my left calf")
    bed.until_holding()
    bed.say("my chest hurts")
    assert isinstance(bed.assistant.state, Emergency)
    # The power failed here.
    (record,) = kept(path, machine, diary)
    assert record.entry.level is Level.EMERGENCY
    assert record.entry.ending is None


def test_whoever_falls_asleep_in_it_fell_silent(
    path: Path, machine: Machine, diary: DiaryKeeper
) -> None:
    bed = Bed(diary=diary, line_s=0.1)
    bed.say("hey charley my left calf")
    bed.until(lambda: isinstance(bed.assistant.state, Asleep), limit_s=300.0)
    (record,) = kept(path, machine, diary)
    assert record.entry.ending is Ending.SILENT
    assert record.entry.relief_s is None


@pytest.mark.parametrize("words", ["", "what about quinine", "how many this month"])
def test_a_false_call_and_a_question_are_no_rows(
    path: Path, machine: Machine, diary: DiaryKeeper, words: str
) -> None:
    bed = Bed(diary=diary, line_s=0.1)
    bed.say(f"hey charley {words}".strip())
    bed.until(lambda: isinstance(bed.assistant.state, Asleep), limit_s=300.0)
    assert kept(path, machine, diary) == ()


def test_no_word_of_the_person_is_on_the_disk(
    path: Path, machine: Machine, diary: DiaryKeeper
) -> None:
    a_cramp(Bed(diary=diary, line_s=0.1), "hey charley i have a cramp in my left calf")
    assert len(kept(path, machine, diary)) == 1
    everything = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"gone" not in everything
    assert b"hey" not in everything
    assert oct(path.stat().st_mode)[-3:] == "600"


# Asked by voice ---------------------------------------------------------------------------------


def test_it_answers_with_counts_and_times_and_never_with_comfort(
    path: Path, machine: Machine
) -> None:
    with closing(machine.opened(path)) as diary:
        for night in range(3):
            diary.write(Entry(cramp=True), float(night), float(night))
            machine.pass_time(14 * DAY_S)
    bed = Bed(diary=machine.opened(path), line_s=0.1)
    assert ask(bed, "how many this month") == ["diary_lately", "cramps_2"]
    assert ask(bed, "when was the last one") == ["last_weeks_2"]
    assert ask(bed, "is it getting better") == [
        *("diary_lately", "cramps_2"),
        *("diary_before", "cramps_1"),
        "diary_ask_doctor",
    ]


def test_it_answers_at_the_open_floor_too(diary: DiaryKeeper) -> None:
    bed = Bed(diary=diary, line_s=0.1)
    bed.say("hey charley what about salt")
    until_answered(bed, "when was the last one")
    assert bed.said()[-2:] == ["last_none", "anything_else"]
    until_answered(bed, "how often have i had cramps lately")
    assert bed.said()[-3:] == ["diary_lately", "cramps_0", "anything_else"]


def test_without_a_diary_it_says_so() -> None:
    assert ask(Bed(), "how many this month") == ["diary_off"]
    assert ask(Bed(), "forget the diary") == ["diary_off"]


def test_a_clock_that_was_never_set_counts_no_days(machine: Machine, diary: DiaryKeeper) -> None:
    machine.start_anew(clock_s=90.0)
    assert ask(Bed(diary=diary, line_s=0.1), "when was the last one") == ["diary_undated"]


# Spoken of once ------------------------------------------------------------------------------


def test_the_person_is_told_of_it_once_ever(path: Path, machine: Machine) -> None:
    told = []
    for _ in range(2):
        with closing(machine.opened(path)) as diary:
            bed = Bed(diary=diary, line_s=0.1)
            a_cramp(bed)
            told.append(bed.said().count("diary_kept"))
            assert bed.said()[-1] == "good_night"
    assert told == [1, 0]


def test_somebody_who_must_go_tonight_is_not_told_of_it(diary: DiaryKeeper) -> None:
    bed = Bed(diary=diary, line_s=0.1)
    a_cramp(bed, "hey charley", "no", "yes", *["no"] * 6, "goodbye")
    assert "diary_kept" not in bed.said()
    a_cramp(bed)
    assert "diary_kept" not in bed.said()  # urgent care still stands


# Erased by voice -----------------------------------------------------------------------------


def test_it_is_erased_after_a_plain_yes_and_with_it_this_conversation(
    path: Path, machine: Machine, diary: DiaryKeeper
) -> None:
    bed = Bed(diary=diary, line_s=0.1)
    a_cramp(bed)
    bed.say("hey charley forget the diary")
    assert bed.said()[-1] == "diary_erase_ask"
    until_answered(bed, "yes")
    assert bed.said()[-2:] == ["diary_erased", "anything_else"]
    until_answered(bed, "when was the last one")
    assert "last_none" in bed.said()
    until_answered(bed, "goodbye")
    assert kept(path, machine, diary) == ()


@pytest.mark.parametrize("reply", ["no", "maybe", "", "mumble"])
def test_anything_but_a_yes_keeps_it(
    path: Path, machine: Machine, diary: DiaryKeeper, reply: str
) -> None:
    bed = Bed(diary=diary, line_s=0.1)
    a_cramp(bed)
    bed.say("hey charley forget the diary")
    if reply == "mumble":
        bed.until_quiet()
        bed.say("[unk]")
        until_answered(bed, "[unk]")
    elif reply:
        until_answered(bed, reply)
    else:
        bed.until(lambda: "diary_stays" in bed.said())
    assert bed.said()[-2:] == ["diary_stays", "anything_else"]
    assert not any(isinstance(action, EraseDiary) for action in bed.actions)
    assert len(kept(path, machine, diary)) == 1


def test_a_danger_sign_goes_before_the_question_whether_to_erase(diary: DiaryKeeper) -> None:
    bed = Bed(diary=diary, line_s=0.1)
    bed.say("hey charley forget the diary")
    state = bed.assistant.state
    assert isinstance(state, OpenFloor)
    assert state.erasing
    until_answered(bed, "my chest hurts")
    assert isinstance(bed.assistant.state, Emergency)


def test_an_erased_diary_leaves_the_memory_of_the_night(diary: DiaryKeeper, tmp_path: Path) -> None:
    with closing(NightMemory(tmp_path / "night.json")) as memory:
        bed = Bed(memory=memory, diary=diary)
        a_cramp(bed, "hey charley", "no", "yes", *["no"] * 6, "goodbye")
        bed.say("hey charley forget the diary")
        until_answered(bed, "yes", "goodbye")
    assert NightMemory(tmp_path / "night.json").night.level is Level.URGENT


# A disk that will not ------------------------------------------------------------------------


def test_a_diary_that_cannot_be_opened_is_said_so_and_stops_nothing(
    path: Path, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.write_text("a file where a folder should be")
    with closing(machine.keeper(path)) as diary:
        bed = Bed(diary=diary, line_s=0.1)
        a_cramp(bed)
        assert ask(bed, "how many this month") == ["diary_shut"]
        assert ask(bed, "forget the diary") == ["diary_shut"]
    warnings = [r for r in caplog.records if "kept in memory only" in r.getMessage()]
    assert len(warnings) == 1


def test_a_locked_diary_is_kept_in_memory_and_written_later(
    path: Path, machine: Machine, diary: DiaryKeeper
) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    bed = Bed(diary=diary, line_s=0.1)
    a_cramp(bed)
    assert ask(bed, "how many this month") == ["diary_lately", "cramps_1"]
    other.execute("ROLLBACK")
    other.close()
    bed.until(lambda: bool(machine.records(path)))
    assert machine.records(path)[0].entry.cramp
