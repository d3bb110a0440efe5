"""After a conversation was broken off, Charley offers to continue, and forgets no advice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.dialogue.walking import (
    AT_A_SIGN,
    BEFORE_BED,
    BROKEN_OFF,
    IN_THE_CHECK,
    IN_THE_HOLD,
    Talk,
)
from tests.shipped import CALLED
from voice.content.script import Level, Part, QuestionKey
from voice.dialogue.actions import SetAlarm
from voice.dialogue.broken_off import BrokenOff, broken_off_in
from voice.dialogue.night import Night
from voice.dialogue.states import (
    Advising,
    AskingCanStand,
    AskingIfGone,
    AskingRedFlag,
    Asleep,
    Bedtime,
    Emergency,
    Exercise,
    Holding,
    Instructing,
    MayStand,
    OfferingCheck,
    Paused,
    Relief,
)
from voice.errors import DialogueError


def resumed(broken_off: BrokenOff, lasted_s: float = 60.0, night: Night | None = None) -> Talk:
    talk = Talk(night=night or Night())
    talk.resume(broken_off, lasted_s)
    return talk


def alarms(talk: Talk) -> list[float]:
    return [action.at_s for action in talk.actions if isinstance(action, SetAlarm)]


# In a stretch --------------------------------------------------------------------------------


@pytest.mark.parametrize("part", Part)
def test_after_a_hold_charley_asks_whether_that_muscle_has_eased(part: Part) -> None:
    talk = resumed(BrokenOff(part, gone=False, exercise=Relief(part)))
    assert talk.said == ("back_again", "ask_relief")
    assert isinstance(talk.state, AskingIfGone)
    talk.hear("no")
    assert isinstance(talk.state, Instructing)
    assert talk.state.exercise == Relief(part, 1)


def test_if_it_has_eased_the_questions_follow() -> None:
    talk = resumed(IN_THE_HOLD)
    talk.hear("yes")
    assert isinstance(talk.state, AskingRedFlag)


def test_the_ten_minutes_still_count_from_the_wake() -> None:
    assert alarms(resumed(IN_THE_HOLD, 200.0)) == [400.0]
    late = resumed(IN_THE_HOLD, 601.0)
    assert late.said == ("back_again", "ten_minutes", "ask_relief")
    assert alarms(late) == []
    assert alarms(resumed(IN_THE_CHECK, 200.0)) == []


def test_a_user_who_does_not_answer_is_left_in_peace_and_watched_over() -> None:
    talk = resumed(IN_THE_HOLD)
    talk.silence()
    talk.silence()
    assert talk.said == ("quiet_still",)
    assert isinstance(talk.state, Asleep)
    assert talk.state.watch is not None
    talk.ring()
    assert talk.said == ("ten_minutes",)


def test_the_bedtime_stretch_waits_until_it_is_wanted() -> None:
    talk = resumed(replace(BEFORE_BED, exercise=Bedtime(2)))
    assert talk.said == ("back_again", "paused")
    assert isinstance(talk.state, Paused)
    talk.hear("go on")
    assert isinstance(talk.state, Holding)
    assert talk.state.exercise == Bedtime(2)


def test_a_user_who_felt_faint_is_never_told_to_stand() -> None:
    faint = Night(no_standing=True)
    last = len(CALLED.ladders[Part.CALF]) - 1
    for step in range(last + 1):
        talk = resumed(replace(IN_THE_HOLD, exercise=Relief(Part.CALF, step)), 60.0, faint)
        assert isinstance(talk.state, AskingIfGone)
        assert talk.state.session.may_stand is MayStand.NO
        talk.hear("no")
        assert not isinstance(talk.state, AskingCanStand)


@pytest.mark.parametrize(
    ("exercise", "first"),
    [
        (Relief(Part.CALF, 99), Relief(Part.CALF)),
        (Relief(Part.FOOT, -1), Relief(Part.FOOT)),
        (Bedtime(99), Bedtime()),
    ],
)
def test_a_step_that_no_longer_exists_restarts_from_the_first(
    exercise: Exercise, first: Exercise
) -> None:
    talk = resumed(replace(IN_THE_HOLD, exercise=exercise))
    assert isinstance(talk.state, AskingIfGone | Paused)
    assert talk.state.exercise == first


# In the questions ------------------------------------------------------------------------------


def test_after_a_check_the_questions_are_offered_from_the_start() -> None:
    talk = resumed(IN_THE_CHECK)
    assert talk.said == ("back_again", "offer_check")
    talk.hear("yes")
    assert isinstance(talk.state, AskingRedFlag)
    assert talk.said[0] == "now_questions"
    assert talk.state.session.screening.asked == ()
    talk.all_no()
    assert isinstance(talk.state, Advising)
    assert talk.state.assessment.level is Level.NO_URGENT_SIGN_HEARD


@pytest.mark.parametrize("words", ["no", "not sure", "stop", "goodbye", "i'm done"])
def test_declining_the_questions_never_gives_an_all_clear(words: str) -> None:
    talk = resumed(IN_THE_CHECK)
    talk.hear(words)
    assert talk.said == ("stopped_check", "change_clot")
    assert isinstance(talk.state, Asleep)


def test_charley_asks_twice_whether_to_go_on() -> None:
    for said in (Talk.silence, Talk.mumble):
        talk = resumed(IN_THE_CHECK)
        said(talk)
        assert isinstance(talk.state, OfferingCheck)
        said(talk)
        assert talk.said == ("stopped_check", "change_clot")


def test_a_sign_being_confirmed_gets_its_advice_and_is_asked_about_again() -> None:
    talk = resumed(AT_A_SIGN)
    assert talk.said == ("back_again", "faint_first", "offer_check")
    chest = replace(AT_A_SIGN, signs=(QuestionKey("chest_pain"), QuestionKey("not there")))
    talk = resumed(chest)
    assert talk.said == ("back_again", "danger_unsure", "offer_check")
    talk.hear("yes")
    asked = []
    while isinstance(talk.state, AskingRedFlag):
        asked.append(talk.state.question)
        talk.hear("no")
    assert QuestionKey("chest_pain") in asked


def test_a_sign_mentioned_at_the_offer_comes_first_then_the_questions() -> None:
    talk = resumed(IN_THE_CHECK)
    talk.hear("chest pain", doubtful=True)
    talk.hear("no")
    assert isinstance(talk.state, AskingRedFlag)
    talk = resumed(IN_THE_CHECK)
    talk.hear("my calf is swollen")
    assert isinstance(talk.state, AskingRedFlag)
    talk = resumed(IN_THE_CHECK)
    talk.hear("chest pain")
    assert isinstance(talk.state, Emergency)


# The level reached ---------------------------------------------------------------------------


@pytest.mark.parametrize("broken_off", BROKEN_OFF)
def test_an_emergency_remains_an_emergency(broken_off: BrokenOff) -> None:
    talk = resumed(broken_off, 60.0, Night(Level.EMERGENCY))
    assert isinstance(talk.state, Emergency)
    assert talk.said[0] == "emergency_call"


@pytest.mark.parametrize("broken_off", BROKEN_OFF)
def test_urgent_advice_is_given_at_once(broken_off: BrokenOff) -> None:
    talk = resumed(broken_off, 60.0, Night(Level.URGENT))
    assert talk.said[:3] == ("back_again", "urgent_tonight", "urgent_watch")


@pytest.mark.parametrize("broken_off", BROKEN_OFF)
def test_seeing_a_doctor_is_advised_before_the_conversation_ends(broken_off: BrokenOff) -> None:
    talk = resumed(broken_off, 60.0, Night(Level.SEE_A_DOCTOR))
    assert "see_doctor" not in talk.said
    talk.hear("goodbye")
    assert talk.said[0] == "see_doctor"
    assert isinstance(talk.state, Asleep)


@pytest.mark.parametrize("broken_off", BROKEN_OFF)
def test_killed_again_charley_resumes_from_the_same_place(broken_off: BrokenOff) -> None:
    assert broken_off_in(resumed(broken_off).state) == broken_off


def test_resuming_in_mid_conversation_is_refused() -> None:
    talk = Talk()
    talk.to_hold()
    before = talk.state
    with pytest.raises(DialogueError):
        talk.resume(IN_THE_HOLD)
    assert talk.state is before
