"""Examines a model and compares it with the one that ships."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from voice.app.assembly import load_model
from voice.app.dialogue_assembly import read_script
from voice.app.examination import Progress, Spoken, examine
from voice.app.examination_material import (
    FILE,
    Sound,
    Surrounding,
    available_voices,
    digest,
    read_words,
    sounds,
)
from voice.app.examination_record import EDITION, Examination, is_better, save, shortcoming
from voice.app.model_store import BUILT_IN, ModelStore
from voice.app.model_sums import fingerprint
from voice.app.settings import GeneralSettings, Settings
from voice.errors import ModelError


@dataclass(frozen=True)
class Entrance:
    """The result of an examination, beside that of the model that ships."""

    found: Examination
    built_in: Examination
    passed: bool
    why: str


def enter(
    store: ModelStore,
    folder: Path,
    settings: Settings,
    progress_of: Callable[[str], Progress],
    every: int = 1,
) -> Entrance:
    """Examine the model in ``folder``, and the one that ships unless that has been done.

    Both results are kept if ``every`` is 1, that is, if no sounds are skipped. Margins,
    wake phrases and the rest are the defaults, whatever the settings say, so that the
    user's own choices do not count for or against a model. Raises ModelError and SynthesisError.
    """
    built_in = store.shipped / BUILT_IN
    usual = Settings(general=GeneralSettings(language=settings.general.language))
    material = {where: s[::every] for where, s in _material(store, usual).items()}
    name_of_material = digest(list(material.values()))
    spoken = Spoken()

    def examined(each: Path) -> Examination:
        store.require_whole(each)
        candidate = load_model(usual, each)
        # The margins were set with the model that ships, on recordings of people: keep those.
        outcome = examine(
            candidate, material, spoken, progress_of(each.name), may_fit=each != built_in
        )
        found = Examination(
            edition=EDITION,
            model=each.name,
            fingerprint=fingerprint(each),
            material=name_of_material,
            margin_scale=outcome.margin_scale,
            quiet=outcome.figures[Surrounding.QUIET],
            noise=outcome.figures[Surrounding.NOISE],
            core_s_per_s=round(outcome.core_s_per_s, 4),
        )
        if every == 1:
            save(store.own, found)
        return found

    its = None if folder == built_in else store.examination(built_in)
    if its is None or its.material != name_of_material:
        its = examined(built_in)
    if folder == built_in:
        why = shortcoming(its)
        return Entrance(its, its, why is None, why or "it meets every limit")
    found = examined(folder)
    better, why = is_better(found, its)
    return Entrance(found, its, better, why)


def _material(store: ModelStore, settings: Settings) -> dict[Surrounding, tuple[Sound, ...]]:
    words = read_words(store.shipped / FILE, settings.general.language)
    script, voices = read_script(settings), available_voices()
    if not voices:
        raise ModelError(
            "there is no synthetic voice to examine a model with",
            remedy="Install one: sudo apt-get install espeak-ng flite",
        )
    phrases = settings.general.wake_phrases
    return {where: sounds(script, phrases, words, voices, where) for where in Surrounding}
