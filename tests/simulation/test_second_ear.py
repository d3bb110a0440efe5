"""The second ear through the whole assistant: what it adds, and that it is wired."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from voice.app.assembly import Components
from voice.app.paths import prompts_folder
from voice.app.rehearsals import prepare, shipped_scenarios
from voice.simulation.scenario import Reply, read_scenario

CALF = shipped_scenarios(prompts_folder() / "en")["calf"]


def transcript(parts: Components, reply: Reply) -> list[str]:
    scenario = read_scenario(CALF)
    scenario = msgspec.structs.replace(scenario, reply=(reply, *scenario.reply))
    rehearsal = prepare(parts, scenario, CALF.parent)
    rehearsal.run()
    return [str(said) for said in rehearsal.transcript]


@pytest.mark.slow
@pytest.mark.parametrize("said", ["dead no", "red no"])
def test_an_answer_beside_a_noise_like_a_word_is_asked_back(said: str, parts: Components) -> None:
    reply = Reply(to="ask_swollen", says=said)
    assert parts.spotter is not None
    with_it = transcript(parts, reply)
    heard = next(i for i, line in enumerate(with_it) if said in line)
    assert with_it[heard + 1].endswith('Heard: "no", in doubt')
    assert with_it[heard + 2].endswith("Neither leg is more swollen. Is that right?")
    without_it = transcript(replace(parts, spotter=None), reply)
    heard = next(i for i, line in enumerate(without_it) if said in line)
    assert without_it[heard + 1].endswith("Heard: something unclear")


@pytest.mark.slow
def test_a_call_among_other_words_wakes_if_both_ears_heard_it(parts: Components) -> None:
    scenario = read_scenario(CALF)
    call = Reply(at_s=4.0, says="okay hey charley now")
    scenario = msgspec.structs.replace(scenario, reply=(call,), time_limit_s=20.0)
    wakes = [
        prepare(replace(parts, spotter=spotter), scenario, CALF.parent).run().wakes
        for spotter in (parts.spotter, None)
    ]
    assert wakes == [1, 0]
