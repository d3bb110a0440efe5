"""Words heard -> what they mean. Pure.

A reply is read as phrases of a grammar, longest first, from left to right.
Fillers are passed over. Words that belong to no phrase are passed over too, but
the reading is then not whole: the caller decides what that is worth. The laws:

1. A danger sign wins over everything that stands beside it.
2. Beside another word a no is no plain no: with a yes after it the yes stands,
   with a wait after it only that does.
3. Two meanings that do not go together are no meaning at all.
4. What an unread "don't" or "not" stands before is not meant: "I can't hold it any longer"
   asks for no longer hold. A danger sign is then asked back, and never simply dropped.
5. A phrase that is less than half of what was said is not the point of it, unless it is a
   danger sign, a stop, pain, or a call for help.
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

    ``signs`` are all danger signs in it, in the order in which they were said.
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
"""Commands that say more of what stands beside them says: "yes, it's gone"."""

_BESIDE_A_SIGN: Final = frozenset(
    {
        Command.CALL_SOMEBODY,
        Command.HELP,
        Command.HURTS_MORE,
        Command.NOT_GONE,
        Command.ANOTHER_CRAMP,
        Command.STOP,
    }
)
"""What a frightened person says in one breath with a danger sign, and no reason to doubt it."""

_BEFORE_A_CRAMP: Final = frozenset(
    {
        Command.HURTS_MORE,
        Command.HELP,
        Command.REPEAT,
        Command.PAUSE,
        Answer.YES,
        Answer.UNSURE,
    }
)
"""What may stand beside another cramp, which is then the point: "ow, it's back"."""

_WHEREVER: Final = frozenset(
    {
        Command.STOP,
        Command.HURTS_MORE,
        Command.CANT_REACH,
        Command.CALL_SOMEBODY,
        Command.RISK,
    }
)
"""What counts in however long a sentence."""

_TO_BE_SURE_OF: Final = frozenset({Answer.YES, Command.GONE, Command.LONGER, Command.GO_ON})
"""What an unread "not" anywhere takes back: "my left leg isn't", "not entirely sure"."""

_NEGATION_REACH: Final = 4
"""How many unread words may lie between a negation and what it takes back."""

_IN_PASSING: Final = frozenset({Command.REPEAT, Command.PAUSE, Command.LEFT_LEG, Command.RIGHT_LEG})
"""What may come before the point, and is then not the point: "sorry, yes"; "my left calf"."""


def understand(grammar: Grammar, words: str, asked: QuestionKey | None = None) -> Understood | None:
    """Read ``words`` as a reply under ``grammar``; None where it means nothing, or two things.

    ``asked`` is the question that they answer. Its own words are then an answer to
    it; the denial of something else is none.
    """
    read = _read(grammar, words.lower().split(), asked)
    said = [part.meaning for part in read.parts]
    signs = tuple(dict.fromkeys(m.question for m in said if is_sign(m)))
    if signs:
        first = next(m for m in said if is_sign(m))
        if asked in signs and all(p.vague for p in read.parts if is_sign(p.meaning)):
            return Understood(Answer.NO, whole=False)  # "I don't have any chest pain"
        agrees = all(
            is_sign(m) or m in _BESIDE_A_SIGN or (m is Answer.YES and asked in signs) for m in said
        )
        return Understood(first, read.whole and agrees, signs)
    settled = _settled(_meant(read, asked), whole=read.whole)
    if settled is None:
        return None
    meaning, plain = settled
    if read.negations and meaning in _TO_BE_SURE_OF:
        return None
    if 2 * read.covered < read.length and meaning not in _WHEREVER:
        return None
    return Understood(meaning, read.whole and plain)


def meanings(grammar: Grammar, words: str) -> frozenset[Meaning]:
    """Every meaning that a part of ``words`` has under ``grammar``, whatever stands beside it."""
    return frozenset(p.meaning for p in _read(grammar, words.lower().split(), None).parts)


def side_named(script: Script, words: str) -> Side | None:
    """The leg that ``words`` name, whatever else they say; None where they name none."""
    named = {script.sides[word] for word in words.lower().split() if word in script.sides}
    return named.pop() if len(named) == 1 else (Side.BOTH if named else None)


def split_wake(words: str, wake_phrases: Iterable[str]) -> str | None:
    """The rest of the breath after a wake phrase; None where there is no wake phrase.

    What was said before the wake phrase is dropped: it was not said to Charley.
    """
    spoken = words.lower().split()
    for phrase in sorted(map(str.split, map(str.lower, wake_phrases)), key=len, reverse=True):
        for start in range(len(spoken) - len(phrase) + 1):
            if spoken[start : start + len(phrase)] == phrase:
                rest = spoken[start + len(phrase) :]
                return " ".join(filter(UNKNOWN_WORD.__ne__, rest))
    return None


def _as_answer(meaning: Meaning, asked: QuestionKey | None) -> Meaning:
    """The question's own words as the answer that they are."""
    if isinstance(meaning, Statement) and meaning.question == asked:
        return meaning.answer
    return meaning


def _meant(read: _Read, asked: QuestionKey | None) -> list[Meaning]:
    """What was said and not taken back; without the name that was called before the point."""
    parts = [part for part in read.parts if not part.negated]
    beside = [part for part in parts if not part.called]
    return [_as_answer(part.meaning, asked) for part in beside or parts]


def _settled(said: Sequence[Meaning], *, whole: bool) -> tuple[Meaning, bool] | None:
    """What the meanings come to together, and whether nothing beside it weakens it."""
    distinct = list(dict.fromkeys(said))
    if len(distinct) > 1 and Command.ANOTHER_CRAMP in distinct:
        distinct.remove(Command.ANOTHER_CRAMP)
        if _BEFORE_A_CRAMP.issuperset(distinct) or (whole and distinct == [Answer.NO]):
            return Command.ANOTHER_CRAMP, True
    if Command.STOP in distinct:
        return Command.STOP, True
    if Command.GOODBYE in distinct and set(distinct) <= {Command.GOODBYE, *Answer}:
        return Command.GOODBYE, True
    plain = True
    if len(distinct) > 1:
        point = [m for m in distinct if m not in _IN_PASSING]
        if point and distinct[-1] in _IN_PASSING and is_no(point[-1]):
            return distinct[-1], False  # "no ... wait": whatever it is, it is no no
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
    """The one meaning that all of them share, the fuller one where two agree."""
    fuller = set(distinct)
    for more, less in _SAYS_MORE.items():
        if more in fuller:
            fuller.discard(less)
    for meaning in distinct:
        if isinstance(meaning, Statement):
            fuller.discard(meaning.answer)
    return fuller.pop() if len(fuller) == 1 else None


@dataclass(frozen=True)
class _Part:
    """A phrase that was found."""

    meaning: Meaning
    negated: bool
    """Whether an unread negation stands before it."""
    called: bool = False
    """Whether it is a wake phrase and nothing else."""
    mentioned: bool = False
    """Whether it is only a word that names a danger sign."""

    @property
    def vague(self) -> bool:
        """Whether it may mean the opposite."""
        return self.negated or self.mentioned


@dataclass(frozen=True)
class _Read:
    """Words as phrases of a grammar. ``negations``: how many stand unread among them."""

    parts: tuple[_Part, ...]
    whole: bool
    covered: int
    length: int
    negations: int


def _read(grammar: Grammar, words: Sequence[str], asked: QuestionKey | None) -> _Read:
    answers = {} if asked is None else grammar.answers.get(asked, {})
    found: list[_Part] = []
    passed: list[str] = []  # unread words since the last phrase
    at = unread = negations = 0
    while at < len(words):
        for length in range(min(grammar.longest, len(words) - at), 0, -1):
            row = tuple(words[at : at + length])
            if row in answers or row in grammar.meanings:
                meaning = answers[row] if row in answers else grammar.meanings[row]
                if meaning is not None:
                    negated = not grammar.negations.isdisjoint(passed[-_NEGATION_REACH:])
                    found.append(_Part(meaning, negated, " ".join(row) in grammar.calls))
                    passed = []
                at += length
                break
        else:
            word = words[at]
            if word in grammar.mentioned:
                negated = not grammar.negations.isdisjoint(passed[-_NEGATION_REACH:])
                found.append(_Part(grammar.mentioned[word], negated, mentioned=True))
            unread += 1
            negations += word in grammar.negations
            passed.append(word)
            at += 1
    return _Read(tuple(found), not unread, len(words) - unread, len(words), negations)
