"""The outcome of a rehearsal, judged against what was expected."""

from __future__ import annotations

import pytest

from voice.app.assembly import Components
from voice.content.script import Level, LineKey, Script
from voice.simulation.outcome import Outcome, level_given, problems
from voice.simulation.scenario import Expectation

LINES = ("calf_pull", "ask_relief", "ask_warm", "urgent_tonight")


def outcome(*lines: str, level: Level | None = Level.URGENT, wakes: int = 1) -> Outcome:
    keys = tuple(map(LineKey, lines or LINES))
    return Outcome(level, "asleep", wakes, keys, room_s=100.0, took_s=4.0)


def expected(**fields: object) -> Expectation:
    return Expectation(**{"level": "urgent", **fields})  # type: ignore[arg-type]


def test_an_expected_outcome_is_not_a_problem() -> None:
    wanted = expected(
        says=("ask_*",), never=("emergency_*",), order=("calf_*", "ask_*", "urgent_*")
    )
    assert problems(wanted, outcome()) == ()
    assert outcome().speedup == 25.0


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (expected(level="none"), "the level of advice is urgent, not none"),
        (expected(state="holding"), "it ends asleep, not holding"),
        (expected(wakes=0), "it woke once, not never"),
        (expected(wakes=3), "it woke once, not 3 times"),
        (expected(says=("walk",)), "walk is not said"),
        (expected(never=("ask_*",)), "ask_* is said"),
        (expected(order=("ask_warm", "ask_relief")), "ask_relief is not said in its place"),
        (expected(order=("ask_relief", "ask_relief")), "ask_relief is not said in its place"),
    ],
)
def test_each_difference_is_reported(wanted: Expectation, told: str) -> None:
    assert problems(wanted, outcome()) == (told,)


def test_all_differences_are_reported_together() -> None:
    assert len(problems(expected(wakes=2, says=("walk",), never=("calf_pull",)), outcome())) == 3


def test_the_absence_of_a_level_has_a_name_too() -> None:
    assert problems(expected(), outcome(level=None)) == ("the level of advice is none, not urgent",)


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("manner", ["plain", "soft"])
def test_the_level_is_read_off_the_advice_that_was_started(
    parts: Components, level: Level, manner: str
) -> None:
    script: Script = parts.script
    said: tuple[LineKey, ...] = getattr(script.advice[level], manner)
    assert level_given(script, (LineKey("calf_pull"), *said)) is level


def test_advice_that_leaves_the_rest_for_the_morning_has_its_level_too(parts: Components) -> None:
    said = parts.script.advice[Level.NO_URGENT_SIGN_HEARD].partial
    assert said[0] not in parts.script.advice[Level.NO_URGENT_SIGN_HEARD].plain
    assert level_given(parts.script, said) is Level.NO_URGENT_SIGN_HEARD


def test_without_advice_there_is_no_level(parts: Components) -> None:
    assert level_given(parts.script, (LineKey("calf_pull"), LineKey("good_night"))) is None
