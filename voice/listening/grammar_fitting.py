"""Maps the words of a script to a model's spelling, and back again. Pure.

A model may spell a word differently ("charlie") or lack it. At start-up every
word in a grammar is looked up; a word that the model lacks is replaced by the first
variant that it knows in full, and if there is none, start-up ends in a
:class:`~voice.errors.ModelError` that names the word and where it comes from. A
decoy with such a word is left out: it only helps, and nothing depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from voice.content.script import Grammar, GrammarKey, Script
from voice.errors import ModelError

WAKE_ORIGIN: Final = "the wake phrases in the configuration"

Knows = Callable[[str], bool]
"""Whether a model knows a word; :meth:`voice.ports.Recogniser.knows`."""


@dataclass(frozen=True)
class ModelGrammar:
    """A grammar as it is given to a recogniser.

    ``grammar`` is what it was made from, in the words of the content. ``phrases``
    are in the model's spelling, without duplicates. ``written`` maps a sequence of the
    model's words to the words of the content.
    """

    grammar: Grammar
    phrases: tuple[str, ...]
    written: Mapping[tuple[str, ...], str]
    _longest: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_longest", max(map(len, self.written), default=1))

    def as_written(self, heard: Sequence[str]) -> str:
        """The recogniser's words in the spelling of the content.

        The longest phrase that fits is taken at each place; words that belong to
        no phrase (the recogniser's own mark for the unknown) stay unchanged.
        """
        found, at = [], 0
        while at < len(heard):
            for length in range(min(self._longest, len(heard) - at), 0, -1):
                phrase = self.written.get(tuple(heard[at : at + length]))
                if phrase is not None:
                    break
            else:
                length, phrase = 1, heard[at]
            found.append(phrase)
            at += length
        return " ".join(found)


@dataclass(frozen=True)
class Vocabulary:
    """Every grammar of a script, fitted to a model."""

    grammars: Mapping[GrammarKey, ModelGrammar]
    wake_phrases: tuple[str, ...]

    def __getitem__(self, key: GrammarKey) -> ModelGrammar:
        return self.grammars[key]


def fit_script(script: Script, wake_phrases: Sequence[str], knows: Knows) -> Vocabulary:
    """Fit every grammar of a script to a model. Raises ModelError."""
    knows = cache(knows)
    # The wake phrases first: they are part of the other grammars too, and if one has a word
    # that the model lacks, the error names the configuration.
    wake = script.grammars[GrammarKey.WAKE]
    grammars = {GrammarKey.WAKE: fit_wake(wake, script, wake_phrases, knows)}
    speller = _Speller(script, knows)  # the grammars have most of their phrases in common
    for key, grammar in script.grammars.items():
        grammar.prepare()
        if key is not GrammarKey.WAKE:
            grammars[key] = speller.fit(grammar, _phrases(grammar), grammar.decoys)
    return Vocabulary(grammars, tuple(wake_phrases))


def fit_grammar(grammar: Grammar, script: Script, knows: Knows) -> ModelGrammar:
    """Fit one grammar to a model. Raises ModelError."""
    return _Speller(script, knows).fit(grammar, _phrases(grammar), grammar.decoys)


def fit_typed(grammar: Grammar, script: Script, knows: Knows) -> ModelGrammar:
    """Fit a grammar of typed phrases to a model. Raises ModelError."""
    speller = _Speller(script, knows, typed=True)
    return speller.fit(grammar, _phrases(grammar), grammar.decoys)


def fit_wake(
    grammar: Grammar,
    script: Script,
    wake_phrases: Sequence[str],
    knows: Knows,
    *,
    typed: bool = False,
) -> ModelGrammar:
    """Fit the wake grammar and the wake phrases to a model.

    Each wake phrase is listened for alone and followed by phrases of the grammar in the
    same breath. The recogniser only learns which word may follow which, so one phrase for
    each first word is enough. ``typed``: the wake phrases are from the
    command line, not from the configuration. Raises ModelError.
    """
    speller = _Speller(script, knows, wake_words=_words(wake_phrases), typed=typed)
    after = [p.words for p in grammar.listened]
    first_words = {words.split()[0]: words for words in reversed(after)}
    breaths = [f"{wake} {words}" for wake in wake_phrases for words in first_words.values()]
    decoys = [d for d in grammar.decoys if d not in wake_phrases]
    return speller.fit(grammar, [*wake_phrases, *after, *breaths, *grammar.fillers], decoys)


def _phrases(grammar: Grammar) -> list[str]:
    return [*(p.words for p in grammar.listened), *grammar.fillers]


@dataclass(frozen=True)
class _Speller:
    """Finds the model's spelling of words. ``typed``: they were typed, not read from a file."""

    script: Script
    knows: Knows
    wake_words: frozenset[str] = frozenset()
    typed: bool = False
    _phrases: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False)
    _words: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False)

    def fit(self, grammar: Grammar, phrases: Iterable[str], decoys: Iterable[str]) -> ModelGrammar:
        spelled = {phrase: self._phrase(phrase) for phrase in phrases}
        written: dict[tuple[str, ...], str] = {}
        for word in dict.fromkeys(" ".join(spelled).split()):
            written.setdefault(self._word(word), word)
        # Whole phrases win over single words, and earlier phrases over later ones.
        written |= {row: phrase for phrase, row in reversed(spelled.items())}
        kept = [decoy.split() for decoy in decoys if self._known(decoy)]
        rows = dict.fromkeys([*spelled.values(), *map(tuple, kept)])
        return ModelGrammar(grammar, tuple(" ".join(row) for row in rows), written)

    def _phrase(self, phrase: str) -> tuple[str, ...]:
        if phrase not in self._phrases:
            parts = (part for word in phrase.split() for part in self._word(word))
            self._phrases[phrase] = tuple(parts)
        return self._phrases[phrase]

    def _word(self, word: str) -> tuple[str, ...]:
        if word not in self._words:
            self._words[word] = self._spelled(word)
        return self._words[word]

    def _spelled(self, word: str) -> tuple[str, ...]:
        if self.knows(word):
            return (word,)
        variants = self.script.spellings.get(word, ())
        for variant in variants:
            if self._known(variant):
                return tuple(variant.split())
        raise self._unknown(word, variants)

    def _known(self, phrase: str) -> bool:
        return all(map(self.knows, phrase.split()))

    def _unknown(self, word: str, variants: Sequence[str]) -> ModelError:
        tried = f", nor {', '.join(map(repr, variants))}" if variants else ""
        fault = f"the model does not know the word {word!r}{tried}"
        if self.typed:
            return ModelError(fault, remedy="Use words that it knows, or another model.")
        if word in self.wake_words:
            origin, remedy = WAKE_ORIGIN, "Choose another wake phrase, or another model."
        else:
            origin = self.script.origin.get(word, "a grammar")
            remedy = "Give a spelling that it knows under [spellings], or use another model."
        return ModelError(f"{origin}: {fault}", remedy=remedy)


def _words(phrases: Iterable[str]) -> frozenset[str]:
    return frozenset(word for phrase in phrases for word in phrase.split())
