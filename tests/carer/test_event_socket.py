"""The socket between the two processes: it never blocks, and tells nobody else anything."""

from __future__ import annotations

import stat
import time
from contextlib import closing
from pathlib import Path

import pytest

from voice.carer.event_socket import StatusReceiver, StatusSender, socket_path
from voice.errors import CarerError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return socket_path(tmp_path / "carer")


def test_datagrams_arrive_whole_and_in_order(path: Path) -> None:
    with closing(StatusReceiver(path)) as receiver, closing(StatusSender(path)) as sender:
        for datagram in (b"one", b"two"):
            sender.send(datagram)
        assert list(receiver.take()) == [b"one", b"two"]
        assert list(receiver.take()) == []


def test_datagrams_that_nobody_reads_are_dropped(path: Path) -> None:
    with closing(StatusSender(path)) as sender:
        sender.send(b"dropped")
        with closing(StatusReceiver(path)) as receiver:
            sender.send(b"read")
            assert list(receiver.take()) == [b"read"]
        sender.send(b"dropped")
        with closing(StatusReceiver(path)) as receiver:
            sender.send(b"read again")
            assert list(receiver.take()) == [b"read again"]


def test_a_hanging_bridge_holds_nobody_up(path: Path) -> None:
    with closing(StatusReceiver(path)) as receiver, closing(StatusSender(path)) as sender:
        began_s = time.monotonic()
        for _ in range(5_000):
            sender.send(bytes(1_000))
        assert time.monotonic() - began_s < 2.0
        assert len(list(receiver.take())) < 5_000
        sender.send(b"the latest")
        assert list(receiver.take()) == [b"the latest"]


def test_only_its_owner_may_write_to_the_socket(path: Path) -> None:
    with closing(StatusReceiver(path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.exists()


def test_the_socket_of_a_killed_bridge_is_replaced(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with closing(StatusReceiver(path)) as receiver, closing(StatusSender(path)) as sender:
        sender.send(b"read")
        assert list(receiver.take()) == [b"read"]


def test_a_second_bridge_in_one_folder_is_refused(path: Path) -> None:
    with closing(StatusReceiver(path)) as receiver:
        with pytest.raises(CarerError, match="Another bridge"):
            StatusReceiver(path)
        with closing(StatusSender(path)) as sender:
            sender.send(b"read")
        assert list(receiver.take()) == [b"read"]


def test_a_path_too_long_for_a_socket_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CarerError, match="too long"):
        socket_path(tmp_path / ("long" * 30))
    with closing(StatusSender(tmp_path / ("long" * 30))) as sender:
        sender.send(b"dropped")
