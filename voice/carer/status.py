"""What the hearing process tells the bridge: one datagram holds all there is to know.

The laws of this file:

1. No words fit into it: every field is a truth value, a number or one of a few codes. A
   datagram with anything else in one of them is refused.
2. Each status repeats the latest alerts, each with an id of its own, so that losing a
   datagram loses nothing, and reading one twice changes nothing.
3. Times are ages in seconds: the two processes need no common clock.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from voice.content.script import Level

VERSION: Final = 1
"""Of the datagram. It changes if an older bridge would misread a newer one."""

LARGEST_BYTES: Final = 8192
"""No datagram is longer."""

_Age = Annotated[float, Meta(ge=0)]
_Count = Annotated[int, Meta(ge=0)]


class Kind(enum.Enum):
    """What an alert is about, the gravest last."""

    HELP = "help"
    """The person asked Charley to call someone."""
    URGENT = "urgent"
    """They need care tonight."""
    EMERGENCY = "emergency"
    """The emergency number is to be called."""


@dataclass(frozen=True)
class Raised:
    """An alert, raised ``ago_s`` seconds ago. ``id`` is never used for another."""

    id: Annotated[str, Meta(pattern="^[0-9a-f]{8}-[0-9]{1,9}$")]
    kind: Kind
    ago_s: _Age


@dataclass(frozen=True)
class Advised:
    """The latest advice, and how long ago it was reached, in seconds."""

    level: Level
    ago_s: _Age


@dataclass(frozen=True)
class Counts:
    """What the diary counts: cramps in the last thirty days, and in the thirty before.

    ``last_ago_s``: seconds since the last one; None if there was none.
    """

    lately: _Count
    before: _Count
    last_ago_s: _Age | None


@dataclass(frozen=True)
class Status:
    """All that leaves the hearing process.

    ``cramp``: a conversation about a cramp that has not eased is going on. ``hears``: the
    microphone delivers sound. ``counts`` is None if no diary is kept or it cannot be read.
    """

    cramp: bool
    hears: bool
    advised: Advised | None = None
    alerts: tuple[Raised, ...] = ()
    counts: Counts | None = None
    version: int = VERSION


def encode(status: Status) -> bytes:
    """The status as a datagram of JSON."""
    return msgspec.json.encode(status)


def decode(datagram: bytes) -> Status:
    """The status in a datagram. Raises ValueError if it is none, or of another version."""
    status = msgspec.json.decode(datagram, type=Status)
    if status.version != VERSION:
        raise ValueError(f"version {status.version}, and this bridge reads {VERSION}")
    return status
