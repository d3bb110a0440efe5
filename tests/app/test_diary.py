"""The diary, through the whole assistant: what it keeps of a conversation, answers and erases."""

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
    """What is on the disk once everything is written."""
    diary.close()
    return machine.records(path)


def test_a_cramp_is_a_row_with_everything_a_doctor_asks(
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


def test_a_conversation_is_saved_as_it_happens_not_only_at_the_end(
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


def test_a_user_who_falls_asleep_is_recorded_as_silent(
    path: Path, machine: Machine, diary: DiaryKeeper
) -> None:
    bed = Bed(diary=diary, line_s=0.1)
    bed.say("hey charley my left calf")
    bed.until(lambda: isinstance(bed.assistant.state, Asleep), limit_s=300.0)
    (record,) = kept(path, machine, diary)
    assert record.entry.ending is Ending.SILENT
    assert record.entry.relief_s is None


@pytest.mark.parametrize("words", ["", "what about quinine", "how many this month"])
def test_a_false_call_or_a_mere_question_leaves_no_row(
    path: Path, machine: Machine, diary: DiaryKeeper, words: str
) -> None:
    bed = Bed(diary=diary, line_s=0.1)
    bed.say(f"hey charley {words}".strip())
    bed.until(lambda: isinstance(bed.assistant.state, Asleep), limit_s=300.0)
    assert kept(path, machine, diary) == ()


def test_none_of_the_users_words_are_on_the_disk(
    path: Path, machine: Machine, diary: DiaryKeeper
) -> None:
    a_cramp(Bed(diary=diary, line_s=0.1), "hey charley i have a cramp in my left calf")
    assert len(kept(path, machine, diary)) == 1
    everything = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"gone" not in everything
    assert b"hey" not in everything
    assert oct(path.stat().st_mode)[-3:] == "600"


# Asked by voice ---------------------------------------------------------------------------------


def test_it_answers_with_counts_and_times_never_with_reassurance(
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


def test_with_a_clock_that_was_never_set_it_counts_no_days(
    machine: Machine, diary: DiaryKeeper
) -> None:
    machine.start_anew(clock_s=90.0)
    assert ask(Bed(diary=diary, line_s=0.1), "when was the last one") == ["diary_undated"]


# Mentioned once ------------------------------------------------------------------------------


def test_the_user_is_told_about_the_diary_only_once_ever(path: Path, machine: Machine) -> None:
    told = []
    for _ in range(2):
        with closing(machine.opened(path)) as diary:
            bed = Bed(diary=diary, line_s=0.1)
            a_cramp(bed)
            told.append(bed.said().count("diary_kept"))
            assert bed.said()[-1] == "good_night"
    assert told == [1, 0]


def test_a_user_who_must_go_tonight_is_not_told_about_the_diary(diary: DiaryKeeper) -> None:
    bed = Bed(diary=diary, line_s=0.1)
    a_cramp(bed, "hey charley", "no", "yes", *["no"] * 6, "goodbye")
    assert "diary_kept" not in bed.said()
    a_cramp(bed)
    assert "diary_kept" not in bed.said()  # urgent care still stands


# Erased by voice -----------------------------------------------------------------------------


def test_a_plain_yes_erases_the_diary_and_this_conversation(
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
def test_anything_but_a_yes_keeps_the_diary(
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


def test_a_danger_sign_takes_precedence_over_the_erase_question(diary: DiaryKeeper) -> None:
    bed = Bed(diary=diary, line_s=0.1)
    bed.say("hey charley forget the diary")
    state = bed.assistant.state
    assert isinstance(state, OpenFloor)
    assert state.erasing
    until_answered(bed, "my chest hurts")
    assert isinstance(bed.assistant.state, Emergency)


def test_erasing_the_diary_leaves_the_memory_of_the_night(
    diary: DiaryKeeper, tmp_path: Path
) -> None:
    with closing(NightMemory(tmp_path / "night.json")) as memory:
        bed = Bed(memory=memory, diary=diary)
        a_cramp(bed, "hey charley", "no", "yes", *["no"] * 6, "goodbye")
        bed.say("hey charley forget the diary")
        until_answered(bed, "yes", "goodbye")
    assert NightMemory(tmp_path / "night.json").night.level is Level.URGENT


# A disk that fails ---------------------------------------------------------------------------


def test_a_diary_that_cannot_be_opened_is_reported_and_stops_nothing(
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
