"""What an interrupted conversation leaves behind, and what the next run makes of it."""

from __future__ import annotations

import json
import logging
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.app.night import Machine
from tests.app.night import Night as Bed
from tests.shipped import SCRIPT
from voice.app.conversation_marker import FILE, LASTS_S, ConversationMarker, Interrupted
from voice.content.script import Part, QuestionKey
from voice.dialogue import triage
from voice.dialogue.broken_off import BrokenOff
from voice.dialogue.states import (
    AskingCanStand,
    AskingIfGone,
    AskingRedFlag,
    Asleep,
    Bedtime,
    ConfirmingSign,
    Cramp,
    Holding,
    Instructing,
    OfferingCheck,
    OpenFloor,
    Paused,
    Relief,
    Session,
    State,
)

FOOT = Session(triage.begin(SCRIPT), part=Part.FOOT)
EASED = replace(FOOT, cramp=Cramp.GONE)
SUSPECTED = replace(EASED, screening=EASED.screening.suspect(QuestionKey("chest_pain")))
HOLD = Holding(FOOT, Relief(Part.FOOT, 1), 0.0, 30.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / FILE


@pytest.fixture
def machine() -> Machine:
    return Machine()


def killed_in(path: Path, machine: Machine, *states: State, each_s: float = 0.0) -> None:
    """Take Charley through these states, and kill it in the last one."""
    with closing(ConversationMarker(path, machine.clocks)) as marker:
        for state in states:
            marker.note(state)
            machine.pass_time(each_s)


def found(path: Path, machine: Machine) -> Interrupted | None:
    """What the next run of Charley finds."""
    with closing(ConversationMarker(path, machine.clocks)) as marker:
        return marker.interrupted


@pytest.mark.parametrize(
    ("state", "broken_off"),
    [
        (HOLD, BrokenOff(Part.FOOT, gone=False, exercise=Relief(Part.FOOT, 1))),
        (
            Instructing(FOOT, Relief(Part.FOOT)),
            BrokenOff(Part.FOOT, gone=False, exercise=Relief(Part.FOOT)),
        ),
        (
            Paused(EASED, Bedtime(3), 10.0),
            BrokenOff(Part.FOOT, gone=True, exercise=Bedtime(3)),
        ),
        (
            AskingIfGone(FOOT, Relief(Part.FOOT, 2)),
            BrokenOff(Part.FOOT, gone=False, exercise=Relief(Part.FOOT, 2)),
        ),
        (
            AskingCanStand(FOOT, Relief(Part.FOOT, 2)),
            BrokenOff(Part.FOOT, gone=False, exercise=Relief(Part.FOOT, 1)),
        ),
        (AskingRedFlag(EASED, QuestionKey("warm")), BrokenOff(Part.FOOT, gone=True)),
        (
            AskingRedFlag(FOOT, QuestionKey("numb"), HOLD),
            BrokenOff(Part.FOOT, gone=False, signs=(QuestionKey("numb"),)),
        ),
        (
            ConfirmingSign(SUSPECTED, QuestionKey("faint"), HOLD),
            BrokenOff(
                Part.FOOT, gone=True, signs=(QuestionKey("chest_pain"), QuestionKey("faint"))
            ),
        ),
        (OfferingCheck(EASED), BrokenOff(Part.FOOT, gone=True)),
        (OpenFloor(EASED), None),
    ],
)
def test_the_point_of_interruption_is_found_again(
    path: Path, machine: Machine, state: State, broken_off: BrokenOff | None
) -> None:
    killed_in(path, machine, state)
    assert found(path, machine) == Interrupted(broken_off, lasted_s=0.0, ago_s=0.0)


def test_times_count_from_the_wake_and_from_the_last_change(path: Path, machine: Machine) -> None:
    killed_in(path, machine, Instructing(FOOT, Relief(Part.FOOT)), HOLD, each_s=50.0)
    interrupted = found(path, machine)
    assert interrupted is not None
    assert (interrupted.lasted_s, interrupted.ago_s) == (100.0, 50.0)


@pytest.mark.parametrize("off_s", [0.0, 60.0, LASTS_S + 1.0])
def test_an_interruption_expires_after_15_minutes_even_across_a_reboot(
    path: Path, machine: Machine, off_s: float
) -> None:
    killed_in(path, machine, HOLD)
    machine.start_anew(off_s)
    assert (found(path, machine) is not None) == (off_s <= LASTS_S)


def test_a_conversation_that_ended_well_leaves_nothing(path: Path, machine: Machine) -> None:
    killed_in(path, machine, HOLD, Asleep())
    assert not path.exists()
    with closing(ConversationMarker(path, machine.clocks)) as marker:
        marker.note(HOLD)
        marker.forget()
    assert not path.exists()
    assert found(path, machine) is None


def test_an_interruption_is_reported_once(path: Path, machine: Machine) -> None:
    killed_in(path, machine, HOLD)
    killed_in(path, machine, Asleep())
    assert found(path, machine) is None


def test_the_file_holds_none_of_the_users_words(path: Path, machine: Machine) -> None:
    killed_in(path, machine, HOLD)
    kept = json.loads(path.read_text())
    assert kept["place"] == {"part": "foot", "gone": False, "step": 1}
    assert set(kept) == {"place", "began", "at"}
    assert set(kept["at"]) == {"wall_s", "boot", "up_s"}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"activity": "hold", "at_s": 3}'])
def test_a_damaged_file_only_logs_a_warning(
    path: Path, machine: Machine, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert found(path, machine) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    killed_in(path, machine, Asleep())
    assert not path.exists()


def test_the_next_run_asks_and_continues_from_the_answer() -> None:
    bed = Bed()
    bed.assistant.resume(BrokenOff(Part.FOOT, gone=False, exercise=Relief(Part.FOOT)), 60.0)
    bed.until_quiet()
    assert bed.said() == ["back_again", "ask_relief"]
    bed.say("no")
    assert isinstance(bed.assistant.state, Instructing)
    assert bed.assistant.state.exercise == Relief(Part.FOOT, 1)
