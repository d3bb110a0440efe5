"""A script that breaks a law cannot be built, and the error says where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.shipped import SCRIPT
from voice.content.script import (
    Answer,
    Command,
    Footing,
    Grammar,
    GrammarKey,
    Level,
    Line,
    LineKey,
    Part,
    Phrase,
    QuestionKey,
    SourceId,
    Statement,
    TopicKey,
    is_no,
    is_sign,
)
from voice.errors import ContentError

CHEST_PAIN = Statement(QuestionKey("chest_pain"), Answer.YES, sign=True, wakes=True)


def broken(**changes: Any) -> None:
    replace(SCRIPT, **changes)


def with_line(line: Line) -> dict[LineKey, Line]:
    return {**SCRIPT.lines, line.key: line}


def with_question(key: str, **changes: Any) -> tuple[object, ...]:
    return tuple(replace(q, **changes) if q.key == key else q for q in SCRIPT.questions)


def with_phrase(words: str, meaning: Any) -> dict[GrammarKey, Grammar]:
    grammar = SCRIPT.grammars[GrammarKey.ANSWER]
    longer = replace(grammar, phrases=(*grammar.phrases, Phrase(words, meaning)))
    return {**SCRIPT.grammars, GrammarKey.ANSWER: longer}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (Line(LineKey("x"), "  ", manner=True), "has no text"),
        (Line(LineKey("x"), "Drink."), "needs either sources or manner"),
        (Line(LineKey("x"), "Drink.", (SourceId("S20"),), manner=True), "not both"),
    ],
)
def test_a_line_needs_text_and_an_authority(line: Line, problem: str) -> None:
    with pytest.raises(ContentError, match=problem):
        broken(lines=with_line(line))


def test_a_line_that_is_named_must_exist() -> None:
    with pytest.raises(ContentError, match="tips names the line 'gone_fishing'"):
        broken(tips=(LineKey("gone_fishing"),))
    with pytest.raises(ContentError, match=r"reach\.calf names the line 'gone_fishing'"):
        broken(reach={**SCRIPT.reach, Part.CALF: LineKey("gone_fishing")})


def test_every_part_needs_a_line_for_reaching_it_with_a_sheet() -> None:
    with pytest.raises(ContentError, match="no reach line for 'foot'"):
        broken(reach={p: v for p, v in SCRIPT.reach.items() if p is not Part.FOOT})


@pytest.mark.parametrize("level", ["yes", "unsure", "unclear"])
def test_only_a_no_passes_a_question(level: str) -> None:
    with pytest.raises(ContentError, match="an answer other than no"):
        broken(questions=with_question("faint", **{level: Level.NO_URGENT_SIGN_HEARD}))


def test_unsure_is_not_worse_than_yes() -> None:
    with pytest.raises(ContentError, match="worse than a yes"):
        broken(questions=with_question("faint", unsure=Level.EMERGENCY))


@pytest.mark.parametrize("level", ["unsure", "unclear"])
def test_a_clot_sign_is_at_least_urgent(level: str) -> None:
    with pytest.raises(ContentError, match="must be at least URGENT"):
        broken(questions=with_question("warm", **{level: Level.SEE_A_DOCTOR}))


def test_a_clot_sign_is_followed_by_the_danger_questions() -> None:
    with pytest.raises(ContentError, match="danger must be asked about"):
        broken(questions=with_question("warm", danger_next=frozenset({Answer.YES})))


def test_danger_is_always_an_emergency() -> None:
    with pytest.raises(ContentError, match="must be EMERGENCY"):
        broken(questions=with_question("chest_pain", unclear=Level.URGENT))


def test_a_follow_up_question_must_exist() -> None:
    with pytest.raises(ContentError, match="'numb_tonight' should follow another"):
        broken(questions=tuple(q for q in SCRIPT.questions if q.key != "numb_tonight"))


def test_advice_that_must_be_given_before_leaving_needs_a_brief_form() -> None:
    urgent = replace(SCRIPT.advice[Level.URGENT], brief=())
    with pytest.raises(ContentError, match="URGENT has no brief form"):
        broken(advice={**SCRIPT.advice, Level.URGENT: urgent})


def test_a_wake_phrase_that_means_something_else_is_refused() -> None:
    with pytest.raises(ContentError, match=r"'stop' of .* has two meanings"):
        SCRIPT.with_calls(("stop",))


def test_a_script_needs_questions() -> None:
    with pytest.raises(ContentError, match="no red-flag questions"):
        broken(questions=())


def test_every_part_needs_a_ladder_that_begins_with_a_stretch_for_all() -> None:
    with pytest.raises(ContentError, match="no ladder for 'foot'"):
        broken(ladders={p: v for p, v in SCRIPT.ladders.items() if p is not Part.FOOT})
    first, *others = SCRIPT.ladders[Part.FOOT]
    standing = (replace(first, footing=Footing.STEADY), *others)
    with pytest.raises(ContentError, match="must begin with a stretch for everyone"):
        broken(ladders={**SCRIPT.ladders, Part.FOOT: standing})


def test_every_level_needs_advice() -> None:
    with pytest.raises(ContentError, match="no advice for URGENT"):
        broken(advice={k: v for k, v in SCRIPT.advice.items() if k is not Level.URGENT})


@pytest.mark.parametrize(
    ("words", "meaning", "problem"),
    [
        ("Yes", Answer.YES, "not plain lower-case"),
        ("", Answer.YES, "not plain lower-case"),
        ("two  spaces", Answer.YES, "not plain lower-case"),
        ("hm", Answer.UNCLEAR, "which nobody says"),
        ("yes", Answer.NO, "has two meanings"),
        ("what about tea", TopicKey("tea"), "the topic 'tea', which does not exist"),
    ],
)
def test_a_phrase_must_be_plain_and_have_one_meaning(
    words: str, meaning: Any, problem: str
) -> None:
    with pytest.raises(ContentError, match=problem):
        broken(grammars=with_phrase(words, meaning))


def test_a_word_must_name_a_topic_that_exists() -> None:
    subjects = (Phrase("tea", TopicKey("tea")),)
    grammar = replace(SCRIPT.grammars[GrammarKey.ANSWER], subjects=subjects)
    with pytest.raises(ContentError, match="'tea' names the topic 'tea', which does not exist"):
        broken(grammars={**SCRIPT.grammars, GrammarKey.ANSWER: grammar})


def test_danger_is_listened_for_everywhere() -> None:
    grammar = SCRIPT.grammars[GrammarKey.HOLD]
    deaf = tuple(p for p in grammar.phrases if p.meaning != CHEST_PAIN)
    with pytest.raises(ContentError, match="'hold' does not listen for 'chest_pain'"):
        broken(grammars={**SCRIPT.grammars, GrammarKey.HOLD: replace(grammar, phrases=deaf)})
    grammars = {k: v for k, v in SCRIPT.grammars.items() if k is not GrammarKey.HOLD}
    with pytest.raises(ContentError, match="no grammar 'hold'"):
        broken(grammars=grammars)


def test_looking_things_up_in_a_script() -> None:
    assert SCRIPT.text(LineKey("count_5")) == "Five."
    assert SCRIPT.question(QuestionKey("cord")).clot_sign
    with pytest.raises(KeyError):
        SCRIPT.question(QuestionKey("weather"))
    assert {"yes", "sure"} <= SCRIPT.grammars[GrammarKey.ANSWER].words
    assert is_sign(CHEST_PAIN)
    assert not is_sign(Answer.YES)
    assert is_no(Statement(QuestionKey("cord"), Answer.NO))
    assert not is_no(Command.NOT_GONE)
