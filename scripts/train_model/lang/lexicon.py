"""Pronunciations: their sources and their format.

The base is the CMU Pronouncing Dictionary without stress, as PocketSphinx
ships it (BSD licence). ``data/pronunciations.txt`` adds words and accents.
A lexicon file holds one pronunciation per line: the word, then its phones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from scripts.train_model.lang.phones import PHONE_INDEX

Pronunciation = tuple[str, ...]
Lexicon = dict[str, tuple[Pronunciation, ...]]

EXTRA_PRONUNCIATIONS = Path(__file__).parents[1] / "data" / "pronunciations.txt"

_WORD = re.compile(r"[a-z][a-z']*")


class LexiconError(Exception):
    """A lexicon line cannot be parsed, or a word has no pronunciation."""


def parse_pronunciation(text: str) -> Pronunciation:
    """Read phones such as "M EY B AH L"; stress digits are dropped.

    Raises:
        LexiconError: a phone is unknown, or there is none.
    """
    phones = tuple(phone.rstrip("012") for phone in text.upper().split())
    unknown = [phone for phone in phones if phone not in PHONE_INDEX]
    if unknown or not phones:
        raise LexiconError(
            f"{text!r}: unknown phones {unknown}; the phones are {' '.join(PHONE_INDEX)}"
        )
    return phones


def read_lexicon(path: Path) -> Lexicon:
    """Read a lexicon file; lines that start with "#" are comments.

    Raises:
        LexiconError: the file cannot be read or a line is invalid.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise LexiconError(f"cannot read {path}: {error}") from error
    collected: dict[str, list[Pronunciation]] = {}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            word, _, phones = line.partition(" ")
            collected.setdefault(word, []).append(parse_pronunciation(phones))
    return _frozen(collected)


def write_lexicon(path: Path, lexicon: Lexicon) -> None:
    """Write ``lexicon`` sorted by word."""
    path.write_text(
        "".join(
            f"{word} {' '.join(phones)}\n" for word in sorted(lexicon) for phones in lexicon[word]
        ),
        encoding="utf-8",
    )


def read_dictionary(path: Path) -> Lexicon:
    """Read a CMU dictionary with lines such as ``tomato(2) T AH M AA T OW``."""
    collected: dict[str, list[Pronunciation]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        head, *phones = line.split()
        word = head.partition("(")[0]
        if _WORD.fullmatch(word) and phones:
            collected.setdefault(word, []).append(tuple(phones))
    return _frozen(collected)


def stock_dictionary() -> Lexicon:
    """Return the CMU dictionary of the installed PocketSphinx, with our additions."""
    from pocketsphinx import get_model_path

    base = read_dictionary(Path(get_model_path("en-us/cmudict-en-us.dict")))
    return merge(base, read_lexicon(EXTRA_PRONUNCIATIONS))


def merge(*lexicons: Lexicon) -> Lexicon:
    """Merge lexicons; duplicate pronunciations count once."""
    collected: dict[str, list[Pronunciation]] = {}
    for lexicon in lexicons:
        for word, pronunciations in lexicon.items():
            collected.setdefault(word, []).extend(pronunciations)
    return _frozen(collected)


def with_dropped_r(lexicon: Lexicon, words: Iterable[str]) -> Lexicon:
    """Add, for ``words`` that end in ER, the pronunciation of speakers who drop that R."""
    dropped = {
        word: tuple((*p[:-1], "AH") for p in lexicon[word] if len(p) > 1 and p[-1] == "ER")
        for word in words
        if word in lexicon
    }
    return merge(lexicon, {word: sounds for word, sounds in dropped.items() if sounds})


def _frozen(collected: dict[str, list[Pronunciation]]) -> Lexicon:
    return {word: tuple(dict.fromkeys(sounds)) for word, sounds in collected.items()}
