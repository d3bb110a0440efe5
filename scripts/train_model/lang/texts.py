"""The texts that the synthesised voices speak.

Three kinds of text: phrases from the grammars, words that differ from
those by one phone, and ordinary words and names, so that the network learns
every phone in many contexts and not only in the commands.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scripts.train_model.lang.lexicon import Lexicon, Pronunciation
from scripts.train_model.lang.vocabulary import Phrases

KEY_SHARE = 0.24
PHRASE_SHARE = 0.30
NEAR_MISS_SHARE = 0.14
WAKE_SHARE = 0.06

_GREETINGS = ("hey", "hey", "hey", "okay", "hello", "")


class TextSampler:
    """Draws texts; one seed gives one sequence."""

    def __init__(
        self,
        phrases: Phrases,
        lexicon: Lexicon,
        common: Sequence[str],
        names: Sequence[str],
        seed: int,
    ) -> None:
        self._phrases = phrases
        self._common = [word for word in common if word in lexicon]
        self._names = [name for name in names if name in lexicon]
        self._near = near_misses(
            [word for phrase in phrases.key for word in phrase.split()], lexicon, self._common
        )
        self._rng = np.random.default_rng([seed, 1])

    def draw(self) -> str:
        """Return the next text: one to six words in lower case."""
        kind = self._rng.random()
        if kind < KEY_SHARE:
            return self._one(self._phrases.key)
        kind -= KEY_SHARE
        if kind < PHRASE_SHARE:
            return self._one(self._phrases.every)
        kind -= PHRASE_SHARE
        if kind < NEAR_MISS_SHARE:
            return self._one(self._near)
        kind -= NEAR_MISS_SHARE
        if kind < WAKE_SHARE:
            return f"{self._one(_GREETINGS)} {self._one(self._names)}".strip()
        return " ".join(self._common_word() for _ in range(self._rng.integers(1, 6)))

    def _one(self, choices: Sequence[str]) -> str:
        return choices[int(self._rng.integers(len(choices)))]

    def _common_word(self) -> str:
        # Squaring favours the likelier half without losing the rare phones of the other.
        return self._common[int(self._rng.random() ** 2 * len(self._common))]


def near_misses(
    words: Sequence[str], lexicon: Lexicon, candidates: Sequence[str]
) -> tuple[str, ...]:
    """Return candidates that sound like one of ``words`` except for one phone."""
    targets = {word: lexicon[word] for word in dict.fromkeys(words)}
    own = {sounds for pronunciations in targets.values() for sounds in pronunciations}
    wanted = {shape for sounds in own for shape in _one_phone_away(sounds)}
    return tuple(
        word
        for word in candidates
        if word not in targets
        and not own.intersection(lexicon[word])
        and any(wanted.intersection(_one_phone_away(sounds)) for sounds in lexicon[word])
    )


def _one_phone_away(sounds: Pronunciation) -> set[tuple[str, ...]]:
    """Shapes of ``sounds`` with one phone masked, left out or inserted.

    Two pronunciations share a shape exactly if one substitution, one deletion
    or one insertion turns one into the other.
    """
    shapes = {(*sounds[:i], "*", *sounds[i + 1 :]) for i in range(len(sounds))}
    shapes |= {(*sounds[:i], "*", *sounds[i:]) for i in range(len(sounds) + 1)}
    return shapes
