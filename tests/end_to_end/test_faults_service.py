"""A service that loses all sound: alive for systemd meanwhile, and gone when that may help."""

from __future__ import annotations

import contextlib
import socket
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.end_to_end.running import PATIENCE_S, RunningCharley
from tests.sound_server import SoundServer

SOONER = """
import sys
from voice.cli.main import main
from voice.app import live
live.BOTH_LOST_S = 3.0
sys.exit(main(["run", "--wait", "--microphone", "bedside_microphone"]))
"""
"""`charley run --wait`, whose patience without any sound is shorter than the minute it has."""


@pytest.mark.slow
@pytest.mark.xdist_group("real time 2")
def test_without_any_sound_a_service_stays_alive_for_a_while_and_then_leaves(
    own_server: SoundServer, cache: Path, tmp_path: Path
) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE_S)
        environment = dict(own_server.environment) | {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "500000",
            "CHARLEY_CACHE": str(cache),
            "CHARLEY_STATE": str(tmp_path / "state"),
        }
        with closing(RunningCharley([sys.executable, "-c", SOONER], environment)) as running:
            running.until_error("The microphone is there again.")
            running.until_error("The speaker is there again.")
            own_server.kill()
            assert systemd.recv(4096).startswith(b"READY=1")
            while systemd.recv(4096) != b"WATCHDOG=1":
                pass
            running.until_error("No microphone and no speaker for a minute.")
            assert running.process.wait(timeout=20) == 2
            told = _all_told(systemd)
            assert told.count(b"WATCHDOG=1") >= 3.0 / 0.25 - 2


def _all_told(systemd: socket.socket) -> list[bytes]:
    systemd.settimeout(0)
    told = []
    with contextlib.suppress(BlockingIOError):
        while True:
            told.append(systemd.recv(4096))
    return told
