"""The topics of a bed, and what is to stand in them. Pure.

Everything but the command topic is retained: a topic holds what is so now, and saying it twice
says nothing new. docs/carer.md lists the topics for those who write programs against them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from voice.carer.alert_book import Alert, AlertBook
from voice.carer.status import Kind
from voice.content.script import Level

ONLINE: Final = "online"
OFFLINE: Final = "offline"
ON: Final = "ON"
OFF: Final = "OFF"
NO_ALERT: Final = "none"
READ_ALL: Final = "all"
"""Sent to the command topic instead of an id: all alerts are read."""


@dataclass(frozen=True)
class Topics:
    """The topics below ``charley/BED``, or whatever the settings put before the bed."""

    root: str

    @property
    def availability(self) -> str:
        """Whether the bridge is connected: ``online``, or by the broker's last will ``offline``."""
        return f"{self.root}/availability"

    @property
    def listening(self) -> str:
        """Whether Charley listens, with a microphone: ``online`` or ``offline``."""
        return f"{self.root}/listening"

    @property
    def cramp(self) -> str:
        """``ON`` during a conversation about a cramp that has not eased."""
        return f"{self.root}/cramp"

    @property
    def help(self) -> str:
        """``ON`` while there is an unread alert that the person asked for help."""
        return f"{self.root}/help"

    @property
    def advice(self) -> str:
        """The latest advice: ``{"level": ..., "at": ...}``."""
        return f"{self.root}/advice"

    @property
    def diary(self) -> str:
        """The diary's counters."""
        return f"{self.root}/diary"

    @property
    def alert(self) -> str:
        """The gravest unread alert, the latest of its kind, and how many there are."""
        return f"{self.root}/alert"

    def alert_of(self, name: str) -> str:
        """One unread alert, by its id; empty once it is read."""
        return f"{self.root}/alert/{name}"

    @property
    def read(self) -> str:
        """The command topic: an id, or ``all``, to mark alerts as read."""
        return f"{self.root}/read"


@dataclass(frozen=True)
class DiaryCounts:
    """What the diary counts. ``last_at_s``: the last cramp, in seconds since the epoch."""

    lately: int
    before: int
    last_at_s: float | None


def alert_states(topics: Topics, book: AlertBook) -> dict[str, str]:
    """What stands in the topics that outlast a restart: alerts and advice."""
    states = {
        topics.alert_of(alert.id): json.dumps(
            {"id": alert.id, "kind": alert.kind.value, "at": moment(alert.at_s)}
        )
        for alert in book.unread
    }
    states |= {topics.alert_of(alert.id): "" for alert in book.read}
    unread = book.unread
    states[topics.alert] = json.dumps(_gravest(unread))
    states[topics.help] = ON if any(alert.kind is Kind.HELP for alert in unread) else OFF
    if book.advice is not None:
        level, at_s = book.advice.level, book.advice.at_s
        states[topics.advice] = json.dumps({"level": level_name(level), "at": moment(at_s)})
    return states


def diary_state(counts: DiaryCounts | None) -> str:
    """What stands in the topic of the diary; nulls if no diary is kept or it cannot be read."""
    if counts is None:
        return json.dumps({"last_30_days": None, "30_days_before": None, "last_cramp": None})
    last = None if counts.last_at_s is None else moment(counts.last_at_s)
    return json.dumps(
        {"last_30_days": counts.lately, "30_days_before": counts.before, "last_cramp": last}
    )


def _gravest(unread: tuple[Alert, ...]) -> dict[str, str | int | None]:
    if not unread:
        return {"kind": NO_ALERT, "id": None, "at": None, "latest": None, "unread": 0}
    order = list(Kind)
    gravest = max(unread, key=lambda alert: (order.index(alert.kind), alert.at_s))
    return {
        "kind": gravest.kind.value,
        "id": gravest.id,
        "at": moment(gravest.at_s),
        "latest": moment(max(alert.at_s for alert in unread)),
        "unread": len(unread),
    }


def level_name(level: Level) -> str:
    """How a level of advice is written in a topic, such as ``see_a_doctor``."""
    return level.name.lower()


def moment(at_s: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")
