"""Words heard -> what they mean. Pure.

A reply is read as phrases of a grammar, longest first, from left to right. Fillers are skipped.
Words that belong to no phrase are skipped too, but the reading is then not whole, and the caller
decides what it is worth. The laws:

1. A danger sign takes precedence over everything said beside it.
2. A no is not a plain no if another word stands beside it: a yes after it counts instead, and so
   does a wait.
3. Two meanings that do not go together are no meaning at all.
4. A "don't" or "not" that belongs to no phrase takes back the phrase after it: "I can't hold it
   any longer" does not ask for a longer hold. A danger sign is not dropped then, but confirmed.
5. A phrase that makes up less than half of what was said does not count, unless it is a danger
   sign, a stop, pain, a call for help, or the yes or no that a reply to a question begins with:
   "yes, two weeks ago".
6. A doubt beside the sign that was asked about is an unsure: "I don't think it's swollen".
7. A yes or no that the answer to another question follows counts, but is doubtful: "yes, for
   months". So does the no that begins the denial of something else: "no, I'm fine".
8. A word that names a topic ("quinine") asks about it, in a sentence that means nothing else.
9. "Gone" with something after it is no relief: "it's gone lumpy". A "not" with something after it
   is no denial: "it's not okay", "it isn't normal", "I'm not breathing".
10. A no that is read back is confirmed by a plain yes or by another denial, and not by anything
    that is a yes elsewhere: "a little", "the left one".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from voice.content.script import (
    READ_BACK,
    UNKNOWN_WORD,
    Answer,
    Command,
    Grammar,
    Meaning,
    QuestionKey,
    Script,
    Side,
    Statement,
    TopicKey,
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


_SAYS_MORE: Final[dict[Meaning, frozenset[Meaning]]] = {
    Command.GONE: frozenset({Answer.YES}),
    Command.NO_CRAMP: frozenset({Answer.NO}),
    # "Yes, but not completely" is no yes.
    Command.NOT_GONE: frozenset({Answer.NO, Answer.YES}),
    Command.HURTS_MORE: frozenset({Command.NOT_GONE, Answer.NO}),
}
"""Commands that include the meaning beside them and say more: "yes, it's gone"."""

_BESIDE_A_SIGN: Final = frozenset(
    {
        Command.DONE,
        Command.AFRAID,
        Command.CALL_SOMEBODY,
        Command.HELP,
        Command.HURTS_MORE,
        Command.NOT_GONE,
        Command.ANOTHER_CRAMP,
        Command.STOP,
    }
)
"""What people say in one breath with a danger sign: no reason to doubt it."""

_BEFORE_A_CRAMP: Final = frozenset(
    {
        Command.DONE,
        Command.GONE,
        Command.AFRAID,
        Command.HURTS_MORE,
        Command.HELP,
        Command.REPEAT,
        Command.PAUSE,
        Answer.YES,
        Answer.UNSURE,
    }
)
"""What may come with another cramp, which is then the point: "ow, it's back"."""

_WHEREVER: Final = frozenset(
    {
        Command.STOP,
        Command.HURTS_MORE,
        Command.CANT_REACH,
        Command.CALL_SOMEBODY,
        Command.RISK,
    }
)
"""What counts even as a small part of a long sentence."""

_TO_BE_SURE_OF: Final = frozenset({Answer.YES, Command.GONE, Command.LONGER, Command.GO_ON})
"""What a "not" that belongs to no phrase takes back from anywhere: "my left leg isn't"."""

_BESIDE_A_TOPIC: Final = frozenset(
    {Command.REPEAT, Command.HELP, Command.EXPLAIN, Command.DONE, Command.AFRAID}
)
"""What may be said beside a topic: "thanks, what about quinine"."""

_NEGATION_REACH: Final = 4
"""A negation takes back a phrase that follows within this many unread words."""

_NOT_WELL_REACH: Final = 2
"""What is not well is named within this many words of the "not": "not quite right"."""

_IN_PASSING: Final = frozenset(
    {
        Command.REPEAT,
        Command.PAUSE,
        Command.DONE,
        Command.AFRAID,
        Command.LEFT_LEG,
        Command.RIGHT_LEG,
    }
)
"""What may precede the point without being it: "sorry, yes"; "my left calf"; "thanks, my foot"."""


def understand(grammar: Grammar, words: str, asked: QuestionKey | None = None) -> Understood | None:
    """Read ``words`` as a reply under ``grammar``; None if they mean nothing, or two things.

    ``asked``: the question that they answer. Its own words then count as an answer to it; the
    denial of something else does not.
    """
    if not words:
        return None
    said = words.lower().split()
    found = _understood(grammar, said, asked)
    for written_out in _written_out(grammar, said):
        if found is not None and found.whole:
            break
        other = _understood(grammar, written_out, asked)
        if other is not None and (
            found is None or other.whole or len(other.signs) > len(found.signs)
        ):
            found = other
    return found


def _written_out(grammar: Grammar, words: Sequence[str]) -> Iterable[Sequence[str]]:
    """The words with every short form written out, in each way that it may stand for."""
    for ending, forms in grammar.short_forms:
        short = {word for word in words if word.endswith(ending) and word not in grammar.pieces}
        for form in forms if short else ():
            pairs = ((w.removesuffix(ending), form) if w in short else (w,) for w in words)
            yield [word for pair in pairs for word in pair]


def _understood(
    grammar: Grammar, words: Sequence[str], asked: QuestionKey | None
) -> Understood | None:
    """``understand``, for words whose short forms stay as they are."""
    read = _read(grammar, words, asked)
    found = _taken(read, asked)
    if asked is not None and found is not None and is_no(found.meaning) and read.not_well:
        return None
    return found


def _taken(read: _Read, asked: QuestionKey | None) -> Understood | None:
    """What a reading means, whether or not it says that something is not well."""
    said = [part.meaning for part in read.parts]
    signs = tuple(dict.fromkeys(m.question for m in said if is_sign(m)))
    if signs == (asked,) and Answer.UNSURE in said:
        return Understood(Answer.UNSURE, whole=read.whole)
    if signs:
        outright = (p.meaning for p in read.parts if is_sign(p.meaning) and not p.vague)
        first = next(outright, next(m for m in said if is_sign(m)))
        if asked in signs and all(p.vague for p in read.parts if is_sign(p.meaning)):
            return _vaguely(read, first)
        agrees = all(
            is_sign(m) or m in _BESIDE_A_SIGN or (m is Answer.YES and asked in signs) for m in said
        )
        # Asked about it, people say more: "one is bigger than the other".
        whole = read.whole or (asked in signs and not read.negations)
        return Understood(first, whole and agrees, signs)
    if _is_no_to_more(read, asked):
        return Understood(Answer.NO, whole=False)
    if read.topic is not None and all(isinstance(m, str) or m in _BESIDE_A_TOPIC for m in said):
        return Understood(read.topic, read.whole)
    meant = _meant(read, asked)
    to_the_point = [m for m in meant if not (read.opening and _answers_another(m, asked))]
    settled = _settled(to_the_point, whole=read.whole)
    if settled is None:
        return None
    meaning, plain = settled
    if read.negations and meaning in _TO_BE_SURE_OF:
        return None
    if meaning in read.cut_short:
        return None
    opens = asked is not None and meaning is read.opening and not read.unknown
    if 2 * read.covered < read.length and meaning not in _WHEREVER and not opens:
        return None
    if read.asides and is_no(meaning):
        plain = False  # "no, but ...", "no, just ...": perhaps more was to come
    return Understood(meaning, read.whole and plain and to_the_point == meant)


def _answers_another(meaning: Meaning, asked: QuestionKey | None) -> bool:
    """Whether it is the answer to a question other than the one asked: "yes, for months"."""
    return asked is not None and isinstance(meaning, Statement) and meaning.question != asked


def _is_no_to_more(read: _Read, asked: QuestionKey | None) -> bool:
    """Whether a no is followed by nothing but denials, some of them of other signs.

    Not where a no is read back: a denial confirms it, whatever begins the reply.
    """
    said = [_as_answer(part.meaning, asked) for part in read.parts]
    if asked in (None, READ_BACK) or not (read.begins_no or Answer.NO in said):
        return False
    more = [meaning for meaning in said if meaning is not Answer.NO]
    return read.whole and bool(more) and all(map(is_no, more))


def _vaguely(read: _Read, sign: Statement) -> Understood | None:
    """What a reply means that mentions or negates the sign asked about, but is no plain answer.

    None if it may mean either.
    """
    others = [p.meaning for p in read.parts if not is_sign(p.meaning)]
    if read.bare and not read.reassured and set(others) <= {Answer.YES}:
        return Understood(Answer.YES, whole=True)  # "dizzy"
    if others and all(isinstance(meaning, Command) for meaning in others):
        return Understood(others[0], whole=False)  # "what do you mean by swollen"
    if _named_after_a_no(read):
        # "Not faint, but dizzy" is a yes; "no, sorry, dizzy" may be; "no real dizziness" is not.
        return Understood(Answer.YES, whole=False) if read.asides else None
    denied = read.negations or Answer.UNSURE in others
    denied = denied or any(is_no(m) and not _answers_another(m, sign.question) for m in others)
    if denied:
        return Understood(Answer.NO, whole=False)  # "I don't have any chest pain": asked again
    # An unknown word may have been a "not"; but nothing that was heard is a no.
    unsettled = read.reassured or (sign.wakes and read.unknown)
    if unsettled and Answer.YES not in others:
        return None
    return Understood(Answer.YES, whole=False)


def _named_after_a_no(read: _Read) -> bool:
    """Whether a sign is named some words after a denial, and not negated."""
    denials = [part.end for part in read.parts if is_no(part.meaning)]
    named = [part for part in read.parts if part.mentioned and not part.negated]
    return bool(denials) and any(part.end > denials[0] + 1 for part in named)


def meanings(grammar: Grammar, words: str) -> frozenset[Meaning]:
    """Every meaning of a phrase in ``words`` that is not taken back, whatever stands beside it."""
    parts = _read(grammar, words.lower().split(), None).parts
    return frozenset(part.meaning for part in parts if not part.vague)


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


def _meant(read: _Read, asked: QuestionKey | None) -> list[Meaning]:
    """The meanings that were not taken back, without a name called before the point."""
    parts = [part for part in read.parts if not part.negated]
    beside = [part for part in parts if not part.called]
    return [_as_answer(part.meaning, asked) for part in beside or parts]


def _settled(said: Sequence[Meaning], *, whole: bool) -> tuple[Meaning, bool] | None:
    """What the meanings come to together, and whether nothing beside it weakens it."""
    distinct = list(dict.fromkeys(said))
    if len(distinct) > 1 and Command.ANOTHER_CRAMP in distinct:
        distinct.remove(Command.ANOTHER_CRAMP)
        before = [meaning for meaning in distinct if meaning is not Answer.NO]
        if _BEFORE_A_CRAMP.issuperset(before) and (whole or before == distinct):
            return Command.ANOTHER_CRAMP, True
    if Command.STOP in distinct:
        return Command.STOP, not any(map(is_no, distinct))
    for leaving in (Command.GOODBYE, Command.DONE):
        if leaving in distinct and set(distinct) <= {leaving, *Answer}:
            return leaving, True
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
        if more in distinct:
            fuller -= less
    for meaning in distinct:
        if isinstance(meaning, Statement):
            fuller.discard(meaning.answer)
    return fuller.pop() if len(fuller) == 1 else None


@dataclass(frozen=True)
class _Part:
    """A phrase that was found."""

    meaning: Meaning
    end: int
    """How many words of the reply have been read with it."""
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
    """Words read as phrases.

    ``covered`` of ``length`` words belong to a phrase, filler or aside. ``negations`` counts those
    that belong to none of these.
    """

    parts: tuple[_Part, ...]
    whole: bool
    covered: int
    length: int
    negations: int
    asides: int
    topic: TopicKey | None = None
    """The topic that a word names, outside every phrase or in the name of a topic."""

    opening: Answer | None = None
    """The yes or no that it begins with."""

    begins_no: bool = False
    """Whether the first phrase begins with a no: "no, I'm fine"."""

    unknown: bool = False
    """Whether a word was not understood by the recogniser."""

    reassured: bool = False
    """Whether a word says that all is well: "breathing normally"."""

    cut_short: frozenset[Meaning] = frozenset()
    """A "not" or "gone" that goes on with something unknown: "it's gone lumpy"."""

    not_well: bool = False
    """Whether a "not" denies that all is well: "it's not okay"."""

    @property
    def bare(self) -> bool:
        """Whether all that belongs to no phrase is words that name a sign."""
        return self.length - self.covered == sum(part.mentioned for part in self.parts)


def _read(grammar: Grammar, words: Sequence[str], asked: QuestionKey | None) -> _Read:
    answers = {} if asked is None else grammar.answers.get(asked, {})
    own = frozenset[str]() if asked is None else grammar.own.get(asked, frozenset())
    found: list[_Part] = []
    passed: list[str] = []  # unread words since the last phrase
    at = unread = negations = asides = 0
    topic: TopicKey | None = None
    opening: Answer | None = None
    begins_no = False
    loose: set[int] = set()  # the places of words that belong to nothing
    while at < len(words):
        for length in range(min(grammar.longest, len(words) - at), 0, -1):
            row = tuple(words[at : at + length])
            if length == 1 and row[0] in own:
                continue
            if row in answers or row in grammar.meanings:
                meaning = answers[row] if row in answers else grammar.meanings[row]
                if meaning is not None:
                    if not found and not unread and meaning in (Answer.YES, Answer.NO):
                        opening = Answer(meaning)
                    begins_no |= not found and grammar.meanings.get(row[:1]) is Answer.NO
                    if isinstance(meaning, str):
                        topic = topic or _topic_named(grammar, row)
                    called = " ".join(row) in grammar.calls
                    found.append(_Part(meaning, at + length, _negated(grammar, passed), called))
                    passed = []
                asides += row in grammar.aside_rows
                at += length
                break
        else:
            word = words[at]
            mentioned = _mentioned(grammar, word, asked if word in own else None)
            if mentioned is not None:
                # "It isn't" is a denial by itself, and also negates what is named after it.
                before = words[max(0, at - len(passed) - 1) : at]
                found.append(_Part(mentioned, at + 1, _negated(grammar, before), mentioned=True))
            topic = topic or grammar.topic_words.get(word)
            if mentioned is None and word != UNKNOWN_WORD:
                loose.add(at)
            unread += 1
            negations += word in grammar.negations
            passed.append(word)
            at += 1
    ends = {p.end: _as_answer(p.meaning, asked) for p in found if not p.mentioned}
    return _Read(
        tuple(found), not unread, len(words) - unread, len(words), negations, asides, topic,
        opening, begins_no,
        unknown=UNKNOWN_WORD in words, reassured=not grammar.reassurances.isdisjoint(words),
        cut_short=frozenset(
            meaning
            for end, meaning in ends.items()
            if end in loose and (meaning is Command.GONE or words[end - 1] in grammar.negations)
        ),
        not_well=any(
            word in grammar.negations and (at in loose or is_no(ends.get(at + 1)))
            and not grammar.well.isdisjoint(words[at + 1 : at + 1 + _NOT_WELL_REACH])
            for at, word in enumerate(words)
        ),
    )  # fmt: skip


def _mentioned(grammar: Grammar, word: str, owner: QuestionKey | None) -> Meaning | None:
    """The sign that a single word names. ``owner``: the question asked, if the word is its own."""
    if word in grammar.mentioned:
        return grammar.mentioned[word]
    return None if owner is None else Statement(owner, Answer.YES, sign=True)


def _topic_named(grammar: Grammar, row: Sequence[str]) -> TopicKey | None:
    return next((grammar.topic_words[word] for word in row if word in grammar.topic_words), None)


def _negated(grammar: Grammar, passed: Sequence[str]) -> bool:
    """Whether the unread words before a phrase take it back."""
    return not grammar.negations.isdisjoint(passed[-_NEGATION_REACH:])
