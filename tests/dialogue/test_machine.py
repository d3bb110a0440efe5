"""The machine itself: every state x event pair, late events, illegal ones, and the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from tests.dialogue.walking import Outcome, Talk, lines_of, walk
from tests.shipped import CALLED
from voice.content.script import GrammarKey, Level, LineKey
from voice.dialogue import Context
from voice.dialogue.actions import HoldId, ListenId, Say, SetAlarm, UtteranceId
from voice.dialogue.events import (
    Event,
    HoldFinished,
    SilenceHeard,
    SpeechHeard,
    UtteranceFinished,
    WakeHeard,
)
from voice.dialogue.lines_by_grammar import said_under
from voice.dialogue.machine import is_late
from voice.dialogue.night import NO_MEMORY, Night
from voice.dialogue.state_prompts import prompt_of
from voice.dialogue.states import Asleep, Holding, Paused, State
from voice.dialogue.transition_table import ARROWS, AWAKE
from voice.errors import ContentError, DialogueError

PHRASES = (
    "quinine",
    "bedtime stretch",
    "the other questions",
    "it's back",
    "both legs",
    "i can't reach",
    "what do you mean",
    "i'm done",
    "call my wife",
    "i'm scared",
    "i'm pregnant",
    "my calf is swollen",
    "it's gone numb",
    "i fell",
    "call an ambulance",
    "can you hear me",
    "how many this month",
    "forget the diary",
    "thigh",
    "front",
    "chest pain",
    "i feel faint",
    "stop",
    "it's gone",
    "pause",
    "go on",
    "repeat",
    "goodbye",
    "not yet",
    "longer",
    "go back",
    "yes",
    "no",
    "not sure",
)
"""One phrase of each kind. Phrases not listed here do the same everywhere (louder, help)."""


@dataclass
class Walked:
    """All steps of a breadth-first walk, in summary."""

    met: set[tuple[type, type]] = field(default_factory=set)
    taken: set[tuple[type, type, type]] = field(default_factory=set)
    said: set[tuple[GrammarKey, LineKey]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


def exhaustive(test: Callable[[Walked], None]) -> Callable[[Walked], None]:
    """Mark a test of the walk, which is made only once and takes a while."""
    return pytest.mark.slow(pytest.mark.xdist_group("the walk through the dialogue")(test))


CALLS: tuple[tuple[str, ...], ...] = (
    (),
    ("wake",),
    ("wake", "spoken"),
    ("wake", "spoken", "pause"),
    ("wake thigh",),
    ("wake", "spoken", "held"),
    ("wake", *("spoken", "held", "not yet") * 2),
    ("wake", *("spoken", "held", "not yet") * 2, "no"),
    ("wake", *("spoken", "held", "not yet") * 2, "no", "yes", "spoken", "held"),
    ("wake", *("spoken", "held", "not yet") * 2, "no", "no", "spoken", "held"),
    ("wake", "spoken", "it's gone"),
    ("wake", "spoken", "it's gone", *["no"] * 5),
    ("wake", "spoken", "it's gone", *["no"] * 6),
    ("wake", "spoken", "it's gone", *["no"] * 7),
    ("wake", "spoken", "it's gone", *["no"] * 7, "yes"),
    ("wake", "spoken", "it's gone", "no", "yes", *["no"] * 6),
    ("wake", "spoken", "~chest pain"),
    ("wake", "spoken", "i feel faint", "no"),
    ("wake", "spoken", "pause", "i feel faint", "no"),
    ("wake", "spoken", "held", "i feel faint", "no"),
    ("wake thigh", "i feel faint", "no"),
    ("wake", "spoken", "it's gone", *["no"] * 6, "i feel faint", "no"),
    ("wake", "spoken", "it's gone", *["no"] * 8, "i feel faint", "no"),
    ("wake", "spoken", "it's gone", *["no"] * 7, "yes", "i feel faint", "no"),
    ("wake bedtime stretch", *("spoken", "held") * 5, "spoken"),
    ("wake the other questions", "no", "no"),
    ("wake", "spoken", "chest pain"),
    ("wake", "spoken", "chest pain", "stop"),
    ("wake", "spoken", "chest pain", *["ring"] * 5),
    ("wake the other questions", *["no"] * 3, "it's back", "spoken"),
    ("wake the other questions", *["no"] * 3, "it's back", "spoken", "pause"),
    ("wake the other questions", *["no"] * 3, "it's back", "spoken", "held"),
    ("wake", "spoken", "it's gone", *["no"] * 6, "it's back", "spoken"),
    ("wake", "spoken", "it's gone", *["no"] * 6, "it's back", "spoken", "pause"),
    ("wake", "spoken", "it's gone", *["no"] * 6, "it's back", "spoken", "held"),
    ("wake", "spoken", "pause", *["mumble"] * 19),
    ("wake", *("spoken", "held", "not yet"), "spoken", "held"),
)
"""The beginnings of conversations that lead to states of every kind."""


def begun() -> list[State]:
    """The states that the beginnings lead to, each with and without the rest waiting."""
    found: list[State] = []
    for turns in CALLS:
        for night in (NO_MEMORY, Night(rest_waiting=True)):
            talk = Talk(night=night)
            for turn in turns:
                if turn.startswith("wake") or not isinstance(talk.state, Asleep):
                    _take(talk, turn)
            found.append(talk.state)
    # A level reached before Charley was killed.
    found += [Talk(night=Night(level)).state for level in Level]
    return found


def _take(talk: Talk, turn: str) -> None:
    match turn:
        case "spoken":
            talk.spoken()
        case "held":
            talk.held()
        case "ring":
            talk.ring()
        case "mumble":
            talk.mumble()
        case _ if turn.startswith("wake"):
            talk.wake(turn.removeprefix("wake").strip())
        case _:
            talk.hear(turn.lstrip("~"), doubtful=turn.startswith("~"))


@pytest.fixture(scope="module")
def walked() -> Walked:
    """Three turns of everything that can happen, from a state of every kind."""
    context = Context(CALLED)
    sum_ = Walked()

    def visit(state: State, event: Event, outcome: Outcome) -> None:
        pair = (type(state), type(event))
        if isinstance(outcome, Exception):
            if pair in ARROWS or not isinstance(outcome, DialogueError):
                sum_.wrong.append(f"{pair}: {outcome!r}")
            return
        actions, after = outcome
        sum_.met.add(pair)
        if actions:
            sum_.taken.add((*pair, type(after)))
            grammar = prompt_of(after, context).grammar
            sum_.said.update((grammar, key) for key in lines_of(actions))

    walk(CALLED, PHRASES, begun(), 3, visit)
    return sum_


@exhaustive
def test_every_pair_is_either_in_the_table_or_illegal(walked: Walked) -> None:
    assert walked.wrong == []
    assert set(ARROWS) - walked.met == set()


@exhaustive
def test_every_arrow_in_the_table_is_taken(walked: Walked) -> None:
    drawn = {(*pair, end) for pair, ends in ARROWS.items() for end in ends if end is not pair[0]}
    assert drawn - walked.taken == set()


@exhaustive
def test_no_transition_is_missing_from_the_table(walked: Walked) -> None:
    drawn = {(*pair, end) for pair, ends in ARROWS.items() for end in ends}
    assert walked.taken - drawn == set()


@exhaustive
def test_the_linter_knows_every_line_that_may_be_said_under_each_grammar(walked: Walked) -> None:
    known = said_under(CALLED)
    assert [(grammar, key) for grammar, key in walked.said if key not in known[grammar]] == []


def test_an_illegal_event_raises_and_changes_nothing() -> None:
    talk = Talk()
    talk.to_hold()
    before = talk.state
    with pytest.raises(DialogueError, match="SilenceHeard is not legal in Holding"):
        talk.silence()
    with pytest.raises(DialogueError, match="UtteranceFinished is not legal in Holding"):
        talk.spoken()
    assert talk.state is before


def test_late_events_are_dropped_without_a_trace() -> None:
    talk = Talk()
    talk.to_check()
    old = talk.turn_id - 1
    before = talk.state
    late: list[Event] = [
        SpeechHeard(9.0, ListenId(old), "yes"),
        SilenceHeard(9.0, ListenId(old)),
        UtteranceFinished(9.0, UtteranceId(old)),
        HoldFinished(9.0, HoldId(old)),
        WakeHeard(9.0, ListenId(old)),
    ]
    for event in late:
        assert is_late(before, event)
        assert talk.tell(event) == ()
        assert talk.state is before


def test_waking_prompts_under_the_turn_id_and_sets_the_alarm() -> None:
    talk = Talk()
    actions = talk.wake()
    says = next(a for a in actions if isinstance(a, Say))
    assert says.utterance == talk.turn_id
    assert says.chime
    assert any(isinstance(a, SetAlarm) and a.at_s == 600.0 for a in actions)


def test_turn_ids_only_grow() -> None:
    talk = Talk()
    turns = [talk.turn_id]
    for words in ("", "pause", "go on", "it's gone", "yes", "go back", "goodbye"):
        talk.wake() if not words else talk.hear(words)
        turns.append(talk.turn_id)
    assert turns == sorted(set(turns))


def test_a_pause_at_the_very_end_leaves_the_shortest_hold() -> None:
    talk = Talk()
    talk.to_hold()
    assert isinstance(talk.state, Holding)
    talk.at_s = 29.9
    talk.hear("pause")
    assert isinstance(talk.state, Paused)
    assert talk.state.left_s == 1.0


def test_a_script_without_a_required_line_is_refused() -> None:
    lines = {k: v for k, v in CALLED.lines.items() if k != "ask_relief"}
    with pytest.raises(ContentError, match="'ask_relief' is missing"):
        Talk(replace(CALLED, lines=lines))


def test_a_script_that_does_not_ask_about_faintness_is_refused() -> None:
    questions = tuple(q for q in CALLED.questions if q.key != "faint")
    with pytest.raises(ContentError, match="the question 'faint' is missing"):
        Talk(replace(CALLED, questions=questions))


def test_all_awake_states_are_in_the_table() -> None:
    assert {state for state, _ in ARROWS} == AWAKE | {Asleep}
