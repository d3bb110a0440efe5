"""A changed copy of a record is the one that ``dataclasses.replace`` makes."""

from __future__ import annotations

import dataclasses

import pytest

from tests.dialogue.walking import Talk
from voice.dialogue.changing import replace
from voice.dialogue.hold import Hold
from voice.dialogue.night import NO_MEMORY


def test_a_changed_copy_is_that_of_dataclasses_and_leaves_the_original_alone() -> None:
    talk = Talk()
    talk.to_hold()
    before = talk.state
    assert replace(before, turn_id=99) == dataclasses.replace(before, turn_id=99)
    assert before.turn_id != 99


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(TypeError, match="Night has no field levle"):
        replace(NO_MEMORY, levle=1)  # type: ignore[call-arg]


def test_a_record_that_checks_itself_is_checked_again() -> None:
    hold = Hold(30.0, ())
    with pytest.raises(ValueError, match="outside"):
        replace(hold, length_s=-1.0)
