"""A call in the middle of lasting talk is heard again on its own."""

from __future__ import annotations

import pytest

from tests.listening.conftest import Listener, in_room, spoken, words_of
from voice.audio.samples import BLOCK_SAMPLES, RATE_HZ, Samples
from voice.content.script import GrammarKey
from voice.engines.vosk_recogniser import VoskRecogniser
from voice.listening.grammar_fitting import Vocabulary
from voice.listening.settings import AcceptanceSettings
from voice.listening.wake_verification import hear_call_alone
from voice.ports import HeardWord

SETTINGS = AcceptanceSettings()
TALK = "it is eight o'clock and here is the news from the county the roads are dry and clear again"


def _blocks(sound: Samples) -> list[Samples]:
    return [sound[n : n + BLOCK_SAMPLES] for n in range(0, len(sound), BLOCK_SAMPLES)]


def test_a_call_is_cut_out_by_the_times_of_its_words(
    recogniser: VoskRecogniser, vocabulary: Vocabulary
) -> None:
    before, call, after = (spoken(text) for text in (TALK, "leg cramp", "and rain at the weekend"))
    start_s, end_s = len(before) / RATE_HZ, (len(before) + len(call)) / RATE_HZ
    middle_s = (start_s + end_s) / 2
    words = [
        HeardWord("[unk]", 0.0, start_s),
        HeardWord("leg", start_s, middle_s),
        HeardWord("cramp", middle_s, end_s),
        HeardWord("[unk]", end_s, end_s + 1.0),
    ]
    found = hear_call_alone(
        recogniser, vocabulary[GrammarKey.WAKE], ("hey charley", "leg cramp"),
        _blocks(in_room(before, call, after)), words, settings=SETTINGS,
    )  # fmt: skip
    assert found is not None
    assert found[0].words == "leg cramp"


def test_without_a_call_there_is_nothing_to_cut_out(
    recogniser: VoskRecogniser, vocabulary: Vocabulary
) -> None:
    found = hear_call_alone(
        recogniser, vocabulary[GrammarKey.WAKE], ("hey charley", "leg cramp"),
        _blocks(in_room(1.0)), [HeardWord("leg", 0.1, 0.3), HeardWord("[unk]", 0.3, 0.9)],
        settings=SETTINGS,
    )  # fmt: skip
    assert found is None


def test_a_call_in_the_middle_of_lasting_talk_wakes_charley(listener: Listener) -> None:
    listener.listen(GrammarKey.WAKE)
    talk, call = spoken(TALK, "en-us+m3"), spoken("leg cramp", "en-us+f2")
    assert words_of(listener.hear(in_room(1.0, talk, call, 1.5))) == [""]
    told = listener.utterances[-1].evidence
    assert told.sound_s > SETTINGS.lasting_talk_s
    assert told.alone is not None
    assert told.alone[0].words == "leg cramp"


@pytest.mark.parametrize("grammar", [GrammarKey.WAKE, GrammarKey.ANSWER])
def test_speech_that_is_short_or_heard_while_awake_is_not_heard_twice(
    listener: Listener, grammar: GrammarKey
) -> None:
    listener.listen(grammar)
    words = {GrammarKey.WAKE: "hey charley", GrammarKey.ANSWER: TALK}[grammar]
    listener.hear(in_room(1.0, spoken(words), 1.5))
    assert [told.evidence.alone for told in listener.utterances] == [None]
