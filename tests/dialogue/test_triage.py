"""Answers -> level. Every path of answers is walked; none is sampled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.shipped import SCRIPT
from voice.content.script import Answer, Level, QuestionKey, Stage
from voice.dialogue import triage
from voice.dialogue.triage import Screening

TONIGHT = [q.key for q in SCRIPT.questions if q.stage is Stage.TONIGHT]
DANGER = [q.key for q in SCRIPT.questions if q.stage is Stage.DANGER]
LATER = [q.key for q in SCRIPT.questions if q.stage is Stage.LATER]
CLOT = [q.key for q in SCRIPT.questions if q.clot_sign]


def answered(*answers: tuple[str, Answer]) -> Screening:
    screening = triage.begin(SCRIPT)
    for key, answer in answers:
        screening = screening.record(QuestionKey(key), answer)
    return screening


def all_no(screening: Screening | None = None) -> Screening:
    screening = screening or triage.begin(SCRIPT)
    while question := screening.next_question():
        screening = screening.record(question.key, Answer.NO)
    return screening


@pytest.mark.slow
def test_every_path_of_answers_is_safe() -> None:
    """Thousands of paths: levels only rise, and only a no to everything reaches the lowest."""
    ends = dict.fromkeys(Level, 0)

    def walk(screening: Screening, worst: Level, *, only_no: bool) -> None:
        question = screening.next_question()
        if question is None:
            ends[worst] += 1
            assert (worst is Level.NO_URGENT_SIGN_HEARD) is only_no
            return
        for answer in Answer:
            after = screening.record(question.key, answer)
            level = after.worst
            assert level >= worst
            assert (level > Level.NO_URGENT_SIGN_HEARD) or (only_no and answer is Answer.NO)
            walk(after, level, only_no=only_no and answer is Answer.NO)

    walk(triage.begin(SCRIPT), Level.NO_URGENT_SIGN_HEARD, only_no=True)
    assert ends[Level.NO_URGENT_SIGN_HEARD] == 1
    assert all(ends.values())


def test_every_assessment_has_the_level_of_its_worst_answer() -> None:
    """The assessment adds words to the level; one question of each kind shows all of them."""
    kinds = ("faint", "swollen", "numb", "numb_tonight", "chest_pain", "short_of_breath")
    few = tuple(SCRIPT.question(QuestionKey(k)) for k in kinds)

    def walk(screening: Screening) -> None:
        assessment = screening.assessment()
        if screening.next_question() is None:
            assert assessment.level is screening.worst
        else:
            # Open questions count as unclear, so breaking off never means all well.
            assert assessment.level > Level.NO_URGENT_SIGN_HEARD
            for answer in Answer:
                question = screening.next_question()
                assert question is not None
                walk(screening.record(question.key, answer))
        yes = [f for f in screening.findings if f.answer is Answer.YES]
        plain = any(SCRIPT.question(f.question).yes is assessment.level for f in yes)
        lowest = assessment.level is Level.NO_URGENT_SIGN_HEARD
        assert assessment.soft == (not lowest and not plain)
        asked_in_vain = [f for f in screening.findings if f.answer is not Answer.NO]
        assert bool(assessment.reasons) == bool(asked_in_vain)

    walk(Screening(few))


def test_questions_come_in_the_order_of_the_script() -> None:
    screening = triage.begin(SCRIPT)
    asked = []
    while question := screening.next_question():
        asked.append(question.key)
        screening = screening.record(question.key, Answer.NO)
    assert asked == TONIGHT
    assert len(TONIGHT) == 6
    assert len(TONIGHT) + len(LATER) == 9


@pytest.mark.parametrize("answer", [Answer.YES, Answer.UNSURE])
@pytest.mark.parametrize("sign", [*CLOT, "faint"])
def test_a_sign_brings_up_the_danger_questions_at_once(sign: str, answer: Answer) -> None:
    screening = triage.begin(SCRIPT)
    asked = []
    while question := screening.next_question():
        asked.append(question.key)
        screening = screening.record(question.key, answer if question.key == sign else Answer.NO)
    at = asked.index(QuestionKey(sign))
    assert asked[at + 1 : at + 3] == DANGER
    assert [key for key in asked if key not in DANGER] == TONIGHT


def test_an_unclear_answer_about_faintness_brings_up_danger_too() -> None:
    question = answered(("faint", Answer.UNCLEAR)).next_question()
    assert question is not None
    assert question.key == "chest_pain"


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        (Answer.YES, Level.EMERGENCY),
        (Answer.UNSURE, Level.EMERGENCY),
        (Answer.UNCLEAR, Level.EMERGENCY),
        (Answer.NO, Level.SEE_A_DOCTOR),
    ],
)
def test_a_numb_leg_is_an_emergency_unless_it_began_before_tonight(
    answer: Answer, level: Level
) -> None:
    screening = answered(("numb", Answer.YES))
    assert screening.reached is Level.EMERGENCY
    question = screening.next_question()
    assert question is not None
    assert question.key == "numb_tonight"
    assert screening.record(question.key, answer).reached is level


def test_an_aside_asks_only_the_questions_that_a_sign_leads_to() -> None:
    assert triage.begin(SCRIPT).next_question(aside=True) is None
    question = answered(("swollen", Answer.YES)).next_question(aside=True)
    assert question is not None
    assert question.key == "chest_pain"
    aside = answered(("fell", Answer.YES), ("fall_hurt", Answer.YES)).assessment(aside=True)
    assert aside.level is Level.URGENT
    assert not aside.soft


def test_without_any_answer_the_level_is_urgent_in_soft_words() -> None:
    assessment = triage.begin(SCRIPT).assessment()
    assert assessment.level is Level.URGENT
    assert assessment.soft


@pytest.mark.parametrize("sign", ["chest_pain", "coughing_blood", "fell", "swollen"])
def test_a_suspected_sign_is_asked_about(sign: str) -> None:
    screening = all_no(triage.begin(SCRIPT).suspect(QuestionKey(sign)))
    assert {sign, *DANGER} <= set(screening.asked)


def test_the_questions_that_can_wait_are_asked_only_if_the_user_agrees() -> None:
    screening = all_no()
    assert screening.may_ask_later()
    assert screening.assessment().partial
    both = all_no(replace(screening, stages=screening.stages | {Stage.LATER}))
    assert set(LATER) <= set(both.asked)
    assert not both.may_ask_later()
    assert not both.assessment().partial


def test_going_back_asks_again_and_forgets_nothing() -> None:
    screening = answered(("swollen", Answer.YES)).go_back()
    question = screening.next_question()
    assert question is not None
    # What may accompany it comes first, whichever question is asked again.
    assert question.key == "chest_pain"
    again = screening.record(QuestionKey("swollen"), Answer.NO)
    assert again.worst is Level.URGENT
    assert again.assessment().reasons[0] == SCRIPT.question(QuestionKey("swollen")).reason


def test_a_question_whose_no_is_taken_back_is_asked_again() -> None:
    screening = answered(("faint", Answer.NO), ("swollen", Answer.NO)).reopen(QuestionKey("faint"))
    question = screening.next_question()
    assert question is not None
    assert question.key == "faint"


def test_going_back_before_the_first_question_changes_nothing() -> None:
    assert triage.begin(SCRIPT).go_back() == triage.begin(SCRIPT)


def test_a_yes_gives_its_reason_once_and_before_lesser_ones() -> None:
    screening = all_no().record(QuestionKey("faint"), Answer.YES)
    screening = screening.record(QuestionKey("warm"), Answer.UNCLEAR)
    screening = screening.record(QuestionKey("warm"), Answer.YES)
    assert screening.assessment().reasons == ("reason_warm", "reason_faint")


def test_an_emergency_ends_the_screening() -> None:
    screening = answered(("swollen", Answer.YES), ("chest_pain", Answer.UNCLEAR))
    assert screening.next_question() is None
    assert screening.assessment().level is Level.EMERGENCY
    assert screening.assessment().soft


def test_an_unknown_question_is_refused() -> None:
    with pytest.raises(KeyError):
        triage.begin(SCRIPT).record(QuestionKey("weather"), Answer.YES)
