"""Red flags, danger and advice, through the dialogue. Every path of replies is walked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from tests.dialogue.walking import Talk
from tests.shipped import CALLED, WAKES
from voice.content.script import (
    Answer,
    GrammarKey,
    Level,
    Part,
    Question,
    QuestionKey,
    Script,
    Stage,
    Statement,
    TopicKey,
    is_sign,
)
from voice.dialogue.actions import AdjustRate, AdjustVolume, AlarmId, ListenId, SetAlarm
from voice.dialogue.events import WakeHeard
from voice.dialogue.in_text import heard, listening
from voice.dialogue.line_keys import CANNOT_PHONE
from voice.dialogue.night import Night
from voice.dialogue.states import (
    Advising,
    AskingIfGone,
    AskingRedFlag,
    Asleep,
    Bedtime,
    ConfirmingSign,
    Emergency,
    Holding,
    Instructing,
    MayStand,
    OfferingRest,
    OpenFloor,
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
    "mumbled twice": lambda talk: _until_asleep(talk, talk.mumble),
    "asked back, then no": lambda talk: (talk.hear("what"), talk.hear("no")),
    "asked for time, then no": lambda talk: (talk.hear("hang on"), talk.silence(), talk.hear("no")),
    "no, wait, yes": lambda talk: talk.hear("no wait yes"),
    "yes and no": lambda talk: _until_asleep(talk, lambda: talk.hear("yes no")),
    "silent twice": lambda talk: (talk.silence(), talk.silence()),
}
"""Every way in which a question can be settled."""

MEANS = {
    "yes": Answer.YES,
    "doubtful yes": Answer.YES,
    "no": Answer.NO,
    "doubtful no, confirmed": Answer.NO,
    "not sure": Answer.UNSURE,
    "asked back, then no": Answer.NO,
    "asked for time, then no": Answer.NO,
    "no, wait, yes": Answer.YES,
}
"""All other replies are unclear."""

KINDS = ("faint", "swollen", "chest_pain", "numb", "numb_tonight")
TONIGHT = [q.key for q in CALLED.questions if q.stage is Stage.TONIGHT]
FEW = tuple(q for q in CALLED.questions if q.key in KINDS)


def _until_asleep(talk: Talk, reply: Callable[[], object]) -> None:
    """Reply twice, unless Charley takes the first for other people's talk and goes to sleep."""
    reply()
    if not isinstance(talk.state, Asleep):
        reply()


def _twice(reply: Callable[[], object]) -> None:
    reply()
    reply()


AMBULANCE = CALLED.question(QuestionKey("ambulance"))


@cache
def asking(questions: tuple[Question, ...]) -> Script:
    """The script with only these questions, validated once for all tests that ask them.

    The one that a call for help asks about is kept too; it is never asked by itself.
    """
    of_help = () if AMBULANCE in questions else (AMBULANCE,)
    return replace(CALLED, questions=(*questions, *of_help))


def start(questions: tuple[Question, ...]) -> Talk:
    talk = Talk(asking(questions))
    talk.to_check()
    return talk


def level_of(state: State) -> Level | None:
    return state.assessment.level if isinstance(state, Advising | Emergency) else None


@pytest.mark.slow
def test_every_path_of_replies_to_a_question_of_each_kind() -> None:
    """Only a no to every question, plain or confirmed, reaches the lowest level."""
    paths = 0

    def follow(talk: Talk, replies: tuple[str, ...]) -> None:
        nonlocal paths
        level = level_of(talk.state)
        if isinstance(talk.state, AskingRedFlag):
            assert len(talk.state.session.screening.findings) == len(replies), replies
            for reply, give in REPLIES.items():
                further = talk.fork()
                give(further)
                follow(further, (*replies, reply))
            return
        paths += 1
        only_no = all(MEANS.get(reply) is Answer.NO for reply in replies)
        if isinstance(talk.state, Asleep):
            # Unclear turns in a row are taken for other people's talk, which is left alone.
            assert replies.count("mumbled twice") + replies.count("yes and no") >= 1, replies
            assert talk.said[-1] == "other_talk", replies
            return
        assert (level is Level.NO_URGENT_SIGN_HEARD) is only_no, replies

    follow(start(FEW), ())
    assert paths > 500


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("key", TONIGHT)
def test_each_question_of_tonight_handles_every_reply(key: str, reply: str) -> None:
    talk = start(CALLED.questions)
    while isinstance(talk.state, AskingRedFlag) and talk.state.question != key:
        talk.hear("no")
    assert isinstance(talk.state, AskingRedFlag)
    REPLIES[reply](talk)
    state = talk.state
    assert not isinstance(state, Asleep)
    last = [f for f in state.session.screening.findings if f.question == key][-1]
    assert last.answer is MEANS.get(reply, Answer.UNCLEAR)


def test_a_doubtful_no_is_read_back_and_a_plain_one_is_not() -> None:
    talk = start(CALLED.questions)
    talk.hear("no", doubtful=True)
    assert talk.said == ("back_faint",)
    talk.hear("yes")
    assert talk.said == ("ask_swollen",)
    talk.hear("no")
    assert talk.said == ("ask_warm",)


CONFIRMING = {
    "yes", "yeah", "yep", "yup", "um", "er", "erm", "uh", "well", "please", "thank", "you",
    "thanks", "huh", "mm", "hmm", "of", "course", "sure", "certainly", "definitely", "absolutely",
    "correct", "right", "true", "exactly", "indeed", "affirmative", "that's", "that", "is",
    "it's", "you're", "are", "i'm", "what", "i", "said",
}  # fmt: skip
"""The words of a reply that confirms a no. Anything else may be said of the leg."""


@pytest.mark.parametrize("key", TONIGHT)
def test_nothing_said_of_the_leg_confirms_a_no_that_is_read_back(key: str) -> None:
    talk = _reading_back(key)
    grammar = CALLED.grammars[GrammarKey.ANSWER]
    everything = [*grammar.phrases, *(phrase for _, own in grammar.asked for phrase in own)]
    affirmed = {p.words for p in everything if p.meaning is Answer.YES or is_sign(p.meaning)}
    confirmed = {words for words in affirmed if _settles_as_no(talk, key, words)}
    assert {"yes", "that's right"} <= confirmed
    assert [words for words in sorted(confirmed) if not CONFIRMING.issuperset(words.split())] == []
    assert not confirmed & {"it is", "i do", "a little", "the left one", "both"}


def _reading_back(key: str) -> Talk:
    talk = start(CALLED.questions)
    while isinstance(talk.state, AskingRedFlag) and talk.state.question != key:
        talk.hear("no")
    talk.hear("no", doubtful=True)
    return talk


def _settles_as_no(talk: Talk, key: str, words: str) -> bool:
    one = talk.fork()
    one.hear(words)
    if isinstance(one.state, Asleep):
        return False
    found = [f for f in one.state.session.screening.findings if f.question == key]
    return bool(found) and found[-1].answer is Answer.NO


@pytest.mark.parametrize("key", TONIGHT)
def test_another_denial_confirms_a_no_that_is_read_back(key: str) -> None:
    talk = _reading_back(key)
    denials = {
        phrase.words
        for phrase in CALLED.grammars[GrammarKey.ANSWER].phrases
        if phrase.meaning == Statement(QuestionKey(key), Answer.NO)
    }
    assert denials
    assert all(_settles_as_no(talk, key, words) for words in denials)


def test_not_sure_to_a_read_back_counts_as_not_sure() -> None:
    talk = start(CALLED.questions)
    talk.hear("no", doubtful=True)
    talk.hear("not sure")
    assert not isinstance(talk.state, Asleep)
    assert talk.state.session.screening.findings[-1].answer is Answer.UNSURE


def test_a_no_heard_with_an_unknown_word_is_read_back() -> None:
    talk = start(CALLED.questions)
    talk.hear("no [unk]")
    assert talk.said == ("back_faint",)


def test_two_unanswered_questions_end_the_check_without_an_all_clear() -> None:
    talk = start(CALLED.questions)
    for _ in range(4):
        talk.silence()
    assert isinstance(talk.state, Advising)
    assert talk.state.assessment.level is Level.URGENT
    assert talk.state.assessment.soft
    assert talk.said[0] == "not_heard_check"


def test_one_unanswered_question_among_answers_does_not_end_the_check() -> None:
    talk = start(CALLED.questions)
    talk.silence()
    talk.silence()
    talk.hear("no")
    talk.silence()
    talk.silence()
    assert isinstance(talk.state, AskingRedFlag)


def test_taking_back_a_yes_does_not_lower_the_level() -> None:
    talk = start(CALLED.questions)
    talk.hear("yes")
    talk.hear("no")
    talk.hear("no")
    talk.hear("go back")
    talk.all_no()
    assert level_of(talk.state) is Level.SEE_A_DOCTOR


def test_go_back_at_the_first_question_says_it_is_the_first() -> None:
    talk = start(CALLED.questions)
    talk.hear("go back")
    assert talk.said == ("first_question", "ask_faint")


@pytest.mark.parametrize("words", ["stop", "goodbye"])
def test_leaving_the_check_is_not_treated_as_an_all_clear(words: str) -> None:
    talk = start(CALLED.questions)
    talk.hear(words)
    assert isinstance(talk.state, Asleep)
    assert talk.said[0] == "stopped_check"


@pytest.mark.parametrize("words", ["stop", "goodbye"])
@pytest.mark.parametrize(
    ("sign", "brief"), [("swollen", "urgent_tonight"), ("numb", "emergency_call")]
)
def test_leaving_after_a_sign_says_what_to_do_about_it(words: str, sign: str, brief: str) -> None:
    talk = start(CALLED.questions)
    while isinstance(talk.state, AskingRedFlag) and talk.state.question != sign:
        talk.hear("no")
    talk.hear("yes")
    talk.hear(words)
    assert isinstance(talk.state, Asleep)
    assert talk.said[0] == brief


@pytest.mark.parametrize(
    ("yes_to", "level"),
    [
        (None, Level.NO_URGENT_SIGN_HEARD),
        ("faint", Level.SEE_A_DOCTOR),
        ("new_medicine", Level.SEE_A_DOCTOR),
        ("cord", Level.URGENT),
    ],
)
def test_each_level_gives_its_advice_with_the_reason(yes_to: str | None, level: Level) -> None:
    talk = advised(yes_to)
    assert level_of(talk.state) is level
    advice = CALLED.advice[level]
    assert set(advice.plain) <= set(talk.said)
    if yes_to:
        assert talk.said[0] == CALLED.question(QuestionKey(yes_to)).reason


def advised(yes_to: str | None = None, *, rest: str = "yes") -> Talk:
    """Deny every question but one, and answer the offer of the rest with ``rest``."""
    talk = start(CALLED.questions)
    while isinstance(talk.state, AskingRedFlag | OfferingRest):
        if isinstance(talk.state, OfferingRest):
            talk.hear(rest)
        else:
            talk.hear("yes" if talk.state.question == yes_to else "no")
    return talk


@pytest.mark.parametrize("rest", ["no", "not sure", "-", "??"])
def test_the_rest_is_skipped_unless_accepted_and_the_advice_says_so(rest: str) -> None:
    talk = start(CALLED.questions)
    while isinstance(talk.state, AskingRedFlag):
        talk.hear("no")
    assert talk.said == ("offer_rest",)
    match rest:
        case "-":
            talk.silence()
        case "??":
            talk.mumble()
            talk.mumble()
        case _:
            talk.hear(rest)
    assert isinstance(talk.state, Advising)
    assert talk.said[0] == "none_urgent"
    assert "rest_named" in talk.said
    assert talk.state.session.rest_waiting


def test_the_rest_is_offered_after_the_next_bedtime_stretch() -> None:
    talk = Talk(night=Night(rest_waiting=True))
    talk.wake("bedtime stretch")
    while not isinstance(talk.state, OfferingRest):
        talk.spoken()
        talk.held()
    talk.hear("yes")
    asked = []
    while isinstance(talk.state, AskingRedFlag):
        asked.append(talk.state.question)
        talk.hear("no")
    assert asked == ["weak_pulse", "new_medicine", "coming_back"]
    assert talk.said[0] == "rest_clear"


def test_the_rest_can_be_requested_by_name() -> None:
    talk = Talk()
    talk.wake("the other questions")
    assert talk.said == ("ask_weak_pulse",)
    talk.hear("yes")
    talk.hear("no")
    talk.hear("no")
    assert level_of(talk.state) is Level.SEE_A_DOCTOR


def test_asking_to_repeat_or_wait_is_free_but_not_forever() -> None:
    talk = start(CALLED.questions)
    for _ in range(4):
        talk.hear("what")
        assert talk.said == ("ask_faint",)
        talk.hear("hang on")
        assert talk.said == ("take_your_time",)
    talk.silence()
    assert talk.said == ("ask_faint",)
    talk.hear("what")
    assert talk.said == ("not_understood", "ask_faint")


def test_done_before_the_last_question_is_corrected_but_not_forever() -> None:
    talk = start(CALLED.questions)
    for _ in range(8):
        talk.hear("i'm done")
        assert talk.said == ("not_done", "ask_faint")
    talk.hear("i'm done")
    assert talk.said == ("not_understood", "ask_faint")


def test_the_rest_is_not_asked_before_the_questions_that_cannot_wait() -> None:
    talk = start(CALLED.questions)
    talk.hear("the other questions")
    assert talk.said == ("not_understood", "ask_faint")


@pytest.mark.parametrize("where", ["offer", "advice", "tips"])
def test_the_rest_can_be_requested_by_name_later_on(where: str) -> None:
    talk = start(CALLED.questions) if where == "offer" else advised(rest="no")
    if where == "offer":
        while isinstance(talk.state, AskingRedFlag):
            talk.hear("no")
    if where == "tips":
        talk.hear("yes")
    talk.hear("the other questions")
    assert talk.said == ("ask_weak_pulse",)


@pytest.mark.parametrize("leave", ["goodbye", "i'm done", "stop"])
def test_leaving_at_the_offer_of_the_rest_keeps_it_for_another_time(leave: str) -> None:
    talk = start(CALLED.questions)
    while isinstance(talk.state, AskingRedFlag):
        talk.hear("no")
    assert isinstance(talk.state, OfferingRest)
    talk.hear(leave)
    assert isinstance(talk.state, Asleep)
    assert talk.said == ("good_night",)
    assert talk.state.night.rest_waiting


def test_skipping_the_rest_before_bed_gives_no_advice() -> None:
    talk = Talk(night=Night(rest_waiting=True))
    talk.wake("bedtime stretch")
    while not isinstance(talk.state, OfferingRest):
        talk.spoken()
        talk.held()
    talk.hear("no")
    assert isinstance(talk.state, Asleep)
    assert talk.said == ("good_night",)
    assert talk.state.night.rest_waiting


@pytest.mark.parametrize("key", TONIGHT)
def test_each_question_is_explained_on_request(key: str) -> None:
    talk = start(CALLED.questions)
    while isinstance(talk.state, AskingRedFlag) and talk.state.question != key:
        talk.hear("no")
    talk.hear("what do you mean")
    question = CALLED.question(QuestionKey(key))
    assert talk.said == (question.explain, question.ask)


@pytest.mark.parametrize("gap_s", [0.0, 0.6, 1.5])
@pytest.mark.parametrize("words", ["yes", "not sure"])
def test_a_yes_or_not_sure_begun_soon_after_a_no_overrides_it(gap_s: float, words: str) -> None:
    talk = start(CALLED.questions)
    talk.hear("no")
    talk.at_s = 50.0
    talk.hear("no")
    talk.hear(words, began_at_s=50.0 + gap_s)
    assert not isinstance(talk.state, Asleep)
    last = talk.state.session.screening.findings[-1]
    assert last.question == "swollen"
    assert last.answer is not Answer.NO
    assert talk.said == ("ask_chest_pain",)


@pytest.mark.parametrize("words", ["wait", "what", "~yes", "?", "no wait yes please wait"])
def test_doubt_begun_soon_after_a_no_cancels_it(words: str) -> None:
    talk = start(CALLED.questions)
    talk.hear("no")
    if words == "?":
        talk.mumble(began_at_s=1.0)
    else:
        talk.hear(words.lstrip("~"), doubtful=words.startswith("~"), began_at_s=1.0)
    assert talk.said == ("ask_once_more", "ask_faint")


def test_a_no_stands_if_the_next_words_are_about_something_else() -> None:
    talk = start(CALLED.questions)
    talk.hear("no")
    talk.hear("quinine", began_at_s=0.5)
    assert talk.said == (*CALLED.topics[TopicKey("quinine")].lines, "ask_swollen")
    assert not isinstance(talk.state, Asleep)
    assert talk.state.session.screening.asked == ("faint",)


@pytest.mark.parametrize("words", ["no", "no i'm not feeling faint", "i'm not feeling faint"])
def test_a_denial_repeated_in_other_words_changes_nothing(words: str) -> None:
    talk = start(CALLED.questions)
    talk.hear("no")
    assert talk.hear(words, began_at_s=0.5) == ()


def test_a_no_soon_after_a_no_does_not_answer_the_next_question() -> None:
    talk = start(CALLED.questions)
    talk.hear("no")
    assert talk.hear("no", began_at_s=0.5) == ()
    assert isinstance(talk.state, AskingRedFlag)
    assert talk.state.question == "swollen"


def test_a_confirmed_no_is_cancelled_by_another_no() -> None:
    talk = start(CALLED.questions)
    talk.hear("no", doubtful=True)
    talk.hear("yes")
    talk.hear("no", began_at_s=0.5)
    assert talk.said == ("ask_once_more", "ask_faint")


def test_speech_begun_later_answers_the_next_question() -> None:
    talk = start(CALLED.questions)
    talk.hear("no")
    talk.hear("yes", began_at_s=1.6)
    assert not isinstance(talk.state, Asleep)
    assert talk.state.session.screening.findings[-1].question == "swollen"


def test_danger_begun_soon_after_a_no_is_still_danger() -> None:
    talk = start(CALLED.questions)
    talk.hear("no")
    talk.hear("my chest hurts", began_at_s=0.3)
    assert isinstance(talk.state, Emergency)


def test_a_no_to_a_confirming_question_can_be_corrected_too() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("chest pain", doubtful=True)
    talk.hear("no")
    talk.hear("yes", began_at_s=1.0)
    assert talk.said == ("ask_once_more", "ask_chest_pain")
    talk.hear("yes")
    assert isinstance(talk.state, Emergency)


def test_other_peoples_talk_is_mentioned_once_and_left_alone() -> None:
    talk = start(CALLED.questions)
    for _ in range(3):
        talk.mumble()
    assert isinstance(talk.state, Asleep)
    assert talk.said == ("stopped_check", "danger_unsure", "other_talk")
    assert talk.state.night.level is Level.NO_URGENT_SIGN_HEARD


def test_tips_are_offered_and_given() -> None:
    talk = advised()
    talk.hear("yes")
    assert isinstance(talk.state, OpenFloor)
    assert talk.said[: len(CALLED.tips)] == CALLED.tips
    talk.hear("no")
    assert isinstance(talk.state, Asleep)


def on_the_open_floor() -> Talk:
    """Answer all questions, and hear the tips."""
    talk = advised()
    talk.hear("yes")
    return talk


@pytest.mark.parametrize("words", ["yes", "not sure"])
def test_yes_or_not_sure_to_anything_else_explains_what_can_be_asked(words: str) -> None:
    talk = on_the_open_floor()
    talk.hear(words)
    assert talk.said == ("help_open", "anything_else")


def test_unclear_speech_at_the_end_gets_one_reprompt() -> None:
    talk = on_the_open_floor()
    talk.mumble()
    assert talk.said == ("not_understood", "anything_else")
    talk.mumble()
    assert isinstance(talk.state, Asleep)


def test_the_bedtime_stretch_can_be_requested_at_the_end() -> None:
    talk = on_the_open_floor()
    talk.hear("the bedtime stretch")
    assert isinstance(talk.state, Instructing)
    assert talk.state.exercise == Bedtime(0)


def test_a_cramp_that_has_not_gone_after_all_is_stretched_again() -> None:
    talk = on_the_open_floor()
    talk.at_s = 90.0
    talk.hear("it still hurts")
    assert isinstance(talk.state, Instructing)
    assert talk.state.exercise == Relief(Part.CALF)
    assert SetAlarm(AlarmId(talk.turn_id), 690.0) in talk.actions


def test_urgent_advice_is_repeated_on_request_and_without_tips() -> None:
    talk = advised("warm")
    told = talk.said
    assert {"urgent_scan", "no_rubbing"} <= set(told)
    talk.hear("yes")
    assert talk.said == told
    talk.hear("repeat")
    assert talk.said == told
    talk.hear("no")
    assert talk.said == ("stay_near",)


@pytest.mark.parametrize("leave", ["no", "not sure", "goodbye", "i'm done", "-", "??"])
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
def test_danger_in_the_same_breath_as_the_call_is_an_emergency(words: str) -> None:
    talk = Talk()
    talk.wake(words)
    assert isinstance(talk.state, Emergency)


@pytest.mark.parametrize("words", [*DANGER, "i feel faint", "call an ambulance", "it's gone numb"])
def test_danger_heard_without_a_wake_phrase_must_be_confirmed(words: str) -> None:
    talk = Talk()
    talk.tell(WakeHeard(0.0, ListenId(talk.turn_id), words, uncalled=True))
    assert isinstance(talk.state, ConfirmingSign)
    talk.silence()
    talk.silence()
    # Charley was not called, so it does not read out a stretch to a film next door.
    assert isinstance(talk.state, Asleep)
    assert talk.said[0] in ("danger_unsure", "faint_first")


def test_danger_heard_without_a_wake_phrase_gets_advice_once_confirmed() -> None:
    talk = Talk()
    talk.tell(WakeHeard(0.0, ListenId(talk.turn_id), "i feel faint", uncalled=True))
    talk.hear("yes")
    assert talk.said == ("faint_first", "ask_chest_pain")
    talk.hear("no")
    talk.hear("no")
    assert level_of(talk.state) is Level.SEE_A_DOCTOR


def test_a_doubtful_danger_sign_must_be_confirmed() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("chest pain", doubtful=True)
    assert isinstance(talk.state, ConfirmingSign)
    assert talk.said == ("ask_chest_pain",)


def test_a_denied_doubtful_danger_sign_is_not_asked_about_forever() -> None:
    talk = Talk()
    talk.to_hold()
    for _ in range(2):
        talk.hear("chest pain", doubtful=True)
        assert isinstance(talk.state, ConfirmingSign)
        talk.hear("no")
    talk.hear("chest pain", doubtful=True)
    assert isinstance(talk.state, Instructing)
    talk.hear("chest pain")
    assert isinstance(talk.state, Emergency)


@pytest.mark.parametrize("reply", ["yes", "not sure", "chest pain", "~chest pain", "~yes"])
def test_anything_like_a_yes_confirms_a_danger_sign(reply: str) -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("chest pain", doubtful=True)
    talk.hear(reply.lstrip("~"), doubtful=reply.startswith("~"))
    assert isinstance(talk.state, Emergency)


def test_only_a_plain_no_dismisses_a_danger_sign() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("chest pain", doubtful=True)
    talk.hear("no", doubtful=True)
    assert isinstance(talk.state, ConfirmingSign)
    talk.hear("no")
    assert isinstance(talk.state, Instructing)
    assert talk.state.session.screening.findings == ()


@pytest.mark.parametrize("where", ["first", "second"])
def test_go_back_at_an_offer_repeats_the_offer(where: str) -> None:
    talk = advised() if where == "first" else on_the_open_floor()
    talk.hear("go back")
    assert talk.said[-1] == ("offer_tips" if where == "first" else "anything_else")


@pytest.mark.parametrize("where", ["check", "tips"])
def test_after_a_denied_sign_the_previous_question_is_asked_again(where: str) -> None:
    talk = start(CALLED.questions) if where == "check" else on_the_open_floor()
    before = talk.said[-1]
    talk.hear("chest pain", doubtful=True)
    assert talk.said == ("ask_chest_pain",)
    talk.hear("no")
    assert talk.said == (before,)


@pytest.mark.parametrize("where", ["hold", "tips"])
@pytest.mark.parametrize("reply", ["no", "?"])
def test_an_unconfirmed_sign_leaves_no_question_about_another_unasked(
    where: str, reply: str
) -> None:
    talk = Talk() if where == "hold" else on_the_open_floor()
    if where == "hold":
        talk.to_hold()
    talk.hear("i feel faint")
    assert talk.said == ("faint_first", "ask_chest_pain")
    talk.hear("i can't breathe", doubtful=True)
    assert talk.said == ("ask_short_of_breath",)
    if reply == "?":
        talk.mumble()
        talk.mumble()
    else:
        talk.hear(reply)
    assert talk.said[-1] == "ask_chest_pain"
    talk.hear("no")
    assert talk.said == ("ask_short_of_breath",)


def test_a_sign_is_explained_on_request_while_it_is_being_confirmed() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("chest pain", doubtful=True)
    talk.hear("what do you mean")
    question = CALLED.question(QuestionKey("chest_pain"))
    assert talk.said == (question.explain, question.ask)


@pytest.mark.parametrize("silent", [True, False])
@pytest.mark.parametrize("words", [*DANGER, "i feel faint"])
def test_an_unclear_reply_about_a_danger_sign_is_never_a_no(words: str, silent: bool) -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear(words, doubtful=True)
    for _ in range(2):
        talk.silence() if silent else talk.mumble()
    assert isinstance(talk.state, Instructing)
    assert talk.said[0] == ("faint_first" if "faint" in words else "danger_unsure")
    assert (talk.state.session.may_stand is MayStand.NO) is ("faint" in words)
    talk.hear("it's gone")
    asked = []
    while isinstance(talk.state, AskingRedFlag):
        asked.append(talk.state.question)
        talk.hear("no")
    assert {"chest_pain", "short_of_breath"} <= set(asked)


def test_a_faint_user_lies_down_first_is_asked_and_stays_down() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("i feel faint")
    assert isinstance(talk.state, AskingRedFlag)
    assert talk.said[0] == "faint_first"
    talk.hear("no")
    talk.hear("no")
    assert isinstance(talk.state, Instructing)
    assert talk.state.exercise == Relief(Part.CALF)
    assert talk.state.session.may_stand is MayStand.NO
    assert talk.state.session.screening.worst is Level.SEE_A_DOCTOR


@pytest.mark.parametrize("reply", ["yes", "not sure", "??", "--", "~~"])
@pytest.mark.parametrize("first", ["no", None])
def test_feeling_faint_is_an_emergency_unless_both_answers_are_a_plain_no(
    reply: str, first: str | None
) -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("i feel faint")
    if first:
        talk.hear(first)
    for one in {"??": ["?", "?"], "--": ["-", "-"], "~~": ["~"] * 4}.get(reply, [reply]):
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
def test_after_a_faint_spell_the_conversation_resumes_where_it_was(where: str) -> None:
    talk = Talk()
    if where == "check":
        talk.to_check()
        talk.hear("no")
    elif where == "advice":
        talk = advised()
    else:
        talk.to_hold()
        talk.hear("pause" if where == "paused" else "stop")
    talk.hear("i feel faint")
    talk.hear("no")
    talk.hear("no")
    expected = {
        "paused": Paused,
        "relief": AskingIfGone,
        "check": AskingRedFlag,
        "advice": Advising,
    }
    assert isinstance(talk.state, expected[where])
    if where == "advice":
        assert level_of(talk.state) is Level.SEE_A_DOCTOR


@pytest.mark.parametrize("words", ["my calf is swollen", "my calf is hot", "there's a cord"])
def test_a_volunteered_clot_sign_ends_the_stretch_and_gets_advice(words: str) -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear(words)
    assert talk.said == ("ask_chest_pain",)
    talk.hear("no")
    talk.hear("no")
    assert level_of(talk.state) is Level.URGENT
    # The user may ask for another stretch, but gets none that involves rubbing.
    talk.hear("it's back")
    assert talk.said[-1] == "get_ready"
    while isinstance(talk.state, Instructing | Holding | AskingIfGone):
        assert "rub" not in talk.said
        match talk.state:
            case Instructing():
                talk.spoken()
            case Holding():
                talk.held()
            case _:
                talk.hear("not yet")


def test_a_user_who_fell_and_cannot_stand_is_told_not_to_stretch() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("i fell")
    assert talk.said == ("ask_fall_hurt",)
    talk.hear("yes")
    assert level_of(talk.state) is Level.URGENT
    assert talk.said[:2] == ("reason_fall_hurt", "reason_fell") or "reason_fall_hurt" in talk.said
    assert "urgent_scan" not in talk.said


@pytest.mark.parametrize(("tonight", "level"), [("yes", Level.EMERGENCY), ("no", None)])
def test_a_numb_foot_is_followed_by_asking_when_it_began(tonight: str, level: Level | None) -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("i can't feel my foot")
    assert talk.said == ("ask_numb_tonight",)
    talk.hear(tonight)
    assert level_of(talk.state) is level
    if level is None:
        assert isinstance(talk.state, Instructing)
        assert talk.state.session.night.level is Level.SEE_A_DOCTOR


@pytest.mark.parametrize("words", ["call my wife", "i need help", "call a doctor"])
@pytest.mark.parametrize("where", ["hold", "check", "advice"])
def test_a_call_for_help_says_what_charley_cannot_do_and_the_user_can(
    where: str, words: str
) -> None:
    talk = advised() if where == "advice" else Talk()
    if where == "hold":
        talk.to_hold()
    if where == "check":
        talk.to_check()
    kind = type(talk.state)
    talk.hear(words)
    assert talk.said[:2] == ("cannot_phone", "wake_somebody")
    assert type(talk.state) is kind


def test_what_a_doctor_should_know_is_repeated_with_the_advice() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("i'm pregnant")
    assert talk.said == ("tell_them",)
    talk.hear("my calf is swollen")
    talk.hear("no")
    talk.hear("no")
    assert "tell_them" in talk.said


def test_advice_from_earlier_tonight_is_remembered_and_mentioned() -> None:
    talk = Talk()
    talk.to_check()
    talk.hear("no")
    talk.hear("yes")
    talk.hear("goodbye")
    assert isinstance(talk.state, Asleep)
    assert talk.state.night.level is Level.URGENT
    talk.at_s = 11 * 3600.0
    talk.wake()
    assert talk.said[0] == "earlier_urgent"
    talk.spoken()
    talk.hear("it's gone")
    talk.all_no()
    assert level_of(talk.state) is Level.URGENT


def test_tonights_advice_comes_first_whatever_the_next_call_asks_for() -> None:
    one_each = {p.meaning: p.words for p in CALLED.grammars[GrammarKey.WAKE].phrases}
    for words in one_each.values():
        talk = Talk(night=Night(Level.URGENT))
        talk.wake(words)
        first = "emergency_call" if isinstance(talk.state, Emergency) else "earlier_urgent"
        assert talk.said[0] == first, words


def test_in_an_emergency_the_number_comes_before_tonights_advice() -> None:
    talk = Talk(night=Night(Level.URGENT))
    talk.wake("my chest hurts")
    assert talk.said[0] == "emergency_call"


def test_a_leg_that_may_have_a_clot_gets_no_bedtime_stretch() -> None:
    talk = Talk(night=Night(Level.URGENT))
    talk.wake("bedtime stretch")
    assert isinstance(talk.state, OpenFloor)


@pytest.mark.parametrize(
    "words", ["it won't stop hurting", "please don't stop", "i have had enough of this pain"]
)
def test_only_a_plain_stop_ends_an_emergency(words: str) -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("chest pain")
    talk.hear(words)
    assert isinstance(talk.state, Emergency)
    talk.hear("stop")
    assert isinstance(talk.state, Asleep)


@pytest.mark.parametrize("words", ["it won't stop hurting", "when will it stop", "not good night"])
def test_only_a_plain_stop_or_goodbye_leaves_the_questions(words: str) -> None:
    talk = Talk()
    talk.to_check()
    talk.hear(words)
    assert isinstance(talk.state, AskingRedFlag)


@pytest.mark.parametrize("words", ["help me", "i need help", "call my wife"])
def test_a_call_for_help_wakes_and_asks_whether_it_is_an_emergency(words: str) -> None:
    talk = Talk()
    event = heard(CALLED, WAKES, listening(talk.actions), words, at_s=talk.at_s)
    assert event is not None
    talk.tell(event)
    assert talk.said == (*CANNOT_PHONE, "ask_ambulance")
    talk.hear("no")
    assert isinstance(talk.state, Asleep)


def test_after_twelve_hours_it_is_another_night() -> None:
    talk = Talk(night=Night(Level.URGENT, at_s=0.0, no_standing=True))
    talk.at_s = 12 * 3600.0
    talk.wake()
    assert talk.said[0] == "calf_pull"
    assert not isinstance(talk.state, Asleep)
    assert talk.state.session.may_stand is MayStand.UNKNOWN


def test_an_emergency_stays_one_for_the_rest_of_the_night() -> None:
    talk = Talk(night=Night(Level.EMERGENCY))
    talk.wake("my foot")
    assert isinstance(talk.state, Emergency)
    assert talk.said[0] == "emergency_call"
    assert "earlier_emergency" in talk.said


def test_a_faint_spell_ends_the_bedtime_stretch() -> None:
    talk = Talk()
    talk.wake("bedtime stretch")
    talk.hear("i feel faint")
    talk.hear("no")
    talk.hear("no")
    assert level_of(talk.state) is Level.SEE_A_DOCTOR


def test_the_emergency_advice_repeats_on_a_timer_but_not_forever() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("chest pain")
    assert talk.said[0] == "emergency_call"
    told = 1
    while isinstance(talk.state, Emergency):
        assert talk.mumble() == ()
        assert talk.hear("yes") == ()
        talk.ring()
        told += "emergency_call" in talk.said
    assert told == 6
    assert isinstance(talk.state, Asleep)
    assert talk.state.watch is None


@pytest.mark.parametrize("words", ["repeat", "my foot", "it's back"])
def test_the_emergency_advice_repeats_whatever_is_asked_for(words: str) -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("chest pain")
    talk.hear(words)
    assert isinstance(talk.state, Emergency)
    if words in {p.words for p in CALLED.grammars[GrammarKey.EMERGENCY].phrases}:
        assert talk.said == ("emergency_call", "emergency_cannot_phone")


@pytest.mark.parametrize(
    ("words", "action"), [("louder", AdjustVolume(+1)), ("slower", AdjustRate(-1))]
)
def test_the_emergency_advice_repeats_in_the_voice_asked_for(words: str, action: object) -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("chest pain")
    assert talk.hear(words)[0] == action
    assert talk.said == ("emergency_call", "emergency_cannot_phone")


@pytest.mark.parametrize("words", ["stop", "goodbye"])
def test_the_emergency_can_be_left(words: str) -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("chest pain")
    talk.hear(words)
    assert isinstance(talk.state, Asleep)


def test_a_paused_hold_is_still_paused_after_a_false_alarm() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("pause")
    talk.hear("chest pain", doubtful=True)
    talk.hear("no")
    assert isinstance(talk.state, Paused)
    talk.hear("go on")
    assert isinstance(talk.state, Holding)


@pytest.mark.parametrize("topic", list(CALLED.topics))
def test_questions_are_answered_in_the_middle_of_the_check(topic: str) -> None:
    talk = start(CALLED.questions)
    phrase = next(
        p.words for p in CALLED.grammars[next(iter(CALLED.grammars))].phrases if p.meaning == topic
    )
    talk.hear(phrase)
    assert isinstance(talk.state, AskingRedFlag)
    assert talk.said == (*CALLED.topics[topic].lines, "ask_faint")  # type: ignore[index]


def test_a_doubtful_sign_that_was_skipped_is_asked_about_before_any_advice() -> None:
    talk = Talk()
    talk.wake()
    talk.hear("chest pain", doubtful=True)
    talk.hear("the other questions")
    talk.hear("the other questions")  # does not answer "Did you say that your chest hurts?"
    talk.hear("i fell")
    talk.hear("not sure")
    assert isinstance(talk.state, AskingRedFlag)
    assert talk.state.question == "chest_pain"
