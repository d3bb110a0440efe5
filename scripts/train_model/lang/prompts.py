"""Reads the phrases of the grammars from ``prompts/``."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

from voice.content.loader import load_script
from voice.content.script import Meaning, Script


def listened_phrases(folder: Path) -> tuple[str, ...]:
    """Return every phrase and decoy of the prompts in ``folder``, each once.

    Raises ContentError for prompts that cannot be read.
    """
    return spread_phrases(load_script(folder), None)


def spread_phrases(script: Script, per_meaning: int | None) -> tuple[str, ...]:
    """Every phrase and decoy of ``script``, each once, alternating between meanings.

    ``per_meaning`` limits the number per meaning; those taken are spread evenly over its
    phrases, starting with the first. None takes all.
    """
    by_meaning: dict[Meaning, dict[str, None]] = {}
    for grammar in script.grammars.values():
        for phrase in grammar.listened:
            by_meaning.setdefault(phrase.meaning, {})[phrase.words] = None
    families = [_spread(list(family), per_meaning) for family in by_meaning.values()]
    by_turns = [words for turn in zip_longest(*families) for words in turn if words is not None]
    decoys = [decoy for grammar in script.grammars.values() for decoy in grammar.decoys]
    return tuple(dict.fromkeys(by_turns + decoys))


def _spread(phrases: list[str], most: int | None) -> list[str]:
    if most is None or len(phrases) <= most:
        return phrases
    return [phrases[n * len(phrases) // most] for n in range(most)]
