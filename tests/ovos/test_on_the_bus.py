"""OVOS as it normally runs: in its own processes, on a real bus, and in real time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ovos.conftest import InOvos
from tests.shipped import CALLED
from voice.content.script import Level


@pytest.fixture(scope="module")
def evening(in_ovos: InOvos, real_time: None) -> Any:  # noqa: ARG001 - used as a mark
    """A cramp, a silence and a stop on OVOS's real bus, in real time: about a minute."""
    turns = [("I have a leg cramp", 42), ("it's gone", 4), ("no", 3), ("yes", 2), ("stop", 6)]
    return in_ovos("on_the_bus", *(part for turn in turns for part in turn))


def test_a_hold_is_counted_on_its_seconds(evening: Any) -> None:
    said = [(text, at_s) for at_s, text in evening["said"]]
    times = dict(reversed(said))  # the first time of each
    began_s = times["Now."]
    assert times["Twenty seconds left."] - began_s == pytest.approx(10.0, abs=0.5)
    numbers = [times[word] - began_s for word in ("Five.", "Four.", "Three.", "Two.", "One.")]
    assert numbers == pytest.approx([25.0, 26.0, 27.0, 28.0, 29.0], abs=0.5)
    assert times["Has the cramp eased?"] - began_s == pytest.approx(30.0, abs=1.0)


def test_after_silence_the_question_is_asked_again(evening: Any) -> None:
    asked = [at_s for at_s, text in evening["said"] if text == "Has the cramp eased?"]
    assert len(asked) == 2
    assert 8.0 < asked[1] - asked[0] < 11.0


def test_advice_comes_after_ovos_has_finished_stopping(evening: Any) -> None:
    stopped_s = evening["heard"][-1][0]
    after = [(at_s, text) for at_s, text in evening["said"] if at_s > stopped_s]
    advice = [CALLED.text(key) for key in CALLED.advice[Level.URGENT].brief]
    assert [text for _, text in after[: len(advice)]] == advice
    assert after[0][0] > max(evening["silenced"]) > stopped_s
