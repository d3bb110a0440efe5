"""The way from the hearing process to the bridge: datagrams on a Unix socket in a folder.

A datagram is taken whole or not at all. The sender never waits: while no bridge runs, or one
that hangs lets them pile up, they are dropped, and the next status tells everything again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from voice.carer.status import LARGEST_BYTES
from voice.errors import CarerError

FILE: Final = "events.sock"
"""Its name in the folder that both processes share."""

_LOCK: Final = "lock"

LONGEST_PATH: Final = 107
"""The kernel's limit for the path of a socket, in bytes."""


def socket_path(folder: Path) -> Path:
    """Where the bridge listens. Raises CarerError if the path is too long for a socket."""
    path = folder / FILE
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise CarerError(
            f"{path}: the path is too long for a socket",
            remedy="Set CHARLEY_CARER to a folder with a shorter path, the same for both.",
        )
    return path


class StatusSender:
    """The end of the hearing process. It takes any path: the night begins with a bridge or not."""

    def __init__(self, path: Path) -> None:
        self._path = os.fspath(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)

    def send(self, datagram: bytes) -> None:
        """Send a datagram, or drop it. Never blocks and never raises."""
        with contextlib.suppress(OSError):
            self._socket.sendto(datagram, self._path)

    def close(self) -> None:
        """Close the socket. Safe to call twice."""
        self._socket.close()


class StatusReceiver:
    """The end of the bridge. Raises CarerError if another bridge listens there."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = os.open(path.parent / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise CarerError(
                f"Another bridge already uses {path.parent}", remedy="Stop that one first."
            ) from error
        # What is there now was left by a bridge that ended without closing it.
        path.unlink(missing_ok=True)
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(os.fspath(path))
        path.chmod(0o600)

    def fileno(self) -> int:
        """For ``select``."""
        return self._socket.fileno()

    def take(self) -> Iterator[bytes]:
        """Every datagram that has arrived."""
        while True:
            try:
                yield self._socket.recv(LARGEST_BYTES)
            except BlockingIOError:
                return

    def close(self) -> None:
        """Stop listening. Safe to call twice."""
        if self._lock < 0:
            return
        self._path.unlink(missing_ok=True)
        self._socket.close()
        os.close(self._lock)
        self._lock = -1
