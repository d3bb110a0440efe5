"""The whole chain on speech: real gate, real recogniser, the model that ships."""

from __future__ import annotations

import numpy as np
import pytest

from tests.listening.conftest import Listener, at_level, in_room, spoken, words_of
from voice.audio.samples import samples_of
from voice.content.script import GrammarKey
from voice.dialogue.events import SilenceHeard, SpeechHeard, SpeechUnclear, WakeHeard


@pytest.mark.parametrize("words", ["yes", "stop", "help", "not sure"])
def test_an_answer_is_heard(listener: Listener, words: str) -> None:
    listener.listen(GrammarKey.ANSWER)
    events = listener.hear(in_room(1.0, spoken(words), 1.5))
    assert words_of(events) == [words]
    assert all(isinstance(event, SpeechHeard) for event in events)


def test_speech_outside_the_grammar_is_unclear(listener: Listener) -> None:
    listener.listen(GrammarKey.ANSWER)
    events = listener.hear(in_room(1.0, spoken("the tall wooden cupboard fell over"), 1.5))
    assert words_of(events) == ["SpeechUnclear"]


def test_an_answer_is_reported_soon_after_its_sound_has_ended(listener: Listener) -> None:
    listener.listen(GrammarKey.ANSWER)
    voice = spoken("yes")
    (event,) = listener.hear(in_room(1.0, voice, 1.5))
    end_s = 1.0 + len(voice) / samples_of(1.0)
    assert event.at_s - end_s < 0.3


def test_a_wake_phrase_is_reported_soon_after_its_sound_has_ended(listener: Listener) -> None:
    listener.listen(GrammarKey.WAKE)
    voice = spoken("leg cramp")
    (event,) = listener.hear(in_room(1.0, voice, 1.5))
    assert isinstance(event, WakeHeard)
    assert event.words == ""
    # "cramp" is certain only once it cannot be "cramping", which is listened for too.
    assert event.at_s - (1.0 + len(voice) / samples_of(1.0)) < 0.36


def test_a_request_in_the_same_breath_as_the_wake_phrase_comes_with_it(listener: Listener) -> None:
    listener.listen(GrammarKey.WAKE)
    events = listener.hear(in_room(1.0, spoken("hey charley, my foot"), 1.5))
    assert [type(event) for event in events] == [WakeHeard]
    assert words_of(events) == ["my foot"]


def test_other_speech_does_not_wake(listener: Listener) -> None:
    listener.listen(GrammarKey.WAKE)
    talk = spoken("we should go to the market on saturday and buy some apples")
    assert listener.hear(in_room(1.0, talk, 1.5)) == []


def test_a_danger_sign_wakes_without_a_wake_phrase(listener: Listener) -> None:
    listener.listen(GrammarKey.WAKE)
    events = listener.hear(in_room(1.0, spoken("I can't breathe"), 1.5))
    assert [type(event) for event in events] == [WakeHeard]
    assert words_of(events)[0].endswith("can't breathe")


def test_a_soft_voice_in_a_quiet_room_is_heard(listener: Listener) -> None:
    listener.listen(GrammarKey.ANSWER)
    events = listener.hear(in_room(1.0, at_level(spoken("yes"), -45.0), 1.5))
    assert words_of(events) == ["yes"]


def test_charley_does_not_hear_itself(listener: Listener) -> None:
    listener.listen(GrammarKey.ANSWER)
    assert listener.hear(in_room(0.5, spoken("yes"), 0.1), sounding=lambda _at_s: True) == []
    assert listener.hear(in_room(1.5)) == []


def test_the_tail_of_charleys_voice_is_not_heard(listener: Listener) -> None:
    listener.listen(GrammarKey.ANSWER)
    tail = at_level(spoken("yes"), -30.0)[: samples_of(0.1)]
    listener.hear(in_room(0.5), sounding=lambda _at_s: True)
    assert listener.hear(in_room(tail, 1.5)) == []


def test_words_said_before_charley_began_are_believed(listener: Listener) -> None:
    listener.listen(GrammarKey.HOLD)
    voice = spoken("stop")
    begun_s = 1.05 + len(voice) / samples_of(1.0)
    events = listener.hear(in_room(1.0, voice, 1.5), sounding=lambda at_s: at_s > begun_s)
    assert words_of(events) == ["stop"]


def test_a_word_cut_off_by_charley_is_not_reported_as_unclear(listener: Listener) -> None:
    listener.listen(GrammarKey.HOLD)
    talk = spoken("the tall wooden cupboard fell over")
    events = listener.hear(in_room(1.0, talk, 1.5), sounding=lambda at_s: at_s > 1.6)
    assert events == []


def test_a_word_cut_off_by_charley_soon_after_a_no_is_reported(listener: Listener) -> None:
    listener.listen(GrammarKey.ANSWER)
    no, talk = spoken("no"), spoken("the tall wooden cupboard fell over")
    taken_s = 1.0 + len(no) / samples_of(1.0) + 0.6
    sound = in_room(1.0, no, 0.65, talk, 1.5)
    first, second = listener.hear(sound, sounding=lambda at_s: at_s > taken_s + 0.7)
    assert isinstance(first, SpeechHeard)
    assert (first.words, first.doubtful) == ("no", False)
    assert isinstance(second, SpeechUnclear)
    assert second.began_at_s == pytest.approx(taken_s + 0.05, abs=0.15)


@pytest.mark.parametrize("words", ["yes", "the tall wooden cupboard fell over"])
def test_events_say_when_the_sound_began(listener: Listener, words: str) -> None:
    listener.listen(GrammarKey.ANSWER)
    (event,) = listener.hear(in_room(1.0, spoken(words), 1.5))
    assert isinstance(event, SpeechHeard | SpeechUnclear)
    assert event.began_at_s == pytest.approx(1.0, abs=0.15)


def test_a_grammar_change_in_mid_word_still_hears_the_whole_word(listener: Listener) -> None:
    listener.listen(GrammarKey.HOLD, number=1)
    voice = spoken("yes")
    half = samples_of(1.0) + len(voice) // 2
    sound = in_room(1.0, voice, 1.5)
    cut = half - half % 512
    assert listener.hear(sound[:cut]) == []
    listener.listen(GrammarKey.ANSWER, number=2)
    (event,) = listener.hear(sound[cut:])
    assert isinstance(event, SpeechHeard)
    assert (event.words, event.listen) == ("yes", 2)


def test_a_pause_within_an_utterance_does_not_end_it(listener: Listener) -> None:
    listener.listen(GrammarKey.ANSWER)
    first, second = spoken("the tall wooden"), spoken("cupboard fell over")
    events = listener.hear(in_room(1.0, first, 0.35, second, 1.5))
    assert words_of(events) == ["SpeechUnclear"]


def test_silence_is_reported_once_when_patience_runs_out(listener: Listener) -> None:
    listener.listen(GrammarKey.ANSWER, patience_s=2.0)
    (event,) = listener.hear(in_room(6.0))
    assert isinstance(event, SilenceHeard)
    assert event.at_s == pytest.approx(2.0, abs=0.04)


def test_patience_starts_once_charley_has_finished_speaking(listener: Listener) -> None:
    listener.listen(GrammarKey.ANSWER, patience_s=1.0)
    assert listener.hear(in_room(3.0), busy=True) == []
    (event,) = listener.hear(in_room(2.0))
    assert event.at_s == pytest.approx(4.0, abs=0.07)


def test_a_user_who_is_speaking_is_not_silent(listener: Listener) -> None:
    listener.listen(GrammarKey.ANSWER, patience_s=1.2)
    long_talk = spoken("the tall wooden cupboard fell over and nobody saw it at all")
    events = listener.hear(in_room(0.5, long_talk, 1.0))
    assert [type(event) for event in events] == [SpeechUnclear]


def test_without_patience_silence_is_never_reported(listener: Listener) -> None:
    listener.listen(GrammarKey.HOLD)
    assert listener.hear(in_room(20.0)) == []


def test_a_click_is_dropped(listener: Listener) -> None:
    listener.listen(GrammarKey.HOLD)
    click = np.random.default_rng(3).normal(scale=6000, size=400).astype(np.int16)
    assert listener.hear(in_room(1.0, click, 1.5)) == []


def test_nothing_is_heard_before_the_first_listen(listener: Listener) -> None:
    assert listener.hear(in_room(0.5, spoken("yes"), 1.0)) == []


def test_utterances_are_reported_with_their_times(listener: Listener) -> None:
    listener.listen(GrammarKey.ANSWER)
    voice = spoken("stop")
    listener.hear(in_room(1.0, voice, 1.5))
    (told,) = listener.utterances
    assert told.start_s == pytest.approx(1.0, abs=0.25)
    assert told.end_s == pytest.approx(1.0 + len(voice) / samples_of(1.0), abs=0.25)
    assert told.decision.words == "stop"
