"""The bridge, on a real Mosquitto with TLS: what a carer sees, and what faults cost."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.app.night import Night as Bed
from tests.carer.broker import ACCESS, NO_BEDS, Broker, CarerClient, until, watching
from tests.carer.conftest import bridge_on
from tests.diary_nights import until_answered
from tests.shipped import SCRIPT
from voice.carer.bridge import AGAIN_S, SEEN_S, SILENT_S, Backoff
from voice.carer.event_socket import StatusSender, socket_path
from voice.carer.reporter import CarerReporter
from voice.carer.status import Advised, Counts, Kind, Raised, Status, encode
from voice.clocks import Clocks
from voice.content.script import Level
from voice.dialogue import Context
from voice.dialogue.diary import NO_DIARY

pytestmark = pytest.mark.slow

URGENT = Status(
    cramp=True,
    hears=True,
    advised=Advised(Level.URGENT, 1.0),
    alerts=(Raised("0123abcd-1", Kind.URGENT, 1.0),),
    counts=Counts(3, 1, 3600.0),
)


@pytest.fixture
def sender(tmp_path: Path) -> Iterator[StatusSender]:
    with closing(StatusSender(socket_path(tmp_path))) as made:
        yield made


def alerts(carer: CarerClient, bed: str = "bed") -> dict[str, str]:
    """The unread alerts that the broker holds: their kinds by id."""
    start = f"charley/{bed}/alert/"
    found = {t: json.loads(p) for t, p in carer.standing.items() if t.startswith(start)}
    assert all(topic == f"{start}{alert['id']}" for topic, alert in found.items())
    return {alert["id"]: alert["kind"] for alert in found.values()}


def test_a_night_that_becomes_urgent_leaves_a_retained_alert(
    broker: Broker, tmp_path: Path, sender: StatusSender
) -> None:
    """The whole assistant, the socket, the bridge, TLS and the broker."""
    reporter = CarerReporter(Context(SCRIPT), sender.send, lambda: NO_DIARY, "0123abcd")
    with bridge_on(broker, tmp_path), watching(broker) as carer:
        until(lambda: carer.standing.get("charley/bed/availability") == "online")
        bed = Bed(line_s=0.1, carer=reporter)
        bed.say("hey charley my left calf")
        until(lambda: carer.standing.get("charley/bed/cramp") == "ON")
        bed.until_holding()
        bed.say("it's gone")
        until(lambda: carer.standing["charley/bed/cramp"] == "OFF")
        until_answered(bed, "no", "yes", *["no"] * 6)
        until(lambda: alerts(carer) == {"0123abcd-1": "urgent"})
    # A carer who comes in the morning, when neither Charley nor its bridge is running.
    with watching(broker) as late:
        until(lambda: late.standing.get("charley/bed/availability") == "offline")
        until(lambda: "charley/bed/advice" in late.standing)
        assert json.loads(late.standing["charley/bed/advice"])["level"] == "urgent"
        until(lambda: alerts(late) == {"0123abcd-1": "urgent"})
        until(lambda: "charley/bed/alert" in late.standing)
        assert json.loads(late.standing["charley/bed/alert"])["kind"] == "urgent"
        assert all(message.old for message in late.arrived)


def test_every_topic_is_documented_and_holds_no_words(
    broker: Broker, tmp_path: Path, sender: StatusSender
) -> None:
    with bridge_on(broker, tmp_path), watching(broker) as carer:
        sender.send(encode(URGENT))
        until(lambda: "charley/bed/diary" in carer.standing)
        until(lambda: carer.standing.get("charley/bed/availability") == "online")
        own = {t: p for t, p in carer.standing.items() if t.startswith("charley/")}
    assert own.pop("charley/bed/cramp") == "ON"
    assert own.pop("charley/bed/help") == "OFF"
    assert own.pop("charley/bed/listening") == "online"
    assert own.pop("charley/bed/availability") == "online"
    told = {topic: json.loads(payload) for topic, payload in own.items()}
    assert set(told.pop("charley/bed/alert/0123abcd-1")) == {"id", "kind", "at"}
    assert set(told.pop("charley/bed/alert")) == {"kind", "id", "at", "latest", "unread"}
    assert set(told.pop("charley/bed/advice")) == {"level", "at"}
    diary = told.pop("charley/bed/diary")
    assert (diary["last_30_days"], diary["30_days_before"]) == (3, 1)
    assert diary["last_cramp"].endswith("+00:00")
    assert told == {}
    page = (Path(__file__).parents[2] / "docs/carer.md").read_text(encoding="utf-8")
    for topic in ("availability", "listening", "cramp", "help", "advice", "diary", "alert", "read"):
        assert f"`charley/BED/{topic}`" in page


def test_a_broker_that_loses_everything_gets_it_back_with_nothing_new(
    broker: Broker, tmp_path: Path, sender: StatusSender
) -> None:
    with bridge_on(broker, tmp_path):
        sender.send(encode(URGENT))
        with watching(broker) as carer:
            until(lambda: len(alerts(carer)) == 1)
            (before,) = (m for m in carer.arrived if "alert/0123abcd-1" in m.topic)
        broker.kill()
        # Raised while there is no broker.
        more = (*URGENT.alerts, Raised("0123abcd-2", Kind.HELP, 0.0))
        sender.send(encode(Status(cramp=False, hears=True, alerts=more)))
        time.sleep(0.5)
        broker.start()
        with watching(broker) as carer:
            until(lambda: alerts(carer) == {"0123abcd-1": "urgent", "0123abcd-2": "help"})
            until(lambda: carer.standing.get("charley/bed/cramp") == "OFF")
            (after,) = (m for m in carer.arrived if "alert/0123abcd-1" in m.topic)
    assert after.payload == before.payload


def test_a_bridge_restarted_without_a_broker_loses_no_alert(
    broker: Broker, tmp_path: Path, sender: StatusSender
) -> None:
    broker.kill()
    with bridge_on(broker, tmp_path) as bridge:
        sender.send(encode(URGENT))
        until(lambda: len(bridge.book.unread) == 1)
    with bridge_on(broker, tmp_path):
        broker.start()
        with watching(broker) as carer:
            until(lambda: alerts(carer) == {"0123abcd-1": "urgent"})
            assert "charley/bed/cramp" not in carer.standing


def test_a_repeated_alert_is_sent_once(
    broker: Broker, tmp_path: Path, sender: StatusSender
) -> None:
    with bridge_on(broker, tmp_path), watching(broker) as carer:
        for age_s in (1.0, 16.0, 31.0):
            again = (Raised("0123abcd-1", Kind.URGENT, age_s),)
            sender.send(encode(Status(cramp=True, hears=True, alerts=again)))
            time.sleep(0.2)
        until(lambda: carer.standing.get("charley/bed/availability") == "online")
        sent = Counter(message.topic for message in carer.arrived)
        assert sent["charley/bed/alert/0123abcd-1"] == 1
        assert sent["charley/bed/cramp"] == 1


def test_an_alert_stays_until_it_is_read_and_stays_read(
    broker: Broker, tmp_path: Path, sender: StatusSender
) -> None:
    both = (*URGENT.alerts, Raised("0123abcd-2", Kind.HELP, 0.0))
    status = encode(Status(cramp=False, hears=True, alerts=both))
    with bridge_on(broker, tmp_path), watching(broker) as carer:
        sender.send(status)
        until(lambda: len(alerts(carer)) == 2)
        assert carer.standing["charley/bed/help"] == "ON"
        carer.say("charley/bed/read", "0123abcd-2")
        until(lambda: alerts(carer) == {"0123abcd-1": "urgent"})
        until(lambda: carer.standing["charley/bed/help"] == "OFF")
        time.sleep(SEEN_S + 1.0)
        carer.say("charley/bed/read", "all")
        until(lambda: alerts(carer) == {})
        until(lambda: json.loads(carer.standing["charley/bed/alert"])["unread"] == 0)
    with bridge_on(broker, tmp_path), watching(broker) as carer:
        sender.send(status)
        until(lambda: carer.standing.get("charley/bed/listening") == "online")
        time.sleep(0.5)
        assert alerts(carer) == {}


def test_marking_all_as_read_spares_an_alert_that_has_just_arrived(
    broker: Broker, tmp_path: Path, sender: StatusSender
) -> None:
    with bridge_on(broker, tmp_path), watching(broker) as carer:
        sender.send(encode(URGENT))
        until(lambda: len(alerts(carer)) == 1)
        carer.say("charley/bed/read", "all")
        time.sleep(1.0)
        assert len(alerts(carer)) == 1


def test_a_retained_command_is_not_obeyed(
    broker: Broker, tmp_path: Path, sender: StatusSender
) -> None:
    with watching(broker) as carer:
        carer.say("charley/bed/read", "0123abcd-1", retain=True)
        with bridge_on(broker, tmp_path):
            sender.send(encode(URGENT))
            until(lambda: len(alerts(carer)) == 1)
            time.sleep(0.7)
            assert len(alerts(carer)) == 1


def test_a_killed_bridge_command_goes_offline_by_its_last_will(
    broker: Broker, tmp_path: Path, sender: StatusSender
) -> None:
    def standing(carer: CarerClient, availability: str) -> bool:
        return carer.standing.get("charley/bed/availability") == availability

    command = [sys.executable, "-m", "voice.cli", "bridge"]
    environment = broker.environment(tmp_path)
    with watching(broker) as carer:
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
            until(lambda: standing(carer, "online"))
            sender.send(encode(URGENT))
            until(lambda: len(alerts(carer)) == 1)
            process.kill()
        until(lambda: standing(carer, "offline"))
        assert len(alerts(carer)) == 1
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
            until(lambda: standing(carer, "online"))
            process.terminate()
            assert process.wait(timeout=10) == 0
            assert process.stdout is not None
            assert b"None of your words" in process.stdout.read()
        until(lambda: standing(carer, "offline"))
        sent = Counter(message.topic for message in carer.arrived if message.payload)
        assert sent["charley/bed/alert/0123abcd-1"] == 2  # the same one, with the same id


# The library leaves it to Python to close a connection that TLS has refused.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("fault", ["certificate verify failed", "Not authorized", "refuses what"])
def test_a_broker_that_is_not_ours_or_refuses_us_is_reported_once(
    broker: Broker,
    tmp_path: Path,
    sender: StatusSender,
    caplog: pytest.LogCaptureFixture,
    *,
    fault: str,
) -> None:
    match fault:
        case "certificate verify failed":
            other = tmp_path / "other"
            other.mkdir()
            broker.ca.write_bytes(Broker(other).ca.read_bytes())
        case "Not authorized":
            broker.password.write_text("a guess\n")
        case _:
            broker.allow(NO_BEDS)
    with bridge_on(broker, tmp_path) as bridge:
        sender.send(encode(URGENT))
        until(lambda: fault in bridge.complaint)
        time.sleep(1.0)
        assert len(bridge.book.unread) == 1
        assert not bridge.settled
    assert caplog.text.count(fault) == 1


class Ahead:
    """A steady clock that a test sets forward."""

    def __init__(self) -> None:
        self.by_s = 0.0

    @property
    def clocks(self) -> Clocks:
        return Clocks(steady=lambda: time.monotonic() + self.by_s)


def test_a_corrected_access_list_is_noticed(
    broker: Broker, tmp_path: Path, sender: StatusSender
) -> None:
    ahead = Ahead()
    broker.allow(NO_BEDS)
    with bridge_on(broker, tmp_path, clocks=ahead.clocks) as bridge, watching(broker) as carer:
        sender.send(encode(URGENT))
        until(lambda: "refuses" in bridge.complaint)
        assert alerts(carer) == {}
        broker.allow(ACCESS)
        ahead.by_s += AGAIN_S
        until(lambda: alerts(carer) == {"0123abcd-1": "urgent"})


def test_a_charley_that_falls_silent_is_offline_without_a_cramp(
    broker: Broker, tmp_path: Path, sender: StatusSender
) -> None:
    ahead = Ahead()
    with bridge_on(broker, tmp_path, clocks=ahead.clocks), watching(broker) as carer:
        sender.send(encode(URGENT))
        until(lambda: carer.standing.get("charley/bed/listening") == "online")
        ahead.by_s += SILENT_S
        until(lambda: carer.standing["charley/bed/listening"] == "offline")
        until(lambda: carer.standing["charley/bed/cramp"] == "OFF")
        assert len(alerts(carer)) == 1
        sender.send(encode(URGENT))
        until(lambda: carer.standing["charley/bed/listening"] == "online")
        sender.send(encode(Status(cramp=False, hears=False)))
        until(lambda: carer.standing["charley/bed/listening"] == "offline")


def test_a_datagram_that_is_not_a_status_is_dropped(
    broker: Broker, tmp_path: Path, sender: StatusSender, caplog: pytest.LogCaptureFixture
) -> None:
    with bridge_on(broker, tmp_path), watching(broker) as carer:
        for _ in range(2):
            sender.send(b'{"cramp": "my leg hurts"}')
        sender.send(encode(URGENT))
        until(lambda: len(alerts(carer)) == 1)
    assert caplog.text.count("cannot be read") == 1
    assert "my leg" not in caplog.text


def test_two_bridges_with_one_id_say_so_and_back_off(
    broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    with (
        bridge_on(broker, here, backoff=Backoff(0.05, 60.0)) as first,
        bridge_on(broker, there, backoff=Backoff(0.05, 60.0)),
    ):
        until(lambda: "another bridge the id charley-bed" in caplog.text)
        time.sleep(3.0)
    # Without growing waits there would be ten a second.
    assert caplog.text.count("connected again") < 15
    assert first.book.unread == ()


def test_waits_grow_up_to_a_minute_and_start_over_after_a_success() -> None:
    backoff = Backoff()
    waits = [backoff.fail() for _ in range(10)]
    assert all(0.5 * 2**n <= wait <= 2**n for n, wait in enumerate(waits[:6]))
    assert all(30.0 <= wait <= 60.0 for wait in waits[6:])
    backoff.succeed()
    assert backoff.fail() <= 1.0


def test_fifty_beds_can_share_a_broker_that_fails_meanwhile(tmp_path: Path) -> None:
    beds = tuple(f"bed{number}" for number in range(50))
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Broker(folder, beds)
    broker.start()
    with ExitStack() as stack:
        stack.callback(broker.kill)
        over, senders = threading.Event(), []
        for bed in beds:
            state = tmp_path / bed
            senders.append(stack.enter_context(closing(StatusSender(socket_path(state)))))
            stack.enter_context(bridge_on(broker, state, bed, over=over))

        def tell(number: int, alert: int) -> None:
            raised = tuple(Raised(f"{number:08x}-{n}", Kind.HELP, 0.0) for n in range(1, alert + 1))
            senders[number].send(encode(Status(cramp=True, hears=True, alerts=raised)))

        def have(carer: CarerClient, count: int) -> bool:
            return all(
                alerts(carer, bed) == {f"{n:08x}-{i}": "help" for i in range(1, count + 1)}
                for n, bed in enumerate(beds)
            )

        for number in range(len(beds)):
            tell(number, 1)
        with watching(broker) as carer:
            until(lambda: have(carer, 1))
        broker.kill()
        for number in range(len(beds)):
            tell(number, 2)
        broker.start()
        with watching(broker) as carer:
            until(lambda: have(carer, 2))
            sent = Counter(message.topic for message in carer.arrived)
            twice = [topic for topic in sent if "/alert/" in topic and sent[topic] > 1]
            assert twice == []
        over.set()
