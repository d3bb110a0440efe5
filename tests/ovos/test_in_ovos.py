"""What only shows inside OVOS: what wakes Charley there, how it stops, and in which room."""

from __future__ import annotations

import pytest

from tests.ovos.conftest import ROOT, InOvos
from tests.ovos.written import read_conversation
from tests.shipped import CALLED
from voice.content.interpret import understand
from voice.content.script import GrammarKey, Level, is_sign
from voice.ovos.intents import danger_phrases

pytestmark = pytest.mark.slow

ASKED = {question.key: CALLED.text(question.ask) for question in CALLED.questions}


def asks_about(words: str) -> str:
    """The question that a danger sign leads to when it is said out of the blue."""
    understood = understand(CALLED.grammars[GrammarKey.WAKE], words)
    assert understood is not None
    assert is_sign(understood.meaning)
    return ASKED[understood.meaning.question]


def test_a_danger_sign_is_heard_out_of_the_blue(in_ovos: InOvos) -> None:
    phrases = danger_phrases(CALLED)
    said = ["My chest is tight", "I can't breathe", *phrases[:: len(phrases) // 60]]
    assert len(said) > 60
    answers = in_ovos("scenes", "first_words", *said)
    assert answers == [asks_about(words.lower()) for words in said]


def test_a_call_may_come_among_other_words_but_other_talk_is_not_a_call(in_ovos: InOvos) -> None:
    calls = ["I have a leg cramp", "oh hey charley my calf", "cramp in my foot", "charley horse"]
    others = ["what a night", "it's back", "no", "is it going to rain"]
    answers = in_ovos("scenes", "first_words", *calls, *others)
    assert None not in answers[: len(calls)]
    assert answers[len(calls) :] == [None] * len(others)


def test_words_that_only_resemble_a_danger_sign_are_asked_about_too(
    in_ovos: InOvos,
) -> None:
    question = in_ovos("scenes", "taken_for_danger", "there is a tightness on my chest")
    assert question == asks_about("my chest is tight")


def test_after_stop_the_advice_reached_is_played_to_its_end(in_ovos: InOvos) -> None:
    told = read_conversation(ROOT / "tests/conversations/stop_after_a_clot_sign.txt")
    assert told.replies[-1] == "stop"
    after = in_ovos("scenes", "stopped", *told.replies[:-1])
    advice = [CALLED.text(key) for key in CALLED.advice[Level.URGENT].brief]
    assert after["said"][: len(advice)] == advice
    assert after["played"] == after["said"]


def test_another_room_is_heard_only_if_it_calls(in_ovos: InOvos) -> None:
    found = in_ovos("scenes", "from_another_room", "it's gone")
    assert found == {"ignored": True, "answered in": "kitchen"}
