"""One connection to the broker, MQTT 5 over TLS, through paho-mqtt.

A lost connection is never used again: the bridge opens a new one and sends everything again, so
that nothing out of date can be sent late.
"""

from __future__ import annotations

import importlib.util
import ssl
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from voice.carer.settings import CarerSettings, beside
from voice.errors import CarerError

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

KEEPALIVE_S: Final = 30
"""The keep-alive. A broker that is silent for one and a half times as long counts as gone."""

CONNECT_S: Final = 10.0
"""How long the broker may take to accept a connection, and once more for TLS."""


@dataclass(frozen=True)
class Login:
    """How to reach the broker and log in."""

    host: str
    port: int
    client: str
    tls: ssl.SSLContext
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def login_of(settings: CarerSettings, settings_file: Path) -> Login:
    """What the settings say, with password and certificate read. Raises CarerError."""
    require_library()
    if settings.broker is None:
        raise CarerError(
            "No broker is set, so there is nothing to send to",
            remedy=f"Name one in {settings_file}: broker under [carer].",
        )
    password = None
    if settings.password_file is not None:
        password = _password(beside(settings_file, settings.password_file))
    return Login(
        settings.broker,
        settings.port,
        f"charley-{settings.bed}",
        _tls(None if settings.ca_file is None else beside(settings_file, settings.ca_file)),
        settings.user,
        password,
    )


def require_library() -> None:
    """Raise CarerError if paho-mqtt is not installed."""
    if importlib.util.find_spec("paho") is None:
        raise CarerError(
            "The bridge needs the package paho-mqtt, which is not installed",
            remedy="In Charley's folder, run: .venv/bin/pip install --editable '.[carer]'",
        )


def _password(path: Path) -> str:
    try:
        if path.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP):
            raise CarerError(
                f"{path}: others can read or change the password", remedy=f"Run: chmod 600 {path}"
            )
        password = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CarerError(
            f"{path}: the password cannot be read ({_reason(error)})",
            remedy="Write it into that file, or change password_file under [carer].",
        ) from error
    if not password:
        raise CarerError(f"{path}: there is no password in it", remedy="Write it into that file.")
    return password


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as error:
        raise CarerError(
            f"{ca_file}: no certificate can be read from it ({_reason(error)})",
            remedy="Copy the broker's certificate authority there, as PEM.",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


class LinkLostError(Exception):
    """The connection could not be made, or was lost. The message says why."""


class MqttLink:
    """A connection, with a last will. Raises LinkLostError if the broker cannot be reached.

    ``on_message`` gets topic and payload of what arrives, ``on_stored`` the number of a message
    that the broker has taken over, and whether it accepted it.
    """

    def __init__(
        self,
        login: Login,
        will: tuple[str, str],
        commands: str,
        on_message: Callable[[str, bytes], None],
        on_stored: Callable[[int, bool], None],
    ) -> None:
        self.up = False
        self._why = ""
        self._on_message, self._on_stored = on_message, on_stored
        self._commands = commands
        self._client = self._opened(login, will)

    def _opened(self, login: Login, will: tuple[str, str]) -> Client:
        from paho.mqtt.client import Client, MQTTv5  # noqa: PLC0415 - installed with the bridge
        from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415 - likewise

        client = Client(CallbackAPIVersion.VERSION2, login.client, protocol=MQTTv5)
        client.connect_timeout = CONNECT_S
        client.tls_set_context(login.tls)
        if login.user is not None:
            client.username_pw_set(login.user, login.password)
        client.will_set(*will, qos=1, retain=True)
        client.on_connect = self._connected
        client.on_message = self._message
        client.on_publish = self._published
        client.on_disconnect = self._disconnected
        try:
            client.connect(login.host, login.port, KEEPALIVE_S, clean_start=True)
        except (OSError, ValueError) as error:
            raise LinkLostError(_reason(error)) from error
        return client

    def fileno(self) -> int:
        """For ``select``; negative once the connection is lost."""
        found = self._client.socket()
        return -1 if found is None else found.fileno()

    @property
    def waiting(self) -> bool:
        """Whether something has arrived that ``select`` does not see, since TLS has read it."""
        found = self._client.socket()
        return isinstance(found, ssl.SSLSocket) and found.pending() > 0

    @property
    def writing(self) -> bool:
        """Whether something is still to be written."""
        return self._client.want_write()

    def step(self, *, readable: bool) -> None:
        """Read and write what can be. Raises LinkLostError once the connection is lost."""
        if readable:
            self._client.loop_read()
        while self.waiting and self._client.loop_read() == 0:
            pass
        if self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()
        if self._client.socket() is None:
            raise LinkLostError(self._why or "the connection is lost")

    def publish(self, topic: str, payload: str) -> int:
        """Send a retained message, and return its number. Raises LinkLostError."""
        info = self._client.publish(topic, payload, qos=1, retain=True)
        if info.rc != 0 or self.fileno() < 0:
            raise LinkLostError(self._why or "the connection is lost")
        return info.mid

    def close(self) -> None:
        """Disconnect properly, so that the broker sends no last will."""
        self._client.disconnect()
        if self._client.want_write():
            self._client.loop_write()

    # Called by the library, from within the methods above -----------------------------------

    def _connected(self, client: Client, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        from paho.mqtt.subscribeoptions import SubscribeOptions  # noqa: PLC0415 - as above

        if reason.is_failure:
            self._why = f"the broker refuses the connection: {reason}"
            return
        self.up = True
        # A retained command would mark as read what was raised long after it.
        never = SubscribeOptions.RETAIN_DO_NOT_SEND
        client.subscribe(self._commands, options=SubscribeOptions(qos=1, retainHandling=never))

    def _message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        if not message.retain:
            self._on_message(message.topic, bytes(message.payload))

    def _published(self, _client: Client, _data: Any, mid: int, reason: Any, _more: Any) -> None:
        self._on_stored(mid, not reason.is_failure)

    def _disconnected(
        self, _client: Client, _data: Any, _flags: Any, reason: Any, _more: Any
    ) -> None:
        self.up = False
        self._why = self._why or f"the connection is lost ({reason})"
