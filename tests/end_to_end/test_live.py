"""`charley run` and `devices` on PortAudio, against the tests' own sound server."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from tests.end_to_end.running import STRETCH, RunningCharley, wake
from tests.sound_server import SoundServer

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("real time 1")]

MICROPHONE = ["--microphone", "bedside_microphone"]


def charley(server: SoundServer, *words: str, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "voice.cli", *words],
        env=dict(server.environment) | environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def listening(server: SoundServer, cache: Path, *words: str) -> RunningCharley:
    command = [sys.executable, "-m", "voice.cli", "run", *words]
    return RunningCharley(command, dict(server.environment) | {"CHARLEY_CACHE": str(cache)})


def faults(errors: Iterable[str]) -> list[str]:
    """The complaints; progress, and a line tried a second time, are not complaints."""
    usual = ("Rendering speech", "speech engine, try 1 of 2")
    return [line for line in errors if not line.startswith(usual)]


def test_charley_wakes_speaks_and_leaves_when_told_to(server: SoundServer, cache: Path) -> None:
    with closing(listening(server, cache, "--show", *MICROPHONE)) as running:
        told = running.until("Charley listens, with the model charley-en")
        assert 'Say "hey charley" or "leg cramp".' in told
        wake(running, server)
        running.until(STRETCH)
        assert running.leave() < 2.0
        assert "Traceback" not in running.told()
        assert faults(running.errors) == []


def test_ctrl_c_is_quiet(server: SoundServer, cache: Path) -> None:
    # A shell that runs the tests in the background makes them, and what they start, ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    running = listening(server, cache, *MICROPHONE)
    signal.signal(signal.SIGINT, before)
    with closing(running):
        running.until("Charley listens")
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(timeout=10) == 130
        assert "Traceback" not in running.told()


def test_a_missing_device_is_named_with_the_available_ones(server: SoundServer) -> None:
    process = charley(server, "run", "--or-rehearse", "--microphone", "Neptune")
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert "There is no microphone 'Neptune'" in errors
    assert "bedside_microphone" in errors
    assert len(errors.splitlines()) == 1


def test_devices_are_listed_for_programs(server: SoundServer) -> None:
    process = charley(server, "devices", "--json")
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    devices = json.loads(out)["devices"]
    assert {"bedside_microphone", "bedside_speaker"} <= {device["name"] for device in devices}
    assert any(device["default_input"] for device in devices)


def test_devices_are_listed(server: SoundServer) -> None:
    process = charley(server, "devices")
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert re.search(r"^Microphone \d+: bedside_microphone, ", out, re.MULTILINE)
    assert re.search(r"^Speaker \d+: bedside_speaker, ", out, re.MULTILINE)
    assert "Used unless you choose another." in out
