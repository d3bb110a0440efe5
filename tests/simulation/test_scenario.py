"""Scenarios: what is read from them, and what is refused, naming file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from voice.content.script import Level
from voice.errors import RehearsalError
from voice.simulation.noise import NoiseKind
from voice.simulation.scenario import Reply, read_scenario

GOOD = """
title = "A night"
seed = 3
time_limit_s = 60

[room]
noise = "snoring"
noise_dbfs = -40

[expect]
level = "urgent"
says = ["wake_*"]

[[reply]]
at_s = 1
says = "hey charley"

[[reply]]
to = "ask_*"
times = "always"
says = "no"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "night.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_scenario_is_read(tmp_path: Path) -> None:
    scenario = read_scenario(write(tmp_path, GOOD))
    assert scenario.title == "A night"
    assert scenario.room.noise is NoiseKind.SNORING
    assert scenario.expect.advice is Level.URGENT
    assert scenario.reply == (
        Reply(at_s=1, says="hey charley"),
        Reply(to="ask_*", times="always", says="no"),
    )


def test_a_missing_level_is_none(tmp_path: Path) -> None:
    assert read_scenario(write(tmp_path, 'title = "x"\n[expect]\n')).expect.advice is None


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("title", "titel", "titel"),
        ("seed = 3", 'seed = "three"', "seed: "),
        ("time_limit_s = 60", "time_limit_s = 0", "time_limit_s: "),
        ('noise = "snoring"', 'noise = "rain"', "room.noise: "),
        ("noise_dbfs = -40", "noise_dbfs = 4", "room.noise_dbfs: "),
        ("noise_dbfs", "loudness", "loudness"),
        ('level = "urgent"', 'level = "bad"', "expect.level: "),
        ('says = "no"', 'says = ""', "reply[1].says: "),
        ('times = "always"', "times = 0", "reply[1].times: "),
        ('to = "ask_*"', 'to = "ask_*"\nover = "x"', "exactly one of `to`, `over`, `hold`, `at_s`"),
        ("at_s = 1", "", "reply[0]: needs exactly one"),
        ('says = "no"', 'says = "no"\nrecording = "x.wav"', "both `says` and `recording`"),
        ('says = "no"', 'recording = "x.wav"', "the recording 'x.wav' does not exist"),
        ("[expect]", "[expect", "not valid TOML"),
    ],
)
def test_an_error_is_reported_with_file_and_key(
    tmp_path: Path, was: str, becomes: str, told: str
) -> None:
    assert GOOD.count(was) >= 1
    path = write(tmp_path, GOOD.replace(was, becomes, 1))
    with pytest.raises(RehearsalError) as caught:
        read_scenario(path)
    assert str(path) in str(caught.value)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_says_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match=r"no such scenario.*--list"):
        read_scenario(tmp_path / "none.toml")


def test_a_folder_is_not_a_scenario(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match="cannot be read"):
        read_scenario(tmp_path)


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "night.toml"
    path.write_bytes(b"title = \xff")
    with pytest.raises(RehearsalError, match="cannot be read"):
        read_scenario(path)
