"""``charley hear`` on recordings of several formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.listening.conftest import in_room, spoken
from voice.audio.samples import Samples, resample, samples_of
from voice.cli.main import main
from voice.listening.decision import Refusal


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Isolate the tests from the user's own settings and models."""
    monkeypatch.setenv("CHARLEY_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("CHARLEY_MODELS", str(tmp_path / "models"))
    (tmp_path / "config.toml").write_text("", encoding="utf-8")


def recording(path: Path, samples: Samples, rate_hz: int = 16_000, channels: int = 1) -> str:
    sound = resample(samples, 16_000, rate_hz)
    soundfile.write(path, np.column_stack([sound] * channels), rate_hz)
    return str(path)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("suffix", "rate_hz", "channels"),
    [("wav", 16_000, 1), ("flac", 44_100, 2), ("ogg", 48_000, 1), ("wav", 8_000, 1)],
)
def test_a_recording_in_any_format_is_heard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str, rate_hz: int, channels: int
) -> None:
    voice = spoken("stop")
    path = recording(tmp_path / f"a.{suffix}", in_room(0.5, voice, 0.5), rate_hz, channels)
    assert main(["hear", path]) == 0
    (line,) = lines(capsys)
    assert list(line) == ["file", "heard", "text", "start_s", "end_s"]
    assert (line["file"], line["heard"], line["text"]) == (path, "stop", "stop")
    assert line["start_s"] == pytest.approx(0.5, abs=0.25)
    assert line["end_s"] == pytest.approx(0.5 + len(voice) / samples_of(1.0), abs=0.25)


def test_a_word_that_fills_its_whole_recording_is_heard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recording(tmp_path / "a.wav", spoken("yes"))
    assert main(["hear", path]) == 0
    (line,) = lines(capsys)
    assert line["heard"] == "yes"
    assert 0.0 <= line["start_s"] < line["end_s"] <= len(spoken("yes")) / samples_of(1.0) + 0.001


def test_the_canonical_word_is_reported_beside_the_spoken_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recording(tmp_path / "a.wav", in_room(0.3, spoken("it hurts more"), 0.3))
    assert main(["hear", "--grammar", "hold", path]) == 0
    (line,) = lines(capsys)
    assert (line["heard"], line["text"]) == ("hurts_more", "it hurts more")


def test_anything_not_listened_for_is_null(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    talk = recording(tmp_path / "talk.wav", spoken("the tall wooden cupboard fell over"))
    nothing = recording(tmp_path / "nothing.wav", np.zeros(8000, np.int16))
    empty = recording(tmp_path / "empty.wav", np.zeros(0, np.int16))
    assert main(["hear", talk, nothing, empty]) == 0
    found = lines(capsys)
    assert [line["heard"] for line in found] == [None, None, None]
    assert [line["start_s"] for line in found] == [None, None, None]
    assert [line["text"] for line in found[1:]] == ["", ""]


def test_custom_words_are_listened_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recording(tmp_path / "a.wav", in_room(0.3, spoken("hello"), 0.3))
    assert main(["hear", "--words", "yes, hello", path]) == 0
    assert lines(capsys)[0]["heard"] == "hello"


def test_wake_times_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    voice = spoken("leg cramp")
    once = len(voice) / samples_of(1.0)
    path = recording(tmp_path / "a.wav", in_room(1.0, voice, 2.0, voice, 1.0))
    talk = recording(tmp_path / "b.wav", spoken("the tall wooden cupboard fell over"))
    assert main(["hear", "--wake", "Leg Cramp", path, talk]) == 0
    first, second = lines(capsys)
    assert first["wakes"] == [
        pytest.approx(1.0 + once + 0.3, abs=0.15),
        pytest.approx(3.0 + 2 * once + 0.3, abs=0.15),
    ]
    assert second["wakes"] == []
    (refused,) = second["refused"]
    assert 0.5 < refused[0] <= len(spoken("the tall wooden cupboard fell over")) / samples_of(1.0)
    assert refused[1] == Refusal.NOT_A_CALL.value


def test_an_unreadable_file_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = recording(tmp_path / "good.wav", spoken("yes"))
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"this is no sound")
    assert main(["hear", str(bad), str(tmp_path / "none.wav"), good]) == 1
    out, err = capsys.readouterr()
    assert [json.loads(line)["file"] for line in out.splitlines()] == [good]
    assert len(err.splitlines()) == 2
    assert str(bad) in err
    assert "no such file" in err


@pytest.mark.parametrize("option", ["--wake", "--words"])
def test_a_word_missing_from_the_model_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    path = recording(tmp_path / "a.wav", spoken("yes"))
    assert main(["hear", option, "zorp", path]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "'zorp'" in err
    assert len(err.splitlines()) == 1


def test_an_empty_list_of_words_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hear", "--wake", " , ", "a.wav"]) == 2
    assert "--wake" in capsys.readouterr().err


def test_a_missing_model_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hear", "--model", "/no/such/model", "a.wav"]) == 2
    assert "/no/such/model" in capsys.readouterr().err
