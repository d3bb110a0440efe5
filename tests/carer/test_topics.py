"""What the topics hold, given the known alerts."""

from __future__ import annotations

import json
from pathlib import Path

from voice.carer.alert_book import AlertBook
from voice.carer.status import Advised, Kind, Raised
from voice.carer.topics import DiaryCounts, Topics, alert_states, diary_state
from voice.content.script import Level

NOW_S = 1_790_000_000.0
TOPICS = Topics("charley/window")


def test_every_topic_is_below_that_of_the_bed() -> None:
    named = [TOPICS.availability, TOPICS.listening, TOPICS.cramp, TOPICS.help, TOPICS.advice]
    named += [TOPICS.diary, TOPICS.alert, TOPICS.read, TOPICS.alert_of("0123abcd-1")]
    assert len(set(named)) == 9
    assert all(topic.startswith("charley/window/") for topic in named)


def test_without_alerts_none_is_shown_and_advice_is_left_alone(tmp_path: Path) -> None:
    states = alert_states(TOPICS, AlertBook(tmp_path / "alerts.json"))
    assert states.keys() == {TOPICS.alert, TOPICS.help}
    assert states[TOPICS.help] == "OFF"
    assert json.loads(states[TOPICS.alert]) == {
        "kind": "none",
        "id": None,
        "at": None,
        "latest": None,
        "unread": 0,
    }


def test_the_gravest_alert_is_shown_and_those_read_are_emptied(tmp_path: Path) -> None:
    book = AlertBook(tmp_path / "alerts.json")
    raised = (
        Raised("0123abcd-1", Kind.URGENT, 300.0),
        Raised("0123abcd-2", Kind.EMERGENCY, 120.0),
        Raised("0123abcd-3", Kind.HELP, 60.0),
    )
    book.take(raised, Advised(Level.EMERGENCY, 120.0), NOW_S)
    book.mark_read(["0123abcd-1"])
    states = alert_states(TOPICS, book)
    assert states[TOPICS.alert_of("0123abcd-1")] == ""
    assert json.loads(states[TOPICS.alert_of("0123abcd-3")]) == {
        "id": "0123abcd-3",
        "kind": "help",
        "at": "2026-09-21T14:12:20+00:00",
    }
    assert json.loads(states[TOPICS.alert]) == {
        "kind": "emergency",
        "id": "0123abcd-2",
        "at": "2026-09-21T14:11:20+00:00",
        "latest": "2026-09-21T14:12:20+00:00",
        "unread": 2,
    }
    assert states[TOPICS.help] == "ON"
    assert json.loads(states[TOPICS.advice])["level"] == "emergency"


def test_an_unreadable_diary_reports_nothing() -> None:
    assert set(json.loads(diary_state(None)).values()) == {None}
    told = json.loads(diary_state(DiaryCounts(3, 1, None)))
    assert told == {"last_30_days": 3, "30_days_before": 1, "last_cramp": None}
    assert json.loads(diary_state(DiaryCounts(3, 1, NOW_S)))["last_cramp"].startswith("2026-09-21")
