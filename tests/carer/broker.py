"""A real Mosquitto with TLS and passwords, which forgets everything when it is killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from voice.carer.settings import CarerSettings

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
PATIENCE_S = 20.0
PASSWORD = "as long as the night"  # noqa: S105 - of a broker that a test starts
ACCESS = """
user carer
topic readwrite #
pattern readwrite charley/%u/#
pattern write homeassistant/+/charley_%u/#
"""
"""The access list of docs/carer.md: each bed logs in under its own name and has its own topics."""

NO_BEDS = """
user carer
topic readwrite #
"""
"""An access list without the beds."""


def until(done: Callable[[], bool], limit_s: float = PATIENCE_S) -> None:
    """Wait until ``done``, but only up to a limit."""
    ends_s = time.monotonic() + limit_s
    while not done():
        assert time.monotonic() < ends_s
        time.sleep(0.01)


class Broker:
    """Mosquitto in a folder of its own."""

    def __init__(self, folder: Path, beds: tuple[str, ...] = ("bed",)) -> None:
        if not Path(MOSQUITTO).exists():
            pytest.skip("no mosquitto: apt-get install mosquitto")
        self._folder = folder
        self.ca = folder / "ca.pem"
        self.password = folder / "password"
        self.password.write_text(PASSWORD + "\n")
        self.password.chmod(0o600)
        _certify(folder)
        _users(folder / "users", ("carer", *beds))
        (folder / "access").write_text(ACCESS)
        (folder / "access").chmod(0o600)
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\n"
            f"certfile {folder}/broker.pem\nkeyfile {folder}/broker.key\n"
            f"password_file {folder}/users\nacl_file {folder}/access\n"
            "allow_anonymous false\npersistence false\nuser root\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it is running and accepts signals."""
        command = [MOSQUITTO, "-c", str(self._folder / "mosquitto.conf")]
        path = self._folder / "log"
        with path.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until(lambda: b" running\n" in path.read_bytes())

    def kill(self) -> None:
        """Kill it without warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def allow(self, access: str) -> None:
        """Replace its access list, which it reads at once."""
        (self._folder / "access").write_text(access)
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)
            time.sleep(0.2)

    def settings(self, bed: str = "bed") -> CarerSettings:
        """The settings of a bed that uses it."""
        return CarerSettings(
            broker="localhost",
            port=self.port,
            bed=bed,
            user=bed,
            password_file=str(self.password),
            ca_file=str(self.ca),
        )

    def environment(self, state: Path, bed: str = "bed") -> dict[str, str]:
        """The environment for that bed's `charley`, with its state in ``state``."""
        config = state / "config.toml"
        config.write_text(
            f'[carer]\nbroker = "localhost"\nport = {self.port}\nbed = "{bed}"\nuser = "{bed}"\n'
            f'password_file = "{self.password}"\nca_file = "{self.ca}"\n'
        )
        return dict(os.environ) | {"CHARLEY_CONFIG": str(config), "CHARLEY_CARER": str(state)}


def _certify(folder: Path) -> None:
    """A certificate authority, and the broker's certificate for localhost."""
    new = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    ca = (folder / "ca.pem", folder / "ca.key")
    mine = (folder / "broker.pem", folder / "broker.key")
    own = ("-nodes", "-days", "2", "-out")
    signed = ("-CA", ca[0], "-CAkey", ca[1], "-addext", "subjectAltName=DNS:localhost")
    leaf = ("-addext", "basicConstraints=critical,CA:FALSE")
    for words in (
        (*new, *own, ca[0], "-keyout", ca[1], "-subj", "/CN=A test's authority"),
        (*new, *own, mine[0], "-keyout", mine[1], "-subj", "/CN=localhost", *signed, *leaf),
    ):
        subprocess.run([*map(str, words)], check=True, capture_output=True)


def _users(path: Path, names: tuple[str, ...]) -> None:
    path.write_text("".join(f"{name}:{PASSWORD}\n" for name in names))
    path.chmod(0o600)
    subprocess.run(["mosquitto_passwd", "-U", str(path)], check=True, capture_output=True)


@dataclass(frozen=True)
class Arrived:
    """A message as the carer received it. ``old``: it was there before they subscribed."""

    topic: str
    payload: str
    old: bool


class CarerClient:
    """A carer in another room, subscribed to everything."""

    def __init__(self, broker: Broker) -> None:
        self.arrived: list[Arrived] = []
        self._here = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        self._client.tls_set_context(ssl.create_default_context(cafile=broker.ca))
        self._client.username_pw_set("carer", PASSWORD)
        self._client.on_message = self._message
        self._client.on_subscribe = lambda *_: self._here.set()
        self._client.connect("localhost", broker.port)
        self._client.subscribe("#", qos=1)
        self._client.loop_start()
        assert self._here.wait(PATIENCE_S)

    @property
    def standing(self) -> dict[str, str]:
        """What each topic holds now, without the empty ones."""
        latest = {message.topic: message.payload for message in tuple(self.arrived)}
        return {topic: payload for topic, payload in latest.items() if payload}

    def say(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Send a command."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        text = bytes(message.payload).decode()
        self.arrived.append(Arrived(message.topic, text, message.retain))


@contextlib.contextmanager
def watching(broker: Broker) -> Iterator[CarerClient]:
    """A carer who watches the broker meanwhile."""
    with closing(CarerClient(broker)) as carer:
        yield carer
