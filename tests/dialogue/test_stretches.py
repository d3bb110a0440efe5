"""The stretches: what a user says during them, and where it leads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.dialogue.walking import Talk
from tests.shipped import CALLED
from voice.content.script import Footing as RungFooting
from voice.content.script import GrammarKey, Level, Part, TopicKey
from voice.dialogue.actions import (
    AdjustRate,
    AdjustVolume,
    CancelAlarm,
    ChangeVoice,
    Listen,
    ListenId,
    SetAlarm,
    StartHold,
)
from voice.dialogue.events import WakeHeard
from voice.dialogue.hold import LONGEST_S
from voice.dialogue.states import (
    Advising,
    AskingCanStand,
    AskingIfGone,
    AskingRedFlag,
    AskingWhichThigh,
    Asleep,
    Bedtime,
    Cramp,
    Holding,
    Instructing,
    MayStand,
    OpenFloor,
    Paused,
    Relief,
    StandingQuestion,
)


def hold_of(talk: Talk) -> StartHold:
    return next(a for a in talk.actions if isinstance(a, StartHold))


def holding(talk: Talk) -> Holding:
    assert isinstance(talk.state, Holding)
    return talk.state


def up_to_rung(talk: Talk, ladder_step: int) -> None:
    """Climb the calf ladder to a step, as a user who may stand."""
    talk.wake()
    while not (
        isinstance(talk.state, Instructing)
        and talk.state.exercise == Relief(Part.CALF, ladder_step)
    ):
        match talk.state:
            case Instructing():
                talk.spoken()
            case Holding():
                talk.held()
            case AskingIfGone():
                talk.hear("not yet")
            case AskingCanStand(about=StandingQuestion.FAINT):
                talk.hear("no")
            case AskingCanStand():
                talk.hear("yes")
            case _:
                pytest.fail(f"lost in {talk.state}")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("", Part.CALF),
        ("my calf", Part.CALF),
        ("my foot", Part.FOOT),
        ("the front of my thigh", Part.THIGH_FRONT),
        ("back of my thigh", Part.THIGH_BACK),
    ],
)
def test_waking_goes_straight_to_the_first_stretch(words: str, part: Part) -> None:
    talk = Talk()
    talk.wake(words)
    assert isinstance(talk.state, Instructing)
    assert talk.state.exercise == Relief(part)
    assert talk.said[0] == CALLED.ladders[part][0].lines[0]


def test_which_thigh_is_asked_and_no_answer_means_the_back() -> None:
    talk = Talk()
    talk.wake("my thigh")
    assert isinstance(talk.state, AskingWhichThigh)
    talk.silence()
    assert isinstance(talk.state, AskingWhichThigh)
    talk.silence()
    assert isinstance(talk.state, Instructing)
    assert talk.state.exercise == Relief(Part.THIGH_BACK)


def test_the_hold_begins_once_the_stretch_has_been_explained() -> None:
    talk = Talk(hold_s=45.0)
    talk.wake()
    talk.at_s = 12.5
    talk.spoken()
    assert holding(talk).started_at_s == 12.5
    assert hold_of(talk).plan.length_s == 45.0


def test_a_pause_keeps_the_time_left() -> None:
    talk = Talk()
    talk.to_hold()
    talk.at_s = 11.0
    talk.hear("pause")
    assert isinstance(talk.state, Paused)
    assert talk.state.left_s == 19.0
    talk.at_s = 500.0
    talk.hear("go on")
    assert hold_of(talk).plan.length_s == 19.0
    assert holding(talk).started_at_s == 500.0


def test_longer_adds_thirty_seconds_up_to_a_limit() -> None:
    talk = Talk()
    talk.to_hold()
    talk.at_s = 10.0
    talk.hear("longer")
    assert hold_of(talk).plan.length_s == 50.0
    for _ in range(5):
        talk.hear("longer")
    assert hold_of(talk).plan.length_s == LONGEST_S


def test_longer_during_a_pause_adds_to_the_time_left() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("pause")
    talk.hear("longer")
    assert isinstance(talk.state, Paused)
    assert talk.state.left_s == 60.0


@pytest.mark.parametrize(
    ("words", "opening"),
    [
        ("how long", "left_20"),
        ("it hurts more", "ease_off"),
        ("help", "help_hold"),
        ("louder", "voice_changed"),
        ("repeat", "calf_pull"),
        ("quinine", "topic_quinine"),
    ],
)
def test_replies_during_a_hold_are_spoken_while_its_time_keeps_running(
    words: str, opening: str
) -> None:
    talk = Talk()
    talk.to_hold()
    talk.at_s = 10.0
    talk.hear(words)
    assert hold_of(talk).plan.length_s == 20.0
    assert talk.said[0] == opening


@pytest.mark.parametrize("words", ["it hurts more", "quinine", "repeat", "help"])
def test_a_reply_near_the_end_of_a_hold_gets_time_to_finish(words: str) -> None:
    talk = Talk()
    talk.to_hold()
    talk.at_s = 28.0
    talk.hear(words)
    assert hold_of(talk).plan.length_s == 15.0


def test_the_ten_minute_advice_near_the_end_of_a_hold_gets_time_to_finish() -> None:
    talk = Talk()
    talk.to_hold()
    talk.at_s = 29.0
    talk.ring()
    assert hold_of(talk).plan.length_s == 15.0
    assert talk.said == ("ten_minutes",)


def test_a_stretch_that_was_not_understood_is_explained_again() -> None:
    talk = Talk()
    talk.wake()
    explained = talk.said
    talk.hear("what")
    assert isinstance(talk.state, Instructing)
    assert talk.said == explained


def test_a_question_during_a_pause_is_answered_and_the_pause_continues() -> None:
    talk = Talk()
    talk.to_hold()
    talk.at_s = 10.0
    talk.hear("pause")
    talk.hear("quinine")
    assert talk.said == (*CALLED.topics[TopicKey("quinine")].lines, "paused")
    assert isinstance(talk.state, Paused)
    assert talk.state.left_s == 20.0


def test_what_can_be_said_about_the_cramp_is_explained_on_request() -> None:
    talk = Talk()
    talk.to_hold()
    talk.held()
    talk.hear("what do you mean")
    assert talk.said == ("help_relief", "ask_relief")


def test_asking_how_long_adds_no_time() -> None:
    talk = Talk()
    talk.to_hold()
    talk.at_s = 24.0
    talk.hear("how long")
    assert hold_of(talk).plan.length_s == 6.0


def test_not_yet_during_a_hold_is_remembered_and_the_hold_continues() -> None:
    talk = Talk()
    talk.to_hold()
    talk.at_s = 10.0
    talk.hear("not yet")
    assert holding(talk).session.cramp is Cramp.STILL
    assert hold_of(talk).plan.length_s == 20.0


def test_go_on_during_a_running_hold_continues_it() -> None:
    talk = Talk()
    talk.to_hold()
    talk.at_s = 10.0
    talk.hear("go on")
    assert talk.said == ("keep_going",)
    assert hold_of(talk).plan.length_s == 20.0


def test_unclear_speech_during_a_hold_gets_a_hint_once_in_a_while() -> None:
    talk = Talk()
    talk.to_hold()
    talk.at_s = 5.0
    talk.mumble()
    assert talk.said == ("hold_hint",)
    talk.at_s = 10.0
    assert talk.mumble() == ()
    talk.at_s = 26.0
    talk.mumble()
    assert talk.said == ("hold_hint",)


def test_ready_starts_the_hold_at_once() -> None:
    talk = Talk()
    talk.wake()
    talk.hear("i'm ready")
    assert isinstance(talk.state, Holding)


def test_it_hurts_more_before_the_hold_starts_it_gently() -> None:
    talk = Talk()
    talk.wake()
    talk.hear("it hurts more")
    assert talk.said == ("ease_off",)


@pytest.mark.parametrize(
    ("words", "action"),
    [
        ("louder", AdjustVolume(+1)),
        ("quieter", AdjustVolume(-1)),
        ("faster", AdjustRate(+1)),
        ("slower", AdjustRate(-1)),
        ("another voice", ChangeVoice()),
    ],
)
def test_the_voice_can_be_changed_by_voice(words: str, action: object) -> None:
    talk = Talk()
    talk.to_hold()
    assert talk.hear(words)[0] == action


def test_gone_ends_the_stretch_cancels_the_alarm_and_starts_the_questions() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("it's gone")
    assert isinstance(talk.state, AskingRedFlag)
    assert CancelAlarm() in talk.actions
    assert talk.state.session.cramp is Cramp.GONE


@pytest.mark.parametrize("paused", [True, False])
def test_a_doubtful_gone_must_be_confirmed_and_the_alarm_stays_set(paused: bool) -> None:
    talk = Talk()
    talk.to_hold()
    if paused:
        talk.hear("pause")
    talk.hear("gone", doubtful=True)
    assert isinstance(talk.state, AskingIfGone)
    assert CancelAlarm() not in talk.actions
    talk.hear("yes", doubtful=True)
    assert isinstance(talk.state, AskingIfGone)
    talk.hear("yes", doubtful=True)
    assert isinstance(talk.state, Instructing)


def test_stop_ends_the_stretch_and_asks_whether_the_cramp_has_gone() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("stop")
    assert isinstance(talk.state, AskingIfGone)


def test_a_long_pause_ends_by_asking_whether_the_cramp_has_gone() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("pause")
    assert talk.mumble() == ()
    talk.silence()
    assert isinstance(talk.state, AskingIfGone)


def test_the_user_is_told_to_stand_only_after_two_plain_answers() -> None:
    talk = Talk()
    up_to_rung(talk, 2)
    assert isinstance(talk.state, Instructing)
    assert talk.state.session.may_stand is MayStand.YES
    assert "wall" in talk.said


@pytest.mark.parametrize(
    "replies",
    [
        ["?", "?"],
        ["-", "-"],
        ["~no", "~no"],
        ["no", "no"],
        ["no", "not sure"],
        ["no", "?", "-"],
        ["no", "~yes", "~yes"],
    ],
)
def test_without_two_plain_answers_the_user_stays_lying_down(replies: list[str]) -> None:
    talk = Talk()
    up_to_rung(talk, 1)
    talk.spoken()
    talk.held()
    talk.hear("not yet")
    assert isinstance(talk.state, AskingCanStand)
    for reply in replies:
        match reply:
            case "?":
                talk.mumble()
            case "-":
                talk.silence()
            case _:
                talk.hear(reply.lstrip("~"), doubtful=reply.startswith("~"))
    assert isinstance(talk.state, Instructing)
    assert talk.state.session.may_stand is MayStand.NO
    assert CALLED.ladders[Part.CALF][talk.state.exercise.step].footing is RungFooting.UNSTEADY
    assert "stay_down" in talk.said


def test_the_end_of_the_ladder_leads_to_the_questions_with_the_alarm_set() -> None:
    talk = Talk()
    up_to_rung(talk, 3)
    talk.spoken()
    talk.held()
    talk.hear("not yet")
    assert isinstance(talk.state, AskingRedFlag)
    assert talk.state.session.cramp is Cramp.STILL
    assert talk.state.session.alarm is not None


def test_not_sure_whether_it_has_gone_is_not_gone() -> None:
    talk = Talk()
    talk.to_hold()
    talk.held()
    talk.hear("not sure")
    assert isinstance(talk.state, Instructing)
    assert talk.state.session.cramp is Cramp.STILL


def test_worse_is_eased_and_does_not_count_as_gone() -> None:
    talk = Talk()
    talk.to_hold()
    talk.held()
    talk.hear("it's worse")
    assert isinstance(talk.state, Instructing)
    assert talk.said[0] == "ease_off"


def test_go_back_explains_the_previous_stretch() -> None:
    talk = Talk()
    up_to_rung(talk, 3)
    talk.spoken()
    talk.hear("go back")
    assert isinstance(talk.state, Instructing)
    assert talk.state.exercise == Relief(Part.CALF, 2)


def test_go_back_never_leads_an_unsteady_user_to_a_standing_stretch() -> None:
    talk = Talk()
    up_to_rung(talk, 1)
    talk.spoken()
    talk.held()
    talk.hear("not yet")
    talk.mumble()
    talk.mumble()
    talk.spoken()
    talk.hear("go back")
    assert isinstance(talk.state, Instructing)
    assert talk.state.exercise == Relief(Part.CALF, 1)


def test_a_false_wake_ends_with_one_quiet_line() -> None:
    talk = Talk()
    talk.to_hold()
    talk.held()
    talk.silence()
    assert isinstance(talk.state, AskingIfGone)
    talk.silence()
    assert isinstance(talk.state, Asleep)
    assert talk.said == ("quiet_now",)


def test_a_user_who_spoke_and_falls_silent_hears_about_the_ten_minutes() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("repeat")
    talk.held()
    talk.silence()
    talk.silence()
    assert isinstance(talk.state, Asleep)
    assert talk.said == ("quiet_still",)


def test_a_cramp_that_is_still_there_is_never_abandoned_on_silence() -> None:
    talk = Talk()
    talk.to_hold()
    talk.held()
    talk.hear("not yet")
    talk.spoken()
    talk.held()
    talk.silence()
    talk.silence()
    assert not isinstance(talk.state, Asleep)


@pytest.mark.parametrize("where", ["stretch", "hold", "paused", "relief", "check"])
def test_the_ten_minutes_are_announced_whatever_the_state(where: str) -> None:
    talk = Talk()
    talk.wake()
    if where != "stretch":
        talk.spoken()
    if where == "paused":
        talk.hear("pause")
    if where in ("relief", "check"):
        talk.held()
    if where == "check":
        talk.hear("not yet")
        for _ in range(2):
            talk.hear("go on")
            talk.held() if isinstance(talk.state, Holding) else None
    kind = type(talk.state)
    talk.ring()
    assert talk.said[0] == "ten_minutes"
    assert type(talk.state) is kind


def test_the_ten_minutes_are_announced_to_a_user_silent_with_a_cramp() -> None:
    talk = Talk()
    up_to_rung(talk, 3)
    talk.spoken()
    talk.held()
    talk.hear("not yet")
    while not isinstance(talk.state, Asleep):
        talk.silence()
    assert talk.state.watch is not None
    assert CancelAlarm() not in talk.actions
    talk.ring()
    assert talk.said == ("ten_minutes",)
    assert isinstance(talk.state, Asleep)
    assert talk.state.watch is None


@pytest.mark.parametrize(
    ("words", "uncalled"),
    [
        ("", False),
        ("chest pain", True),
        ("what about quinine", False),
        ("the other questions", False),
    ],
)
@pytest.mark.parametrize("reply", ["no", "-"])
def test_the_ten_minutes_are_announced_whatever_wakes_charley_meanwhile(
    words: str, uncalled: bool, reply: str
) -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("not yet")
    talk.hear("goodbye")
    assert talk.said == ("quiet_still",)
    talk.at_s = 60.0
    talk.tell(WakeHeard(60.0, ListenId(talk.turn_id), words, uncalled=uncalled))
    for _ in range(30):
        match talk.state:
            case Asleep():
                break
            case Instructing():
                talk.spoken()
            case Holding():
                talk.held()
            case _:
                talk.silence() if reply == "-" else talk.hear(reply)
    else:
        pytest.fail(f"does not end: {talk.state}")
    talk.at_s = 600.0
    talk.ring()
    assert talk.said == ("ten_minutes",)


def test_the_ten_minutes_are_not_announced_once_the_cramp_has_gone() -> None:
    talk = Talk()
    talk.to_check()
    assert talk.ring() == ()


def test_naming_another_muscle_during_a_hold_switches_to_it() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("it's my foot")
    assert isinstance(talk.state, Instructing)
    assert talk.state.exercise == Relief(Part.FOOT)
    assert not any(isinstance(a, SetAlarm) for a in talk.actions)


@pytest.mark.parametrize("words", ["it's back", "another cramp", "hey charley", "leg cramp"])
@pytest.mark.parametrize("where", ["hold", "paused", "relief", "check", "rest", "advice", "tips"])
def test_another_cramp_starts_a_stretch_from_anywhere(where: str, words: str) -> None:
    talk = Talk()
    talk.to_hold()
    if where == "paused":
        talk.hear("pause")
    if where == "relief":
        talk.held()
    if where in ("check", "rest", "advice", "tips"):
        talk.hear("it's gone")
    if where in ("rest", "advice", "tips"):
        while isinstance(talk.state, AskingRedFlag):
            talk.hear("no")
    if where in ("advice", "tips"):
        talk.hear("no")
    if where == "tips":
        talk.hear("yes")
    talk.at_s = 400.0
    talk.hear(words)
    assert isinstance(talk.state, Instructing)
    assert isinstance(talk.state.exercise, Relief)
    assert talk.state.exercise.step == 0
    assert talk.state.session.alarm is not None
    anew = [a for a in talk.actions if isinstance(a, SetAlarm)]
    if where in ("check", "rest", "advice", "tips"):
        assert [a.at_s for a in anew] == [1000.0]


@pytest.mark.parametrize("words", ["another cramp", "it still hurts", "my calf"])
def test_a_cramp_during_the_bedtime_stretch_is_watched(words: str) -> None:
    talk = Talk()
    talk.wake("bedtime stretch")
    talk.spoken()
    talk.at_s = 50.0
    talk.hear(words)
    assert isinstance(talk.state, Instructing)
    assert talk.state.exercise == Relief(Part.CALF)
    assert SetAlarm(talk.state.session.alarm, 650.0) in talk.actions  # type: ignore[arg-type]


def test_the_other_leg_gets_its_own_stretch() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("the other leg")
    assert talk.said[0] == "other_leg"
    assert isinstance(talk.state, Instructing)


def test_both_legs_are_stretched_one_after_the_other() -> None:
    talk = Talk()
    talk.wake("both legs")
    assert talk.said[0] == "both_legs"
    talk.spoken()
    talk.hear("it's gone")
    assert talk.said[0] == "other_leg"
    talk.spoken()
    talk.hear("it's gone")
    assert isinstance(talk.state, AskingRedFlag)


@pytest.mark.parametrize(
    ("part", "line"),
    [("my calf", "loop_foot"), ("the front of my thigh", "loop_ankle"), ("my foot", "loop_foot")],
)
def test_a_user_who_cannot_reach_is_told_to_use_a_sheet(part: str, line: str) -> None:
    talk = Talk()
    talk.wake(part)
    talk.spoken()
    talk.hear("i can't reach")
    assert talk.said == (line,)
    assert isinstance(talk.state, Holding)


def test_done_ends_a_hold_but_not_the_questions() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("i'm done")
    assert isinstance(talk.state, AskingIfGone)
    talk.hear("it's gone")
    talk.hear("i'm done")
    assert talk.said == ("not_done", "ask_faint")


def test_done_does_not_mean_that_the_cramp_has_gone() -> None:
    talk = Talk()
    talk.to_hold()
    talk.held()
    talk.hear("i'm done")
    assert talk.said == ("not_understood", "ask_relief")


@pytest.mark.parametrize("where", ["thigh", "relief", "standing"])
def test_a_user_who_leaves_with_a_cramp_is_watched_over(where: str) -> None:
    talk = Talk()
    if where == "thigh":
        talk.wake("my thigh")
    else:
        up_to_rung(talk, 1 if where == "standing" else 0)
        talk.spoken()
        talk.held()
        if where == "standing":
            talk.hear("not yet")
            assert isinstance(talk.state, AskingCanStand)
    talk.hear("goodbye")
    assert isinstance(talk.state, Asleep)
    assert talk.said == ("quiet_still",)
    assert talk.state.watch is not None


def test_if_no_later_step_is_safe_the_first_stretch_is_repeated() -> None:
    """The ladder ends with a standing step, and the user feels faint on it."""
    calf = CALLED.ladders[Part.CALF]
    short = replace(CALLED, ladders={**CALLED.ladders, Part.CALF: calf[:3]})
    talk = Talk(short)
    up_to_rung(talk, 2)
    talk.spoken()
    talk.hear("i feel faint")
    talk.hear("no")
    talk.hear("no")
    assert isinstance(talk.state, Instructing)
    assert talk.state.exercise == Relief(Part.CALF)


@pytest.mark.parametrize("words", ["it's a bit better", "almost gone", "it's not better"])
def test_almost_gone_is_not_gone(words: str) -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear(words)
    assert isinstance(talk.state, Holding)
    talk.held()
    talk.hear(words)
    assert isinstance(talk.state, Instructing)


@pytest.mark.parametrize("words", ["stop please", "okay stop", "stop it hurts", "that's enough"])
def test_stop_among_other_words_is_obeyed_during_a_hold(words: str) -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear(words)
    assert isinstance(talk.state, AskingIfGone)


def test_a_yes_to_faint_before_standing_counts_as_feeling_faint() -> None:
    talk = Talk()
    up_to_rung(talk, 1)
    talk.spoken()
    talk.held()
    talk.hear("not yet")
    talk.hear("yes")
    assert talk.said == ("faint_first", "ask_chest_pain")
    talk.hear("no")
    talk.hear("no")
    assert isinstance(talk.state, Instructing)
    assert talk.said == ("stay_down", "move", "get_ready")


def test_a_cramp_that_would_not_let_go_is_not_left_to_self_care() -> None:
    talk = Talk()
    up_to_rung(talk, 3)
    talk.spoken()
    talk.held()
    talk.hear("not yet")
    talk.all_no()
    assert isinstance(talk.state, Advising)
    assert talk.state.assessment.level is Level.SEE_A_DOCTOR
    assert talk.said[0] == "still_there"


def test_the_bedtime_stretch_counts_six_holds_and_says_good_night() -> None:
    talk = Talk()
    talk.wake("bedtime stretch")
    holds = 0
    while not isinstance(talk.state, Asleep):
        assert isinstance(talk.state, Instructing)
        assert isinstance(talk.state.exercise, Bedtime)
        talk.spoken()
        holds += 1
        talk.held()
    assert holds == 6
    assert talk.said[-1] == "bedtime_done"


@pytest.mark.parametrize("words", ["stop", "goodbye"])
def test_the_bedtime_stretch_can_be_left(words: str) -> None:
    talk = Talk()
    talk.wake("bedtime stretch")
    talk.hear(words)
    assert isinstance(talk.state, Asleep)


def test_a_bedtime_hold_does_not_ask_about_a_cramp() -> None:
    talk = Talk()
    talk.wake("bedtime stretch")
    talk.spoken()
    talk.hear("it's gone")
    assert isinstance(talk.state, Holding)
    talk.hear("go back")
    assert isinstance(talk.state, Instructing)
    assert talk.state.exercise == Bedtime(0)


def test_an_ache_during_the_bedtime_stretch_is_not_a_cramp() -> None:
    talk = Talk()
    talk.wake("bedtime stretch")
    talk.spoken()
    talk.hear("it hurts more")
    assert talk.said == ("ease_off",)
    assert holding(talk).session.cramp is Cramp.GONE
    assert holding(talk).session.alarm is None


def test_can_you_hear_me_is_answered_and_charley_stays_asleep() -> None:
    talk = Talk()
    talk.wake("can you hear me")
    assert isinstance(talk.state, Asleep)
    assert talk.said == ("i_hear_you", "speak_as_usual")


def test_a_question_in_the_same_breath_as_the_wake_phrase_is_answered() -> None:
    talk = Talk()
    talk.wake("what about quinine")
    assert isinstance(talk.state, OpenFloor)
    assert talk.said[0] == "topic_quinine"
    assert any(isinstance(a, Listen) and a.grammar is GrammarKey.OPEN for a in talk.actions)


def test_a_risk_mentioned_with_the_call_is_answered_and_the_stretch_begins() -> None:
    talk = Talk()
    talk.wake("i'm pregnant")
    assert isinstance(talk.state, Instructing)
    assert talk.said[0] == "tell_them"
    assert talk.state.session.risk


def test_a_cramp_that_has_lasted_is_told_where_help_is_before_the_stretch() -> None:
    talk = Talk()
    talk.wake("it's been half an hour")
    assert talk.said[0] == "long_cramp"
    assert isinstance(talk.state, Instructing)
    assert talk.state.session.cramp is Cramp.STILL
    assert talk.state.session.alarm is not None


def test_a_cramp_that_has_lasted_is_told_so_in_a_hold_which_goes_on() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("i've had this cramp for half an hour")
    assert talk.said == ("long_cramp",)
    assert isinstance(talk.state, Holding)
    assert talk.state.session.cramp is Cramp.STILL


def test_a_cramp_that_has_lasted_has_not_let_go() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("stop")
    assert isinstance(talk.state, AskingIfGone)
    talk.hear("it's been an hour")
    assert talk.said[0] == "long_cramp"
    assert talk.state.session.cramp is Cramp.STILL


def test_how_long_a_cramp_has_lasted_answers_no_question() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("it's gone")
    talk.hear("more than ten minutes")
    assert talk.said == ("long_cramp", "ask_faint")
    assert isinstance(talk.state, AskingRedFlag)
    assert talk.state.session.cramp is Cramp.GONE


@pytest.mark.parametrize("words", ["bedtime stretch", "what about quinine"])
def test_a_cramp_that_has_lasted_is_stretched_wherever_it_is_mentioned(words: str) -> None:
    talk = Talk()
    talk.wake(words)
    talk.hear("it's been an hour")
    assert talk.said[0] == "long_cramp"
    assert isinstance(talk.state, Instructing)
    assert talk.state.session.cramp is Cramp.STILL
    assert isinstance(talk.state.exercise, Relief)


def test_how_long_a_sign_has_lasted_says_nothing_of_the_cramp() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("it's gone")
    talk.hear("no")
    talk.hear("it's been swollen for hours")
    assert "long_cramp" not in talk.said
    assert isinstance(talk.state, AskingRedFlag)
    assert talk.state.question == "swollen"


def test_naming_the_thigh_after_the_questions_asks_front_or_back() -> None:
    talk = Talk()
    talk.wake("the other questions")
    while isinstance(talk.state, AskingRedFlag):
        talk.hear("no")
    talk.hear("thigh")
    assert isinstance(talk.state, AskingWhichThigh)


def test_a_stretched_cramp_stays_in_the_diary_whatever_is_said_later() -> None:
    talk = Talk()
    talk.wake()
    talk.spoken()
    talk.held()
    talk.hear("not yet")
    assert isinstance(talk.state, Instructing)
    talk.hear("no cramp")
    assert isinstance(talk.state, AskingRedFlag)
    assert talk.state.session.course.cramp_at_s is not None
