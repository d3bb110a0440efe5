"""What the listening process reports of a conversation, through the whole assistant."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from tests.app.night import Night as Bed
from tests.diary_nights import a_cramp, until_answered
from tests.shipped import SCRIPT
from voice.carer.reporter import EVERY_S, SAME_CALL_S, CarerReporter
from voice.carer.status import Counts, Kind, Status, decode
from voice.content.script import Level
from voice.dialogue import Context
from voice.dialogue.actions import ListenId
from voice.dialogue.diary import NO_DIARY, Readable, Summary
from voice.dialogue.events import Event, SpeechHeard
from voice.dialogue.states import Asleep, Emergency, State


class Reported:
    """A bed, and every status that was sent for it."""

    def __init__(self, summary: Summary = NO_DIARY) -> None:
        self.summary = summary
        self.datagrams: list[bytes] = []
        self.reporter = CarerReporter(
            Context(SCRIPT), self.datagrams.append, lambda: self.summary, "0123abcd"
        )
        self.bed = Bed(line_s=0.1, carer=self.reporter)

    @property
    def statuses(self) -> list[Status]:
        return [decode(datagram) for datagram in self.datagrams]

    @property
    def latest(self) -> Status:
        return self.statuses[-1]

    def kinds(self) -> list[Kind]:
        return [alert.kind for alert in self.latest.alerts]


def test_a_quiet_night_reports_only_that_charley_listens() -> None:
    reported = Reported()
    reported.bed.pass_time(3 * EVERY_S)
    assert 3 <= len(reported.datagrams) <= 4
    assert set(reported.statuses) == {Status(cramp=False, hears=True)}


def test_a_cramp_is_on_from_the_call_until_it_eases() -> None:
    reported = Reported()
    reported.bed.say("hey charley my left calf")
    reported.bed.until_holding()
    assert [status.cramp for status in reported.statuses][-1]
    reported.bed.say("it's gone")
    assert not [status.cramp for status in reported.statuses][-1]
    until_answered(reported.bed, *["no"] * 8)
    reported.bed.until(lambda: isinstance(reported.bed.assistant.state, Asleep))
    changes = [status.cramp for status in reported.statuses]
    assert [now for was, now in pairwise(changes) if was is not now] == [True, False]
    assert reported.kinds() == []
    assert reported.latest.advised is not None
    assert reported.latest.advised.level is Level.NO_URGENT_SIGN_HEARD


def test_a_question_about_salt_is_not_a_cramp() -> None:
    reported = Reported()
    reported.bed.say("hey charley what about salt")
    reported.bed.until(lambda: isinstance(reported.bed.assistant.state, Asleep), 300.0)
    assert not any(status.cramp for status in reported.statuses)


def test_urgent_advice_raises_one_alert_with_the_time_it_was_reached() -> None:
    reported = Reported()
    a_cramp(reported.bed, "hey charley my left calf", "no", "yes", *["no"] * 6, "goodbye")
    reported.bed.pass_time(2 * EVERY_S)
    assert reported.kinds() == [Kind.URGENT]
    (alert,) = reported.latest.alerts
    (first,) = next(s for s in reported.statuses if s.alerts).alerts
    assert first.ago_s < 0.1
    assert alert.ago_s > 2 * EVERY_S
    assert {a.id for s in reported.statuses for a in s.alerts} == {"0123abcd-1"}
    assert reported.latest.advised is not None
    assert reported.latest.advised.level is Level.URGENT


def test_the_same_level_in_a_later_conversation_is_another_alert() -> None:
    reported = Reported()
    for _ in range(2):
        a_cramp(reported.bed, "hey charley", "no", "yes", *["no"] * 6, "goodbye")
    assert reported.kinds() == [Kind.URGENT, Kind.URGENT]
    assert len({alert.id for alert in reported.latest.alerts}) == 2


def test_an_emergency_raises_an_alert_at_once() -> None:
    reported = Reported()
    reported.bed.say("hey charley")
    reported.bed.until_holding()
    reported.bed.say("my chest hurts")
    assert isinstance(reported.bed.assistant.state, Emergency)
    assert reported.kinds() == [Kind.EMERGENCY]


@pytest.mark.parametrize("words", ["call my wife", "i need help", "call my wife i can't breathe"])
def test_a_call_for_help_raises_an_alert_whatever_else_is_said(words: str) -> None:
    reported = Reported()
    reported.bed.say("hey charley")
    reported.bed.until_holding()
    reported.bed.say(words)
    assert Kind.HELP in reported.kinds()


@pytest.mark.parametrize("call", ["hey charley call my wife", "hey charley help me"])
def test_a_call_for_help_counts_in_the_same_breath_as_the_wake(call: str) -> None:
    reported = Reported()
    reported.bed.say(call)
    assert reported.kinds() == [Kind.HELP]


@pytest.mark.parametrize("words", ["don't call my wife", "i don't need the ambulance people"])
@pytest.mark.parametrize("call", ["hey charley", ""])
def test_saying_that_no_help_is_wanted_raises_no_alert(call: str, words: str) -> None:
    reported = Reported()
    if not call:
        reported.bed.say("hey charley")
        reported.bed.until_holding()
    reported.bed.say(f"{call} {words}".strip())
    assert reported.kinds() == []


def test_asking_for_an_ambulance_is_a_call_for_help_and_an_emergency() -> None:
    reported = Reported()
    reported.bed.say("hey charley")
    reported.bed.until_holding()
    reported.bed.say("call an ambulance")
    assert sorted(kind.value for kind in reported.kinds()) == ["emergency", "help"]


def test_a_call_for_help_counts_in_an_emergency_too() -> None:
    reported = Reported()
    reported.bed.say("hey charley")
    reported.bed.until_holding()
    reported.bed.say("my chest hurts")
    reported.bed.until_quiet()
    reported.bed.say("call my wife")
    assert reported.kinds() == [Kind.EMERGENCY, Kind.HELP]


def test_asking_again_within_a_minute_is_the_same_call() -> None:
    reported = Reported()
    reported.bed.say("hey charley")
    reported.bed.until_holding()
    reported.bed.say("call my wife")
    reported.bed.say("call my wife")
    assert reported.kinds() == [Kind.HELP]
    reported.bed.say("pause")
    reported.bed.pass_time(SAME_CALL_S)
    reported.bed.say("call my wife")
    assert reported.kinds() == [Kind.HELP, Kind.HELP]


def test_a_film_that_calls_an_ambulance_raises_no_alert_until_confirmed() -> None:
    reported = Reported()
    reported.bed.say("call an ambulance")
    assert reported.kinds() == []


def test_the_diary_is_reported_in_numbers() -> None:
    reported = Reported(Summary(Readable.YES, lately=3, before=1, last_ago_s=60.0))
    reported.bed.pass_time(1.0)
    assert reported.latest.counts == Counts(3, 1, 60.0)
    reported.summary = Summary(Readable.UNDATED)
    reported.bed.pass_time(EVERY_S)
    assert reported.latest.counts is None


def test_a_lost_microphone_is_reported() -> None:
    reported = Reported()
    reported.bed.pass_time(1.0)
    reported.reporter.hears = False
    reported.bed.pass_time(1.0)
    assert not reported.latest.hears


def test_no_words_of_the_user_or_of_charley_are_sent() -> None:
    reported = Reported()
    a_cramp(reported.bed, "hey charley my left calf", "no", "yes", *["no"] * 6, "call my wife")
    allowed = {"cramp", "hears", "advised", "level", "ago_s", "alerts", "id", "kind"}
    allowed |= {"counts", "version", "help", "urgent", "0123abcd-1", "0123abcd-2"}

    def words(value: object) -> set[str]:
        match value:
            case dict():
                return set(value) | {w for v in value.values() for w in words(v)}
            case list():
                return {w for v in value for w in words(v)}
            case str():
                return {value}
            case _:
                return set()

    assert {w for datagram in reported.datagrams for w in words(json.loads(datagram))} == allowed


def test_speech_that_comes_too_late_for_the_conversation_is_not_a_call() -> None:
    reported = Reported()
    reported.bed.pass_time(1.0)
    asleep = reported.bed.assistant.state
    reported.reporter.heard(SpeechHeard(1.0, ListenId(77), "call my wife"), asleep, asleep)
    reported.bed.pass_time(EVERY_S)
    assert reported.kinds() == []


class Broken:
    """A carer whose code fails."""

    def heard(self, event: Event, before: State, after: State) -> None:
        raise RuntimeError(event, before, after)

    def tick(self, now_s: float, state: State) -> None:
        pass


def test_a_fault_in_the_carers_code_ends_no_conversation(caplog: pytest.LogCaptureFixture) -> None:
    bed = Bed(line_s=0.1, carer=Broken())
    a_cramp(bed)
    assert bed.said()[-1] == "good_night"
    assert caplog.text.count("a fault in informing the carer") == 1
