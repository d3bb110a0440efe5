"""`charley run` as a service: what it tells systemd, with real devices of a sound server."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.sound_server import SoundServer

PATIENCE_S = 120.0
"""Enough for a busy machine, which renders every line first."""


@pytest.mark.slow
@pytest.mark.xdist_group("real time 2")
def test_a_run_tells_systemd_that_it_listens_is_alive_and_leaves(
    server: SoundServer, tmp_path: Path
) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE_S)
        own = {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "500000",
            "CHARLEY_CACHE": str(tmp_path / "cache"),
        }
        with subprocess.Popen(
            [sys.executable, "-m", "voice.cli", "run", "--microphone", "bedside_microphone"],
            env=dict(server.environment) | own,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                ready = systemd.recv(4096).decode()
                assert ready.splitlines()[0] == "READY=1"
                assert ready.splitlines()[1].startswith("STATUS=Listening, with the model ")
                assert [systemd.recv(4096) for _ in range(3)] == [b"WATCHDOG=1"] * 3
                process.send_signal(signal.SIGTERM)
                last = b""
                while last in (b"", b"WATCHDOG=1"):
                    last = systemd.recv(4096)
                assert last == b"STOPPING=1"
                assert process.wait(timeout=10) == 0
            finally:
                process.kill()
