"""``charley rehearse`` on the command line."""

from __future__ import annotations

import json
import tempfile
import wave
from pathlib import Path

import pytest

from voice.app.paths import cache_folder
from voice.cli.main import main

pytestmark = pytest.mark.usefixtures("parts")

SHORT = """
title = "Called by mistake"
time_limit_s = 6

[expect]
{expect}

[[reply]]
at_s = 1
says = "hey charley"
"""


def write(folder: Path, name: str, expect: str) -> str:
    path = folder / name
    path.write_text(SHORT.format(expect=expect), encoding="utf-8")
    return str(path)


@pytest.mark.slow
def test_the_transcript_is_printed_and_the_report_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, "short.toml", 'state = "instructing"\nsays = ["calf_pull"]')
    assert main(["rehearse", path, "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "Called by mistake."
    assert printed[1] == "0:01 Sleeper: hey charley"
    assert printed[2] == "0:02 Heard: the wake phrase"
    assert printed[3].startswith("0:02 Charley: Lie on your back")
    assert printed[-2] == "short: as expected."
    assert "times real time" in printed[-1]
    with wave.open(str(tmp_path / "out" / "conversation.wav")) as file:
        assert file.getnchannels() == 2
        assert file.getnframes() == 6 * 16_000 // 512 * 512 + 512
    assert (tmp_path / "out" / "transcript.txt").read_text().splitlines()[-1] == printed[-2]
    entries = (tmp_path / "out" / "events.jsonl").read_text().splitlines()
    assert {json.loads(entry)["kind"] for entry in entries} == {"event", "action", "said"}


@pytest.mark.slow
def test_an_unexpected_outcome_is_one_line_and_exit_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path, "good.toml", 'state = "instructing"')
    bad = write(tmp_path, "bad.toml", 'wakes = 0\nstate = "instructing"')
    assert main(["rehearse", "--quiet", good, bad, "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "good: as expected.",
        "bad: not as expected: it woke once, not never.",
        "1 of 2 rehearsals went as expected.",
    ]
    assert (tmp_path / "out" / "01-good" / "events.jsonl").is_file()
    assert (tmp_path / "out" / "02-bad" / "conversation.wav").is_file()


@pytest.mark.slow
def test_only_the_last_rehearsal_is_kept_if_no_folder_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    kept = cache_folder() / "last-rehearsal"
    for name in ("one.toml", "another.toml"):
        assert main(["rehearse", write(tmp_path, name, 'state = "instructing"')]) == 0
        assert str(kept) in capsys.readouterr().out
        assert (kept / "transcript.txt").read_text().splitlines()[-1].startswith(name[:-5])
    assert sorted(p.name for p in kept.iterdir()) == [
        "conversation.wav",
        "events.jsonl",
        "transcript.txt",
    ]
    assert not list(temporary.glob("charley*"))


def test_the_list_names_the_shipped_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rehearse", "--list"]) == 0
    assert "calf: A plain calf cramp" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("name", ["nothing", "no/such.toml"])
def test_an_unknown_scenario_is_reported_in_one_line(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rehearse", name]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert name in told.err
    assert "--list" in told.err
    assert len(told.err.splitlines()) == 1


def test_all_scenarios_are_read_before_the_first_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = write(tmp_path, "broken.toml", 'level = "bad"')
    assert main(["rehearse", "calf", broken]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "broken.toml: expect.level" in told.err
