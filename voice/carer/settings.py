"""Settings for informing a carer: off unless a broker is named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

_Host = Annotated[str, Meta(pattern="^[A-Za-z0-9._:-]+$")]

_TOPIC = "^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$"
_TOPIC_WORDS = "letters, digits, - and _, with / between levels"


@dataclass(frozen=True)
class CarerSettings:
    """The broker, how to log in there, and which bed this is.

    Files are relative to the folder of the settings file. Raises ValueError for a user without
    a password.
    """

    broker: Annotated[
        _Host | None,
        Meta(
            description="Send status and alerts to this MQTT broker: its name (unset: to none).",
            extra={"allowed": 'a host name, such as "homeassistant.local"'},
        ),
    ] = None
    port: Annotated[
        int, Meta(ge=1, le=65535, description="The broker's port for MQTT over TLS.")
    ] = 8883
    bed: Annotated[
        str,
        Meta(
            pattern="^[a-z0-9][a-z0-9_-]{0,31}$",
            description="Which bed this is: different for each Charley on the same broker.",
            extra={"allowed": "up to 32 lower-case letters, digits, - and _"},
        ),
    ] = "bed"
    user: Annotated[str | None, Meta(description="The user to log in as.")] = None
    password_file: Annotated[
        str | None,
        Meta(description="A file with that user's password, which only its owner may read."),
    ] = None
    ca_file: Annotated[
        str | None,
        Meta(
            description="A file with the certificate that the broker's is signed by"
            " (unset: those that the system trusts)."
        ),
    ] = None
    topic: Annotated[
        str,
        Meta(
            pattern=_TOPIC,
            description="All topics begin with this.",
            extra={"allowed": _TOPIC_WORDS},
        ),
    ] = "charley"
    discovery: Annotated[
        str,
        Meta(
            pattern=_TOPIC,
            description="The topic where Home Assistant looks for devices.",
            extra={"allowed": _TOPIC_WORDS},
        ),
    ] = "homeassistant"

    def __post_init__(self) -> None:
        if (self.user is None) != (self.password_file is None):
            raise ValueError("user and password_file go together")

    @property
    def on(self) -> bool:
        """Whether the carer is informed at all."""
        return self.broker is not None


def beside(settings_file: Path, name: str) -> Path:
    """A file named in the settings: where it is, from the folder of the settings file."""
    return settings_file.parent / Path(name).expanduser()


def what_is_sent(settings: CarerSettings) -> str:
    """Tell the person by the bed, in plain sentences, what leaves the room."""
    if not settings.on:
        return "Nothing is sent to a carer."
    return (
        f"A carer is told of the bed {settings.bed}, through {settings.broker}: a cramp now, my"
        " last advice, that you asked for help, how many cramps your diary holds and when the last"
        " one was, and whether I am listening. None of your words and no sound is ever sent."
    )
