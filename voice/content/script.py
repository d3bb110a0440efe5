"""What can be said, asked and listened for: typed content, validated when made.

A :class:`Script` is one language's whole content. :mod:`voice.content.loader` reads it
from ``prompts/<language>/``; the logic names keys, never words. The laws that
a script keeps are checked here, in :meth:`Script.__post_init__`, so that no
script that breaks them exists at run time. Matters of taste (sentence length,
words a microphone would be listening for) are the linter's:
:mod:`voice.content.lint`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NewType, TypeGuard

from voice.errors import ContentError

LineKey = NewType("LineKey", str)
TopicKey = NewType("TopicKey", str)
QuestionKey = NewType("QuestionKey", str)
SourceId = NewType("SourceId", str)

UNKNOWN_WORD: Final = "[unk]"
"""What the recogniser writes for speech that is none of the listened-for words."""


class Answer(enum.Enum):
    """A reply to a question. Silence is no answer: it is an event of its own."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    UNCLEAR = "unclear"


class Command(enum.Enum):
    """What a person may ask for, whatever words they choose."""

    STOP = "stop"
    GONE = "gone"
    NOT_GONE = "not_gone"
    PAUSE = "pause"
    GO_ON = "go_on"
    LONGER = "longer"
    HOW_LONG = "how_long"
    HURTS_MORE = "hurts_more"
    REPEAT = "repeat"
    LOUDER = "louder"
    QUIETER = "quieter"
    SLOWER = "slower"
    FASTER = "faster"
    HELP = "help"
    GO_BACK = "go_back"
    GOODBYE = "goodbye"
    BEDTIME_STRETCH = "bedtime_stretch"
    CAN_YOU_HEAR_ME = "can_you_hear_me"
    CALF = "calf"
    THIGH = "thigh"
    THIGH_FRONT = "thigh_front"
    THIGH_BACK = "thigh_back"
    FOOT = "foot"
    FAINT = "faint"
    CHEST_PAIN = "chest_pain"
    SHORT_OF_BREATH = "short_of_breath"


DANGER_SIGNS: Final = frozenset({Command.FAINT, Command.CHEST_PAIN, Command.SHORT_OF_BREATH})
"""Heard in every state, and before everything else."""


Meaning = Answer | Command | TopicKey
"""What a phrase means. ``Answer.UNCLEAR`` is never the meaning of a phrase."""


def is_danger(meaning: Meaning) -> TypeGuard[Command]:
    """Whether a meaning is a danger sign."""
    return meaning in DANGER_SIGNS


class Part(enum.Enum):
    """The muscle that cramps."""

    CALF = "calf"
    THIGH_FRONT = "thigh_front"
    THIGH_BACK = "thigh_back"
    FOOT = "foot"


class Level(enum.IntEnum):
    """How soon to be evaluated. The order is the urgency."""

    NO_RED_FLAG_HEARD = 0
    SEE_A_DOCTOR = 1
    URGENT = 2
    EMERGENCY = 3


class GrammarKey(enum.Enum):
    """Which of the things a person may say is being listened for."""

    WAKE = "wake"
    STRETCH = "stretch"
    HOLD = "hold"
    PAUSED = "paused"
    RELIEF = "relief"
    ANSWER = "answer"
    OFFER = "offer"
    OPEN = "open"


@dataclass(frozen=True)
class Line:
    """One thing said: a sentence or two of one idea.

    ``sources`` are ids of ``prompts/SOURCES.md``. A line without any must be
    marked ``manner`` (it greets, counts, or explains Charley: nothing medical).
    ``may_contain`` lists the listened-for phrases that it cannot do without.
    ``gap_s`` is quiet that follows it, for the person to speak in.
    """

    key: LineKey
    text: str
    sources: tuple[SourceId, ...] = ()
    manner: bool = False
    may_contain: tuple[str, ...] = ()
    gap_s: float = 0.0


class Footing(enum.Enum):
    """Who a rung is for.

    STEADY is on the feet: only for someone who has said that they are not faint
    and feel steady. UNSTEADY takes its place for everyone else.
    """

    ANY = "any"
    STEADY = "steady"
    UNSTEADY = "unsteady"


@dataclass(frozen=True)
class Rung:
    """One step of the ladder of relief: what to do, and how long to hold it.

    ``hold_s`` of None means the person's own setting (30 to 60 s).
    """

    key: str
    lines: tuple[LineKey, ...]
    hold_s: float | None = None
    footing: Footing = Footing.ANY


@dataclass(frozen=True)
class Question:
    """A yes/no question about a red flag, and what each answer means.

    ``clot_sign``: a doubtful no is read back, and a yes (or unsure) makes the
    ``only_after_clot_sign`` questions be asked. An answer of no always means
    :attr:`Level.NO_RED_FLAG_HEARD`, so it is not written down.
    """

    key: QuestionKey
    ask: LineKey
    read_back: LineKey
    reason: LineKey
    reason_unsure: LineKey
    yes: Level
    unsure: Level
    unclear: Level
    clot_sign: bool = False
    only_after_clot_sign: bool = False


@dataclass(frozen=True)
class Topic:
    """A question that a person may ask, and its answer."""

    key: TopicKey
    lines: tuple[LineKey, ...]


@dataclass(frozen=True)
class Advice:
    """What is said at a level: plainly after a yes, softly after only unsure or unclear."""

    plain: tuple[LineKey, ...]
    soft: tuple[LineKey, ...]


@dataclass(frozen=True)
class Phrase:
    """Words that may be heard, lower case, and what they mean."""

    words: str
    meaning: Meaning


@dataclass(frozen=True)
class Grammar:
    """All that is listened for at once.

    ``decoys`` are phrases that sound like a listened-for one and mean nothing:
    they draw near-misses away from it.
    """

    key: GrammarKey
    phrases: tuple[Phrase, ...]
    decoys: tuple[str, ...] = ()

    @property
    def words(self) -> frozenset[str]:
        """Every single word of the phrases and decoys."""
        spoken = [p.words for p in self.phrases] + list(self.decoys)
        return frozenset(word for text in spoken for word in text.split())


@dataclass(frozen=True)
class Script:
    """One language's content, whole and checked.

    ``origin`` maps a listened-for word to ``file: key`` that asks for it, for
    errors. ``spellings`` maps a word to variants, in order of preference, for a
    model that lacks it; a variant may be several words.
    """

    language: str
    lines: Mapping[LineKey, Line]
    ladders: Mapping[Part, tuple[Rung, ...]]
    bedtime: tuple[Rung, ...]
    questions: tuple[Question, ...]
    advice: Mapping[Level, Advice]
    aftercare: tuple[LineKey, ...]
    tips: tuple[LineKey, ...]
    topics: Mapping[TopicKey, Topic]
    grammars: Mapping[GrammarKey, Grammar]
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)

    def text(self, key: LineKey) -> str:
        """The words of a line."""
        return self.lines[key].text

    def question(self, key: QuestionKey) -> Question:
        """The question with that key. Raises KeyError where there is none."""
        for question in self.questions:
            if question.key == key:
                return question
        raise KeyError(key)

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise ContentError(
                f"prompts/{self.language}: {problem}", remedy="Mend the file, then try again."
            )


def _problems(script: Script) -> Iterable[str]:
    """Yield each breach of the laws of a script, in words."""
    for line in script.lines.values():
        if not line.text.strip():
            yield f"the line {line.key!r} has no text"
        if line.manner == bool(line.sources):
            yield f"the line {line.key!r} needs either sources or manner = true, not both"
    known = set(script.lines)
    for where, key in _line_references(script):
        if key not in known:
            yield f"{where} names the line {key!r}, which is not there"
    yield from (f"no ladder for {p.value!r}" for p in Part if not script.ladders.get(p))
    yield from (f"no advice for {v.name}" for v in Level if v not in script.advice)
    yield from (f"no grammar {g.value!r}" for g in GrammarKey if g not in script.grammars)
    for part, ladder in script.ladders.items():
        if ladder and ladder[0].footing is not Footing.ANY:
            yield f"the ladder for {part.value!r} must begin with a stretch for everyone"
    yield from _question_problems(script.questions)
    for grammar in script.grammars.values():
        yield from _grammar_problems(script, grammar)


def _question_problems(questions: tuple[Question, ...]) -> Iterable[str]:
    if not questions:
        yield "there are no red-flag questions"
    for question in questions:
        levels = (question.yes, question.unsure, question.unclear)
        if Level.NO_RED_FLAG_HEARD in levels:
            yield f"the question {question.key!r} lets something other than a no pass"
        if question.yes < max(question.unsure, question.unclear):
            yield f"the question {question.key!r} takes an unsure answer for worse than a yes"
        if question.clot_sign and min(levels) < Level.URGENT:
            yield f"the question {question.key!r} is a clot sign, so no level below URGENT will do"
        if question.clot_sign and question.only_after_clot_sign:
            yield f"the question {question.key!r} cannot both be a clot sign and depend on one"


def _grammar_problems(script: Script, grammar: Grammar) -> Iterable[str]:
    seen: dict[str, Meaning] = {}
    for phrase in grammar.phrases:
        where = f"the phrase {phrase.words!r} of {grammar.key.value!r}"
        if phrase.words != " ".join(phrase.words.lower().split()) or not phrase.words:
            yield f"{where} is not plain lower-case words"
        if phrase.meaning is Answer.UNCLEAR:
            yield f"{where} means 'unclear', which nobody says"
        if seen.setdefault(phrase.words, phrase.meaning) != phrase.meaning:
            yield f"{where} has two meanings"
        if isinstance(phrase.meaning, str) and phrase.meaning not in script.topics:
            yield f"{where} names the topic {phrase.meaning!r}, which is not there"
    meanings = set(seen.values())
    for sign in DANGER_SIGNS - meanings:
        yield f"the grammar {grammar.key.value!r} does not listen for {sign.value!r}"


def _line_references(script: Script) -> Iterable[tuple[str, LineKey]]:
    for part, ladder in script.ladders.items():
        for rung in ladder:
            yield from ((f"the ladder {part.value!r}", key) for key in rung.lines)
    for rung in script.bedtime:
        yield from (("bedtime", key) for key in rung.lines)
    for q in script.questions:
        for key in (q.ask, q.read_back, q.reason, q.reason_unsure):
            yield f"the question {q.key!r}", key
    for level, advice in script.advice.items():
        yield from ((f"the advice {level.name}", k) for k in advice.plain + advice.soft)
    for topic in script.topics.values():
        yield from ((f"the topic {topic.key!r}", key) for key in topic.lines)
    yield from (("aftercare", key) for key in script.aftercare)
    yield from (("tips", key) for key in script.tips)
