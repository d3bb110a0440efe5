"""Words -> meaning."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shipped import CALLED, WAKES
from voice.content.interpret import Understood, split_wake, understand
from voice.content.script import (
    UNKNOWN_WORD,
    Answer,
    Command,
    GrammarKey,
    Meaning,
    QuestionKey,
    Statement,
    TopicKey,
    is_no,
    is_sign,
)

WORDS = [*sorted({w for grammar in CALLED.grammars.values() for w in grammar.words}), UNKNOWN_WORD]


FAINT = Statement(QuestionKey("faint"), Answer.YES, sign=True, wakes=True)
CHEST_PAIN = replace(FAINT, question=QuestionKey("chest_pain"))
SWOLLEN = Statement(QuestionKey("swollen"), Answer.YES, sign=True)
NOT_SWOLLEN = Statement(QuestionKey("swollen"), Answer.NO)


def read(
    words: str, grammar: GrammarKey = GrammarKey.RELIEF, asked: str | None = None
) -> Understood | None:
    key = None if asked is None else QuestionKey(asked)
    return understand(CALLED.grammars[grammar], words, key)


def meant(words: str, grammar: GrammarKey = GrammarKey.RELIEF) -> tuple[Meaning, bool] | None:
    understood = read(words, grammar)
    return None if understood is None else (understood.meaning, understood.whole)


@pytest.mark.parametrize("key", GrammarKey)
def test_every_phrase_in_a_grammar_has_its_meaning(key: GrammarKey) -> None:
    for phrase in CALLED.grammars[key].phrases:
        assert meant(phrase.words, key) == (phrase.meaning, True)


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
        ("well yes thank you", Answer.YES, True),
        ("bacon yes", Answer.YES, False),
        ("um no please", Answer.NO, True),
        ("what about quinine", TopicKey("quinine"), True),
        ("no i feel faint", FAINT, False),
        ("i feel faint", FAINT, True),
        ("yes my chest hurts", CHEST_PAIN, False),
        ("sorry yes", Answer.YES, False),
        ("hey charley stop", Command.STOP, True),
        ("stop it hurts", Command.STOP, True),
        ("no stop bacon", Command.STOP, False),
        ("my left calf", Command.CALF, True),
        ("no wait yes", Answer.YES, True),
        ("yes i think so", Answer.YES, True),
        ("maybe no", Answer.UNSURE, True),
        ("hang on", Command.PAUSE, True),
        ("what hang on", Command.PAUSE, True),
        ("hang on what", Command.REPEAT, True),
        ("no wait", Command.PAUSE, False),
        ("no what", Command.REPEAT, False),
        ("hey charley", Command.ANOTHER_CRAMP, True),
    ],
)
def test_replies(words: str, meaning: Meaning, whole: bool) -> None:
    assert meant(words) == (meaning, whole)


@pytest.mark.parametrize(
    "words",
    ["", "[unk]", "yes no", "bacon", "gone no", "um", "yes it's not swollen"],
)
def test_unknown_words_and_contradictions_mean_nothing(words: str) -> None:
    assert meant(words) is None


@pytest.mark.parametrize("words", ["oh no", "not really", "i don't think so", "no idea"])
def test_words_that_only_resemble_a_no_are_unsure(words: str) -> None:
    assert meant(words, GrammarKey.ANSWER) == (Answer.UNSURE, True)


@pytest.mark.parametrize("words", ["a little", "only a bit", "the left one", "both"])
def test_saying_how_much_or_which_is_a_yes_to_a_red_flag(words: str) -> None:
    assert meant(words, GrammarKey.ANSWER) == (Answer.YES, True)


@pytest.mark.parametrize(
    ("words", "asked", "meaning"),
    [
        ("it's not swollen", "swollen", Answer.NO),
        ("no it's not swollen", "swollen", Answer.NO),
        ("yes my leg is swollen", "swollen", SWOLLEN),
        ("it's not swollen", "warm", NOT_SWOLLEN),
        ("i can breathe", "short_of_breath", Answer.NO),
        ("no chest pain", "chest_pain", Answer.NO),
    ],
)
def test_the_words_of_a_question_answer_that_question_alone(
    words: str, asked: str, meaning: Meaning
) -> None:
    understood = read(words, GrammarKey.ANSWER, asked)
    assert understood is not None
    assert understood.meaning == meaning
    assert understood.whole


def test_a_denial_of_something_else_is_not_an_answer() -> None:
    understood = read("it's not swollen", GrammarKey.ANSWER, "warm")
    assert understood is not None
    assert understood.meaning == NOT_SWOLLEN


@pytest.mark.parametrize(
    "words", ["no it's not swollen", "no thank you i'm fine", "no i can breathe"]
)
def test_a_no_with_a_denial_of_something_else_is_a_doubtful_no(words: str) -> None:
    assert read(words, GrammarKey.ANSWER, "warm") == Understood(Answer.NO, whole=False)


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("i don't think it's swollen", "swollen"),
        ("i'm not sure if it's warm", "warm"),
        ("i can't tell if there's a cord", "cord"),
        ("i don't think i feel faint", "faint"),
        ("i don't think my chest hurts", "chest_pain"),
    ],
)
def test_a_doubt_beside_the_sign_asked_about_is_an_unsure(words: str, asked: str) -> None:
    understood = read(words, GrammarKey.ANSWER, asked)
    assert understood is not None
    assert understood.meaning is Answer.UNSURE


def test_a_doubt_beside_a_sign_that_nobody_asked_about_leaves_it_a_sign() -> None:
    understood = read("i'm not sure but my chest hurts", GrammarKey.ANSWER, "swollen")
    assert understood is not None
    assert understood.signs == ("chest_pain",)


@pytest.mark.parametrize(
    ("words", "asked"),
    [("dizzy", "faint"), ("yes numb", "numb"), ("cold", "numb"), ("lump", "cord"), ("hot", "warm")],
)
def test_the_word_that_was_asked_about_is_a_yes_by_itself(words: str, asked: str) -> None:
    understood = read(words, GrammarKey.ANSWER, asked)
    assert understood is not None
    assert understood.meaning is Answer.YES


@pytest.mark.parametrize(
    ("words", "asked"),
    [("it isn't very cold", "numb"), ("not that cold", "numb"), ("there isn't any lump", "cord")],
)
def test_a_word_asked_about_in_a_denial_is_a_doubtful_no(words: str, asked: str) -> None:
    assert read(words, GrammarKey.ANSWER, asked) == Understood(Answer.NO, whole=False)


@pytest.mark.parametrize(
    ("words", "topic"),
    [
        ("my doctor gave me quinine", "quinine"),
        ("does tonic water help", "quinine"),
        ("could it be the statins", "medicines"),
        ("can i take two of my acetaminophen", "painkillers"),
        ("would pickle juice do any good", "what_helps"),
    ],
)
def test_a_word_that_names_a_topic_asks_about_it(words: str, topic: str) -> None:
    understood = read(words, GrammarKey.OPEN)
    assert understood is not None
    assert understood.meaning == topic


@pytest.mark.parametrize(
    ("words", "asked", "answer"),
    [
        ("yes two weeks ago", "new_medicine", Answer.YES),
        ("yes for months", "coming_back", Answer.YES),
        ("yes my own doctor once", "weak_pulse", Answer.YES),
        ("no i've taken them for years", "new_medicine", Answer.NO),
        ("no only my vitamins", "new_medicine", Answer.NO),
    ],
)
def test_the_answer_that_a_reply_begins_with_counts_doubtfully(
    words: str, asked: str, answer: Answer
) -> None:
    assert read(words, GrammarKey.ANSWER, asked) == Understood(answer, whole=False)


@pytest.mark.parametrize("words", ["no wait it's back", "no hang on ow it's back"])
def test_a_cramp_that_comes_back_takes_back_the_no_before_it(words: str) -> None:
    assert meant(words, GrammarKey.ANSWER) == (Command.ANOTHER_CRAMP, True)


def test_an_answer_at_the_beginning_of_other_talk_does_not_count() -> None:
    words = f"yes {UNKNOWN_WORD} {UNKNOWN_WORD}"
    assert read(words, GrammarKey.ANSWER, "new_medicine") is None


def test_more_words_about_the_sign_asked_about_leave_no_doubt() -> None:
    understood = read("one is bigger than the other", GrammarKey.ANSWER, "swollen")
    assert understood is not None
    assert understood.whole
    assert understood.signs == ("swollen",)


def test_a_stop_beside_the_name_of_a_topic_stays_a_stop() -> None:
    understood = read("stop i'll take an ibuprofen", GrammarKey.HOLD)
    assert understood is not None
    assert understood.meaning is Command.STOP


@pytest.mark.parametrize(
    "words", ["yes but it still hurts", "yes but not completely", "no it's worse"]
)
def test_a_cramp_that_is_still_there_is_not_eased_by_a_yes(words: str) -> None:
    understood = read(words, GrammarKey.RELIEF)
    assert understood is not None
    assert understood.meaning in {Command.NOT_GONE, Command.HURTS_MORE}


def test_every_sign_in_one_breath_is_reported() -> None:
    understood = read("my calf is swollen and hot my chest hurts", GrammarKey.WAKE)
    assert understood is not None
    assert understood.signs == ("swollen", "chest_pain")


def test_a_no_before_a_yes_is_a_doubtful_yes_and_never_a_no() -> None:
    assert meant("no yes", GrammarKey.ANSWER) == (Answer.YES, False)


@given(st.lists(st.sampled_from(WORDS), max_size=8))
def test_only_a_no_is_ever_understood_as_a_no(words: list[str]) -> None:
    got = read(" ".join(words), GrammarKey.ANSWER)
    if got is not None and is_no(got.meaning):
        spoken = f" {' '.join(words)} "
        assert any(
            f" {p.words} " in spoken
            for p in CALLED.grammars[GrammarKey.ANSWER].phrases
            if is_no(p.meaning)
        )


@given(st.lists(st.sampled_from(WORDS), max_size=8))
def test_a_whole_reading_accounts_for_every_word(words: list[str]) -> None:
    got = read(" ".join(words), GrammarKey.ANSWER)
    if got is not None and got.whole:
        assert set(words) <= set(CALLED.grammars[GrammarKey.ANSWER].words) - {UNKNOWN_WORD}


@given(
    st.sampled_from(list(GrammarKey)),
    st.lists(st.sampled_from(WORDS), max_size=5),
    st.lists(st.sampled_from(WORDS), max_size=5),
)
def test_a_danger_sign_outranks_the_words_around_it(
    key: GrammarKey, before: list[str], after: list[str]
) -> None:
    # Garbage before it keeps any longer phrase from swallowing its first word.
    words = " ".join([*before, UNKNOWN_WORD, "i can't breathe", *after])
    got = read(words, key)
    assert got is not None
    assert is_sign(got.meaning)


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
def test_the_rest_of_the_breath_after_a_wake_phrase(words: str, rest: str | None) -> None:
    assert split_wake(words, WAKES) == rest
