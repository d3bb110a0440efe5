"""The user talks over Charley, which can hear through its own voice."""

from __future__ import annotations

import pytest

from tests.app.night import VOICE, Night
from voice.app.turn_taking import MOST_PAUSES
from voice.audio.samples import BLOCK_S
from voice.dialogue.events import HoldFinished, SpeechHeard, SpeechUnclear
from voice.dialogue.states import AskingIfGone, AskingRedFlag, Holding, Instructing, Paused
from voice.echo.delay_tracking import UNFOUND_S
from voice.echo.echo_control import AlreadyClean

LINE_S = 1.5


@pytest.fixture
def night() -> Night:
    """Charley, woken, with the room learned, in the middle of its first instructions."""
    made = Night(AlreadyClean, LINE_S)
    made.recogniser.next = "hey charley"
    made.pass_time(1.0)
    made.pass_time(0.6, VOICE)
    made.until(lambda: isinstance(made.assistant.state, Instructing))
    made.recogniser.next = ""
    made.pass_time(UNFOUND_S + 1.0)
    return made


def begin_to_say(night: Night, words: str) -> None:
    """Start to say something while Charley speaks, up to where Charley notices."""
    night.until(night.speaker_sounds)
    night.pass_time(0.2)
    night.recogniser.next = words
    night.pass_time(BLOCK_S, VOICE)


def end_saying(night: Night) -> None:
    night.pass_time(0.5, VOICE)
    night.pass_time(0.9)
    night.recogniser.next = ""


def test_charley_gives_way_at_the_first_block_of_a_voice(night: Night) -> None:
    begin_to_say(night, "stop")
    assert night.assistant.mouth.paused
    assert not night.assistant.mouth.output.sounding


def test_a_command_said_over_charley_is_obeyed(night: Night) -> None:
    begin_to_say(night, "stop")
    end_saying(night)
    (heard,) = night.heard(SpeechHeard)
    assert isinstance(heard, SpeechHeard)
    assert (heard.words, heard.doubtful) == ("stop", False)
    assert isinstance(night.assistant.state, AskingIfGone)


def test_after_a_noise_charley_resumes_its_sentence(night: Night) -> None:
    before = night.speaker.position
    begin_to_say(night, "")
    end_saying(night)
    assert not night.assistant.mouth.paused
    assert night.speaker.position is not None
    assert before is not None
    night.until(lambda: isinstance(night.assistant.state, Holding))


def test_unclear_speech_over_instructions_is_reported(night: Night) -> None:
    begin_to_say(night, "[unk]")
    began_s = night.assistant.now_s - BLOCK_S
    end_saying(night)
    (unclear,) = night.heard(SpeechUnclear)
    assert isinstance(unclear, SpeechUnclear)
    assert unclear.began_at_s == pytest.approx(began_s, abs=BLOCK_S / 2)
    assert isinstance(night.assistant.state, Instructing)


def test_unclear_speech_over_a_question_is_not_an_answer(night: Night) -> None:
    night.until(lambda: isinstance(night.assistant.state, AskingIfGone))
    begin_to_say(night, "[unk]")
    end_saying(night)
    assert not night.heard(SpeechUnclear)
    assert isinstance(night.assistant.state, AskingIfGone)


def test_after_several_needless_pauses_charley_keeps_talking(night: Night) -> None:
    for _ in range(MOST_PAUSES):
        begin_to_say(night, "")
        assert night.assistant.mouth.paused
        end_saying(night)
    begin_to_say(night, "stop")
    assert not night.assistant.mouth.paused
    end_saying(night)
    assert not night.heard(SpeechHeard)


def test_words_that_charley_is_saying_are_not_accepted_from_the_user(night: Night) -> None:
    night.until(night.speaker_sounds)
    words = sorted(night.assistant.mouth.output.words & {"toes", "knee", "foot", "calf", "thigh"})
    assert words
    begin_to_say(night, words[0])
    end_saying(night)
    assert not night.heard(SpeechHeard)


def test_a_paused_count_goes_on_unheard_and_ends_on_its_second(night: Night) -> None:
    night.until(lambda: isinstance(night.assistant.state, Holding))
    began_s = night.assistant.now_s
    begin_to_say(night, "")
    assert night.assistant.mouth.paused
    end_saying(night)
    night.until(lambda: not night.assistant.mouth.paused, 5.0)
    night.until(lambda: bool(night.heard(HoldFinished)))
    hold_s = 30.0
    assert night.assistant.now_s - began_s == pytest.approx(hold_s, abs=2 * BLOCK_S)


def test_a_count_that_is_talked_over_stops_if_asked(night: Night) -> None:
    night.until(lambda: isinstance(night.assistant.state, Holding))
    begin_to_say(night, "pause")
    end_saying(night)
    assert isinstance(night.assistant.state, Paused)
    assert not night.assistant.mouth.paused


def test_an_answer_before_the_question_is_finished_is_doubtful(night: Night) -> None:
    night.until(lambda: isinstance(night.assistant.state, AskingIfGone))
    begin_to_say(night, "yes")
    end_saying(night)
    (heard,) = night.heard(SpeechHeard)
    assert isinstance(heard, SpeechHeard)
    assert heard.doubtful
    assert not isinstance(night.assistant.state, AskingRedFlag)


def test_charley_cannot_be_talked_over_until_it_has_learned_the_room() -> None:
    night = Night(AlreadyClean, LINE_S)
    night.recogniser.next = "hey charley"
    night.pass_time(1.0)
    night.pass_time(0.6, VOICE)
    night.until(lambda: isinstance(night.assistant.state, Instructing))
    begin_to_say(night, "stop")
    assert not night.assistant.mouth.paused
    end_saying(night)
    assert not night.heard(SpeechHeard)


def test_the_room_is_learned_again_for_other_devices(night: Night) -> None:
    night.assistant.reset_echo_path()
    begin_to_say(night, "stop")
    assert not night.assistant.mouth.paused


def test_with_its_echo_delay_in_doubt_charley_gives_way_to_nothing(night: Night) -> None:
    night.assistant.doubt_echo_delay()
    begin_to_say(night, "stop")
    assert not night.assistant.mouth.paused
