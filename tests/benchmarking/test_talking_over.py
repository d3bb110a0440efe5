"""Talking over Charley in the simulated room, with the real canceller, gate and recogniser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scripts.benchmarking.talking_over import GRAMMARS, hear_own_voice, try_stop
from voice.app.assembly import Components
from voice.app.settings import AudioSettings
from voice.audio.samples import Samples
from voice.content.script import GrammarKey
from voice.ports import VoiceStyle

pytest.importorskip("livekit")

VOICES = ("en-us+f3", "en-us+m3", "en-us+f2", "en-us+f4", "en-us+m7", "en-us")


@pytest.fixture(scope="module")
def spoken(rendered: Path, parts: Components) -> list[Samples]:
    """ "Stop", by voices that the model hears in silence."""
    assert rendered.is_dir()
    return [parts.clips.with_style(VoiceStyle(v, 140)).render("stop").samples for v in VOICES]


@pytest.mark.slow
@pytest.mark.parametrize("over_echo_db", [5.0, 0.0])
def test_stop_is_obeyed_over_charleys_own_voice(
    parts: Components, spoken: list[Samples], over_echo_db: float
) -> None:
    trials = [
        try_stop(parts, word, over_echo_db=over_echo_db, seed=seed, tries=2)
        for seed, word in enumerate(spoken)
    ]
    assert sum(trial.obeyed is not None for trial in trials) >= len(spoken) - 1
    assert sum(trial.pause_s is not None for trial in trials) >= len(spoken) - 1


@pytest.mark.slow
def test_charley_never_answers_its_own_voice(parts: Components) -> None:
    """Every line it can say, echoed as loud as it is played."""
    own = hear_own_voice(parts)
    assert own.lines == len(parts.script.lines)
    assert own.heard == dict.fromkeys(GRAMMARS, ())
    assert own.pauses <= 1


@pytest.mark.slow
def test_with_the_echo_left_in_charley_would_hear_itself(parts: Components) -> None:
    left_in = replace(parts.settings, audio=AudioSettings(echo_cancelled=True))
    own = hear_own_voice(replace(parts, settings=left_in), lines=tuple(parts.script.lines)[:8])
    assert own.pauses > 1
    assert own.heard[GrammarKey.STRETCH]
    assert own.heard[GrammarKey.ANSWER]


@pytest.mark.slow
def test_charley_never_answers_its_own_natural_voice(natural: Components) -> None:
    own = hear_own_voice(natural)
    assert own.lines == len(natural.script.lines)
    assert own.heard == dict.fromkeys(GRAMMARS, ())
    assert own.pauses <= 1
