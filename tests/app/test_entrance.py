"""The entrance examination: a damaged model is refused, margins are fitted to a model.

Only some of the sounds are played here, in the installed voices of espeak-ng and flite;
the whole examination takes minutes.
"""

from __future__ import annotations

import shutil
from dataclasses import fields
from pathlib import Path

import msgspec
import pytest

from tests.app.damage import blur, copy_of_built_in
from voice.app.assembly import load_model
from voice.app.examination import Spoken, examine, is_swapped, scaled
from voice.app.examination_material import (
    Kind,
    Sound,
    Surrounding,
    available_voices,
    digest,
    read_words,
    sounds,
)
from voice.app.examination_record import (
    EDITION,
    Examination,
    Figures,
    is_better,
    load,
    save,
    shortcoming,
)
from voice.app.model_store import BUILT_IN, MANIFEST, OFFICIAL, ModelStore
from voice.app.model_sums import fingerprint, write_sums
from voice.app.paths import models_folder, prompts_folder
from voice.app.settings import Settings
from voice.cli.main import main
from voice.content.loader import load_script
from voice.content.script import Answer, Command, Meaning, QuestionKey, Statement
from voice.errors import ConfigError
from voice.listening.settings import AcceptanceSettings, ListeningSettings

EVERY = "9"
SWOLLEN = Statement(QuestionKey("swollen"), Answer.YES, sign=True)
NOT_SWOLLEN = Statement(QuestionKey("swollen"), Answer.NO)
GOOD = Figures(
    words=100, right=90, taken=1, others=100, others_taken=10, calls=50, woken=48, no_calls=50
)


def examination(folder: Path | None = None, **changed: object) -> Examination:
    made = Examination(
        edition=EDITION,
        model="it",
        fingerprint="f" * 64 if folder is None else fingerprint(folder),
        material="m",
        margin_scale=1.0,
        quiet=GOOD,
        noise=GOOD,
        core_s_per_s=0.05,
    )
    return msgspec.structs.replace(made, **changed)


def figures(**changed: int) -> Figures:
    return msgspec.structs.replace(GOOD, **changed)


# The material ------------------------------------------------------------------------


def material(where: Surrounding) -> tuple[Sound, ...]:
    script = load_script(prompts_folder() / "en")
    words = read_words(models_folder() / "examination.toml", "en")
    return sounds(script, ("hey charley", "leg cramp"), words, available_voices(), where)


def test_each_surrounding_has_hundreds_of_sounds_of_every_kind() -> None:
    for where in Surrounding:
        found = material(where)
        assert len(found) > 300
        assert {sound.kind for sound in found} == set(Kind)
        assert all(sound.where is where for sound in found)
        assert all((sound.expected is None) == (sound.kind is not Kind.WORD) for sound in found)


def test_no_near_miss_is_listened_for() -> None:
    script = load_script(prompts_folder() / "en")
    phrases = {p.words for grammar in script.grammars.values() for p in grammar.listened}
    wrong = [s.text for s in material(Surrounding.QUIET) if s.kind is Kind.OTHER]
    assert not phrases.intersection(wrong)


def test_in_noise_each_word_is_said_by_another_voice() -> None:
    quiet, noise = material(Surrounding.QUIET), material(Surrounding.NOISE)
    pairs = [(q.voice, n.voice) for q, n in zip(quiet, noise, strict=False) if q.text == n.text]
    assert len(pairs) == len(quiet)
    assert len(available_voices()) < 2 or all(q != n for q, n in pairs)


def test_equal_material_has_the_same_digest_and_other_material_differs() -> None:
    quiet = material(Surrounding.QUIET)
    assert digest([quiet]) == digest([material(Surrounding.QUIET)])
    assert digest([quiet]) != digest([quiet[1:]])


def test_a_language_without_material_is_reported() -> None:
    with pytest.raises(ConfigError, match="'xx'"):
        read_words(models_folder() / "examination.toml", "xx")


# The rule ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"noise": figures(swapped=1, taken=2)}, "yes for no or no for yes"),
        ({"noise": figures(taken=30)}, "takes 15.5 % of words for other words"),
        ({"quiet": figures(others_taken=90)}, "takes 50.0 % of other speech"),
        ({"quiet": figures(woken_falsely=40)}, "wakes to 40.0 % of other sounds"),
        ({"quiet": figures(right=10, woken=0)}, "right; the minimum is"),
        ({"core_s_per_s": 2.0}, "2.00 seconds"),
    ],
)
def test_a_model_that_may_not_be_used_is_rejected_with_the_reason(
    changed: dict[str, object], told: str
) -> None:
    assert shortcoming(examination()) is None
    why = shortcoming(examination(None, **changed))
    assert why is not None
    assert told in why
    assert is_better(examination(None, **changed), examination()) == (False, why)


@pytest.mark.parametrize(
    ("changed", "better"),
    [
        ({}, False),
        ({"quiet": figures(right=92)}, False),
        ({"quiet": figures(right=100), "noise": figures(right=95)}, True),
        ({"quiet": figures(right=100, taken=0), "noise": figures(right=95, taken=8)}, False),
        ({"quiet": figures(right=100), "noise": figures(right=95, others_taken=20)}, False),
        ({"quiet": figures(right=100), "noise": figures(right=95, woken_falsely=3)}, False),
    ],
)
def test_the_better_model_hears_clearly_more_and_errs_no_more(
    changed: dict[str, object], better: bool
) -> None:
    assert is_better(examination(None, **changed), examination())[0] is better


def test_every_kind_of_margin_is_scaled_and_nothing_else() -> None:
    pairs = (
        (AcceptanceSettings(), scaled(AcceptanceSettings(), 0.5)),
        (ListeningSettings(), scaled(ListeningSettings(), 0.5)),
    )
    for usual, half in pairs:
        changed = {f.name for f in fields(usual) if getattr(usual, f.name) != getattr(half, f.name)}
        margins = {f.name for f in fields(usual) if f.name.endswith("_margin")}
        assert margins - changed <= {"doubtful_margin"}  # which is 0
        assert changed <= margins
        assert changed


@pytest.mark.parametrize(
    ("said", "taken_for", "swapped"),
    [
        (Answer.YES, Answer.NO, True),
        (Answer.NO, Answer.YES, True),
        (SWOLLEN, NOT_SWOLLEN, True),
        (SWOLLEN, Answer.NO, True),
        (NOT_SWOLLEN, SWOLLEN, False),
        (Answer.NO, Answer.UNSURE, False),
        (Answer.YES, None, False),
        (Command.STOP, Answer.NO, False),
    ],
)
def test_taking_a_yes_for_a_no_is_the_gravest_error(
    said: Meaning, taken_for: Meaning | None, swapped: bool
) -> None:
    assert is_swapped(said, taken_for) is swapped


# Keeping and choosing ----------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    shutil.copy(models_folder() / MANIFEST, shipped)
    for folder in (shipped / BUILT_IN, tmp_path / "own" / OFFICIAL):
        (folder / "am").mkdir(parents=True)
        (folder / "am" / "final.mdl").write_text(folder.name, encoding="utf-8")
        write_sums(folder)
    return ModelStore(shipped, tmp_path / "own")


def examined(store: ModelStore, **changed: object) -> None:
    save(store.own, examination(store.shipped / BUILT_IN))
    save(store.own, examination(store.own / OFFICIAL, **changed))


def test_an_examination_counts_only_for_these_exact_files(store: ModelStore) -> None:
    examined(store)
    folder = store.own / OFFICIAL
    assert store.examination(folder) == examination(folder)
    (folder / "am" / "final.mdl").write_text("others", encoding="utf-8")
    write_sums(folder)
    assert store.examination(folder) is None


@pytest.mark.parametrize("harm", ["edition", "no json", "another's"])
def test_an_unreliable_examination_counts_for_nothing(store: ModelStore, harm: str) -> None:
    found = examination(store.own / OFFICIAL)
    path = save(store.own, found)
    match harm:
        case "edition":
            save(store.own, examination(store.own / OFFICIAL, edition=EDITION + 1))
        case "no json":
            path.write_text("{", encoding="utf-8")
        case _:
            other = examination(fingerprint=found.fingerprint[:16] + "0" * 48)
            assert save(store.own, other) == path
    assert load(store.own, found.fingerprint) is None


def test_an_unexamined_model_is_not_chosen(store: ModelStore) -> None:
    choice = store.choose()
    assert choice.folder == store.shipped / BUILT_IN
    assert choice.why == f"{OFFICIAL} has not been examined: charley models examine {OFFICIAL}"
    assert choice.to_do


def test_the_better_model_is_chosen_with_its_margins(store: ModelStore) -> None:
    examined(store, quiet=figures(right=100, woken=50), margin_scale=0.5)
    choice = store.choose()
    assert (choice.folder, choice.margin_scale) == (store.own / OFFICIAL, 0.5)
    assert choice.why == (
        "In the examination it gets 96.0 % right; the built-in model gets 92.0 %."
    )
    assert store.choose(BUILT_IN).folder == store.shipped / BUILT_IN


def test_the_worse_model_is_not_chosen_and_the_reason_is_given(store: ModelStore) -> None:
    examined(store, quiet=figures(right=10, woken=1))
    choice = store.choose()
    assert choice.folder == store.shipped / BUILT_IN
    assert choice.why.startswith(f"{OFFICIAL} was examined: it gets ")
    assert not choice.to_do


def test_examinations_with_different_material_are_not_compared(store: ModelStore) -> None:
    examined(store, quiet=figures(right=100, woken=50), material="other")
    assert store.choose().folder == store.shipped / BUILT_IN


def test_a_better_model_that_is_damaged_is_not_chosen(store: ModelStore) -> None:
    examined(store, quiet=figures(right=100, woken=50))
    (store.own / OFFICIAL / "am" / "final.mdl").write_text(OFFICIAL.upper(), encoding="utf-8")
    choice = store.choose()
    assert choice.folder == store.shipped / BUILT_IN
    assert choice.why == f"{OFFICIAL} is damaged. Fetch it again: charley models fetch"


# The real thing ----------------------------------------------------------------------


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHARLEY_MODELS", str(tmp_path / "own"))
    return tmp_path / "own"


def run_examine(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = main(["models", "examine", str(folder), "--every", EVERY])
    told = capsys.readouterr()
    return status, told.out, told.err


@pytest.mark.slow
def test_a_model_with_noise_in_its_weights_does_not_pass(
    tmp_path: Path, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run_examine(blur(copy_of_built_in(tmp_path / "blurred"), 0.05), capsys)
    assert status == 1
    assert "\nblurred did not pass: it " in out
    assert "blurred  charley-en\n" in out
    assert "Examining blurred: 100 %" in err
    assert not own.exists(), "a first look leaves nothing behind"


@pytest.mark.slow
def test_margins_that_are_too_large_for_a_model_are_fitted_to_it() -> None:
    """Margins of another scale than the model's scores, as for a model from elsewhere."""
    few = {where: material(where)[::14] for where in Surrounding}
    model = load_model(Settings(), models_folder() / BUILT_IN).with_margins(8.0)
    spoken = Spoken()
    fitted, strict = (
        examine(model, few, spoken, lambda *_: None, may_fit=may_fit) for may_fit in (True, False)
    )
    assert fitted.margin_scale < 1.0
    assert strict.margin_scale == 1.0
    for where in Surrounding:
        assert fitted.figures[where].right > strict.figures[where].right


@pytest.mark.slow
def test_the_built_in_model_is_examined_on_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["models", "examine", BUILT_IN, "--every", "3"]) == 0
    assert "charley-en passed: it meets every limit.\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["zorp"], "there is no model 'zorp'"),
        ([], f"'{OFFICIAL}' has not been fetched"),
        ([BUILT_IN, "--every", "0"], "less than 1"),
    ],
)
def test_an_examination_that_cannot_be_run_is_reported(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "examine", *words]) == 2
    assert told in capsys.readouterr().err
