"""Red flags, danger and advice, through the dialogue. Every path of replies is walked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.dialogue.walking import SCRIPT, Talk
from voice.content.script import Answer, Level, Part, Question
from voice.dialogue.actions import ListenId
from voice.dialogue.events import WakeHeard
from voice.dialogue.states import (
    Advising,
    AskingDanger,
    AskingRelief,
    Asleep,
    Attending,
    Checking,
    ConfirmingDanger,
    Emergency,
    Holding,
    Instructing,
    Paused,
    Relief,
    State,
)

REPLIES: dict[str, Callable[[Talk], object]] = {
    "yes": lambda talk: talk.hear("yes"),
    "doubtful yes": lambda talk: talk.hear("yes", doubtful=True),
    "no": lambda talk: talk.hear("no"),
    "doubtful no, confirmed": lambda talk: (talk.hear("no", doubtful=True), talk.hear("yes")),
    "doubtful no, doubtfully confirmed": lambda talk: _twice(
        lambda: (talk.hear("no", doubtful=True), talk.hear("yes", doubtful=True))
    ),
    "doubtful no, denied": lambda talk: _twice(
        lambda: (talk.hear("no", doubtful=True), talk.hear("no"))
    ),
    "not sure": lambda talk: talk.hear("not sure"),
    "mumbled twice": lambda talk: (talk.mumble(), talk.mumble()),
    "yes and no": lambda talk: (talk.hear("yes no"), talk.hear("no yes")),
    "silent twice": lambda talk: (talk.silence(), talk.silence()),
}
"""All that can become of a question. Each of these settles it."""

MEANS = {
    "yes": Answer.YES,
    "doubtful yes": Answer.YES,
    "no": Answer.NO,
    "doubtful no, confirmed": Answer.NO,
    "not sure": Answer.UNSURE,
}
"""All others are unclear."""

KINDS = ("swollen", "chest_pain", "short_of_breath", "cold_feet", "faint")
FEW = tuple(q for q in SCRIPT.questions if q.key in KINDS)


def _twice(reply: Callable[[], object]) -> None:
    reply()
    reply()


def start(questions: tuple[Question, ...]) -> Talk:
    talk = Talk(replace(SCRIPT, questions=questions))
    talk.to_check()
    return talk


def level_of(state: State) -> Level | None:
    return state.verdict.level if isinstance(state, Advising | Emergency) else None


@pytest.mark.slow
def test_every_path_of_replies_to_a_question_of_each_kind() -> None:
    """None but a no to each, plain or confirmed, reaches the lowest level."""
    paths = 0

    def go_on(replies: tuple[str, ...]) -> None:
        nonlocal paths
        talk = start(FEW)
        for reply in replies:
            REPLIES[reply](talk)
        level = level_of(talk.state)
        if level is None:
            assert isinstance(talk.state, Checking), replies
            assert len(talk.state.session.check.findings) == len(replies), replies
            for reply in REPLIES:
                go_on((*replies, reply))
            return
        paths += 1
        only_no = all(MEANS.get(reply) is Answer.NO for reply in replies)
        assert (level is Level.NO_RED_FLAG_HEARD) is only_no, replies

    go_on(())
    assert paths > 500


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("key", [q.key for q in SCRIPT.questions])
def test_each_question_of_the_script_takes_each_reply(key: str, reply: str) -> None:
    talk = start(SCRIPT.questions)
    needs_sign = SCRIPT.question(key).only_after_clot_sign  # type: ignore[arg-type]
    while isinstance(talk.state, Checking) and talk.state.question != key:
        sign = needs_sign and talk.state.question == "swollen"
        talk.hear("yes" if sign else "no")
    assert isinstance(talk.state, Checking)
    REPLIES[reply](talk)
    state = talk.state
    assert not isinstance(state, Asleep)
    last = [f for f in state.session.check.findings if f.question == key][-1]
    assert last.answer is MEANS.get(reply, Answer.UNCLEAR)


def test_a_doubtful_no_is_read_back_and_a_plain_one_is_not() -> None:
    talk = start(SCRIPT.questions)
    talk.hear("no", doubtful=True)
    assert talk.said == ("back_swollen",)
    talk.hear("yes")
    assert talk.said == ("ask_warm",)
    talk.hear("no")
    assert talk.said == ("ask_tender",)


def test_not_sure_to_a_read_back_is_not_sure() -> None:
    talk = start(SCRIPT.questions)
    talk.hear("no", doubtful=True)
    talk.hear("not sure")
    assert not isinstance(talk.state, Asleep)
    assert talk.state.session.check.findings[-1].answer is Answer.UNSURE


def test_an_affirmed_no_of_a_reading_that_was_not_whole_is_doubtful() -> None:
    talk = start(SCRIPT.questions)
    talk.hear("no [unk]")
    assert talk.said == ("back_swollen",)


def test_two_silent_questions_end_the_check_without_a_clean_bill() -> None:
    talk = start(SCRIPT.questions)
    for _ in range(4):
        talk.silence()
    assert isinstance(talk.state, Advising)
    assert talk.state.verdict.level is Level.URGENT
    assert talk.state.verdict.soft
    assert talk.said[0] == "not_heard_check"


def test_one_silent_question_among_answers_does_not_end_the_check() -> None:
    talk = start(SCRIPT.questions)
    talk.silence()
    talk.silence()
    talk.hear("no")
    talk.silence()
    talk.silence()
    assert isinstance(talk.state, Checking)


def test_taking_back_a_yes_does_not_lower_the_level() -> None:
    talk = start(SCRIPT.questions)
    talk.hear("yes")
    talk.hear("go back")
    assert talk.said == ("ask_swollen",)
    while isinstance(talk.state, Checking):
        talk.hear("no")
    assert level_of(talk.state) is Level.URGENT


def test_go_back_at_the_first_question_says_so() -> None:
    talk = start(SCRIPT.questions)
    talk.hear("go back")
    assert talk.said == ("first_question", "ask_swollen")


@pytest.mark.parametrize("words", ["stop", "goodbye"])
def test_leaving_the_check_is_not_passed_off_as_all_well(words: str) -> None:
    talk = start(SCRIPT.questions)
    talk.hear(words)
    assert isinstance(talk.state, Asleep)
    assert talk.said[0] == "stopped_check"


@pytest.mark.parametrize(
    ("yes_to", "level"),
    [
        (None, Level.NO_RED_FLAG_HEARD),
        ("faint", Level.SEE_A_DOCTOR),
        ("new_medicine", Level.SEE_A_DOCTOR),
        ("cord", Level.URGENT),
    ],
)
def test_the_advice_of_a_level_is_said_with_its_reason(yes_to: str | None, level: Level) -> None:
    talk = start(SCRIPT.questions)
    while isinstance(talk.state, Checking):
        talk.hear("yes" if talk.state.question == yes_to else "no")
    assert level_of(talk.state) is level
    advice = SCRIPT.advice[level].plain
    assert set(advice) <= set(talk.said)
    assert (SCRIPT.aftercare[0] in talk.said) is (level < Level.URGENT)
    if yes_to:
        assert talk.said[0] == SCRIPT.question(yes_to).reason  # type: ignore[arg-type]


def advised(yes_to: str | None = None) -> Talk:
    talk = start(SCRIPT.questions)
    while isinstance(talk.state, Checking):
        talk.hear("yes" if talk.state.question == yes_to else "no")
    return talk


def test_tips_are_offered_and_told() -> None:
    talk = advised()
    talk.hear("yes")
    assert isinstance(talk.state, Attending)
    assert talk.said[: len(SCRIPT.tips)] == SCRIPT.tips
    talk.hear("no")
    assert isinstance(talk.state, Asleep)


def test_urgent_advice_is_told_again_on_wish_and_without_tips() -> None:
    talk = advised("warm")
    told = talk.said
    talk.hear("yes")
    assert talk.said == told
    talk.hear("repeat")
    assert talk.said == told
    talk.hear("no")
    assert talk.said == ("stay_near",)


@pytest.mark.parametrize("leave", ["no", "not sure", "goodbye", "-", "??"])
def test_every_way_out_of_the_advice_leads_to_sleep(leave: str) -> None:
    talk = advised()
    match leave:
        case "-":
            talk.silence()
        case "??":
            talk.mumble()
            talk.mumble()
        case _:
            talk.hear(leave)
    assert isinstance(talk.state, Asleep)


DANGER = ["chest pain", "i can't breathe"]


@pytest.mark.parametrize("words", DANGER)
@pytest.mark.parametrize("where", ["", "hold", "paused", "relief", "check", "advice", "tips"])
def test_danger_is_heard_in_every_state(where: str, words: str) -> None:
    talk = Talk()
    if where in ("", "hold", "paused", "relief"):
        talk.wake()
    if where in ("hold", "paused", "relief"):
        talk.spoken()
    if where == "paused":
        talk.hear("pause")
    if where == "relief":
        talk.held()
    if where == "check":
        talk.to_check()
    if where in ("advice", "tips"):
        talk = advised()
    if where == "tips":
        talk.hear("yes")
    talk.hear(words)
    assert isinstance(talk.state, Emergency)
    assert "emergency_call" in talk.said


@pytest.mark.parametrize("words", DANGER)
def test_danger_in_the_breath_of_the_wake(words: str) -> None:
    talk = Talk()
    talk.wake(words)
    assert isinstance(talk.state, Emergency)


@pytest.mark.parametrize("words", [*DANGER, "i feel faint"])
def test_danger_that_nobody_called_for_is_asked_back(words: str) -> None:
    talk = Talk()
    talk.tell(WakeHeard(0.0, ListenId(talk.turn), words, uncalled=True))
    assert isinstance(talk.state, ConfirmingDanger)
    talk.silence()
    talk.silence()
    assert isinstance(talk.state, Instructing)
    talk.spoken()
    talk.held()
    talk.silence()
    talk.silence()
    assert talk.said == ("quiet_now",)


def test_a_doubtful_danger_sign_is_asked_back() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("chest pain", doubtful=True)
    assert isinstance(talk.state, ConfirmingDanger)
    assert talk.said == ("confirm_chest_pain",)


@pytest.mark.parametrize("reply", ["yes", "not sure", "chest pain", "~chest pain", "~yes"])
def test_anything_like_a_yes_confirms_it(reply: str) -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("chest pain", doubtful=True)
    talk.hear(reply.lstrip("~"), doubtful=reply.startswith("~"))
    assert isinstance(talk.state, Emergency)


def test_only_a_plain_no_takes_it_back() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("chest pain", doubtful=True)
    talk.hear("no", doubtful=True)
    assert isinstance(talk.state, ConfirmingDanger)
    talk.hear("no")
    assert isinstance(talk.state, Instructing)
    assert talk.state.session.check.findings == ()


@pytest.mark.parametrize("silent", [True, False])
@pytest.mark.parametrize("words", [*DANGER, "i feel faint"])
def test_an_unclear_danger_sign_is_never_a_no(words: str, silent: bool) -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear(words, doubtful=True)
    for _ in range(2):
        talk.silence() if silent else talk.mumble()
    assert isinstance(talk.state, Instructing)
    assert talk.said[0] == ("faint_first" if "faint" in words else "danger_unsure")
    assert talk.state.session.steady is False
    talk.hear("it's gone")
    asked = []
    while isinstance(talk.state, Checking):
        asked.append(talk.state.question)
        talk.hear("no")
    assert {"chest_pain", "short_of_breath"} <= set(asked)


def test_faint_lies_down_first_then_asks_and_goes_on_lying() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("i feel faint")
    assert isinstance(talk.state, AskingDanger)
    assert talk.said[0] == "faint_first"
    talk.hear("no")
    talk.hear("no")
    assert isinstance(talk.state, Instructing)
    assert talk.state.exercise == Relief(Part.CALF)
    assert talk.state.session.steady is False
    assert talk.state.session.check.worst is Level.SEE_A_DOCTOR


@pytest.mark.parametrize("reply", ["yes", "not sure", "??", "--", "~~"])
@pytest.mark.parametrize("first", ["no", None])
def test_faint_with_anything_but_two_plain_noes_is_an_emergency(
    reply: str, first: str | None
) -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("i feel faint")
    if first:
        talk.hear(first)
    for one in {"??": ["?", "?"], "--": ["-", "-"], "~~": ["~", "~"]}.get(reply, [reply]):
        match one:
            case "?":
                talk.mumble()
            case "-":
                talk.silence()
            case "~":
                talk.hear("no", doubtful=True)
            case _:
                talk.hear(one)
    assert isinstance(talk.state, Emergency)


@pytest.mark.parametrize("where", ["paused", "relief", "check", "advice"])
def test_after_a_faint_spell_it_goes_on_where_it_was(where: str) -> None:
    talk = Talk()
    if where == "check":
        talk.to_check()
    elif where == "advice":
        talk = advised()
    else:
        talk.to_hold()
        talk.hear("pause" if where == "paused" else "stop")
    talk.hear("i feel faint")
    talk.hear("no")
    talk.hear("no")
    expected = {
        "paused": Instructing,
        "relief": AskingRelief,
        "check": Checking,
        "advice": Advising,
    }
    assert isinstance(talk.state, expected[where])
    if where == "advice":
        assert level_of(talk.state) is Level.SEE_A_DOCTOR


def test_a_faint_spell_ends_the_bedtime_stretch() -> None:
    talk = Talk()
    talk.wake("bedtime stretch")
    talk.hear("i feel faint")
    talk.hear("no")
    talk.hear("no")
    assert isinstance(talk.state, Asleep)


def test_the_emergency_is_told_again_to_somebody_silent_but_not_for_ever() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("chest pain")
    told = talk.said
    talk.silence()
    assert talk.said == told
    assert talk.mumble() == ()
    talk.silence()
    talk.silence()
    assert isinstance(talk.state, Asleep)


@pytest.mark.parametrize("answer", ["yes", "no", "repeat"])
def test_the_emergency_is_told_again_after_any_answer(answer: str) -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("chest pain")
    talk.hear(answer)
    assert "emergency_call" in talk.said


def test_a_paused_hold_comes_back_paused_after_a_false_alarm() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("pause")
    talk.hear("chest pain", doubtful=True)
    talk.hear("no")
    assert isinstance(talk.state, Paused)
    talk.hear("go on")
    assert isinstance(talk.state, Holding)


@pytest.mark.parametrize("topic", list(SCRIPT.topics))
def test_questions_are_answered_in_the_middle_of_the_check(topic: str) -> None:
    talk = start(SCRIPT.questions)
    phrase = next(
        p.words for p in SCRIPT.grammars[next(iter(SCRIPT.grammars))].phrases if p.meaning == topic
    )
    talk.hear(phrase)
    assert isinstance(talk.state, Checking)
    assert talk.said == (*SCRIPT.topics[topic].lines, "ask_swollen")  # type: ignore[index]
