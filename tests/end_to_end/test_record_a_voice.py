"""`charley voice record` and `check` as a user runs them, on a real sound server."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.end_to_end.running import RunningCharley, spoken
from tests.sound_server import SoundServer
from voice.cli.main import main

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("real time 2")]


def test_a_line_is_read_heard_back_and_kept(server: SoundServer, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "voice.cli", "voice", "record", str(tmp_path / "pack")]
    own = {
        "CHARLEY_AUDIO_INPUT_DEVICE": "bedside_microphone",
        "CHARLEY_AUDIO_OUTPUT_DEVICE": "bedside_speaker",
    }
    running = RunningCharley(
        [*command, "--line", "well_done", "--line", "good_night"], dict(server.environment) | own
    )
    with closing(running):
        for text in ("I am glad.", "Good night. I'm here if you call."):
            # Read after the tone, which follows the line; the take begins with the voice.
            running.until(text)
            time.sleep(4.0)
            for _ in range(3):
                server.play_into_the_room(spoken(text))
                try:
                    running.until("Kept.", 12.0)
                except AssertionError:
                    continue
                break
            else:
                raise AssertionError(running.told())
        running.until("2 of")
        assert running.process.wait(timeout=20) == 0
    assert {path.name for path in (tmp_path / "pack").iterdir()} == {
        "takes.json",
        "well_done.wav",
        "good_night.wav",
    }


def test_check_says_how_much_is_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["voice", "check", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert out.startswith("0 of ")
    assert f"charley voice record {tmp_path}" in out
    assert main(["voice", "record", str(tmp_path), "--line", "no_such_line"]) == 2
    assert "no line 'no_such_line'" in capsys.readouterr().err
    helped = subprocess.run(
        [sys.executable, "-m", "voice.cli", "voice", "record", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "one by one" in helped.stdout
