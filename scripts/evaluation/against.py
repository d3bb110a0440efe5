"""The same measurements with another recogniser, behind the same voice gate and rule."""

from __future__ import annotations

from dataclasses import replace

from scripts.evaluation.evaluate import (
    Figures,
    Material,
    Plan,
    check_wake_phrases,
    measure_grammars,
    measure_wakes,
    open_ear,
)
from scripts.evaluation.sphinx import SphinxRecogniser
from scripts.evaluation.targets import strictness_targets, wake_targets, word_targets
from voice.app.dialogue_assembly import read_script
from voice.app.settings import Settings
from voice.content.script import Grammar, Script


def evaluate_sphinx(plan: Plan, material: Material, settings: Settings) -> Figures:
    """Measure PocketSphinx. Raises CharleyError, also if it is not installed.

    Phrases with a word that its dictionary lacks are left out. The cost of loading
    is not measured.
    """
    recogniser = SphinxRecogniser()
    script = _known(read_script(settings), recogniser)
    # The second ear would cover up what the recogniser mishears.
    alone = replace(settings, listening=replace(settings.listening, second_ear=False))
    ear = open_ear(recogniser, alone)
    phrases = check_wake_phrases(ear, script, plan, material)
    answers = measure_grammars(ear, script, plan, material)
    wakes = measure_wakes(ear, script, phrases, plan, material)
    targets = (
        *word_targets(answers[0]),
        *strictness_targets(answers[0], answers),
        *wake_targets(wakes),
    )
    return Figures("pocketsphinx", len(material.recordings), answers, wakes, None, None, targets)


def _known(script: Script, recogniser: SphinxRecogniser) -> Script:
    def hearable(words: str) -> bool:
        spellings = (script.spellings.get(word, ()) for word in words.split())
        return all(
            recogniser.knows(word) or any(map(recogniser.knows, variants))
            for word, variants in zip(words.split(), spellings, strict=True)
        )

    def fitted(grammar: Grammar) -> Grammar:
        phrases = tuple(p for p in grammar.phrases if hearable(p.words))
        return replace(grammar, phrases=phrases)

    return replace(script, grammars={k: fitted(g) for k, g in script.grammars.items()})
