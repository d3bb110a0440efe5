"""Ctrl-C and SIGTERM at any moment, two Charleys at once, and one that was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.running import (
    MICROPHONE,
    STRETCH,
    RunningCharley,
    charley,
    tell,
    to_the_hold,
    wake,
)
from tests.sound_server import SoundServer, running_sound_server

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("real time 1")]

COMMAND = [sys.executable, "-m", "voice.cli", "run", *MICROPHONE]
AWAY = "Charley: I was away for a moment."
PATIENCE_S = 20.0
"""How long a busy machine may take to write a small file."""


@pytest.fixture(scope="module")
def server() -> Iterator[SoundServer]:
    with running_sound_server() as running:
        yield running


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rendered speech for all tests in this file."""
    return tmp_path_factory.mktemp("leaving") / "cache"


@pytest.fixture
def own_state(cache: Path, tmp_path: Path) -> dict[str, str]:
    return {"CHARLEY_CACHE": str(cache), "CHARLEY_STATE": str(tmp_path / "state")}


def start_up_s(server: SoundServer, own_state: dict[str, str]) -> float:
    """How long a start takes on this machine, as busy as it is now."""
    began_s = time.monotonic()
    with charley(server, Path(own_state["CHARLEY_CACHE"]), *MICROPHONE):
        return time.monotonic() - began_s


AT_AN_IMPORT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
import voice.cli.start

class Finder:
    left = int(sys.argv.pop(1))

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        cls.left -= 1
        if cls.left == 0:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder)
sys.exit(voice.cli.start.start())
"""
"""`charley`, told to leave by Ctrl-C while it looks for its nth module to load."""


@pytest.mark.parametrize("number", [1, 5, 20, 50, 100, 150, 200, 300])
def test_ctrl_c_while_charley_is_loading_is_quiet(number: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_AN_IMPORT, str(number), "run", "--microphone", "Neptune"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert done.returncode in {-signal.SIGINT, 130}


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_charley_leaves_at_any_moment_without_a_traceback(
    server: SoundServer, own_state: dict[str, str], asked: signal.Signals
) -> None:
    start_up_s(server, own_state)  # renders what there is to say
    whole_s = start_up_s(server, own_state)
    # A shell that runs the tests in the background makes what they start ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for moment in range(1, 17):
            process = subprocess.Popen(
                COMMAND,
                env=dict(server.environment) | own_state,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            time.sleep(max(0.1, whole_s * moment / 12))
            process.send_signal(asked)
            _out, errors = process.communicate(timeout=10)
            assert errors == "", f"{moment} of 12 parts of {whole_s:.1f} s: {errors}"
            assert process.returncode in {0, 130, -asked}
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_second_charley_says_which_process_is_the_first(
    server: SoundServer, cache: Path, own_state: dict[str, str], tmp_path: Path
) -> None:
    with charley(server, cache, *MICROPHONE, CHARLEY_STATE=own_state["CHARLEY_STATE"]) as running:
        number = running.process.pid
        for environ, what in (
            (own_state | {"CHARLEY_STATE": str(tmp_path / "other")}, "'bedside_speaker'"),
            (own_state | {"XDG_RUNTIME_DIR": str(tmp_path)}, own_state["CHARLEY_STATE"]),
        ):
            second = subprocess.run(
                COMMAND,
                env=dict(server.environment) | environ,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert (second.returncode, second.stdout) == (2, "")
            assert f"{what} is in use by another Charley (process {number})." in second.stderr
            assert len(second.stderr.splitlines()) == 1
        wake(running, server)
        assert running.leave() < 2.0
    with charley(server, cache, *MICROPHONE, CHARLEY_STATE=own_state["CHARLEY_STATE"]) as third:
        assert third.leave() < 2.0


def kill(running: RunningCharley) -> None:
    """End it as a power cut would."""
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait(timeout=10)


def marked(path: Path, place: dict[str, object]) -> dict[str, object]:
    """The marker of a conversation, once it names that place: a thread writes it."""
    ends_s = time.monotonic() + PATIENCE_S
    found: dict[str, object] = {}
    while found.get("place") != place:
        assert time.monotonic() < ends_s, found
        time.sleep(0.05)
        if path.exists():  # it is replaced as a whole, so it is never half written
            found = json.loads(path.read_text())
    return found


def test_killed_in_a_hold_charley_says_it_was_away_and_offers_to_go_on(
    server: SoundServer, cache: Path, own_state: dict[str, str]
) -> None:
    marker = Path(own_state["CHARLEY_STATE"], "conversation.json")
    with charley(server, cache, *MICROPHONE, CHARLEY_STATE=own_state["CHARLEY_STATE"]) as running:
        assert not marker.exists()
        to_the_hold(running, server)
        kept = marked(marker, {"part": "calf", "gone": False, "step": 0})
        assert set(kept) == {"place", "began", "at"}
        kill(running)
    with charley(server, cache, *MICROPHONE, CHARLEY_STATE=own_state["CHARLEY_STATE"]) as running:
        running.until(AWAY)
        running.until("Charley: Has the cramp eased?")
        time.sleep(2.0)  # hear the question out
        tell(running, server, "yes", "Charley: Do you feel faint")
        marked(marker, {"part": "calf", "gone": True})
        kill(running)
    with charley(server, cache, *MICROPHONE, CHARLEY_STATE=own_state["CHARLEY_STATE"]) as running:
        running.until(AWAY)
        running.until("Charley: I hadn't finished my questions.")
        assert running.leave() < 2.0
    assert not marker.exists()  # left on purpose
    with charley(server, cache, *MICROPHONE, CHARLEY_STATE=own_state["CHARLEY_STATE"]) as running:
        wake(running, server)
        running.until(STRETCH)
        assert AWAY not in running.told()
