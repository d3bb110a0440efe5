"""The typed conversation: its clock, its holds and its alarm, with a scripted dialogue."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shipped import CALLED, SCRIPT, WAKES
from voice.app.night_memory import FILE as NIGHT_FILE
from voice.app.night_memory import NightMemory
from voice.app.paths import state_folder
from voice.app.settings import Settings
from voice.cli.main import main
from voice.cli.simulate import converse
from voice.content.script import GrammarKey, Level, LineKey, is_sign
from voice.dialogue import Context, Dialogue
from voice.dialogue.actions import (
    Action,
    AdjustRate,
    AdjustVolume,
    AlarmId,
    CancelAlarm,
    ChangeVoice,
    HoldId,
    Listen,
    ListenId,
    Say,
    SetAlarm,
    StartHold,
    StopSpeaking,
    UtteranceId,
)
from voice.dialogue.events import (
    AlarmRang,
    Event,
    HoldFinished,
    SilenceHeard,
    SpeechHeard,
    SpeechUnclear,
    UtteranceFinished,
    WakeHeard,
)
from voice.dialogue.hold import Hold
from voice.dialogue.in_text import plain
from voice.dialogue.night import Night
from voice.simulation.typed import Moment, Simulation

LINE = LineKey("good_night")
LENGTH_S = 0.4 * len(SCRIPT.text(LINE).split())
SAY = Say(UtteranceId(1), (LINE,))
ASLEEP = Listen(ListenId(7), GrammarKey.WAKE)
ASKING = Listen(ListenId(8), GrammarKey.ANSWER, 5.0)
HOLDING = Listen(ListenId(9), GrammarKey.HOLD)
HOLD = StartHold(HoldId(3), Hold(30.0))

"""The content as in every conversation: a wake phrase is also heard while awake."""

PHRASES = sorted({p.words for grammar in CALLED.grammars.values() for p in grammar.phrases})
SIGNS_ASLEEP = sorted(
    {
        phrase.meaning.question: phrase.words
        for phrase in CALLED.grammars[GrammarKey.WAKE].phrases
        if is_sign(phrase.meaning) and phrase.meaning.wakes
    }.values()
)
"""One phrase for each danger sign that is heard while asleep."""

_PHRASE = st.sampled_from(PHRASES)
TYPED = (
    st.sampled_from(["", "hey charley", "and now the weather", "?"])
    | _PHRASE
    | st.builds("hey charley {}".format, _PHRASE)
    | st.builds("{} and {}".format, _PHRASE, _PHRASE)
)
"""What may be typed: silence, calls, other talk, and everything that is listened for."""


class Written:
    """A scripted dialogue: it does what is written, whatever happens, and keeps the events."""

    def __init__(self, *turns: Sequence[Action]) -> None:
        self.turns = [tuple(turn) for turn in turns]
        self.events: list[Event] = []

    def start(self) -> tuple[Action, ...]:
        return self.turns.pop(0)

    def handle(self, event: Event) -> tuple[Action, ...]:
        self.events.append(event)
        return self.turns.pop(0) if self.turns else ()


class Board:
    """A stage that keeps what it is shown."""

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.lines: list[tuple[LineKey, float | None]] = []
        self.notes: list[str] = []
        self.moments: list[Moment] = []

    def line(self, key: LineKey, text: str, into_hold_s: float | None) -> None:
        assert text == SCRIPT.text(key)
        self.lines.append((key, into_hold_s))

    def note(self, text: str) -> None:
        self.notes.append(text)

    def reply(self, moment: Moment) -> str | None:
        self.moments.append(moment)
        return self.replies.pop(0) if self.replies else None


def play(board: Board, *turns: Sequence[Action]) -> list[Event]:
    dialogue = Written(*turns)
    Simulation(dialogue, SCRIPT, ["hey charley", "leg cramp"], board).run()
    assert all(a.at_s <= b.at_s for a, b in pairwise(dialogue.events)), "time runs backwards"
    return dialogue.events


def test_an_utterance_takes_its_time_and_ends_by_itself() -> None:
    board = Board()
    assert play(board, [SAY]) == [UtteranceFinished(LENGTH_S, SAY.utterance)]
    assert board.lines == [(LINE, None)]


def test_while_asleep_only_a_wake_phrase_or_danger_is_heard() -> None:
    board = Board("", "what a night", "Hey, Charley, my foot!", "leg cramp", "I can't breathe.")
    events = play(board, [ASLEEP])
    woken = [event for event in events if isinstance(event, WakeHeard)]
    assert woken == events
    assert [(event.words, event.uncalled) for event in woken] == [
        ("my foot", False),
        ("", False),
        ("i can't breathe", True),
    ]
    assert set(board.moments) == {Moment.ASLEEP}


def test_each_listening_takes_one_reply() -> None:
    (event,) = play(Board("yes"), [ASKING])
    assert event == SpeechHeard(event.at_s, ASKING.listen, "yes")
    assert event.at_s == pytest.approx(1.4)


def test_silence_is_reported_when_patience_runs_out() -> None:
    events = play(Board("", "", "no"), [ASKING])
    assert [type(event) for event in events] == [SilenceHeard, SpeechHeard]
    assert events[0].at_s == 5.0


@pytest.mark.parametrize("words", ["the light of the moon", "yes or no", "?"])
def test_words_not_listened_for_are_unclear(words: str) -> None:
    (event,) = play(Board(words), [ASKING])
    assert isinstance(event, SpeechUnclear | SilenceHeard)
    assert isinstance(event, SilenceHeard) == (words == "?")


@pytest.mark.parametrize("words", ["cold", "a knot", "not until the cramp"])
def test_words_that_only_answer_a_question_are_words(words: str) -> None:
    (event,) = play(Board(words), [ASKING])
    assert isinstance(event, SpeechHeard)


@pytest.mark.parametrize("words", ["well it's back you see", "yes moon"])
def test_a_meaning_among_other_words_is_heard_as_doubtful(words: str) -> None:
    (event,) = play(Board(words), [ASKING])
    assert isinstance(event, SpeechHeard)
    assert event.doubtful


def test_an_empty_reply_lets_a_hold_run_to_its_end() -> None:
    board = Board("")
    assert play(board, [HOLD, HOLDING]) == [HoldFinished(30.0, HOLD.hold)]
    assert [at for _, at in board.lines] == [10, 20, 25, 26, 27, 28, 29]
    assert board.moments[0] is Moment.HOLD


def test_a_reply_comes_eight_seconds_into_a_hold_which_then_goes_on() -> None:
    events = play(Board("better"), [HOLD, HOLDING])
    assert [type(event) for event in events] == [SpeechHeard, HoldFinished]
    assert [event.at_s for event in events] == [8.0, 30.0]


def test_a_hold_that_is_stopped_is_never_finished() -> None:
    board = Board("stop")
    events = play(board, [HOLD, HOLDING], [StopSpeaking()])
    assert [type(event) for event in events] == [SpeechHeard]
    assert board.lines == []


def test_an_alarm_rings_on_time_whatever_is_going_on() -> None:
    alarm = SetAlarm(AlarmId(4), 12.0)
    events = play(Board(""), [alarm, HOLD, HOLDING])
    assert events == [AlarmRang(12.0, alarm.alarm), HoldFinished(30.0, HOLD.hold)]


def test_a_reply_that_an_alarm_precedes_is_not_lost() -> None:
    alarm = SetAlarm(AlarmId(4), 0.5)
    events = play(Board("yes"), [alarm, ASKING])
    assert [type(event) for event in events] == [AlarmRang, SpeechHeard]
    alarm = SetAlarm(AlarmId(4), 5.0)
    events = play(Board("stop"), [alarm, HOLD, HOLDING], [StopSpeaking(), SAY, ASKING], [HOLDING])
    assert [type(event) for event in events] == [AlarmRang, UtteranceFinished, SpeechHeard]


def test_an_alarm_may_ring_during_speech_or_silence() -> None:
    alarm = SetAlarm(AlarmId(4), 0.1)
    events = play(Board(), [alarm, SAY])
    assert [type(event) for event in events] == [AlarmRang, UtteranceFinished]
    events = play(Board("", ""), [alarm, ASKING])
    assert [type(event) for event in events] == [AlarmRang, SilenceHeard]


def test_a_cancelled_alarm_does_not_ring() -> None:
    assert play(Board(""), [SetAlarm(AlarmId(4), 1.0), CancelAlarm(), ASKING]) == [
        SilenceHeard(5.0, ASKING.listen)
    ]


def test_anything_that_is_not_a_line_is_noted() -> None:
    board = Board()
    loud: list[Action] = [AdjustVolume(1), AdjustVolume(-1), AdjustRate(1), AdjustRate(-2)]
    play(board, [*loud, ChangeVoice(), Say(UtteranceId(1), (LINE,), chime=True), HOLD])
    assert board.notes == [
        *(f"Charley speaks {how}" for how in ("louder", "quieter", "faster", "slower")),
        "Charley speaks in another voice",
        "a soft tone",
        "a hold of 30 seconds begins",
    ]


def test_nothing_is_heard_before_the_first_listening() -> None:
    assert play(Board("yes", ""), []) == []


@pytest.mark.parametrize(
    ("typed", "heard"),
    [("It's  gone!", "it's gone"), ("No\u2014it isn\u2019t.", "no it isn't"), (" , ", "")],
)
def test_typed_words_become_plain(typed: str, heard: str) -> None:
    assert plain(typed) == heard


def test_the_command_prints_a_whole_night(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "night.txt"
    replies = ["", "hey charley", "# it lets go at once", "it's gone", *["no"] * 6, "yes"]
    path.write_text("\n".join([*replies, *["no"] * 4]) + "\n", encoding="utf-8")
    assert main(["simulate", "--script", str(path), "--keys"]) == 0
    out, errors = capsys.readouterr()
    assert errors == ""
    assert "You (Charley is asleep): (says nothing)" in out
    assert "Charley [calf_pull]: Lie on your back" in out
    assert "You (during the hold): it's gone" in out
    assert "# it lets go" not in out
    assert "Charley [none_heard]: " in out
    assert out.endswith("Charley [good_night]: " + SCRIPT.text(LineKey("good_night")) + "\n")


def simulate(folder: Path, *replies: str) -> int:
    """Hold a typed conversation as the command does; return its exit code."""
    path = folder / "replies.txt"
    path.write_text("\n".join(replies) + "\n", encoding="utf-8")
    return main(["simulate", "--script", str(path)])


@pytest.mark.parametrize("sign", SIGNS_ASLEEP)
def test_a_danger_sign_typed_while_charley_sleeps_is_asked_about(sign: str) -> None:
    printed = io.StringIO()
    converse(CALLED, Settings(), iter([sign, "yes", "yes", "goodbye"]), printed)
    out = printed.getvalue()
    assert out.count("You (Charley is asleep): ") == 1
    assert SCRIPT.text(LineKey("emergency_call")) in out


@given(st.lists(TYPED, max_size=40))
def test_typing_ahead_anything_anywhere_is_consumed_to_the_end(replies: list[str]) -> None:
    board = Board(*replies)
    dialogue = Dialogue(Context(CALLED))
    Simulation(dialogue, CALLED, WAKES, board).run()
    assert board.replies == []
    assert len(board.moments) == len(replies) + 1


def test_a_simulation_remembers_its_own_night_and_spares_the_live_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    kept = state_folder() / NIGHT_FILE
    with closing(NightMemory(kept)) as memory:
        memory.keep(Night(Level.EMERGENCY), now_s=0.0)
    live = kept.read_bytes()
    earlier = SCRIPT.text(LineKey("earlier_urgent"))
    gone, swollen = ("hey charley", "it's gone", "no"), ("yes", "goodbye")
    assert simulate(tmp_path, *gone, *swollen, "hey charley", "stop", "stop") == 0
    first, second = capsys.readouterr().out.split(SCRIPT.text(LineKey("stopped_check")))
    assert SCRIPT.text(LineKey("earlier_emergency")) not in first
    assert earlier not in first
    assert earlier in second
    assert kept.read_bytes() == live
    assert [path.name for path in state_folder().iterdir()] == [NIGHT_FILE]


def test_a_simulation_creates_no_state_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert simulate(tmp_path, "hey charley", "louder", "my chest hurts", "goodbye") == 0
    assert SCRIPT.text(LineKey("emergency_call")) in capsys.readouterr().out
    assert not (tmp_path / "state").exists()
