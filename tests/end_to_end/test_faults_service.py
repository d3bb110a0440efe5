"""A service that loses all sound: alive to systemd for a while, then gone in case that helps."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.end_to_end.running import RunningCharley
from tests.sound_server import SoundServer

SOONER = """
import sys
from voice.cli.main import main
from voice.app import live
live.BOTH_LOST_S = 8.0
sys.exit(main(["run", "--wait", "--microphone", "bedside_microphone"]))
"""
"""`charley run --wait`, with less patience without any sound than its usual minute."""


class Systemd:
    """Reads what a service tells it as it comes: the kernel keeps only ten messages."""

    def __init__(self, address: Path) -> None:
        self.told: list[bytes] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(address))
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def _take(self) -> None:
        while message := self._socket.recv(4096):
            self.told.append(message)

    def close(self) -> None:
        """End the thread with an empty message, and close the socket."""
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()


@pytest.mark.slow
@pytest.mark.xdist_group("real time 2")
def test_without_any_sound_a_service_stays_alive_a_while_then_leaves(
    own_server: SoundServer, cache: Path, tmp_path: Path
) -> None:
    with closing(Systemd(tmp_path / "notify")) as systemd:
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
            assert systemd.told[0].startswith(b"READY=1")
            before = systemd.told.count(b"WATCHDOG=1")
            running.until_error("No microphone and no speaker for a minute.")
            assert running.process.wait(timeout=20) == 2
            assert systemd.told.count(b"WATCHDOG=1") - before >= 8.0 / 0.25 - 4
