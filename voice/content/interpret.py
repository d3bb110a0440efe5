"""Words heard -> what they mean. Pure.

A reply is read as phrases of a grammar, longest first, from left to right. Fillers are skipped.
Words that belong to no phrase are skipped too, but the reading is then not whole, and the caller
decides what it is worth. The laws:

1. A danger sign takes precedence over everything said beside it.
2. A no is not a plain no if another word stands beside it: a yes after it counts instead, and so
   does a wait.
3. Two meanings that do not go together are no meaning at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from voice.content.script import (
    UNKNOWN_WORD,
    Answer,
    Command,
    Grammar,
    Meaning,
    QuestionKey,
    Script,
    Side,
    Statement,
    is_no,
    is_sign,
)


@dataclass(frozen=True)
class Understood:
    """What a reply means. ``whole``: every word of it belongs to that meaning.

    ``signs``: all danger signs in it, in the order in which they were said.
    """

    meaning: Meaning
    whole: bool
    signs: tuple[QuestionKey, ...] = ()


_SAYS_MORE: Final = {
    Command.GONE: Answer.YES,
    Command.NO_CRAMP: Answer.NO,
    Command.NOT_GONE: Answer.NO,
    Command.HURTS_MORE: Command.NOT_GONE,
}
"""Commands that include the meaning beside them and say more: "yes, it's gone"."""

_IN_PASSING: Final = frozenset({Command.REPEAT, Command.PAUSE, Command.LEFT_LEG, Command.RIGHT_LEG})
"""What may precede the point without being the point: "sorry, yes"; "my left calf"."""


def understand(grammar: Grammar, words: str, asked: QuestionKey | None = None) -> Understood | None:
    """Read ``words`` as a reply under ``grammar``; None if they mean nothing, or two things.

    ``asked``: the question that they answer. Its own words then count as an answer to it; the
    denial of something else does not.
    """
    said, whole = _read(grammar, words.lower().split())
    signs = tuple(dict.fromkeys(m.question for m in said if is_sign(m)))
    if signs:
        first = next(m for m in said if is_sign(m))
        agrees = all(is_sign(m) or (m is Answer.YES and asked in signs) for m in said)
        return Understood(first, whole and agrees, signs)
    settled = _settled([_as_answer(m, asked) for m in said])
    if settled is None:
        return None
    meaning, plain = settled
    return Understood(meaning, whole and plain)


def meanings(grammar: Grammar, words: str) -> frozenset[Meaning]:
    """Every meaning that a part of ``words`` has under ``grammar``, whatever is said beside it."""
    return frozenset(_read(grammar, words.lower().split())[0])


def side_named(script: Script, words: str) -> Side | None:
    """The leg that ``words`` name, whatever else they say; None if they name none."""
    named = {script.sides[word] for word in words.lower().split() if word in script.sides}
    return named.pop() if len(named) == 1 else (Side.BOTH if named else None)


def split_wake(words: str, wake_phrases: Iterable[str]) -> str | None:
    """The rest of the utterance after a wake phrase; None if there is no wake phrase.

    Words before the wake phrase are dropped: they were not addressed to Charley.
    """
    spoken = words.lower().split()
    for phrase in sorted(map(str.split, map(str.lower, wake_phrases)), key=len, reverse=True):
        for start in range(len(spoken) - len(phrase) + 1):
            if spoken[start : start + len(phrase)] == phrase:
                rest = spoken[start + len(phrase) :]
                return " ".join(filter(UNKNOWN_WORD.__ne__, rest))
    return None


def _as_answer(meaning: Meaning, asked: QuestionKey | None) -> Meaning:
    """Turn the question's own words into the answer that they give."""
    if isinstance(meaning, Statement) and meaning.question == asked:
        return meaning.answer
    return meaning


def _settled(said: Sequence[Meaning]) -> tuple[Meaning, bool] | None:
    """What the meanings amount to together, and whether nothing beside it weakens it."""
    distinct = list(dict.fromkeys(said))
    if len(distinct) > 1 and Command.ANOTHER_CRAMP in distinct:
        distinct.remove(Command.ANOTHER_CRAMP)  # called by name before the point
    if Command.STOP in distinct:
        return Command.STOP, len(distinct) == 1
    plain = True
    if len(distinct) > 1:
        point = [m for m in distinct if m not in _IN_PASSING]
        if point and distinct[-1] in _IN_PASSING and is_no(point[-1]):
            return distinct[-1], False  # "no ... wait": in any case not a no
        if point and len(point) < len(distinct):
            distinct, plain = point, False
        elif not point:
            distinct = distinct[-1:]
    agreed = _agreed(distinct)
    if agreed is not None:
        return agreed, plain
    if Answer.UNSURE in distinct and set(distinct) <= set(Answer):
        return Answer.UNSURE, plain
    if distinct == [Answer.NO, Answer.YES]:
        return Answer.YES, False
    return None


def _agreed(distinct: Sequence[Meaning]) -> Meaning | None:
    """The one meaning that they all share; the fuller one if two agree."""
    fuller = set(distinct)
    for more, less in _SAYS_MORE.items():
        if more in fuller:
            fuller.discard(less)
    for meaning in distinct:
        if isinstance(meaning, Statement):
            fuller.discard(meaning.answer)
    return fuller.pop() if len(fuller) == 1 else None


def _read(grammar: Grammar, words: Sequence[str]) -> tuple[list[Meaning], bool]:
    found: list[Meaning] = []
    whole, at = True, 0
    while at < len(words):
        for length in range(min(grammar.longest, len(words) - at), 0, -1):
            row = tuple(words[at : at + length])
            if row in grammar.meanings:
                meaning = grammar.meanings[row]
                found += [] if meaning is None else [meaning]
                at += length
                break
        else:
            whole = False
            at += 1
    return found, whole
