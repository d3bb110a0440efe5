"""The shipped model, on human recordings it was not trained on: floors that must hold.

The recordings are not part of the project. If they are not beside it, these tests
are skipped; ``CHARLEY_SPEECH`` names another place for them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scripts.corpus.conditions import QUIET
from scripts.corpus.manifest import Role
from scripts.evaluation.answers import AnswerFigures
from scripts.evaluation.chain import Ear
from scripts.evaluation.evaluate import Material, Plan, gather, measure_seven, open_ear
from scripts.evaluation.tally import together
from scripts.evaluation.targets import SEVEN
from scripts.evaluation.wake import WakeFigures, measure_wake
from voice.app.dialogue_assembly import read_script
from voice.app.paths import models_folder
from voice.app.settings import Settings
from voice.content.script import Script
from voice.engines.vosk_recogniser import VoskRecogniser

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "speech"
SPEECH = Path(os.environ.get("CHARLEY_SPEECH", BESIDE))

LIMIT = 10
"""Recordings per set and label."""

WAKE_PHRASE = "alexa"
SNR_DB = 10.0
NOISY = f"{SNR_DB:g} dB in a room"

pytestmark = pytest.mark.skipif(
    not (SPEECH / "manifest.tsv").is_file(),
    reason=f"no recordings in {SPEECH}; CHARLEY_SPEECH may name their folder",
)


# Floors and ceilings, in percent unless a name says otherwise; a little beyond what the
# shipped model reaches on the same recordings. Set them again for every new model:
# `./scripts/test -s tests/evaluation/test_floors.py` prints the figures.
FLOORS = {
    "the seven words, as recorded": 96.0,
    "yes and no, as recorded": 92.0,
    f"yes and no, {NOISY}": 58.0,
}
CEILINGS = {
    # On a set of recordings that has grown: more people's words, and noises that woke another
    # assistant. The same model took 3.8 and 6.4 % of them before, too.
    "other words taken for one of the seven": 4.5,
    "running speech, answers a minute": 0.25,
    "noise and silence taken for an answer": 7.0,
    "yes taken for no, or no for yes: recordings": 0.0,
    f"{WAKE_PHRASE!r} missed": 10.0,
    f"{WAKE_PHRASE!r}, false alarms an hour": 0.0,
}


@pytest.fixture(scope="module")
def material() -> Material:
    return gather(Plan(SPEECH / "manifest.tsv", limit=LIMIT, wake_phrases=(WAKE_PHRASE,)))


@pytest.fixture(scope="module")
def script() -> Script:
    return read_script(Settings())


@pytest.fixture(scope="module")
def ear() -> Ear:
    return open_ear(VoskRecogniser(models_folder() / "charley-en"), Settings())


@pytest.fixture(scope="module")
def seven(ear: Ear, script: Script, material: Material) -> AnswerFigures:
    return measure_seven(ear, script, (SNR_DB,), material)


@pytest.fixture(scope="module")
def wake(ear: Ear, script: Script, material: Material) -> WakeFigures:
    return measure_wake(
        WAKE_PHRASE,
        ear,
        script,
        material.recordings,
        surroundings=material.surroundings,
        conditions=(QUIET,),
    )


def tell(found: dict[str, float]) -> None:
    """Print all figures, for setting the floors again: `-s` shows them."""
    for name, value in found.items():
        print(f"{name}: {value:.2f}")  # noqa: T201 - the figures are wanted


def words_heard(figures: AnswerFigures, words: tuple[str, ...], condition: str) -> float:
    return 100.0 * together(figures.word(word, condition) for word in words).right_share


@pytest.mark.slow
@pytest.mark.xdist_group("the seven words")
def test_words_are_heard(seven: AnswerFigures) -> None:
    yes_no = ("yes", "no")
    found = {
        "the seven words, as recorded": words_heard(seven, SEVEN, QUIET.name),
        "yes and no, as recorded": words_heard(seven, yes_no, QUIET.name),
        f"yes and no, {NOISY}": words_heard(seven, yes_no, NOISY),
    }
    tell(found)
    assert not {name: share for name, share in found.items() if share < FLOORS[name]}


@pytest.mark.slow
@pytest.mark.xdist_group("the seven words")
def test_nothing_else_is_taken_for_an_answer(seven: AnswerFigures) -> None:
    others = together(
        tally
        for key, tally in seven.quiet().items()
        if seven.roles[key] is Role.WORD and tally.expected is None
    )
    swapped = sum(
        seven.word(word, condition).swapped
        for word in ("yes", "no")
        for condition in (QUIET.name, NOISY)
    )
    found = {
        "other words taken for one of the seven": 100.0 * others.taken_share,
        "running speech, answers a minute": seven.of_role(Role.RUNNING).answers_per_minute,
        "noise and silence taken for an answer": 100.0 * seven.of_role(Role.NOISE).taken_share,
        "yes taken for no, or no for yes: recordings": float(swapped),
    }
    tell(found)
    assert not {name: value for name, value in found.items() if value > CEILINGS[name]}


@pytest.mark.slow
def test_a_wake_phrase_never_trained_as_one_wakes(wake: WakeFigures) -> None:
    now = wake.defaults[QUIET.name]
    found = {
        f"{WAKE_PHRASE!r} missed": 100.0 * now.miss_share,
        f"{WAKE_PHRASE!r}, false alarms an hour": now.alarms_per_hour,
    }
    assert wake.n
    tell(found)
    assert not {name: value for name, value in found.items() if value > CEILINGS[name]}
