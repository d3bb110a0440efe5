"""What the dialogue tells the diary about a conversation, and how it answers from the diary."""

from __future__ import annotations

import pytest

from tests.dialogue.walking import Talk
from tests.shipped import CALLED
from voice.content.interpret import side_named
from voice.content.script import Answer, Level, Part, Side
from voice.dialogue.actions import ListenId, WriteDiary
from voice.dialogue.diary import Course, Ending, Entry, Readable, Summary
from voice.dialogue.events import WakeHeard
from voice.dialogue.line_keys import counted_lines, cramps_line, last_cramp_line

DAY_S = 86_400.0


class Kept(Talk):
    """A talk that keeps what is written to the diary."""

    def __init__(self) -> None:
        super().__init__()
        self.written: tuple[WriteDiary, ...] = ()

    @property
    def entry(self) -> Entry:
        """The entry written last."""
        return self.written[-1].entry

    def say(self, *turns: str) -> None:
        """Take turns: what the user says, or what happens."""
        for turn in turns:
            match turn:
                case "(said)":
                    self.spoken()
                case "(held)":
                    self.held()
                case "(silence)":
                    self.silence()
                case "(mumble)":
                    self.mumble()
                case _ if turn.startswith("hey charley"):
                    self.wake(turn.removeprefix("hey charley").strip())
                case _:
                    self.hear(turn)
            self.written += tuple(a for a in self.actions if isinstance(a, WriteDiary))
            self.at_s += 10.0


def talked(*turns: str) -> Kept:
    talk = Kept()
    talk.say(*turns)
    return talk


NO = ["no"] * 7


@pytest.mark.parametrize(
    ("turns", "part", "side"),
    [
        (["hey charley", "(said)", "pause"], Part.CALF, None),
        (["hey charley", "my right foot"], Part.FOOT, Side.RIGHT),
        (["hey charley my left calf"], Part.CALF, Side.LEFT),
        (["hey charley both legs"], Part.CALF, Side.BOTH),
        (["hey charley my left calf", "the other leg"], Part.CALF, Side.BOTH),
        (["hey charley my left calf", "right leg"], Part.CALF, Side.RIGHT),
        (
            ["hey charley my left calf", "it's gone", *NO, "it's back", "right leg"],
            Part.CALF,
            Side.BOTH,
        ),
        (["hey charley thigh"], None, None),
        (["hey charley thigh", "front"], Part.THIGH_FRONT, None),
    ],
)
def test_the_leg_is_recorded_as_named(
    turns: list[str], part: Part | None, side: Side | None
) -> None:
    entry = talked(*turns).entry
    assert (entry.cramp, entry.part, entry.side) == (True, part, side)


def test_the_time_to_relief_runs_from_the_call_for_the_latest_cramp() -> None:
    talk = talked("hey charley my calf", "(said)", "(held)", "not yet", "(said)", "it's gone")
    talk.say(*NO, "it's back")
    again = len(talk.written)
    talk.say("(said)", "it's gone")
    told = [written.entry.relief_s for written in talk.written]
    assert set(told[: again - 1]) == {None, 50.0}
    assert told[again - 1] is None
    assert told[-1] == 20.0
    assert talk.entry.steps == ("calf_lying", "calf_rub", "calf_lying")


def test_no_cramp_is_recorded_if_the_user_denies_it_at_once() -> None:
    assert not talked("hey charley", "false alarm", *NO).entry.cramp
    assert talked("hey charley", "(said)", "(held)", "no cramp", *NO).entry.cramp


@pytest.mark.parametrize(
    ("turns", "ending"),
    [
        (["hey charley my calf", "stop", "goodbye"], Ending.STOPPED),
        (["hey charley my calf", "it's gone", "goodbye"], Ending.STOPPED),
        (["hey charley my calf", "my chest hurts", "goodbye"], Ending.EMERGENCY),
        (["hey charley my calf", "it's gone", *NO, "no"], Ending.FINISHED),
        (["hey charley my calf", "it's gone", *NO, "(silence)"], Ending.FINISHED),
        (["hey charley my calf", "(said)", "(held)", "(silence)", "(silence)"], Ending.SILENT),
        (["hey charley my calf", "it's gone", *["(mumble)"] * 3], Ending.OTHER_TALK),
    ],
)
def test_how_the_conversation_ended_is_recorded(turns: list[str], ending: Ending) -> None:
    assert talked(*turns).entry.ending is ending


def test_an_open_conversation_has_no_ending_and_is_distinct_from_the_next() -> None:
    talk = talked("hey charley my calf", "it's gone")
    assert talk.entry.ending is None
    assert {written.called_at_s for written in talk.written} == {0.0}
    talk.say(*NO, "no", "hey charley my foot")
    assert talk.written[-1].called_at_s == talk.at_s - 10.0


@pytest.mark.parametrize(
    "turns",
    [
        ["hey charley", "(said)", "(held)", "(silence)", "(silence)"],
        ["hey charley what about quinine", "goodbye"],
        ["hey charley how many this month", "goodbye"],
        ["hey charley can you hear me"],
    ],
)
def test_a_conversation_without_an_event_is_not_written(turns: list[str]) -> None:
    assert talked(*turns).written == ()


def test_a_bedtime_stretch_is_written_but_not_as_a_cramp() -> None:
    entry = talked("hey charley bedtime stretch", "(said)").entry
    assert (entry.bedtime, entry.cramp, entry.part) == (True, False, None)


def test_a_cramp_mentioned_on_television_does_not_count() -> None:
    entry = talked("hey charley my calf", "it's gone", *["(mumble)"] * 3).entry
    assert entry.cramp
    assert not entry.counts_as_cramp


@pytest.mark.parametrize(
    ("turns", "kept"),
    [
        (["yes", "(no)"], {"faint": Answer.YES}),
        (["not sure"], {"faint": Answer.UNSURE}),
        (["no", "yes"], {"faint": Answer.NO, "swollen": Answer.YES}),
        (["no", "go back", "yes"], {"faint": Answer.YES}),
        (["yes", "no", "no", "no", "go back", "no"], {"faint": Answer.YES}),
        (["(mumble)", "(mumble)"], {}),
    ],
)
def test_answers_are_recorded_by_question_and_the_graver_of_two_wins(
    turns: list[str], kept: dict[str, Answer]
) -> None:
    talk = talked("hey charley my calf", "it's gone", *(t for t in turns if t != "(no)"))
    answers = dict(talk.entry.answers)
    assert {key: answers.get(key) for key in kept} == kept  # type: ignore[call-overload]
    assert Answer.UNCLEAR not in answers.values()


def test_a_no_that_was_taken_back_is_not_recorded() -> None:
    talk = talked("hey charley my calf", "it's gone", "no")
    talk.hear("wait", began_at_s=talk.at_s - 9.0)
    talk.say("stop")
    assert talk.entry.answers == ()


def test_the_recorded_level_is_that_of_the_advice_given() -> None:
    assert talked("hey charley my calf", "it's gone").entry.level is None
    talk = talked("hey charley my calf", "it's gone", "no", "yes", "goodbye")
    assert talk.entry.level is Level.URGENT
    talk = talked("hey charley my calf", "it's gone", *NO)
    assert talk.entry.level is Level.NO_URGENT_SIGN_HEARD


def ask(words: str, summary: Summary) -> tuple[str, ...]:
    talk = Talk()
    talk.tell(WakeHeard(0.0, ListenId(talk.turn_id), words, diary=summary))
    return tuple(line for line in talk.said if line != "anything_else")


@pytest.mark.parametrize(
    ("ago_s", "nights", "line"),
    [
        (None, 0, "last_none"),
        (60.0, 0, "last_hour"),
        (5 * 3600.0, 0, "last_hours"),
        (5 * 3600.0, 1, "last_hours"),
        (13 * 3600.0, 0, "last_day"),
        (13 * 3600.0, 1, "last_nights_1"),
        (13 * DAY_S, 13, "last_nights_13"),
        (14 * DAY_S, 14, "last_weeks_2"),
        (59 * DAY_S, 59, "last_weeks_8"),
        (80 * DAY_S, 80, "last_months"),
    ],
)
def test_when_the_last_cramp_was(ago_s: float | None, nights: int, line: str) -> None:
    summary = Summary(Readable.YES, last_ago_s=ago_s, last_nights=nights)
    assert ask("when was the last one", summary) == (line,)


def test_every_number_that_can_be_said_has_its_line() -> None:
    numbers = {cramps_line(count) for count in range(100)} - {"cramps_more"}
    nights = {last_cramp_line(count * DAY_S, count) for count in range(1, 100)} - {"last_months"}
    assert numbers | nights == set(counted_lines())
    assert set(counted_lines()) <= set(CALLED.lines)


def test_is_it_getting_better_is_answered_by_two_counts_and_a_doctor() -> None:
    summary = Summary(Readable.YES, lately=4, before=31)
    lately, before = ("diary_lately", "cramps_4"), ("diary_before", "cramps_more")
    assert ask("is it getting better", summary) == (*lately, *before, "diary_ask_doctor")
    assert ask("how many this month", summary) == lately


@pytest.mark.parametrize(
    ("readable", "line"),
    [
        (Readable.OFF, "diary_off"),
        (Readable.NO, "diary_shut"),
        (Readable.UNDATED, "diary_undated"),
    ],
)
def test_a_diary_that_cannot_answer_says_why(readable: Readable, line: str) -> None:
    assert ask("is it getting better", Summary(readable)) == (line,)


def test_erasing_is_not_offered_if_the_diary_cannot_be_written() -> None:
    assert ask("forget the diary", Summary(Readable.YES, writable=False)) == ("diary_shut",)
    assert ask("forget the diary", Summary(Readable.UNDATED)) == ("diary_erase_ask",)


def test_a_doubtful_yes_erases_nothing() -> None:
    talk = Talk()
    talk.tell(
        WakeHeard(0.0, ListenId(talk.turn_id), "forget the diary", diary=Summary(Readable.YES))
    )
    talk.hear("yes", doubtful=True)
    assert talk.said == ("not_understood", "diary_erase_ask")
    talk.hear("yes", doubtful=True)
    assert talk.said == ("diary_stays", "anything_else")


def test_the_side_is_found_in_any_sentence_that_names_it() -> None:
    assert side_named(CALLED, "my left calf is cramping") is Side.LEFT
    assert side_named(CALLED, "left and right leg") is Side.BOTH
    assert side_named(CALLED, "my calf") is None


def test_relief_without_a_cramp_is_not_recorded() -> None:
    assert Course().with_relief(5.0) == Course()
