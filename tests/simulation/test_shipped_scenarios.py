"""Every shipped scenario, rehearsed for real: gate, model, dialogue, speech."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pytest

from voice.app.assembly import Components
from voice.app.paths import prompts_folder
from voice.app.rehearsals import prepare, shipped_scenarios
from voice.simulation.outcome import problems
from voice.simulation.scenario import Scenario, read_scenario

SHIPPED = shipped_scenarios(prompts_folder() / "en")
PATHS = [pytest.param(path, id=name) for name, path in SHIPPED.items()]


def patterns(scenario: Scenario) -> set[str]:
    wanted = scenario.expect
    named = [reply.to for reply in scenario.reply] + [reply.over for reply in scenario.reply]
    return {p for p in (*named, *wanted.says, *wanted.never, *wanted.order) if p is not None}


@pytest.mark.parametrize("path", PATHS)
def test_every_pattern_matches_an_existing_line(path: Path, parts: Components) -> None:
    keys = parts.script.lines
    unknown = {
        pattern
        for pattern in patterns(read_scenario(path))
        if not any(fnmatchcase(key, pattern) for key in keys)
    }
    assert unknown == set()


def test_each_level_of_advice_is_reached_by_a_scenario() -> None:
    reached = {read_scenario(path).expect.level for path in SHIPPED.values()}
    assert reached == {"none", "no_urgent_sign_heard", "see_a_doctor", "urgent", "emergency"}


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
def test_a_scenario_goes_as_expected(path: Path, parts: Components) -> None:
    scenario = read_scenario(path)
    rehearsal = prepare(parts, scenario, path.parent)
    outcome = rehearsal.run()
    assert problems(scenario.expect, outcome) == ()
    sound = rehearsal.sound
    assert len(sound) == round(outcome.room_s * 16_000)
    # What Charley plays leaves room for "louder"; the microphone never clips.
    assert np.abs(sound.astype(np.int32)).max() < 32_767


@pytest.mark.slow
@pytest.mark.parametrize("name", ["calf", "commands", "noise_and_echo", "stop", "talking_over"])
def test_a_scenario_goes_as_expected_in_the_natural_voice(name: str, natural: Components) -> None:
    scenario = read_scenario(SHIPPED[name])
    outcome = prepare(natural, scenario, SHIPPED[name].parent).run()
    assert problems(scenario.expect, outcome) == ()


@pytest.mark.slow
def test_a_rehearsal_is_the_same_each_time(parts: Components) -> None:
    path = SHIPPED["gone_at_eight"]
    told: list[list[str]] = []
    for _ in range(2):
        rehearsal = prepare(parts, read_scenario(path), path.parent)
        rehearsal.run()
        told.append([f"{said.at_s} {said}" for said in rehearsal.transcript])
    assert told[0] == told[1]
    assert len(told[0]) > 20
