"""The alerts that a carer has not read yet, and the ids of those that were: kept on the disk.

The laws of this file:

1. An id is taken in once; what a status repeats changes nothing.
2. What is new is on the disk before it is sent. If it cannot be written, the log says so, and
   only a restart of the bridge would lose it.
3. An alert stays until a carer marks it as read.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from voice.carer.status import Advised, Kind, Raised
from voice.content.script import Level

FILE: Final = "alerts.json"
"""Its name in the folder of the bridge."""

KEPT: Final = 64
"""How many alerts that were read are remembered: more than a status repeats."""

MOST_UNREAD: Final = 256
"""Beyond this many, the oldest count as read: a film may call for help all day."""

SAME_S: Final = 90.0
"""Times that differ by less are the same: ages are measured by another clock."""

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alert:
    """An alert, and when it was raised, in seconds since the epoch."""

    id: str
    kind: Kind
    at_s: float
    read: bool = False


@dataclass(frozen=True)
class LastAdvice:
    """The latest advice, and when it was reached, in seconds since the epoch."""

    level: Level
    at_s: float


@dataclass(frozen=True)
class _Kept:
    alerts: tuple[Alert, ...] = ()
    advice: LastAdvice | None = None


class AlertBook:
    """Every alert known, oldest first, in the file ``path``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = _read(path)
        self._unsaved = False
        self._complained = False

    @property
    def unread(self) -> tuple[Alert, ...]:
        """The alerts that no carer has read, oldest first."""
        return tuple(alert for alert in self._kept.alerts if not alert.read)

    @property
    def read(self) -> tuple[Alert, ...]:
        """The most recent alerts that were read."""
        return tuple(alert for alert in self._kept.alerts if alert.read)

    @property
    def advice(self) -> LastAdvice | None:
        """The latest advice; None if none is known."""
        return self._kept.advice

    def take(self, raised: Iterable[Raised], advised: Advised | None, now_s: float) -> None:
        """Record the contents of a status. ``now_s`` is in seconds since the epoch."""
        known = {alert.id for alert in self._kept.alerts}
        fresh = [r for r in raised if r.id not in known]
        alerts = (*self._kept.alerts, *(Alert(r.id, r.kind, now_s - r.ago_s) for r in fresh))
        self._keep(replace(self._kept, alerts=alerts, advice=self._advice(advised, now_s)))

    def mark_read(self, ids: Iterable[str]) -> None:
        """Mark these as read; unknown ids change nothing."""
        wanted = frozenset(ids)
        alerts = (replace(a, read=a.read or a.id in wanted) for a in self._kept.alerts)
        self._keep(replace(self._kept, alerts=tuple(alerts)))

    def save(self) -> None:
        """Try again to write what could not be written before."""
        if self._unsaved:
            self._write()

    def _advice(self, advised: Advised | None, now_s: float) -> LastAdvice | None:
        known = self._kept.advice
        if advised is None:
            return known
        at_s = now_s - advised.ago_s
        if known is not None and known.level is advised.level and abs(known.at_s - at_s) < SAME_S:
            return known
        return LastAdvice(advised.level, at_s)

    def _keep(self, kept: _Kept) -> None:
        kept = replace(kept, alerts=tuple(_bounded(kept.alerts)))
        if kept != self._kept:
            self._kept = kept
            self._write()

    def _write(self) -> None:
        draft = self._path.with_name(f"{self._path.name}.new")
        try:
            with _owned(draft) as file:
                file.write(msgspec.json.encode(self._kept))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        except OSError as error:
            self._unsaved = True
            if not self._complained:
                _LOG.warning("%s: alerts are kept in memory only (%s)", self._path, error)
            self._complained = True
        else:
            self._unsaved = self._complained = False


def _bounded(alerts: tuple[Alert, ...]) -> Iterator[Alert]:
    unread = [alert.id for alert in alerts if not alert.read]
    given_up = set(unread[:-MOST_UNREAD])
    alerts = tuple(replace(a, read=a.read or a.id in given_up) for a in alerts)
    forgotten = {alert.id for alert in [a for a in alerts if a.read][:-KEPT]}
    return (alert for alert in alerts if alert.id not in forgotten)


def _owned(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _read(path: Path) -> _Kept:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Kept)
    except FileNotFoundError:
        return _Kept()
    except (OSError, ValueError) as error:
        _LOG.warning("%s cannot be read (%s): begun again", path, error)
        return _Kept()
