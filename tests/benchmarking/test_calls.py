"""How much of Charley one block passes through: what a newcomer has to follow, and a Pi to run."""

from __future__ import annotations

import pytest

from scripts.benchmarking.calls import main, passages
from voice.app.assembly import Components

MOST_CALLS = {"a silent block": 46, "a block of the voice": 30, "the block that wakes": 201}
MOST_MODULES = {"a silent block": 11, "a block of the voice": 14, "the block that wakes": 45}
"""A little above what is measured; to be lowered as things are made simpler."""


@pytest.mark.slow
@pytest.mark.usefixtures("rendered")
def test_a_block_passes_through_no_more_code_than_before(parts: Components) -> None:
    found = passages(parts)
    assert found.keys() == MOST_CALLS.keys()
    assert {name: p.total for name, p in found.items() if p.total > MOST_CALLS[name]} == {}
    assert {
        name: p.modules for name, p in found.items() if len(p.modules) > MOST_MODULES[name]
    } == {}


@pytest.mark.slow
@pytest.mark.usefixtures("rendered")
def test_the_command_prints_the_calls(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].startswith("the block that wakes: ")
    listed = sum(int(line.split()[0]) for line in lines[3:])
    assert lines[2].split(": ")[1].startswith(f"{listed} calls in ")
