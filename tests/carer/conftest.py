"""A broker for each test, and bridges that run beside it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.carer.broker import Broker
from voice.carer.alert_book import FILE, AlertBook
from voice.carer.bridge import Backoff, Bridge
from voice.carer.event_socket import StatusReceiver, socket_path
from voice.carer.mqtt_link import login_of
from voice.clocks import Clocks


@contextlib.contextmanager
def bridge_on(
    broker: Broker,
    state: Path,
    bed: str = "bed",
    *,
    over: threading.Event | None = None,
    clocks: Clocks | None = None,
    backoff: Backoff | None = None,
) -> Iterator[Bridge]:
    """A bridge in a thread, which keeps its state in ``state`` and retries quickly.

    Setting ``over`` ends all bridges that share it at once.
    """
    settings = broker.settings(bed)
    path = socket_path(state)
    with closing(StatusReceiver(path)) as receiver:
        bridge = Bridge(
            settings,
            login_of(settings, state / "config.toml"),
            receiver,
            AlertBook(path.parent / FILE),
            clocks=clocks,
            backoff=backoff or Backoff(0.05, 0.2),
        )
        over = over or threading.Event()
        thread = threading.Thread(target=bridge.run, args=(over.is_set,))
        thread.start()
        try:
            yield bridge
        finally:
            over.set()
            thread.join()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    made = Broker(folder)
    made.start()
    yield made
    made.kill()
