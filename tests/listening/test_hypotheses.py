"""A word that lasts longer than anyone would take to say it counts as unknown speech."""

from __future__ import annotations

import pytest

from tests.listening.conftest import Listener, in_room, spoken, words_of
from voice.content.script import UNKNOWN_WORD, GrammarKey
from voice.engines.silero_vad import SileroGate
from voice.engines.vosk_recogniser import VoskRecogniser
from voice.listening.grammar_fitting import Vocabulary
from voice.listening.hypotheses import plausible_words
from voice.listening.listener import Ears
from voice.listening.settings import AcceptanceSettings
from voice.ports import HeardWord

SETTINGS = AcceptanceSettings(longest_word_s=0.6, longest_letter_s=0.2)
NO_TIME = AcceptanceSettings(longest_word_s=0.2, longest_letter_s=0.0)


@pytest.mark.parametrize(
    ("lasts_s", "said"),
    [
        ((0.4, 0.6), "leg cramp"),
        ((0.4, 1.59), "leg cramp"),
        ((0.4, 1.61), f"leg {UNKNOWN_WORD}"),
        ((1.25, 0.6), f"{UNKNOWN_WORD} cramp"),
    ],
)
def test_how_long_a_word_may_last_grows_with_its_letters(
    lasts_s: tuple[float, float], said: str
) -> None:
    first_s, second_s = lasts_s
    words = [HeardWord("leg", 2.0, 2.0 + first_s), HeardWord("cramp", 4.0, 4.0 + second_s)]
    assert " ".join(plausible_words(words, SETTINGS)) == said


def test_unknown_speech_may_last_any_length_of_time() -> None:
    assert plausible_words([HeardWord(UNKNOWN_WORD, 0.0, 9.0)], SETTINGS) == [UNKNOWN_WORD]


@pytest.mark.parametrize("speed", [80, 140, 220])
def test_a_call_may_be_slow_or_fast(listener: Listener, speed: int) -> None:
    listener.listen(GrammarKey.WAKE)
    call = spoken("leg cramp", words_per_minute=speed)
    assert words_of(listener.hear(in_room(1.0, call, 1.5))) == [""]


def test_a_word_can_last_too_long_only_while_asleep(
    recogniser: VoskRecogniser, vocabulary: Vocabulary
) -> None:
    ears = Listener(Ears(SileroGate(), recogniser, vocabulary, acceptance=NO_TIME))
    ears.listen(GrammarKey.WAKE)
    assert ears.hear(in_room(1.0, spoken("leg cramp"), 1.5)) == []
    ears.listen(GrammarKey.ANSWER, number=2)
    assert words_of(ears.hear(in_room(1.0, spoken("yes"), 1.5))) == ["yes"]
