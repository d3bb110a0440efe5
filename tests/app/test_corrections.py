"""The user corrects a no that was accepted, or speaks when Charley's next words are due."""

from __future__ import annotations

import pytest

from tests.app.night import VOICE, Night
from voice.audio.samples import BLOCK_S
from voice.dialogue.events import SpeechHeard, SpeechUnclear
from voice.dialogue.states import AskingIfGone, AskingRedFlag, Instructing
from voice.echo.delay_tracking import UNFOUND_S
from voice.echo.echo_control import AlreadyClean
from voice.listening.settings import ListeningSettings
from voice.ports import EchoCanceller

LINE_S = 1.5
SETTINGS = ListeningSettings()


def in_check(make_canceller: type[EchoCanceller] | None) -> Night:
    """Charley, waiting for the answer to its first red-flag question."""
    night = Night(make_canceller, LINE_S)
    night.say("hey charley")
    night.recogniser.next = ""
    night.until(lambda: isinstance(night.assistant.state, AskingIfGone))
    night.until_quiet()
    night.pass_time(UNFOUND_S)
    night.say("yes")
    night.until(lambda: isinstance(night.assistant.state, AskingRedFlag))
    night.recogniser.next = ""
    night.until_quiet()
    return night


def say_no(night: Night) -> SpeechHeard:
    """Answer no, and let time pass until that has been accepted."""
    before = len(night.heard(SpeechHeard))
    night.recogniser.next = "no"
    night.pass_time(0.4, VOICE)
    night.until(lambda: len(night.heard(SpeechHeard)) > before)
    taken = night.heard(SpeechHeard)[-1]
    assert isinstance(taken, SpeechHeard)
    assert not taken.doubtful
    return taken


def speak(night: Night, words: str) -> None:
    """Speak for half a second, and wait until any endpoint must have been reached."""
    night.recogniser.next = words
    night.pass_time(0.5, VOICE)
    night.pass_time(SETTINGS.pause_s + 0.2)
    night.recogniser.next = ""


def test_a_no_is_accepted_only_after_time_to_correct_it() -> None:
    night = in_check(None)
    night.recogniser.next = "no"
    before = len(night.heard(SpeechHeard))
    night.pass_time(0.4, VOICE)
    night.pass_time(SETTINGS.complete_no_s - 2 * BLOCK_S)
    assert len(night.heard(SpeechHeard)) == before
    night.recogniser.next = "no wait yes"
    night.pass_time(0.4, VOICE)
    night.pass_time(SETTINGS.pause_s + 0.2)
    said = night.events[-1]
    assert isinstance(said, SpeechHeard | SpeechUnclear)
    assert not isinstance(said, SpeechHeard) or said.doubtful or said.words == "no wait yes"


@pytest.mark.parametrize("after_s", [0.1, 0.5, 1.0])
def test_speech_over_the_next_question_is_reported_with_its_start(after_s: float) -> None:
    night = in_check(AlreadyClean)
    taken = say_no(night)
    night.recogniser.next = ""
    night.pass_time(after_s)
    began_s = night.assistant.now_s
    speak(night, "[unk]")
    (unclear,) = night.heard(SpeechUnclear)
    assert isinstance(unclear, SpeechUnclear)
    assert unclear.began_at_s == pytest.approx(began_s, abs=2 * BLOCK_S)
    assert unclear.began_at_s is not None
    assert 0.0 < unclear.began_at_s - taken.at_s < SETTINGS.correction_s


def test_a_yes_over_the_next_question_is_reported_as_doubtful() -> None:
    night = in_check(AlreadyClean)
    taken = say_no(night)
    night.pass_time(0.5)
    speak(night, "yes")
    heard = night.heard(SpeechHeard)[-1]
    assert isinstance(heard, SpeechHeard)
    assert (heard.words, heard.doubtful) == ("yes", True)
    assert heard.began_at_s is not None
    assert heard.began_at_s - taken.at_s < SETTINGS.correction_s


def test_speech_after_the_time_for_corrections_is_not_an_answer() -> None:
    night = in_check(AlreadyClean)
    taken = say_no(night)
    night.until(lambda: night.assistant.now_s > taken.at_s + SETTINGS.correction_s + 0.1)
    night.until(night.speaker_sounds)
    speak(night, "[unk]")
    assert not night.heard(SpeechUnclear)


def test_charley_does_not_start_talking_over_the_user() -> None:
    """Without an echo canceller: in the pause between two sentences."""
    night = Night(None, LINE_S)
    night.say("hey charley")
    night.recogniser.next = "[unk]"
    night.until(night.speaker_sounds)
    night.until(lambda: not night.speaker_sounds())
    night.pass_time(SETTINGS.tail_guard_s + BLOCK_S)
    assert not night.speaker_sounds()
    for _ in range(round(2.0 / BLOCK_S)):
        night.pass_time(BLOCK_S, VOICE)
        assert not night.speaker_sounds()
    night.pass_time(SETTINGS.pause_s + 0.2)
    assert len(night.heard(SpeechUnclear)) == 1
    assert isinstance(night.assistant.state, Instructing)
    night.until(night.speaker_sounds, 2.0)
