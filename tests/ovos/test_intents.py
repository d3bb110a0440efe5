"""What wakes Charley in another assistant: derived from the content, and from nothing else."""

from __future__ import annotations

import pytest

from tests.shipped import CALLED, WAKES
from voice.content.interpret import understand
from voice.content.script import GrammarKey, is_sign
from voice.ovos.intents import call_samples, danger_phrases, most_alike

WAKE = CALLED.grammars[GrammarKey.WAKE]


def test_a_call_is_a_wake_phrase_among_any_words() -> None:
    samples = call_samples(CALLED, WAKES)
    assert {"leg cramp", "{before} leg cramp", "hey charley {after}"} <= set(samples)
    assert len(samples) == len(set(samples))


@pytest.mark.parametrize(
    ("phrase", "calls"),
    [
        ("i have a bad cramp", True),
        ("cramp in my calf", True),
        ("my foot is cramping", True),
        ("it's back", False),
        ("no cramps", False),
        ("in the back", False),
        ("help", False),
    ],
)
def test_phrases_about_a_cramp_call_but_answers_do_not(phrase: str, *, calls: bool) -> None:
    assert (phrase in call_samples(CALLED, WAKES)) is calls


def test_other_wake_phrases_make_other_calls() -> None:
    samples = call_samples(CALLED, ["my leg"])
    assert "my leg {after}" in samples
    assert not [sample for sample in samples if "charley {" in sample]


def test_every_danger_phrase_is_a_danger_sign_as_a_whole() -> None:
    phrases = danger_phrases(CALLED)
    assert len(phrases) > 500
    for words in phrases:
        understood = understand(WAKE, words)
        assert understood is not None
        assert understood.whole
        assert is_sign(understood.meaning)
        assert understood.meaning.wakes


def test_the_most_similar_phrase_is_found() -> None:
    assert most_alike("my chest is tighter", danger_phrases(CALLED)) == "my chest is tight"
