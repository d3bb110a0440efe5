"""The alerts on disk: recorded once, kept until they are read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from voice.carer.alert_book import KEPT, MOST_UNREAD, AlertBook, LastAdvice
from voice.carer.status import Advised, Kind, Raised
from voice.content.script import Level

NOW_S = 1_790_000_000.0


def raised(number: int, ago_s: float = 0.0, kind: Kind = Kind.URGENT) -> Raised:
    return Raised(f"0123abcd-{number}", kind, ago_s)


def ids(book: AlertBook) -> list[str]:
    return [alert.id for alert in book.unread]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alerts.json"


def test_an_alert_is_recorded_once_and_keeps_its_time(path: Path) -> None:
    book = AlertBook(path)
    book.take([raised(1, 5.0)], None, NOW_S)
    book.take([raised(1, 65.5), raised(2)], None, NOW_S + 60.0)
    assert [(a.id, a.at_s) for a in book.unread] == [
        ("0123abcd-1", NOW_S - 5.0),
        ("0123abcd-2", NOW_S + 60.0),
    ]


def test_a_restart_loses_no_alert_and_repeats_none(path: Path) -> None:
    book = AlertBook(path)
    book.take([raised(1), raised(2)], Advised(Level.URGENT, 3.0), NOW_S)
    book.mark_read(["0123abcd-1"])
    again = AlertBook(path)
    assert ids(again) == ["0123abcd-2"]
    assert again.advice == LastAdvice(Level.URGENT, NOW_S - 3.0)
    again.take([raised(1), raised(2)], None, NOW_S)
    assert ids(again) == ["0123abcd-2"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_unknown_alert_cannot_be_marked_as_read(path: Path) -> None:
    book = AlertBook(path)
    book.take([raised(1)], None, NOW_S)
    book.mark_read(["0123abcd-7", "all of them"])
    assert ids(book) == ["0123abcd-1"]


def test_advice_keeps_its_time_while_it_is_unchanged(path: Path) -> None:
    book = AlertBook(path)
    book.take([], Advised(Level.SEE_A_DOCTOR, 10.0), NOW_S)
    book.take([], Advised(Level.SEE_A_DOCTOR, 25.2), NOW_S + 15.0)
    assert book.advice == LastAdvice(Level.SEE_A_DOCTOR, NOW_S - 10.0)
    book.take([], Advised(Level.URGENT, 1.0), NOW_S + 30.0)
    assert book.advice == LastAdvice(Level.URGENT, NOW_S + 29.0)
    book.take([], None, NOW_S + 45.0)
    assert book.advice == LastAdvice(Level.URGENT, NOW_S + 29.0)


def test_it_stays_bounded_and_forgets_the_oldest_alerts(path: Path) -> None:
    book = AlertBook(path)
    everything = [raised(number) for number in range(MOST_UNREAD + KEPT + 10)]
    for part in (everything[:100], everything):
        book.take(part, None, NOW_S)
    assert len(book.unread) == MOST_UNREAD
    assert len(book.read) == KEPT
    assert ids(book)[-1] == f"0123abcd-{MOST_UNREAD + KEPT + 9}"


@pytest.mark.parametrize("content", [b"", b"{", b'{"alerts": "all of them"}', b"\xff"])
def test_a_damaged_file_is_started_over_and_reported(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(content)
    book = AlertBook(path)
    book.take([raised(1)], None, NOW_S)
    assert ids(AlertBook(path)) == ["0123abcd-1"]
    assert caplog.text.count("begun again") == 1


def test_a_failing_disk_costs_no_alert_and_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "gone" / "alerts.json"
    book = AlertBook(path)
    book.take([raised(1)], None, NOW_S)
    book.take([raised(2)], None, NOW_S)
    assert len(ids(book)) == 2
    assert caplog.text.count("in memory only") == 1
    path.parent.mkdir()
    book.save()
    assert len(ids(AlertBook(path))) == 2
