"""What must be impossible: each law holds on every path of a walk through all states.

The walk follows everything that can be said, done or left out around one cramp. Along with each
state it carries what the user has said and heard on the way there, tracked by the test and not by
the dialogue: which levels were announced, whether faintness was mentioned, whether an alarm is set.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.dialogue.walking import (
    BROKEN_OFF,
    IN_THE_HOLD,
    alarm_of,
    at,
    lines_of,
    reading_once,
    sketch,
)
from tests.shipped import CALLED
from voice.content.script import Answer, Footing, Level, LineKey, Part, QuestionKey, Script, Stage
from voice.dialogue import Context, Dialogue
from voice.dialogue.actions import Action, CancelAlarm, HoldId, ListenId, SetAlarm, UtteranceId
from voice.dialogue.changing import replace
from voice.dialogue.events import (
    AlarmRang,
    Event,
    HoldFinished,
    Resumed,
    SilenceHeard,
    SpeechHeard,
    SpeechUnclear,
    UtteranceFinished,
    WakeHeard,
)
from voice.dialogue.state_prompts import prompt_of
from voice.dialogue.states import (
    Advising,
    AskingCanStand,
    AskingIfGone,
    AskingRedFlag,
    AskingWhichThigh,
    Asleep,
    Cramp,
    Emergency,
    Holding,
    Instructing,
    MayStand,
    Paused,
    Relief,
    Session,
    State,
)
from voice.dialogue.transition_table import ARROWS

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Kit:
    """What one walk consists of: some of the questions, and what may be said in it."""

    kinds: tuple[str, ...]
    asleep: tuple[str, ...]
    said: tuple[str, ...]
    doubtful: tuple[str, ...]
    turns: int
    """How many turns of a conversation the walk covers, after the wake."""

    @property
    def script(self) -> Script:
        """The script with only these questions, and one turn of the stretch before bed."""
        kept = {*self.kinds, "ambulance"}  # a call for help asks about that one
        questions = tuple(q for q in CALLED.questions if q.key in kept)
        return replace(CALLED, questions=questions, bedtime=CALLED.bedtime[:1])


EVERYWHERE = ("yes", "no", "stop", "goodbye", "it's gone", "not yet", "it's back")
KITS = {
    "danger": Kit(
        ("faint", "swollen", "chest_pain"),
        ("", "i feel faint", "my calf is swollen"),
        (*EVERYWHERE, "i feel faint", "chest pain", "my calf is swollen", "the other leg"),
        ("no", "i feel faint", "chest pain"),
        turns=5,
    ),
    "the rest": Kit(
        ("faint", "numb", "numb_tonight", "weak_pulse"),
        ("", "my foot", "bedtime stretch", "the other questions"),
        (
            *(*EVERYWHERE, "not sure", "it's gone numb", "my foot", "pause", "go on", "go back"),
            *("bedtime stretch", "the other questions"),
        ),
        ("yes", "no", "it's gone"),
        turns=5,
    ),
}
"""Two walks: what every danger sign leads to, and everything else that can be said."""


@dataclass(frozen=True)
class Told:
    """What the user has said and heard so far."""

    level: Level = Level.NO_URGENT_SIGN_HEARD
    """The highest level whose advice was said."""
    faint: bool = False
    """Whether faintness was mentioned."""
    armed: bool = False
    """Whether the ten-minute alarm is set, or has been announced."""
    spoke: bool = False
    """Whether the user has spoken since the wake, or has been watched over since before it."""


@dataclass
class Walked:
    """Every step of the walk: the state before, the event, the actions, and the state after."""

    kit: Kit
    steps: list[tuple[State, Event, tuple[Action, ...], State, Told]] = field(default_factory=list)
    nodes: int = 0


def events(state: State, kit: Kit) -> Iterator[Event]:
    listen, now = ListenId(state.turn_id), 10.0
    if isinstance(state, Asleep):
        yield from (WakeHeard(now, listen, words) for words in kit.asleep)
        if "chest pain" in kit.said:
            yield WakeHeard(now, listen, "chest pain", uncalled=True)
            yield WakeHeard(now, listen, "help me", uncalled=True)
        yield from (Resumed(now, broken_off, 60.0) for broken_off in BROKEN_OFF)
        yield Resumed(now, IN_THE_HOLD, 900.0)
    else:
        yield from (SpeechHeard(now, listen, words) for words in kit.said)
        yield from (SpeechHeard(now, listen, words, doubtful=True) for words in kit.doubtful)
        yield SpeechUnclear(now, listen)
        yield SilenceHeard(now, listen)
        yield UtteranceFinished(now, UtteranceId(state.turn_id))
        yield HoldFinished(now, HoldId(state.turn_id))
    yield AlarmRang(now, alarm_of(state))


OPENINGS = {
    key: level
    for level, advice in CALLED.advice.items()
    for key in (advice.plain[0], advice.soft[0], *advice.brief[:1], *advice.partial[:1])
} | {
    LineKey("earlier_urgent"): Level.URGENT,
    LineKey("earlier_emergency"): Level.EMERGENCY,
}


def heard(told: Told, state: State, event: Event, actions: tuple[Action, ...]) -> Told:
    """What the user has said and heard after a step."""
    if isinstance(event, WakeHeard):
        watched = isinstance(state, Asleep) and state.watch is not None
        spoke = watched or (bool(event.words) and not event.uncalled)
        told = replace(told, spoke=spoke, armed=watched)
    if isinstance(event, SpeechHeard | SpeechUnclear | Resumed):
        told = replace(told, spoke=True)
    said = lines_of(actions)
    level = max([told.level, *(OPENINGS[key] for key in said if key in OPENINGS)])
    words = event.words if isinstance(event, SpeechHeard | WakeHeard) else ""
    asked_faint = (isinstance(state, AskingRedFlag) and state.question == "faint") or (
        isinstance(state, AskingCanStand) and state.about.value == "faint"
    )
    affirmed = asked_faint and words in ("yes", "not sure")
    if isinstance(state, AskingRedFlag) and state.reading_back:
        affirmed = False
    armed = told.armed
    for action in actions:
        if isinstance(action, SetAlarm):
            armed = True
        if isinstance(action, CancelAlarm):
            armed = False
    armed = armed or LineKey("ten_minutes") in said
    faint = told.faint or "faint" in words or affirmed
    return Told(level, faint, armed, told.spoke)


def session_of(state: State) -> Session | None:
    return state.watch if isinstance(state, Asleep) else state.session


def kept(state: State) -> bool:
    """Whether the walk continues from a state: enough of every kind, without going on forever."""
    session = session_of(state)
    tries = getattr(state, "tries", None)
    exercise = getattr(state, "exercise", None)
    if isinstance(exercise, Relief) and exercise.part is not Part.CALF:
        return False
    if tries is not None and (tries.asked_back or tries.waiting):
        return False
    if session is None:
        return True
    return (
        sum(f.answer is not Answer.NO for f in session.screening.findings) <= 2
        and (session.other_talk is None or session.other_talk.turns <= 1)
        and not session.denied
        and not session.both_legs
        and session.carried is Level.NO_URGENT_SIGN_HEARD
        and getattr(state, "left_s", 30.0) == 30.0
        and getattr(state, "length_s", 30.0) in (30.0, 60.0)
    )


def beginnings(dialogue: Dialogue) -> list[tuple[State, Told]]:
    """Asleep, and halfway up the ladder: standing, kept lying down, and at the ladder's end."""
    dialogue.start()
    asleep = dialogue.state
    found = [(asleep, Told())]
    for steady in ("yes", "no"):
        dialogue._state, told = asleep, Told()
        climb: list[str] = ["wake", *["spoken", "held", "not yet"] * 2, "no", steady]
        for turn in [*climb, "spoken", "held"]:
            state = dialogue.state
            event = _event(state, turn)
            actions = dialogue.handle(event)
            told = heard(told, state, event, actions)
            if turn == steady:
                found.append((dialogue.state, told))
        assert isinstance(dialogue.state, AskingIfGone)
        found.append((dialogue.state, told))
    return found


def _event(state: State, turn: str) -> Event:
    match turn:
        case "wake":
            return WakeHeard(0.0, ListenId(state.turn_id))
        case "spoken":
            return UtteranceFinished(0.0, UtteranceId(state.turn_id))
        case "held":
            return HoldFinished(0.0, HoldId(state.turn_id))
        case _:
            return SpeechHeard(0.0, ListenId(state.turn_id), turn)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=pytest.mark.xdist_group(f"the laws: {name}")) for name in KITS
    ],
)
def walked(request: pytest.FixtureRequest) -> Walked:
    kit = KITS[request.param]
    dialogue = at(Asleep(), kit.script)
    begun = beginnings(dialogue)
    seen, sum_ = {(sketch(state), told) for state, told in begun}, Walked(kit)
    queue = deque((state, told, 0) for state, told in begun)
    with reading_once():
        while queue:
            state, told, turn = queue.popleft()
            sum_.nodes += 1
            for event in events(state, kit):
                if (type(state), type(event)) not in ARROWS:
                    continue
                dialogue._state = state
                actions = dialogue.handle(event)
                after = dialogue.state
                now = heard(told, state, event, actions)
                sum_.steps.append((state, event, actions, after, now))
                node = (sketch(after), now)
                if turn < kit.turns and kept(after) and node not in seen:
                    seen.add(node)
                    queue.append((after, now, turn + 1))
    return sum_


def reached(session: Session) -> Level:
    """The level of the user's answers, from the table of questions alone."""
    levels = [Level.NO_URGENT_SIGN_HEARD]
    talk = session.other_talk
    screening = talk.before if talk else session.screening
    for finding in screening.findings:
        question = CALLED.question(finding.question)
        match finding.answer:
            case Answer.YES:
                levels.append(question.yes)
            case Answer.UNSURE:
                levels.append(question.unsure)
            case Answer.UNCLEAR:
                levels.append(question.unclear)
            case Answer.NO:
                pass
    return max(levels)


def test_the_walk_is_long_enough(walked: Walked) -> None:
    assert walked.nodes > 1_000


def test_no_conversation_ends_before_the_advice_owed_has_been_given(walked: Walked) -> None:
    wrong = [
        (state, event)
        for state, event, _, after, told in walked.steps
        if isinstance(after, Asleep)
        and not isinstance(state, Asleep)
        and max(reached(state.session), after.night.level) > told.level
    ]
    assert wrong[:1] == []


def test_nothing_starts_over_before_the_advice_owed_has_been_given(
    walked: Walked,
) -> None:
    """Another cramp, another leg, another muscle, or the stretch before bed."""
    over = ("it's back", "my foot", "the other leg", "bedtime stretch")
    wrong = [
        (state, event)
        for state, event, _, after, told in walked.steps
        if isinstance(event, SpeechHeard)
        and event.words in over
        and not isinstance(state, Asleep)
        and _is_listened_for(state, event.words)
        and isinstance(after, Instructing | AskingWhichThigh)
        and not isinstance(state, Instructing | Holding | Paused | AskingIfGone)
        and reached(state.session) > told.level
    ]
    assert wrong[:1] == []


def _is_listened_for(state: State, words: str) -> bool:
    grammar = CALLED.grammars[prompt_of(state, Context(CALLED)).grammar]
    return tuple(words.split()) in grammar.meanings


def test_the_night_remembers_what_was_reached_and_never_lowers_it(walked: Walked) -> None:
    for state, event, _, after, _ in walked.steps:
        before = state.night if isinstance(state, Asleep) else state.session.night
        night = after.night if isinstance(after, Asleep) else after.session.night
        assert night.level >= before.level, (state, event)
        assert night.no_standing >= before.no_standing, (state, event)
        assert night.clot_sign >= before.clot_sign, (state, event)
        if not isinstance(after, Asleep):
            assert night.level >= reached(after.session), (state, event)


def test_an_emergency_never_leads_to_a_stretch(walked: Walked) -> None:
    for state, event, _, after, _ in walked.steps:
        if isinstance(state, Emergency):
            assert isinstance(after, Emergency | Asleep), (state, event)
        if isinstance(state, Asleep) and state.night.level is Level.EMERGENCY:
            assert isinstance(after, Emergency | Asleep), (state, event)


def test_after_a_mention_of_faintness_the_user_is_never_told_to_stand(walked: Walked) -> None:
    on_the_feet = {
        key
        for ladder in CALLED.ladders.values()
        for step in ladder
        if step.footing is Footing.STEADY
        for key in step.lines
    } - {LineKey("until_release")}
    for state, event, actions, after, told in walked.steps:
        if not told.faint:
            continue
        assert not on_the_feet & set(lines_of(actions)), (state, event)
        exercise = getattr(after, "exercise", None)
        if isinstance(exercise, Relief) and isinstance(after, Instructing | Holding | Paused):
            step = CALLED.ladders[exercise.part][exercise.step]
            assert step.footing is not Footing.STEADY, (state, event)


def test_the_user_stands_only_after_saying_that_they_can(walked: Walked) -> None:
    for state, event, _, after, _ in walked.steps:
        exercise = getattr(after, "exercise", None)
        if isinstance(exercise, Relief) and isinstance(after, Instructing | Holding | Paused):
            step = CALLED.ladders[exercise.part][exercise.step]
            stands = step.footing is Footing.STEADY
            assert not stands or after.session.may_stand is MayStand.YES, (state, event)


def test_a_cramp_that_is_still_there_is_never_left_to_self_care(walked: Walked) -> None:
    for state, event, actions, after, _ in walked.steps:
        if isinstance(after, Advising) and after.session.cramp is not Cramp.GONE:
            assert after.assessment.level >= Level.SEE_A_DOCTOR, (state, event)
            still = after.session.cramp is Cramp.STILL
            said = "still_there" in lines_of(actions)
            assert not still or not actions or after.announced or said, (state, event)


def test_the_ten_minutes_are_counted_however_the_night_goes(walked: Walked) -> None:
    for state, event, _, after, told in walked.steps:
        session = session_of(after)
        if isinstance(after, Asleep) and not isinstance(state, Asleep):
            left = state.session.cramp is not Cramp.GONE and told.spoke
            over = isinstance(state, Emergency) or state.session.alarm is None
            assert not left or over or told.armed, (state, event)
            if left and not over:
                gone = getattr(event, "words", "") == "it's gone"
                assert after.watch is not None or gone, (state, event)
        elif isinstance(after, Instructing | Holding | Paused | AskingIfGone):
            assert session is not None
            relieving = isinstance(getattr(after, "exercise", None), Relief)
            if relieving and session.cramp is not Cramp.GONE and session.alarm is not None:
                assert told.armed, (state, event)


def test_a_cramp_during_the_bedtime_stretch_is_timed_too(walked: Walked) -> None:
    for state, event, actions, after, _ in walked.steps:
        before = getattr(state, "exercise", None)
        exercise = getattr(after, "exercise", None)
        if before is not None and not isinstance(before, Relief) and isinstance(exercise, Relief):
            assert any(isinstance(action, SetAlarm) for action in actions), (state, event)


def test_every_mentioned_sign_is_followed_up_before_advice(walked: Walked) -> None:
    """Before advice is given, whatever may accompany the signs has been asked about."""
    danger = {q.key for q in walked.kit.script.questions if q.stage is Stage.DANGER}
    for state, event, _, after, _ in walked.steps:
        if not isinstance(after, Advising):
            continue
        screening = after.session.screening
        for finding in screening.findings:
            question = CALLED.question(finding.question)
            # Silence may mean sleep, so it leads to no further questions.
            if finding.answer in question.danger_next and not finding.silent:
                assert danger <= set(screening.asked), (state, event)
            if finding.answer is Answer.YES and question.follow_up is not None:
                assert question.follow_up in screening.asked, (state, event)
        for sign in screening.suspected:
            assert sign in screening.asked or sign not in walked.kit.kinds, (state, event)


def test_other_talk_ends_every_state_in_bounded_time_adding_no_urgency(walked: Walked) -> None:
    """A television: unclear speech wherever it may be heard, and nothing else."""
    dialogue = Dialogue(Context(walked.kit.script))
    ends: dict[State, Level] = {}
    for *_, state, _ in walked.steps:
        if isinstance(state, Asleep) or sketch(state) in ends:
            continue
        dialogue._state = state
        passed: list[State] = []
        while not isinstance(dialogue.state, Asleep) and sketch(dialogue.state) not in ends:
            passed.append(sketch(dialogue.state))
            dialogue.handle(_television(dialogue.state))
            assert len(passed) < 80, state
        last = dialogue.state
        end = last.night.level if isinstance(last, Asleep) else ends[sketch(last)]
        ends.update(dict.fromkeys(passed, end))
        level = max(reached(state.session), state.session.night.level)
        # Unclear counts if the user's own sign led to the question, and only then.
        assert end <= max(level, Level.SEE_A_DOCTOR) or state.session.other_talk or _begun(state)


def _begun(state: State) -> bool:
    """Whether the question about a mentioned sign is open, so that an unclear reply may count."""
    session = session_of(state)
    return session is not None and bool(session.screening.findings or session.screening.suspected)


def _television(state: State) -> Event:
    match state:
        case Instructing():
            return UtteranceFinished(10.0, UtteranceId(state.turn_id))
        case Holding():
            return HoldFinished(10.0, HoldId(state.turn_id))
        case Emergency():
            return AlarmRang(10.0, alarm_of(state))
        case _:
            return SpeechUnclear(10.0, ListenId(state.turn_id))


@pytest.mark.parametrize("key", [q.key for q in CALLED.questions])
def test_any_answer_but_a_no_raises_the_level(key: QuestionKey) -> None:
    question = CALLED.question(key)
    assert min(question.yes, question.unsure, question.unclear) > Level.NO_URGENT_SIGN_HEARD
