"""The model's vocabulary, and the phrases it must know best."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scripts.train_model.lang.lexicon import Lexicon, LexiconError, stock_dictionary, with_dropped_r

PHRASES = Path(__file__).parents[1] / "data" / "phrases.txt"

# : The language model gives log10 probabilities; words rarer than these ranks are left out.
N_COMMON_WORDS = 21_000
N_FIRST_NAMES = 2_500

_MAX_WORD_LETTERS = 14


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of the grammars: ``key`` phrases first, and all of them."""

    key: tuple[str, ...]
    every: tuple[str, ...]

    @property
    def key_words(self) -> tuple[str, ...]:
        """Every distinct word of the key phrases, sorted."""
        return tuple(sorted({word for phrase in self.key for word in phrase.split()}))

    @property
    def words(self) -> tuple[str, ...]:
        """Every distinct word, sorted."""
        return tuple(sorted({word for phrase in self.every for word in phrase.split()}))


def normalised(phrase: str) -> str:
    """Lower case, letters and apostrophes only, single spaces."""
    return " ".join(re.findall(r"[a-z']+", phrase.lower().replace("\u2019", "'")))


def read_phrases(path: Path = PHRASES, others: Iterable[str] = ()) -> Phrases:
    """Read a phrase list with [section] headings; ``others`` are appended."""
    key: list[str] = []
    every: list[str] = []
    section = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[] ")
        elif line.strip() and not line.startswith("#"):
            phrase = normalised(line)
            every.append(phrase)
            if section == "key":
                key.append(phrase)
    every.extend(phrase for phrase in map(normalised, others) if phrase)
    return Phrases(tuple(key), tuple(dict.fromkeys(every)))


def build_lexicon(
    phrases: Phrases,
    n_common_words: int = N_COMMON_WORDS,
    n_first_names: int = N_FIRST_NAMES,
) -> Lexicon:
    """Pronunciations of the phrases, of common English words and of first names.

    Words are ranked by their probability in PocketSphinx's stock language model;
    names are the most frequent in the United States census.

    Raises:
        LexiconError: a word of ``phrases`` has no pronunciation.
    """
    dictionary = stock_dictionary()
    missing = [word for word in phrases.words if word not in dictionary]
    if missing:
        raise LexiconError(
            f"no pronunciation for {', '.join(missing)}: add them to data/pronunciations.txt"
        )
    chosen = {
        *phrases.words,
        *common_words(dictionary, n_common_words),
        *first_names(dictionary, n_first_names),
    }
    lexicon = {word: dictionary[word] for word in sorted(chosen)}
    return with_dropped_r(lexicon, phrases.words)


def common_words(dictionary: Lexicon, count: int) -> tuple[str, ...]:
    """Return the ``count`` most likely words of the stock language model, most likely first."""
    from pocketsphinx import Config, LogMath, NGramModel, get_model_path

    config = Config(lm=None)
    model = NGramModel(config, LogMath(), get_model_path("en-us/en-us.lm.bin"))
    plain = [word for word in dictionary if word.isalpha() and len(word) <= _MAX_WORD_LETTERS]
    plain += [word for word in dictionary if "'" in word and not word.endswith("'s")]
    return tuple(sorted(plain, key=lambda word: (-model.prob([word]), word))[:count])


def first_names(dictionary: Lexicon, count: int) -> tuple[str, ...]:
    """Return the most common first names of the census that have a pronunciation."""
    import names

    ranked: list[tuple[int, str]] = []
    for kind in ("first:male", "first:female"):
        lines = Path(names.FILES[kind]).read_text(encoding="utf-8").splitlines()
        ranked += [(rank, line.split()[0].lower()) for rank, line in enumerate(lines)]
    known = dict.fromkeys(name for _, name in sorted(ranked) if name in dictionary)
    return tuple(known)[:count]
