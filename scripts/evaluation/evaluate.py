"""The whole evaluation: from a manifest to figures."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from scripts.corpus.conditions import Surroundings
from scripts.corpus.manifest import Recording, Role, chosen, read_manifest
from scripts.evaluation.answers import AnswerFigures, measure_answers
from scripts.evaluation.chain import Ear, TimedGate, TimedRecogniser, TimedSpotter
from scripts.evaluation.cost import CostFigures, measure_cost
from scripts.evaluation.spoken import SpokenFigures, available, measure_spoken
from scripts.evaluation.targets import (
    SEVEN,
    Target,
    cost_targets,
    strictness_targets,
    synthetic_target,
    wake_targets,
    word_targets,
)
from scripts.evaluation.wake import WakeFigures, measure_wake
from scripts.faults import EvaluationError
from scripts.progress import progress
from voice.app.assembly import fit_margins, model_store
from voice.app.dialogue_assembly import read_script
from voice.app.settings import Settings
from voice.app.spotter import open_spotter
from voice.audio.files import read_recording
from voice.audio.samples import Samples
from voice.content.script import GrammarKey, Script
from voice.engines.silero_vad import SileroGate
from voice.engines.vosk_recogniser import VoskRecogniser
from voice.errors import ModelError
from voice.listening.grammar_fitting import Vocabulary
from voice.listening.offline import listen_for_grammar, listen_for_wake, listen_for_words
from voice.ports import Recogniser

SOUND_FILES: Final = frozenset({".flac", ".wav", ".ogg", ".aiff", ".mp3"})
SEVEN_NAME: Final = "seven"
REPLIES: Final = tuple(key for key in GrammarKey if key is not GrammarKey.WAKE)
"""Every grammar that listens for a reply. The wake grammar is measured by its wake phrases."""


@dataclass(frozen=True)
class Plan:
    """What to measure. ``noise`` and ``rooms``: folders; None for those in the manifest."""

    manifest: Path
    noise: Path | None = None
    rooms: Path | None = None
    snrs_db: tuple[float, ...] = (20.0, 10.0, 5.0)
    only_held_out: bool = True
    model: str | None = None
    wake_phrases: tuple[str, ...] = ()
    """None given: each label of the set "keywords"."""
    foreign_hours: float = 0.0
    """The least foreign speech to try a wake phrase on; 0 for what there is."""
    limit: int | None = None
    seed: int = 0
    synthetic: bool = True
    """Whether to measure phrases spoken by a synthetic voice, if it is installed."""
    grammars: tuple[GrammarKey, ...] = REPLIES
    """The grammars of replies to measure, besides the seven words alone."""


@dataclass(frozen=True)
class Figures:
    """All results of one recogniser."""

    model: str
    recordings: int
    answers: tuple[AnswerFigures, ...]
    wakes: tuple[WakeFigures, ...]
    cost: CostFigures | None
    spoken: SpokenFigures | None = None
    targets: tuple[Target, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "model": self.model,
            "recordings": self.recordings,
            "targets": [target.as_json() for target in self.targets],
            "grammars": {figures.name: figures.as_json() for figures in self.answers},
            "wake": {wake.phrase: wake.as_json() for wake in self.wakes},
            "synthetic": None if self.spoken is None else self.spoken.as_json(),
            "cost": None if self.cost is None else asdict(self.cost),
        }


@dataclass(frozen=True)
class Material:
    """The recordings of a plan, and the conditions to hear them in."""

    recordings: tuple[Recording, ...]
    surroundings: Surroundings
    wake_phrases: tuple[str, ...]


def gather(plan: Plan) -> Material:
    """Read the manifest and the conditions. Raises CharleyError."""
    every = read_manifest(plan.manifest)
    recordings = chosen(every, only_held_out=plan.only_held_out, limit=plan.limit)
    if not any(r.role is not Role.ROOM for r in recordings):
        raise EvaluationError(
            f"{plan.manifest}: no recordings to measure with",
            remedy="Name another manifest, or measure with --split all.",
        )
    # With the split kept, leave out noise that training has heard.
    barred = {r.path.resolve() for r in every if plan.only_held_out and not r.held_out}
    noises = _sounds(plan.noise, [r.path for r in every if r.set_name == "noise"])
    # Impulse responses of hand claps have no bass, unlike any bedroom.
    measured = [r.path for r in every if r.role is Role.ROOM and "clap" not in r.file]
    rooms = _sounds(plan.rooms, measured)
    kept = [path for path in noises if path.resolve() not in barred] or noises
    surroundings = Surroundings(
        _read("noises", kept),
        _read("rooms", rooms),
        plan.seed,
    )
    phrases = plan.wake_phrases or tuple(
        dict.fromkeys(r.label for r in recordings if r.role is Role.KEYWORD)
    )
    return Material(recordings, surroundings, phrases)


def open_ear(recogniser: Recogniser, settings: Settings) -> Ear:
    """The listening chain around a recogniser, with the second ear of the settings."""
    spotter = open_spotter(settings)
    return Ear(
        TimedGate(SileroGate()),
        TimedRecogniser(recogniser),
        settings.listening,
        settings.acceptance,
        None if spotter is None else TimedSpotter(spotter),
    )


def open_plan(plan: Plan, settings: Settings) -> tuple[Ear, Script, Path]:
    """The listening chain around the plan's model, the script, and the model's folder.

    Raises CharleyError.
    """
    choice = model_store().choose(plan.model or settings.model.name)
    settings = fit_margins(settings, choice.margin_scale)
    return open_ear(VoskRecogniser(choice.folder), settings), read_script(settings), choice.folder


def evaluate(plan: Plan, material: Material, settings: Settings) -> Figures:
    """Measure the model of the plan. Raises CharleyError."""
    ear, script, folder = open_plan(plan, settings)
    # Fail now, not after an hour of listening.
    phrases = check_wake_phrases(ear, script, plan, material)
    answers = measure_grammars(ear, script, plan, material)
    wakes = measure_wakes(ear, script, phrases, plan, material)
    speaks = plan.synthetic and available()
    spoken = measure_spoken(ear, script, plan.grammars) if speaks else None
    cost = measure_cost(ear, folder)
    recorded = {r.label for r in material.recordings if r.role is Role.WORD}
    targets = (
        *word_targets(answers[0]),
        synthetic_target(spoken, recorded),
        *strictness_targets(answers[0], answers),
        *wake_targets(wakes),
        *cost_targets(cost),
    )
    return Figures(str(folder), len(material.recordings), answers, wakes, cost, spoken, targets)


def measure_grammars(
    ear: Ear, script: Script, plan: Plan, material: Material
) -> tuple[AnswerFigures, ...]:
    """The seven words alone, then each grammar of the plan as it is used."""
    return (
        measure_seven(ear, script, plan.snrs_db, material),
        *(
            _measure_grammar(
                key.value,
                ear,
                listen_for_grammar(script, key, ear.recogniser),
                plan.snrs_db,
                material,
            )
            for key in plan.grammars
        ),
    )


def measure_seven(
    ear: Ear, script: Script, snrs_db: Sequence[float], material: Material
) -> AnswerFigures:
    """The seven words, and no other phrases."""
    vocabulary = listen_for_words(script, SEVEN, ear.recogniser)
    return _measure_grammar(SEVEN_NAME, ear, vocabulary, snrs_db, material)


def _measure_grammar(
    name: str, ear: Ear, vocabulary: Vocabulary, snrs_db: Sequence[float], material: Material
) -> AnswerFigures:
    return measure_answers(
        name,
        ear,
        vocabulary,
        material.recordings,
        surroundings=material.surroundings,
        conditions=material.surroundings.conditions(snrs_db),
    )


def measure_wakes(
    ear: Ear,
    script: Script,
    phrases: Sequence[str],
    plan: Plan,
    material: Material,
) -> tuple[WakeFigures, ...]:
    """All of these wake phrases. Raises ModelError for one that the model cannot hear."""
    return tuple(
        measure_wake(
            phrase,
            ear,
            script,
            material.recordings,
            surroundings=material.surroundings,
            conditions=material.surroundings.conditions(plan.snrs_db),
            foreign_hours=plan.foreign_hours,
        )
        for phrase in phrases
    )


def check_wake_phrases(ear: Ear, script: Script, plan: Plan, material: Material) -> tuple[str, ...]:
    """Those that the model can hear.

    A label of the manifest that it cannot hear is reported and left out. Raises
    ModelError if the phrase was asked for.
    """
    found: list[str] = []
    for phrase in material.wake_phrases:
        try:
            listen_for_wake(script, phrase, ear.recogniser)
        except ModelError as error:
            if plan.wake_phrases:
                raise
            print(f"evaluate: {phrase!r} is left out: {error.what}", file=sys.stderr)
        else:
            found.append(phrase)
    return tuple(found)


def _sounds(folder: Path | None, otherwise: Sequence[Path]) -> list[Path]:
    if folder is None:
        return list(otherwise)
    if not folder.is_dir():
        raise EvaluationError(f"no such folder: {folder}", remedy="Name a folder of sound files.")
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SOUND_FILES)
    if not found:
        raise EvaluationError(
            f"{folder}: contains no sound files", remedy="Name a folder of sound files."
        )
    return found


def _read(title: str, paths: Sequence[Path]) -> list[Samples]:
    return [s for s in map(read_recording, progress(title, paths)) if s.any()]
