"""Words heard -> what they mean. Pure.

A reply is read as phrases of a grammar, longest first, from left to right.
Words that belong to none are passed over, but the reading is then not whole:
whoever asked decides what that is worth. Two meanings that do not go together
are no meaning at all; a danger sign wins over everything that stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from voice.content.script import DANGER_SIGNS, UNKNOWN_WORD, Answer, Command, Grammar, Meaning


@dataclass(frozen=True)
class Understood:
    """What a reply means. ``whole``: every word of it belongs to that meaning."""

    meaning: Meaning
    whole: bool


_AGREES = {
    Command.GONE: Answer.YES,
    Command.NOT_GONE: Answer.NO,
}
"""Commands that say more of what an answer beside them says: "yes, it's gone"."""


def understand(grammar: Grammar, words: str) -> Understood | None:
    """Read ``words`` as a reply under ``grammar``; None where it means nothing, or two things."""
    found, whole = _read(grammar, words.lower().split())
    dangers = [m for m in found if m in DANGER_SIGNS]
    if dangers:
        return Understood(dangers[0], whole and len(set(found)) == 1)
    agreed = _agreed(found)
    return None if agreed is None else Understood(agreed, whole)


def meanings(grammar: Grammar, words: str) -> frozenset[Meaning]:
    """Every meaning that a part of ``words`` has under ``grammar``, whatever stands beside it."""
    return frozenset(_read(grammar, words.lower().split())[0])


def split_wake(words: str, wake_phrases: Iterable[str]) -> str | None:
    """The rest of the breath after a wake phrase; None where there is no wake phrase.

    What was said before the wake phrase is dropped: it was not said to Charley.
    """
    spoken = words.lower().split()
    for phrase in sorted((p.lower().split() for p in wake_phrases), key=len, reverse=True):
        for start in range(len(spoken) - len(phrase) + 1):
            if spoken[start : start + len(phrase)] == phrase:
                rest = spoken[start + len(phrase) :]
                return " ".join(word for word in rest if word != UNKNOWN_WORD)
    return None


def _read(grammar: Grammar, words: Sequence[str]) -> tuple[list[Meaning], bool]:
    phrases = {tuple(p.words.split()): p.meaning for p in grammar.phrases}
    longest = max((len(p) for p in phrases), default=0)
    found: list[Meaning] = []
    whole, at = True, 0
    while at < len(words):
        for length in range(min(longest, len(words) - at), 0, -1):
            meaning = phrases.get(tuple(words[at : at + length]))
            if meaning is not None:
                found.append(meaning)
                at += length
                break
        else:
            whole = False
            at += 1
    return found, whole


def _agreed(found: Sequence[Meaning]) -> Meaning | None:
    """The one meaning that all of them share, the fuller one where two agree."""
    distinct = set(found)
    said_more = {_AGREES[m] for m in distinct if isinstance(m, Command) and m in _AGREES}
    fuller = distinct - said_more
    return fuller.pop() if len(fuller) == 1 else None
