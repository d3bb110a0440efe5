"""`charley run`, `check` and `devices` on PortAudio, against a sound server of the tests' own."""

from __future__ import annotations

import importlib.util
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from voice.audio.samples import silence
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.ports import VoiceStyle

if TYPE_CHECKING:
    from tests.sound_server import SoundServer

_SERVER = Path(__file__).resolve().parents[1] / "sound_server.py"
MICROPHONE = ["--microphone", "bedside_microphone"]


@pytest.fixture(scope="module")
def server() -> Iterator[SoundServer]:
    spec = importlib.util.spec_from_file_location("sound_server", _SERVER)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules.setdefault("sound_server", importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    with module.running_sound_server() as running:
        yield running


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Rendered speech for all tests of this file: it takes a while, once."""
    return str(tmp_path_factory.mktemp("cache"))


def charley(server: SoundServer, *words: str, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "voice.cli", *words],
        env=dict(server.environment) | environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def lines_until(process: subprocess.Popen[str], words: str) -> list[str]:
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if words in line:
            return seen
    raise AssertionError(f"{words!r} was not said: {seen}, {process.communicate()}")


def faults(errors: str) -> list[str]:
    """What was complained of; progress, and a line tried a second time, are no complaints."""
    usual = ("Rendering speech", "speech engine, try 1 of 2")
    return [line for line in errors.splitlines() if not line.startswith(usual)]


def test_charley_wakes_speaks_and_leaves_when_told_to(server: SoundServer, cache: str) -> None:
    with closing(Pyttsx3Synthesizer()) as synthesizer:
        spoken = synthesizer.render("hey charley", VoiceStyle("en-us", 150)).samples
    process = charley(server, "run", "--show", *MICROPHONE, CHARLEY_CACHE=cache)
    try:
        told = lines_until(process, "Charley listens, with the model charley-en")
        assert 'Say "hey charley" or "leg cramp".' in told[-1]
        server.play_into_the_room(np.concatenate([silence(0.5), spoken, silence(1.0)]))
        lines_until(process, "Heard: the wake phrase.")
        lines_until(process, "Charley: Pull your toes up")
        began_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=10)
        assert time.monotonic() - began_s < 2.0
        assert (process.returncode, "Traceback" in out) == (0, False)
        assert faults(errors) == []
    finally:
        process.kill()
        process.wait()


def test_ctrl_c_is_quiet(server: SoundServer, cache: str) -> None:
    # A shell that runs the tests in the background has them, and what they start, ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = charley(server, "run", *MICROPHONE, CHARLEY_CACHE=cache)
    signal.signal(signal.SIGINT, before)
    try:
        lines_until(process, "Charley listens")
        process.send_signal(signal.SIGINT)
        _out, errors = process.communicate(timeout=10)
        assert process.returncode == 130
        assert "Traceback" not in errors
    finally:
        process.kill()
        process.communicate()


def test_a_device_that_is_not_there_is_named_with_those_that_are(server: SoundServer) -> None:
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
    assert "Used unless another is set." in out
