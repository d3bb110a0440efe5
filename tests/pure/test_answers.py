"""Words -> meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.app.paths import prompts_folder
from voice.content.interpret import Understood, split_wake, understand
from voice.content.loader import load_script
from voice.content.script import (
    DANGER_SIGNS,
    UNKNOWN_WORD,
    Answer,
    Command,
    GrammarKey,
    Meaning,
    TopicKey,
)

SCRIPT = load_script(prompts_folder() / "en")
WAKES = ("hey charley", "leg cramp")
WORDS = [*sorted({w for grammar in SCRIPT.grammars.values() for w in grammar.words}), UNKNOWN_WORD]


def read(words: str, grammar: GrammarKey = GrammarKey.RELIEF) -> Understood | None:
    return understand(SCRIPT.grammars[grammar], words)


@pytest.mark.parametrize("key", GrammarKey)
def test_every_phrase_of_a_grammar_means_what_it_says(key: GrammarKey) -> None:
    for phrase in SCRIPT.grammars[key].phrases:
        assert read(phrase.words, key) == Understood(phrase.meaning, whole=True)


@pytest.mark.parametrize(
    ("words", "meaning", "whole"),
    [
        ("yes", Answer.YES, True),
        ("Yes", Answer.YES, True),
        ("yes yes yes", Answer.YES, True),
        ("yeah it's gone", Command.GONE, True),
        ("no it still hurts", Command.NOT_GONE, True),
        ("nope not yet", Command.NOT_GONE, True),
        ("no no", Answer.NO, True),
        ("i don't know", Answer.UNSURE, True),
        ("[unk] no", Answer.NO, False),
        ("no [unk]", Answer.NO, False),
        ("well yes my dear", Answer.YES, False),
        ("what about quinine", TopicKey("quinine"), True),
        ("no i feel faint", Command.FAINT, False),
        ("i feel faint", Command.FAINT, True),
        ("yes no chest pain", Command.CHEST_PAIN, False),
    ],
)
def test_replies(words: str, meaning: Meaning, whole: bool) -> None:
    assert read(words) == Understood(meaning, whole=whole)


@pytest.mark.parametrize(
    "words", ["", "[unk]", "yes no", "no yes", "yes maybe", "bacon", "gone no"]
)
def test_nothing_and_contradictions_mean_nothing(words: str) -> None:
    assert read(words) is None


@given(st.lists(st.sampled_from(WORDS), max_size=8))
def test_a_no_is_never_made_of_anything_but_a_no(words: list[str]) -> None:
    got = read(" ".join(words), GrammarKey.ANSWER)
    if got is not None and got.meaning is Answer.NO:
        denials = [p.words for p in SCRIPT.grammars[GrammarKey.ANSWER].phrases]
        spoken = f" {' '.join(words)} "
        assert any(
            f" {p.words} " in spoken
            for p in SCRIPT.grammars[GrammarKey.ANSWER].phrases
            if p.meaning is Answer.NO
        ), denials


@given(st.lists(st.sampled_from(WORDS), max_size=8))
def test_a_whole_reading_leaves_no_word_over(words: list[str]) -> None:
    got = read(" ".join(words), GrammarKey.ANSWER)
    if got is not None and got.whole:
        assert set(words) <= set(SCRIPT.grammars[GrammarKey.ANSWER].words) - {UNKNOWN_WORD}


@given(
    st.sampled_from(list(GrammarKey)),
    st.lists(st.sampled_from(WORDS), max_size=5),
    st.lists(st.sampled_from(WORDS), max_size=5),
)
def test_a_danger_sign_wins_over_what_stands_after_it(
    key: GrammarKey, before: list[str], after: list[str]
) -> None:
    # Garbage before it keeps any longer phrase from swallowing its first word.
    words = " ".join([*before, UNKNOWN_WORD, "i can't breathe", *after])
    got = read(words, key)
    assert got is not None
    assert got.meaning in DANGER_SIGNS


@pytest.mark.parametrize(
    ("words", "rest"),
    [
        ("hey charley", ""),
        ("leg cramp", ""),
        ("hey charley my foot", "my foot"),
        ("[unk] hey charley [unk] my foot", "my foot"),
        ("yes hey charley", ""),
        ("hey", None),
        ("charley hey", None),
        ("", None),
    ],
)
def test_the_rest_of_the_breath_after_a_wake(words: str, rest: str | None) -> None:
    assert split_wake(words, WAKES) == rest
