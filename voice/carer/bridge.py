"""The bridge: keeps the topics of a bed as they should be, whatever happens to the broker.

The laws of this file:

1. For each topic there is one payload that should stand there. What the present connection has
   not been given yet is sent; a new connection is given everything. All of it is retained, so
   saying it again says nothing new, and a broker that lost everything has it all again.
2. An alert is on the disk before it is sent, and stays until it is marked as read.
3. "All are read" covers only what the broker has had for :data:`SEEN_S`: a
   carer cannot have read what was raised at that moment.
4. Nothing goes out but what :mod:`voice.carer.topics` and :mod:`voice.carer.discovery` make of
   a status that was decoded strictly.
"""

from __future__ import annotations

import logging
import random
import select
from collections.abc import Callable
from typing import Final

from voice.carer.alert_book import SAME_S, AlertBook
from voice.carer.discovery import discovery
from voice.carer.event_socket import StatusReceiver
from voice.carer.mqtt_link import LinkLostError, Login, MqttLink
from voice.carer.settings import CarerSettings
from voice.carer.status import Counts, Status, decode
from voice.carer.topics import (
    OFF,
    OFFLINE,
    ON,
    ONLINE,
    READ_ALL,
    DiaryCounts,
    Topics,
    alert_states,
    diary_state,
)
from voice.clocks import Clocks

SILENT_S: Final = 45.0
"""After this long without a status, Charley counts as not listening: three are missing."""

SEEN_S: Final = 2.0
"""How long the broker must have had an alert before "all are read" covers it."""

FIRST_RETRY_S: Final = 1.0
LONGEST_RETRY_S: Final = 60.0

LASTING_S: Final = 30.0
"""A connection that lasts this long was a success: the retry delay starts over."""

STEP_S: Final = 0.5
"""The loop runs at least this often."""

AGAIN_S: Final = 30.0
"""How often a failed write to the disk is retried, and a topic that the broker refused."""

_LOG: Final = logging.getLogger(__name__)


class Backoff:
    """How long to wait before the next attempt: twice as long each time, never exactly.

    Many beds that lose the same broker do not all come back in the same second.
    """

    def __init__(self, first_s: float = FIRST_RETRY_S, longest_s: float = LONGEST_RETRY_S) -> None:
        self._first_s = self._next_s = first_s
        self._longest_s = longest_s

    def fail(self) -> float:
        """Return how long to wait now, in seconds."""
        wait_s = self._next_s * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        self._next_s = min(self._longest_s, 2 * self._next_s)
        return wait_s

    def succeed(self) -> None:
        """Start again with the shortest delay after the next fault."""
        self._next_s = self._first_s


class Bridge:
    """Carries what ``receiver`` brings to the broker of ``login``, until told to stop.

    ``book`` holds the alerts. ``complaint`` says what is wrong with the connection; it is empty
    while nothing is.
    """

    def __init__(
        self,
        settings: CarerSettings,
        login: Login,
        receiver: StatusReceiver,
        book: AlertBook,
        *,
        clocks: Clocks | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._login = login
        self._receiver = receiver
        self.book = book
        self._clocks = clocks or Clocks()
        self._backoff = backoff or Backoff()
        self._topics = Topics(f"{settings.topic}/{settings.bed}")
        self._discovery = discovery(settings, self._topics)
        self._link: MqttLink | None = None
        self._retry_at_s = self._again_at_s = self._greeted_at_s = self._clocks.steady()
        self._status: Status | None = None
        self._status_at_s = self._clocks.steady()
        self._counts: DiaryCounts | None = None
        self._sent: dict[str, str] = {}
        self._numbers: dict[int, str] = {}
        self._stored_at_s: dict[str, float] = {}
        self._refused: set[str] = set()
        self._greeted = self._misunderstood = False
        self.complaint = ""

    @property
    def settled(self) -> bool:
        """Whether the broker has confirmed everything that should stand there now."""
        return bool(self._sent) and self._sent.keys() <= self._stored_at_s.keys()

    def run(self, leave: Callable[[], bool]) -> None:
        """Run until ``leave``, which is called at every turn, returns True."""
        while not leave():
            self.step()
        self.close()

    def step(self) -> None:
        """One turn of the loop: it waits for :data:`STEP_S` at most, or for a connection."""
        self._connect()
        link = self._link
        watched: list[StatusReceiver | MqttLink] = [self._receiver]
        if link is not None:
            watched.append(link)
        writing = [link] if link is not None and link.writing else []
        patience_s = 0.0 if link is not None and link.waiting else STEP_S
        ready, _, _ = select.select(watched, writing, [], patience_s)
        for datagram in self._receiver.take():
            self._take(datagram)
        if link is not None:
            try:
                link.step(readable=link in ready)
                self._synchronise(link)
            except LinkLostError as lost:
                self._lose(str(lost))
        if self._clocks.steady() >= self._again_at_s:
            self._again_at_s = self._clocks.steady() + AGAIN_S
            self._try_again()

    def close(self) -> None:
        """Say that the bridge is leaving, and leave."""
        link, self._link = self._link, None
        if link is None:
            return
        try:
            if link.up:
                link.publish(self._topics.availability, OFFLINE)
            link.close()
        except LinkLostError:
            pass  # the last will says it

    def _try_again(self) -> None:
        """Retry what could not be written to the disk, and what the broker refused."""
        self.book.save()
        for topic in self._refused:
            self._sent.pop(topic, None)
        self._refused.clear()

    # The broker ------------------------------------------------------------------------------

    def _connect(self) -> None:
        if self._link is not None or self._clocks.steady() < self._retry_at_s:
            return
        will = (self._topics.availability, OFFLINE)
        try:
            self._link = MqttLink(
                self._login, will, self._topics.read, self._on_message, self._on_stored
            )
        except LinkLostError as lost:
            self._lose(str(lost))

    def _lose(self, why: str) -> None:
        if self._greeted and self._clocks.steady() - self._greeted_at_s < LASTING_S:
            # A broker ends the older of two connections with one id, mostly without a word.
            why = f"{why}, soon after it was made: has another bridge the id {self._login.client}?"
        self._complain(why)
        self._link = None
        self._greeted = False
        self._sent.clear()
        self._numbers.clear()
        self._stored_at_s.clear()
        self._retry_at_s = self._clocks.steady() + self._backoff.fail()

    def _complain(self, why: str) -> None:
        if why != self.complaint:
            _LOG.warning("%s:%d: %s", self._login.host, self._login.port, why)
        self.complaint = why

    def _synchronise(self, link: MqttLink) -> None:
        if not link.up:
            return
        if not self._greeted:
            self._greeted = True
            self._greeted_at_s = self._clocks.steady()
            if self.complaint:
                _LOG.warning("%s: connected again", self._login.host)
            self.complaint = ""
        if self._clocks.steady() - self._greeted_at_s >= LASTING_S:
            self._backoff.succeed()
        for topic, payload in self._wanted().items():
            if self._sent.get(topic) != payload:
                self._numbers[link.publish(topic, payload)] = topic
                self._sent[topic] = payload
                self._stored_at_s.pop(topic, None)

    def _wanted(self) -> dict[str, str]:
        """What should stand in each topic now. What is not known is not touched."""
        topics, status = self._topics, self._status
        # Alerts come first: they must not wait behind the rest on a slow line.
        states = alert_states(topics, self.book) | self._discovery
        silent = self._clocks.steady() - self._status_at_s > SILENT_S
        listens = status is not None and status.hears and not silent
        if status is not None:
            states[topics.cramp] = ON if status.cramp and not silent else OFF
            states[topics.diary] = diary_state(self._counts)
        if status is not None or silent:
            states[topics.listening] = ONLINE if listens else OFFLINE
        states[topics.availability] = ONLINE
        return states

    def _on_stored(self, number: int, accepted: bool) -> None:  # noqa: FBT001 - of the library
        topic = self._numbers.pop(number, None)
        if topic is None:
            return
        if not accepted:
            self._refused.add(topic)
            self._complain("the broker refuses what is sent: look at its access list")
        elif topic not in self._numbers.values():
            self._stored_at_s[topic] = self._clocks.steady()

    # What arrives ----------------------------------------------------------------------------

    def _take(self, datagram: bytes) -> None:
        try:
            status = decode(datagram)
        except ValueError as error:
            if not self._misunderstood:
                _LOG.warning("Charley's status cannot be read (%s)", type(error).__name__)
            self._misunderstood = True
            return
        self._misunderstood = False
        now_s = self._clocks.wall()
        self._status, self._status_at_s = status, self._clocks.steady()
        self.book.take(status.alerts, status.advised, now_s)
        self._counts = _dated(status.counts, self._counts, now_s)

    def _on_message(self, topic: str, payload: bytes) -> None:
        if topic != self._topics.read:
            return
        wanted = payload.decode("utf-8", errors="replace").strip()
        if wanted == READ_ALL:
            seen = self._clocks.steady() - SEEN_S
            stored = {topic for topic, at_s in self._stored_at_s.items() if at_s <= seen}
            names = [a.id for a in self.book.unread if self._topics.alert_of(a.id) in stored]
            self.book.mark_read(names)
        else:
            self.book.mark_read([wanted])


def _dated(counts: Counts | None, known: DiaryCounts | None, now_s: float) -> DiaryCounts | None:
    """The counts, with the last cramp placed in time: the same time while it is the same."""
    if counts is None:
        return None
    last_at_s = None if counts.last_ago_s is None else now_s - counts.last_ago_s
    before_s = None if known is None else known.last_at_s
    if last_at_s is not None and before_s is not None and abs(last_at_s - before_s) < SAME_S:
        last_at_s = before_s
    return DiaryCounts(counts.lately, counts.before, last_at_s)
