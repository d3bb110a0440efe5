"""Tells systemd that Charley is listening, alive or stopping, by the notify protocol.

A service of ``Type=notify`` gets a Unix datagram socket in ``NOTIFY_SOCKET`` and sends lines
such as ``READY=1`` to it (see sd_notify(3)). If the variable is not set, nothing is opened
and nothing is sent. No other kind of socket is ever created here.

The heartbeat is driven by the blocks of sound that were processed, not by a timer (silence
that replaces a lost microphone counts too, since the supervisor is already reconnecting it):
a loop that hangs goes quiet, and systemd then restarts Charley.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Mapping
from typing import Final

from voice.audio.samples import BLOCK_S

READY: Final = "READY=1"
WATCHDOG: Final = "WATCHDOG=1"
STOPPING: Final = "STOPPING=1"

_LOG = logging.getLogger(__name__)


class SystemdNotifier:
    """The connection to systemd; does nothing if systemd does not supervise this process.

    ``watchdog_s`` is the longest time without a heartbeat that systemd allows, in seconds;
    None if it does not watch this process.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self.watchdog_s = _watchdog_s(environ) if self._address else None

    @property
    def supervised(self) -> bool:
        """Whether systemd runs this process and restarts it when it ends."""
        return self._address is not None

    def tell(self, *lines: str) -> None:
        """Send lines such as READY in one datagram. Never blocks and never raises."""
        if self._address is None:
            return
        # Non-blocking, on a fresh socket: this may run in a signal handler.
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as way:
            try:
                way.sendto("\n".join(lines).encode(), socket.MSG_DONTWAIT, self._address)
            except OSError as error:
                _LOG.debug("could not send %s to systemd: %s", lines, error)


class Heartbeat:
    """One beat for every block of sound that has been processed.

    The first beat reports that Charley is ready. After that, a beat is sent every half of
    the watchdog period, counted in processed audio.
    """

    def __init__(self, notifier: SystemdNotifier, ready_status: str) -> None:
        self._notifier = notifier
        self._ready_status = ready_status
        limit_s = notifier.watchdog_s
        self._every = None if limit_s is None else max(1, int(limit_s / 2 / BLOCK_S))
        self._since = 0
        self._ready = False

    def beat(self) -> None:
        """Count one more processed block."""
        if not self._ready:
            self._ready = True
            self._notifier.tell(READY, f"STATUS={' '.join(self._ready_status.split())}")
            return
        self._since += 1
        if self._every is not None and self._since >= self._every:
            self._since = 0
            self._notifier.tell(WATCHDOG)


def _address(given: str) -> str | None:
    """The socket's address for Python: a path, or an abstract name behind a null character."""
    if given.startswith("@"):
        return f"\0{given[1:]}"
    return given if given.startswith("/") else None


def _watchdog_s(environ: Mapping[str, str]) -> float | None:
    """The watchdog limit for this process; None if systemd sets none."""
    meant_for = environ.get("WATCHDOG_PID", "")
    if meant_for and meant_for != str(os.getpid()):
        return None
    try:
        limit_us = int(environ.get("WATCHDOG_USEC", ""))
    except ValueError:
        return None
    return limit_us / 1e6 if limit_us > 0 else None
