"""What Charley sends to systemd, over a real datagram socket like that of a service."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from voice.app.systemd_notify import READY, STOPPING, WATCHDOG, Heartbeat, SystemdNotifier
from voice.audio.samples import BLOCK_S


@pytest.fixture(params=["path", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """As given in NOTIFY_SOCKET."""
    return str(tmp_path / "notify") if request.param == "path" else f"@charley-{uuid.uuid4().hex}"


@pytest.fixture
def systemd(address: str) -> Iterator[socket.socket]:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listening:
        listening.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        listening.settimeout(0)
        yield listening


def told(systemd: socket.socket) -> list[str]:
    """All datagrams that have arrived since the last call."""
    datagrams = []
    while True:
        try:
            datagrams.append(systemd.recv(4096).decode())
        except BlockingIOError:
            return datagrams


def test_lines_arrive_in_one_datagram(systemd: socket.socket, address: str) -> None:
    SystemdNotifier({"NOTIFY_SOCKET": address}).tell(STOPPING, "STATUS=Leaving.")
    assert told(systemd) == ["STOPPING=1\nSTATUS=Leaving."]


def test_readiness_is_reported_once_with_the_first_block(
    systemd: socket.socket, address: str
) -> None:
    heartbeat = Heartbeat(SystemdNotifier({"NOTIFY_SOCKET": address}), "Listening,\nwell.")
    assert told(systemd) == []
    heartbeat.beat()
    assert told(systemd) == [f"{READY}\nSTATUS=Listening, well."]
    for _ in range(10_000):
        heartbeat.beat()
    assert told(systemd) == []


@pytest.mark.parametrize("limit_s", [0.01, 1.0, 30.0])
def test_the_watchdog_is_fed_at_half_its_limit(
    systemd: socket.socket, address: str, limit_s: float
) -> None:
    environ = {
        "NOTIFY_SOCKET": address,
        "WATCHDOG_USEC": f"{limit_s * 1e6:.0f}",
        "WATCHDOG_PID": str(os.getpid()),
    }
    heartbeat = Heartbeat(SystemdNotifier(environ), "Listening.")
    heartbeat.beat()
    told(systemd)
    blocks = []
    for block in range(1, 1 + 4 * max(1, round(limit_s / 2 / BLOCK_S))):
        heartbeat.beat()
        if told(systemd) == [WATCHDOG]:
            blocks.append(block)
    gaps_s = {(b - a) * BLOCK_S for a, b in zip([0, *blocks], blocks, strict=False)}
    assert len(blocks) >= 4
    assert len(gaps_s) == 1
    assert gaps_s.pop() <= max(limit_s / 2, BLOCK_S)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "-1"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"},
    ],
)
def test_a_service_that_is_not_watched_sends_no_keepalives(
    systemd: socket.socket, address: str, environ: dict[str, str]
) -> None:
    notifier = SystemdNotifier({"NOTIFY_SOCKET": address} | environ)
    assert notifier.watchdog_s is None
    heartbeat = Heartbeat(notifier, "Listening.")
    for _ in range(200):
        heartbeat.beat()
    assert told(systemd) == [f"{READY}\nSTATUS=Listening."]


@pytest.mark.parametrize("given", ["", "vsock:2:1234", "relative/path"])
def test_without_a_usable_address_no_socket_is_opened(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    notifier = SystemdNotifier({"NOTIFY_SOCKET": given, "WATCHDOG_USEC": "1000000"})
    notifier.tell(READY)
    heartbeat = Heartbeat(notifier, "Listening.")
    for _ in range(100):
        heartbeat.beat()


def test_a_socket_that_is_gone_or_full_never_stops_the_night(address: str) -> None:
    gone = SystemdNotifier({"NOTIFY_SOCKET": address})
    gone.tell(READY)
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as deaf:
        deaf.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        for _ in range(2_000):  # far more than a socket holds unread
            gone.tell(WATCHDOG)
