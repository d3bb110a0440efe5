"""Answers -> level. Every path of answers is walked, none sampled."""

from __future__ import annotations

import pytest

from voice.app.paths import prompts_folder
from voice.content.loader import load_script
from voice.content.script import Answer, Level, QuestionKey
from voice.dialogue import triage
from voice.dialogue.triage import Check

SCRIPT = load_script(prompts_folder() / "en")
ORDER = [question.key for question in SCRIPT.questions]
CLOT = [question.key for question in SCRIPT.questions if question.clot_sign]


def answered(*answers: tuple[str, Answer]) -> Check:
    check = triage.begin(SCRIPT)
    for key, answer in answers:
        check = check.record(QuestionKey(key), answer)
    return check


def all_no() -> Check:
    check = triage.begin(SCRIPT)
    while question := check.next_question():
        check = check.record(question.key, Answer.NO)
    return check


@pytest.mark.slow
def test_every_path_of_answers_is_safe() -> None:
    """Over a million paths: levels only rise, and only noes alone reach the lowest."""
    ends = dict.fromkeys(Level, 0)

    def walk(check: Check, worst: Level, *, only_no: bool) -> None:
        question = check.next_question()
        if question is None:
            ends[worst] += 1
            assert (worst is Level.NO_RED_FLAG_HEARD) is only_no
            return
        for answer in Answer:
            after = check.record(question.key, answer)
            level = after.worst
            assert level >= worst
            assert (level > Level.NO_RED_FLAG_HEARD) or (only_no and answer is Answer.NO)
            walk(after, level, only_no=only_no and answer is Answer.NO)

    walk(triage.begin(SCRIPT), Level.NO_RED_FLAG_HEARD, only_no=True)
    assert ends[Level.NO_RED_FLAG_HEARD] == 1
    assert all(ends.values())


def test_the_verdict_of_every_path_of_kinds_is_the_level_of_its_worst_answer() -> None:
    """The verdict adds words to the level; one question of each kind shows all of them."""
    kinds = ("swollen", "chest_pain", "short_of_breath", "cold_feet", "faint")
    few = tuple(SCRIPT.question(QuestionKey(k)) for k in kinds)

    def walk(check: Check) -> None:
        verdict = check.verdict()
        if check.next_question() is None:
            assert verdict.level is check.worst
        else:
            # What is still open counts as unclear: breaking off is never all well.
            assert verdict.level > Level.NO_RED_FLAG_HEARD
            for answer in Answer:
                question = check.next_question()
                assert question is not None
                walk(check.record(question.key, answer))
        yes = [f for f in check.findings if f.answer is Answer.YES]
        plain = any(few_level(check, f.question) is verdict.level for f in yes)
        assert verdict.soft == (verdict.level > Level.NO_RED_FLAG_HEARD and not plain)
        asked_in_vain = [f for f in check.findings if f.answer is not Answer.NO]
        assert bool(verdict.reasons) == bool(asked_in_vain)

    def few_level(check: Check, key: QuestionKey) -> Level:
        return next(q.yes for q in check.questions if q.key == key)

    walk(Check(few))


def test_questions_come_in_the_order_of_the_script() -> None:
    check = triage.begin(SCRIPT)
    asked = []
    while question := check.next_question():
        asked.append(question.key)
        check = check.record(question.key, Answer.NO)
    assert asked == [q.key for q in SCRIPT.questions if not q.only_after_clot_sign]


@pytest.mark.parametrize("answer", [Answer.YES, Answer.UNSURE])
@pytest.mark.parametrize("sign", CLOT)
def test_a_clot_sign_brings_the_questions_about_danger(sign: QuestionKey, answer: Answer) -> None:
    check = triage.begin(SCRIPT)
    asked = []
    while question := check.next_question():
        asked.append(question.key)
        check = check.record(question.key, answer if question.key == sign else Answer.NO)
    assert asked == ORDER
    assert check.verdict().level is Level.URGENT


def test_nothing_heard_at_all_is_urgent_in_soft_words() -> None:
    verdict = triage.begin(SCRIPT).verdict()
    assert verdict.level is Level.URGENT
    assert verdict.soft


def test_a_suspicion_of_danger_is_asked_about_without_a_clot_sign() -> None:
    check = triage.begin(SCRIPT).suspect_danger()
    for key in CLOT:
        check = check.record(key, Answer.NO)
    question = check.next_question()
    assert question is not None
    assert question.only_after_clot_sign


def test_going_back_asks_again_and_forgets_nothing() -> None:
    check = answered(("swollen", Answer.YES)).go_back()
    question = check.next_question()
    assert question is not None
    assert question.key == "swollen"
    again = check.record(question.key, Answer.NO)
    assert again.worst is Level.URGENT
    assert again.verdict().reasons[0] == SCRIPT.question(QuestionKey("swollen")).reason


def test_going_back_before_the_first_question_changes_nothing() -> None:
    assert triage.begin(SCRIPT).go_back() == triage.begin(SCRIPT)


def test_a_yes_says_its_reason_once_and_before_lesser_ones() -> None:
    check = all_no().record(QuestionKey("faint"), Answer.YES)
    check = check.record(QuestionKey("warm"), Answer.UNCLEAR).record(
        QuestionKey("warm"), Answer.YES
    )
    assert check.verdict().reasons == ("reason_warm", "reason_faint")


def test_an_emergency_ends_the_check() -> None:
    check = answered(("swollen", Answer.YES), ("chest_pain", Answer.UNCLEAR))
    assert check.next_question() is None
    assert check.verdict().level is Level.EMERGENCY
    assert check.verdict().soft


def test_an_unknown_question_is_refused() -> None:
    with pytest.raises(KeyError):
        triage.begin(SCRIPT).record(QuestionKey("weather"), Answer.YES)
