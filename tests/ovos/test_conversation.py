"""A conversation over another assistant's speech services: its clock, its counts, its silence."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.shipped import CALLED, WAKES
from voice.content.script import Command, GrammarKey, Level, LineKey
from voice.dialogue import Context, Dialogue
from voice.dialogue.actions import Action
from voice.dialogue.diary import Entry, Readable, Summary
from voice.dialogue.events import Event
from voice.dialogue.hold import count_line
from voice.dialogue.in_text import spoken_s
from voice.dialogue.night import Night
from voice.dialogue.states import AskingRedFlag, Instructing
from voice.errors import DialogueError
from voice.ovos.conversation import (
    LATE_S,
    LEAD_S,
    RECORDING_S,
    SETTLE_S,
    SYNTHESIS_S,
    TRANSCRIPT_S,
    Conversation,
)

FIVE = CALLED.text(count_line(5))
RELIEF = CALLED.text(LineKey("ask_relief"))
FAINT = "Do you feel faint or light-headed, or did you when it began?"


@dataclass
class Loudspeaker:
    """Services that record what they are asked for, with the time."""

    now_s: float = 0.0
    spoken: list[tuple[float, str, bool]] = field(default_factory=list)
    silenced: list[float] = field(default_factory=list)
    volume: list[int] = field(default_factory=list)
    attended: list[bool] = field(default_factory=list)

    def speak(self, text: str, *, listen: bool) -> None:
        self.spoken.append((self.now_s, text, listen))

    def fall_silent(self) -> None:
        self.silenced.append(self.now_s)

    def adjust_volume(self, steps: int) -> None:
        self.volume.append(steps)

    def attend(self) -> None:
        self.attended.append(True)

    def release(self) -> None:
        self.attended.append(False)


class Kept:
    """A memory and a diary that keep what they are given."""

    def __init__(self) -> None:
        self.nights: list[Night] = []
        self.entries: list[Entry] = []
        self.erased = 0

    def keep(self, night: Night, now_s: float) -> None:
        assert now_s >= 0
        self.nights.append(night)

    def summary(self) -> Summary:
        return Summary(Readable.YES)

    def write(
        self, entry: Entry, called_at_s: float, now_s: float, *, spoken_of: bool = False
    ) -> None:
        assert called_at_s <= now_s
        assert not spoken_of
        self.entries.append(entry)

    def erase(self) -> None:
        self.erased += 1


class Evening:
    """A conversation on a clock set by hand, with speech that begins ``latency_s`` late."""

    def __init__(self, latency_s: float = 0.0, dialogue: Dialogue | None = None) -> None:
        self.services = Loudspeaker()
        self.kept = Kept()
        self.latency_s = latency_s
        self.dialogue = dialogue or Dialogue(Context(CALLED))
        self.conversation = Conversation(
            self.dialogue, CALLED, WAKES, self.services, diary=self.kept, memory=self.kept
        )
        self.sounded: list[tuple[float, str]] = []

    @property
    def now_s(self) -> float:
        return self.services.now_s

    @property
    def last(self) -> str:
        return self.services.spoken[-1][1]

    def to(self, at_s: float) -> None:
        """Do what is due until then, without any report from the loudspeaker."""
        while (due_s := self.conversation.due_s) is not None and due_s <= at_s:
            self.services.now_s = max(self.now_s, due_s)
            self.conversation.tick(self.now_s)
        self.services.now_s = max(self.now_s, at_s)

    def play_one(self) -> None:
        """Let the last line that was spoken begin and end."""
        at_s, text, _ = self.services.spoken[-1]
        self.to(at_s + self.latency_s)
        self.sounded.append((self.now_s, text))
        self.conversation.speech_began(self.now_s)
        self.conversation.tick(self.now_s)
        self.to(self.now_s + 0.4 * len(text.split()))
        self.conversation.speech_ended(self.now_s)
        self.conversation.tick(self.now_s)

    def play_until(self, text: str) -> None:
        """Play lines until that one has been played."""
        for _ in range(100):
            said = self.last
            self.play_one()
            if said == text:
                return
            if self.services.spoken[-1][1] == said:
                due_s = self.conversation.due_s
                assert due_s is not None
                self.to(due_s)
        pytest.fail(f"{text!r} was never said, but {self.services.spoken[-3:]}")

    def hear(self, words: str) -> bool:
        taken = self.conversation.hear(words, self.now_s)
        self.conversation.tick(self.now_s)
        return taken


def awake() -> Evening:
    evening = Evening()
    assert evening.hear("Hey Charley!")
    return evening


def counting() -> Evening:
    evening = awake()
    evening.play_until("Get ready. I'll count with you.")
    assert evening.last == "Now."
    return evening


def asked() -> Evening:
    """An evening in which the first question of the check has been spoken."""
    evening = counting()
    evening.hear("it's gone")
    evening.to(evening.now_s + SETTLE_S)
    evening.play_until(FAINT)
    return evening


# Speaking ------------------------------------------------------------------------------------


def test_a_line_is_handed_over_once_the_previous_one_has_been_played() -> None:
    evening = awake()
    assert len(evening.services.spoken) == 1
    evening.to(5.0)
    assert len(evening.services.spoken) == 1
    evening.conversation.speech_began(5.0)
    evening.conversation.speech_ended(6.0)
    evening.conversation.tick(6.0)
    assert len(evening.services.spoken) == 2


def test_the_end_of_someone_elses_speech_is_not_the_end_of_a_line() -> None:
    evening = awake()
    evening.conversation.speech_ended(1.0)
    evening.conversation.tick(1.0)
    assert len(evening.services.spoken) == 1


def test_speech_before_a_conversation_does_not_belong_to_it() -> None:
    evening = Evening()
    evening.conversation.speech_began(1.0)
    evening.conversation.speech_ended(2.0)
    assert evening.conversation.due_s is None


def test_a_line_never_reported_counts_as_played_after_a_while() -> None:
    evening = awake()
    evening.to(SYNTHESIS_S - 1)
    assert len(evening.services.spoken) == 1
    evening.to(60.0)
    assert len(evening.services.spoken) > 1


def test_only_the_last_line_of_a_question_opens_the_microphone() -> None:
    evening = asked()
    listens = [listen for _, _, listen in evening.services.spoken]
    assert listens == [False] * (len(listens) - 1) + [True]


def test_the_user_cuts_speech_off_and_the_answer_follows() -> None:
    evening = awake()
    evening.conversation.speech_began(0.0)
    evening.to(1.0)
    evening.hear("it's gone")
    assert evening.services.silenced == [1.0]
    assert len(evening.services.spoken) == 1
    evening.to(1.0 + SETTLE_S)
    assert evening.services.spoken[-1][0] == 1.0 + SETTLE_S


def test_a_hold_requested_during_speech_begins_once_that_is_silent() -> None:
    evening = counting()
    evening.to(evening.now_s + 2.0)
    evening.hear("how long")
    began_s = evening.now_s + SETTLE_S
    evening.to(began_s)
    assert evening.services.spoken[-1][0] == pytest.approx(began_s)


def test_the_volume_belongs_to_the_assistant() -> None:
    evening = counting()
    evening.hear("louder")
    evening.hear("quieter")
    assert evening.services.volume == [1, -1]


# The count -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "line"),
    [("another voice", "only_voice"), ("slower", "only_rate"), ("speak faster", "only_rate")],
)
def test_an_assistant_has_one_voice_and_one_rate_and_charley_says_so(asked: str, line: str) -> None:
    evening = counting()
    evening.hear(asked)
    evening.to(evening.now_s + 2.0)
    assert CALLED.text(LineKey(line)) in [text for _, text, _ in evening.services.spoken]


def last_numbers(evening: Evening) -> list[float]:
    numbers = [CALLED.text(count_line(n)) for n in (5, 4, 3, 2, 1)]
    return [at_s for at_s, text in evening.sounded if text in numbers]


def count_out(latency_s: float) -> tuple[Evening, float]:
    evening = counting()
    began_s = evening.now_s
    evening.latency_s = latency_s
    for _ in range(100):
        if evening.last == RELIEF:
            return evening, began_s
        before = len(evening.services.spoken)
        evening.play_one()
        if len(evening.services.spoken) == before:
            due_s = evening.conversation.due_s
            assert due_s is not None
            evening.to(due_s)
    pytest.fail("the count never ended")


def test_the_last_numbers_are_spoken_on_their_seconds() -> None:
    evening, began_s = count_out(0.0)
    assert last_numbers(evening) == pytest.approx([began_s + n for n in (25, 26, 27, 28, 29)])


def test_a_slow_voice_gets_its_numbers_early_so_they_sound_on_time() -> None:
    evening, began_s = count_out(0.3)
    assert last_numbers(evening) == pytest.approx([began_s + n for n in (25, 26, 27, 28, 29)])


def test_a_number_is_never_more_than_a_second_early() -> None:
    evening = counting()
    began_s = evening.now_s
    evening.to(began_s + 5.0)
    evening.conversation.speech_began(evening.now_s)
    evening.to(began_s + 60.0)
    five_s = next(at_s for at_s, text, _ in evening.services.spoken if text == FIVE)
    assert five_s == pytest.approx(began_s + 25.0 - LEAD_S)


def test_numbers_missed_while_the_machine_slept_are_not_made_up_for() -> None:
    evening = counting()
    evening.services.now_s += 28.0 + LATE_S + 0.1
    evening.conversation.tick(evening.now_s)
    assert evening.last == "Now."
    evening.to(evening.now_s + 1.0)
    assert CALLED.text(count_line(1)) in [text for _, text, _ in evening.services.spoken]


def test_the_question_after_a_hold_waits_for_its_last_number() -> None:
    evening = counting()
    began_s = evening.now_s
    evening.to(began_s + 29.0)
    evening.conversation.speech_began(evening.now_s)
    evening.to(began_s + 31.0)
    assert evening.last == CALLED.text(count_line(1))
    assert evening.services.silenced == []
    evening.conversation.speech_ended(evening.now_s)
    evening.conversation.tick(evening.now_s)
    assert evening.last == RELIEF


# Silence -------------------------------------------------------------------------------------


def test_silence_counts_from_the_end_of_speech_and_is_not_a_no() -> None:
    evening = asked()
    asked_s, before = evening.now_s, len(evening.services.spoken)
    evening.to(asked_s + 7.9)
    assert len(evening.services.spoken) == before
    evening.to(asked_s + 8.0)
    assert len(evening.services.spoken) == before + 1
    evening.play_until(FAINT)


def test_a_user_being_recorded_does_not_count_as_silent() -> None:
    evening = asked()
    asked_s, before = evening.now_s, len(evening.services.spoken)
    evening.conversation.recording_began(asked_s + 6.0)
    evening.to(asked_s + 12.0)
    evening.conversation.recording_ended(evening.now_s)
    evening.to(asked_s + 12.0 + TRANSCRIPT_S - 0.1)
    assert len(evening.services.spoken) == before
    evening.to(asked_s + 12.0 + TRANSCRIPT_S)
    assert len(evening.services.spoken) == before + 1


def test_a_recording_without_words_counts_as_silence_at_once() -> None:
    evening = asked()
    asked_s, before = evening.now_s, len(evening.services.spoken)
    evening.conversation.recording_began(asked_s)
    evening.to(asked_s + 12.0)
    evening.conversation.recording_ended(evening.now_s)
    evening.conversation.nothing_recognised(evening.now_s)
    evening.to(asked_s + 12.0)
    assert len(evening.services.spoken) == before + 1


def test_a_recording_that_never_ends_is_eventually_taken_as_ended() -> None:
    evening = asked()
    asked_s, before = evening.now_s, len(evening.services.spoken)
    evening.conversation.recording_began(asked_s)
    evening.to(asked_s + RECORDING_S - 0.1)
    assert len(evening.services.spoken) == before
    evening.to(asked_s + RECORDING_S)
    assert len(evening.services.spoken) == before + 1


def test_an_unclear_answer_is_asked_again_and_is_not_a_no() -> None:
    evening = asked()
    assert evening.hear("the light of the moon")
    evening.play_until(FAINT)


def test_the_ten_minute_line_goes_by_the_clock() -> None:
    evening = counting()
    evening.hear("pause")
    evening.to(615.0)
    assert any("ten minutes" in text.lower() for _, text, _ in evening.services.spoken)


def test_a_cramp_that_has_gone_gets_no_ten_minute_line() -> None:
    evening = asked()
    evening.hear("goodbye")
    evening.to(700.0)
    assert not any("ten minutes" in text.lower() for _, text, _ in evening.services.spoken)
    assert evening.conversation.due_s is None


# Stop ----------------------------------------------------------------------------------------


def test_stop_silences_at_once_and_the_advice_still_owed_follows() -> None:
    evening = asked()
    evening.hear("no")
    evening.play_until("Is one leg more swollen than the other?")
    evening.hear("yes")
    stopped_s = evening.now_s
    assert evening.conversation.stop(stopped_s)
    assert evening.services.silenced[-1] == stopped_s
    before = len(evening.services.spoken)
    evening.to(stopped_s + SETTLE_S - 0.01)
    assert len(evening.services.spoken) == before
    evening.to(stopped_s + SETTLE_S)
    said = evening.last
    brief = [CALLED.text(key) for key in CALLED.advice[Level.URGENT].brief]
    assert said == brief[0]
    assert evening.services.attended[-1] is False
    assert evening.kept.nights[-1].level is Level.URGENT
    assert evening.kept.entries[-1].level is Level.URGENT


def test_while_asleep_there_is_nothing_to_stop() -> None:
    evening = Evening()
    assert not evening.conversation.stop(1.0)
    assert evening.services.silenced == []


def test_words_right_after_stop_are_heard_after_it() -> None:
    evening = counting()
    evening.conversation.stop(evening.now_s)
    evening.hear("hey charley")
    assert evening.conversation.awake
    evening.to(evening.now_s + 2 * SETTLE_S)
    assert evening.last.startswith("Lie on your back")


@pytest.mark.parametrize("key", [key for key in GrammarKey if key is not GrammarKey.WAKE])
def test_every_grammar_but_the_wake_grammar_has_words_for_stop(key: GrammarKey) -> None:
    assert Command.STOP in {phrase.meaning for phrase in CALLED.grammars[key].phrases}


# Waking --------------------------------------------------------------------------------------


def test_while_asleep_other_talk_is_not_taken() -> None:
    evening = Evening()
    assert not evening.hear("what a night")
    assert not evening.hear("?!")
    assert not evening.conversation.awake
    assert evening.services.attended == []


def test_words_taken_for_a_call_wake_charley_whatever_they_are() -> None:
    evening = Evening()
    evening.conversation.called("a terrible ache in my leg", 0.0)
    assert evening.conversation.awake
    assert isinstance(evening.dialogue.state, Instructing)
    evening.conversation.called("it's gone", 1.0)
    assert isinstance(evening.dialogue.state, AskingRedFlag)


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("I can't breathe.", "Is it hard to breathe at the moment?"),
        ("I think I can't breathe, you know", "Is it hard to breathe at the moment?"),
        ("I cannot get any breath", "Is it hard to breathe at the moment?"),
        ("I cannot brethe", "Is it hard to breathe at the moment?"),
    ],
)
def test_words_taken_for_a_danger_sign_are_asked_about(said: str, question: str) -> None:
    evening = Evening()
    evening.conversation.danger_said(said, 0.0)
    evening.conversation.tick(0.0)
    assert evening.last == question
    evening.play_one()
    evening.hear("yes")
    evening.to(evening.now_s + SETTLE_S)
    assert evening.last == "Call the emergency number now."


def test_a_danger_sign_in_a_conversation_is_heard_there() -> None:
    evening = counting()
    evening.conversation.danger_said("my chest is tight", evening.now_s)
    evening.to(evening.now_s + SETTLE_S)
    assert evening.last != "Now."
    assert evening.services.silenced


# The dialogue --------------------------------------------------------------------------------


class Refusing(Dialogue):
    """A dialogue with a bug."""

    refuses = True

    def handle(self, event: Event) -> tuple[Action, ...]:
        if self.refuses:
            raise DialogueError("not here")
        return super().handle(event)


def test_a_bug_in_the_dialogue_does_not_end_the_night(caplog: pytest.LogCaptureFixture) -> None:
    dialogue = Refusing(Context(CALLED))
    evening = Evening(dialogue=dialogue)
    evening.hear("hey charley")
    assert "refused WakeHeard" in caplog.text
    dialogue.refuses = False
    evening.hear("hey charley")
    assert evening.conversation.awake


def test_the_diary_is_erased_when_the_user_confirms() -> None:
    evening = Evening()
    evening.hear("hey charley forget the diary")
    assert evening.kept.erased == 0
    evening.hear("yes")
    assert evening.kept.erased == 1


def test_without_diary_and_memory_nothing_is_kept_and_all_goes_on() -> None:
    services = Loudspeaker()
    conversation = Conversation(Dialogue(Context(CALLED)), CALLED, WAKES, services)
    conversation.hear("hey charley my calf is swollen and hot", 0.0)
    conversation.tick(0.0)
    conversation.hear("goodbye", 1.0)
    conversation.tick(2.0)
    assert not conversation.awake


def test_a_line_takes_as_long_as_its_words() -> None:
    assert spoken_s(CALLED, count_line(5)) == pytest.approx(0.4)
