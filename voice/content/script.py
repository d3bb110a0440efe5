"""What can be said, asked and listened for: typed content, validated on construction.

A :class:`Script` is one language's whole content. :mod:`voice.content.loader` reads it from
``prompts/<language>/``; the logic names keys, never words. The laws of a script are checked here,
in :meth:`Script.__post_init__`, so that no script that breaks them exists at run time. Matters of
taste (sentence length, prompts that end in a word being listened for) are left to the linter:
:mod:`voice.content.lint`.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Final, NewType, TypeGuard

from voice.errors import ContentError

LineKey = NewType("LineKey", str)
TopicKey = NewType("TopicKey", str)
QuestionKey = NewType("QuestionKey", str)
SourceId = NewType("SourceId", str)

STEADY: Final = QuestionKey("steady")
"""Whether the user is steady on their feet. It is no red flag, but has answers of its own: "a
little" is a yes to a sign, and no reason to stand up."""

READ_BACK: Final = QuestionKey("read_back")
"""Whether a no was heard right: "Neither leg is more swollen. Is that right?". No red flag either.
Here a yes confirms a no."""

STRICT: Final = frozenset({STEADY, READ_BACK})
"""Questions to which nothing but the answers of their own is a yes. What may be a yes to a sign
errs toward yes, which is dangerous here: "a little", "the left one"."""

UNKNOWN_WORD: Final = "[unk]"
"""What the recogniser writes for out-of-grammar speech."""


class Answer(enum.Enum):
    """A reply to a question. Silence is not an answer: it is a separate event."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    UNCLEAR = "unclear"


class Command(enum.Enum):
    """A request from the user, in any words."""

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
    ANOTHER_VOICE = "another_voice"
    HELP = "help"
    GO_BACK = "go_back"
    GOODBYE = "goodbye"
    BEDTIME_STRETCH = "bedtime_stretch"
    CAN_YOU_HEAR_ME = "can_you_hear_me"
    OTHER_QUESTIONS = "other_questions"
    CALF = "calf"
    THIGH = "thigh"
    THIGH_FRONT = "thigh_front"
    THIGH_BACK = "thigh_back"
    FOOT = "foot"
    OTHER_LEG = "other_leg"
    BOTH_LEGS = "both_legs"
    LEFT_LEG = "left_leg"
    RIGHT_LEG = "right_leg"
    ANOTHER_CRAMP = "another_cramp"
    NO_CRAMP = "no_cramp"
    CANT_REACH = "cant_reach"
    EXPLAIN = "explain"
    DONE = "done"
    CALL_SOMEBODY = "call_somebody"
    RISK = "risk"
    LASTING = "lasting"
    AFRAID = "afraid"
    DIARY_COUNT = "diary_count"
    DIARY_LAST = "diary_last"
    DIARY_TREND = "diary_trend"
    DIARY_ERASE = "diary_erase"


@dataclass(frozen=True)
class Statement:
    """What a red-flag question asks about, in its own words: "my chest hurts", "no chest pain".

    ``answer``: what it answers to that question. ``sign``: set for a yes that counts even if the
    question was not asked; ``wakes``: for one that counts even while asleep.
    """

    question: QuestionKey
    answer: Answer
    sign: bool = False
    wakes: bool = False


Meaning = Answer | Command | Statement | TopicKey
"""What a phrase means. ``Answer.UNCLEAR`` is never the meaning of a phrase."""


def is_sign(meaning: Meaning | None) -> TypeGuard[Statement]:
    """Whether a meaning is a danger sign, which takes precedence over everything else."""
    return isinstance(meaning, Statement) and meaning.sign


def is_cry(meaning: Meaning | None) -> bool:
    """Whether a meaning wakes Charley without a wake phrase: a grave sign, or a call for help."""
    return meaning is Command.CALL_SOMEBODY or (is_sign(meaning) and meaning.wakes)


def is_no(meaning: Meaning | None) -> bool:
    """Whether a meaning denies something, which must never be misheard."""
    return meaning is Answer.NO or (isinstance(meaning, Statement) and meaning.answer is Answer.NO)


class Part(enum.Enum):
    """The muscle that cramps."""

    CALF = "calf"
    THIGH_FRONT = "thigh_front"
    THIGH_BACK = "thigh_back"
    FOOT = "foot"


class Side(enum.Enum):
    """Which leg it is."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"


class Level(enum.IntEnum):
    """How soon to get medical care. The order is the urgency."""

    NO_URGENT_SIGN_HEARD = 0
    SEE_A_DOCTOR = 1
    URGENT = 2
    EMERGENCY = 3


class GrammarKey(enum.Enum):
    """What Charley is listening for."""

    WAKE = "wake"
    STRETCH = "stretch"
    HOLD = "hold"
    PAUSED = "paused"
    RELIEF = "relief"
    ANSWER = "answer"
    OFFER = "offer"
    OPEN = "open"
    EMERGENCY = "emergency"


@dataclass(frozen=True)
class Line:
    """One thing that Charley says: a sentence or two with a single idea.

    ``sources`` are ids of ``prompts/SOURCES.md``. A line without any must be marked ``manner`` (it
    greets, counts, or explains Charley: nothing medical). ``gap_s``: the silence after it, for the
    user to speak in.
    """

    key: LineKey
    text: str
    sources: tuple[SourceId, ...] = ()
    manner: bool = False
    gap_s: float = 0.0


class Footing(enum.Enum):
    """Who a step of a ladder is for.

    STEADY is on one's feet: only for a user who has said that they are not faint and feel steady.
    UNSTEADY takes its place for everyone else.
    """

    ANY = "any"
    STEADY = "steady"
    UNSTEADY = "unsteady"


@dataclass(frozen=True)
class LadderStep:
    """One step of the ladder of relief: what to do, and how long to hold it.

    ``hold_s``: None for the user's own setting (30 to 60 s). ``rubs``: it says to rub or press, so
    it is left out if there may be a clot.
    """

    key: str
    lines: tuple[LineKey, ...]
    hold_s: float | None = None
    footing: Footing = Footing.ANY
    rubs: bool = False


class Stage(enum.Enum):
    """When a red-flag question is asked."""

    TONIGHT = "tonight"
    """In every check: it cannot wait."""
    DANGER = "danger"
    """At once after a sign that it may accompany."""
    FOLLOW_UP = "follow_up"
    """At once after a yes to the question that names it."""
    LATER = "later"
    """If the user likes: it can wait till morning."""
    SPOKEN = "spoken"
    """Only if its sign may have been mentioned."""


class Reach(enum.Enum):
    """When a question's own words count without the question being asked."""

    ASKED = "asked"
    """Never: only in answer to it."""
    AWAKE = "awake"
    """In every state of a conversation, starting with what follows the wake phrase."""
    ASLEEP = "asleep"
    """In all of these, and even without a wake phrase."""


@dataclass(frozen=True)
class Question:
    """A yes/no question about a red flag, and what each answer means.

    ``ask_leg`` is asked instead if the cramp is not in the calf. ``explain`` says how to find out.
    ``danger_next``: the answers after which the questions of :attr:`Stage.DANGER` are asked at
    once. ``clot_sign``: after a yes or an unsure, that leg must not be rubbed. ``follow_up`` is
    asked after a yes. A no always means :attr:`Level.NO_URGENT_SIGN_HEARD`, so it is not written
    down.
    """

    key: QuestionKey
    ask: LineKey
    explain: LineKey
    read_back: LineKey
    reason: LineKey
    reason_unsure: LineKey
    yes: Level
    unsure: Level
    unclear: Level
    stage: Stage = Stage.TONIGHT
    reach: Reach = Reach.ASKED
    ask_leg: LineKey | None = None
    danger_next: frozenset[Answer] = frozenset()
    clot_sign: bool = False
    follow_up: QuestionKey | None = None


@dataclass(frozen=True)
class Topic:
    """A question that the user may ask, and its answer."""

    key: TopicKey
    lines: tuple[LineKey, ...]


@dataclass(frozen=True)
class Advice:
    """What is said at a level.

    ``plain`` is said after a yes, ``soft`` after only unsure or unclear; the first line says what
    to do, and is unique to this level. ``clot`` is added if there may be a clot. ``partial``
    replaces ``plain`` if questions were skipped. ``brief`` must have been said before a
    conversation ends.
    """

    plain: tuple[LineKey, ...]
    soft: tuple[LineKey, ...]
    brief: tuple[LineKey, ...]
    clot: tuple[LineKey, ...] = ()
    partial: tuple[LineKey, ...] = ()


@dataclass(frozen=True)
class Phrase:
    """Words that may be heard, lower case, and what they mean."""

    words: str
    meaning: Meaning

    @cached_property
    def row(self) -> tuple[str, ...]:
        """The single words. Grammars share phrases, and phrases words: this saves 10 MB."""
        return tuple(map(sys.intern, self.words.split()))


def _by_row(phrases: Iterable[Phrase]) -> dict[tuple[str, ...], Meaning | None]:
    return {phrase.row: phrase.meaning for phrase in phrases}


@dataclass(frozen=True)
class Grammar:
    """Everything that is listened for at once.

    - ``decoys`` sound like a phrase and mean nothing: they draw near-misses away from it.
    - ``fillers`` ("um", "please") may come before, between and after phrases, and change nothing.
    - ``asides`` ("just", "and") are fillers too short to be listened for by themselves.
    - ``negations`` ("don't") take back the phrase that follows, unless a phrase includes them.
    - ``reassurances`` ("normally") say that all is well with a sign that is only mentioned.
    - ``mentions`` ("chest") name a danger sign in any sentence. They are not listened for either.
    - ``asked`` phrases answer one question, whatever they mean at other times.
    - ``own_words`` ("cold") are what a question asks about; they count only where it is asked.
    - ``subjects`` ("quinine") name a topic in a sentence that means nothing else; not listened for.
    - ``unlistened`` phrases are understood, but not listened for.
    - ``well`` ("right", and the reassurances) is what a "not" may deny, and the sign is not.
    - ``short_forms`` ("'s") stand for one of several words; not in words that phrases hold.
    - ``calls`` are the wake phrases, which call Charley by name.
    """

    key: GrammarKey
    phrases: tuple[Phrase, ...]
    decoys: tuple[str, ...] = ()
    fillers: tuple[str, ...] = ()
    asides: tuple[str, ...] = ()
    negations: frozenset[str] = frozenset()
    mentions: tuple[Phrase, ...] = ()
    asked: tuple[tuple[QuestionKey, tuple[Phrase, ...]], ...] = ()
    subjects: tuple[Phrase, ...] = ()
    own_words: tuple[tuple[QuestionKey, frozenset[str]], ...] = ()
    calls: frozenset[str] = frozenset()
    unlistened: frozenset[str] = frozenset()
    reassurances: frozenset[str] = frozenset()
    well: frozenset[str] = frozenset()
    short_forms: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @cached_property
    def meanings(self) -> Mapping[tuple[str, ...], Meaning | None]:
        """What each sequence of words means; None for a filler or an aside."""
        found: dict[tuple[str, ...], Meaning | None] = {
            tuple(f.split()): None for f in (*self.fillers, *self.asides)
        }
        return found | _by_row(self.phrases)

    def prepare(self) -> None:
        """Build the tables of phrases now, so that the first reply need not wait for them."""
        _ = self.meanings, self.pieces

    @cached_property
    def aside_rows(self) -> frozenset[tuple[str, ...]]:
        """The asides that are not also a phrase or filler."""
        known = {*(p.words for p in self.phrases), *self.fillers}
        return frozenset(tuple(aside.split()) for aside in self.asides if aside not in known)

    @cached_property
    def mentioned(self) -> Mapping[str, Meaning]:
        """The danger sign named by a word that belongs to no phrase."""
        return {phrase.words: phrase.meaning for phrase in self.mentions}

    @cached_property
    def topic_words(self) -> Mapping[str, TopicKey]:
        """The topic that a single word names."""
        named = ((phrase.words, phrase.meaning) for phrase in self.subjects)
        return {word: TopicKey(topic) for word, topic in named if isinstance(topic, str)}

    @cached_property
    def answers(self) -> Mapping[QuestionKey, Mapping[tuple[str, ...], Meaning | None]]:
        """What each sequence of words means as an answer to a question, if it differs."""
        found = {question: _by_row(phrases) for question, phrases in self.asked}
        for strict in STRICT.intersection(found):
            yes = (row for row, meaning in self.meanings.items() if meaning is Answer.YES)
            found[strict] = {**dict.fromkeys(yes, Answer.UNCLEAR), **found[strict]}
        return found

    @cached_property
    def longest(self) -> int:
        """The number of words in the longest phrase, filler or answer to one question."""
        asked = (row for answers in self.answers.values() for row in answers)
        return max(map(len, (*self.meanings, *asked)), default=0)

    @cached_property
    def pieces(self) -> frozenset[str]:
        """Every single word of a phrase, filler or aside, listened for or not."""
        return frozenset(chain.from_iterable(self.meanings))

    @cached_property
    def own(self) -> Mapping[QuestionKey, frozenset[str]]:
        """The words that a question asks about."""
        return dict(self.own_words)

    @cached_property
    def listened(self) -> tuple[Phrase, ...]:
        """The phrases that are listened for."""
        return tuple(p for p in self.phrases if p.words not in self.unlistened)

    @property
    def words(self) -> frozenset[str]:
        """Every single word in the phrases, decoys and fillers."""
        spoken = [p.words for p in self.listened] + [*self.decoys, *self.fillers]
        return frozenset(word for text in spoken for word in text.split())


@dataclass(frozen=True)
class Script:
    """One language's content, complete and checked.

    ``sides`` maps a word to the leg that it names. ``origin`` maps a listened-for word to the
    ``file: key`` that it comes from, for error messages. ``spellings`` maps a word to variants, in
    order of preference, for a model that lacks it; a variant may be several words.
    """

    language: str
    lines: Mapping[LineKey, Line]
    ladders: Mapping[Part, tuple[LadderStep, ...]]
    reach: Mapping[Part, LineKey]
    bedtime: tuple[LadderStep, ...]
    questions: tuple[Question, ...]
    advice: Mapping[Level, Advice]
    tips: tuple[LineKey, ...]
    topics: Mapping[TopicKey, Topic]
    grammars: Mapping[GrammarKey, Grammar]
    sides: Mapping[str, Side] = field(default_factory=dict)
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)

    def text(self, key: LineKey) -> str:
        """The words of a line."""
        return self.lines[key].text

    def question(self, key: QuestionKey) -> Question:
        """The question with this key. Raises KeyError if there is none."""
        for question in self.questions:
            if question.key == key:
                return question
        raise KeyError(key)

    def with_calls(self, wake_phrases: Iterable[str]) -> Script:
        """The script with the wake phrases added to every grammar except the one for sleep.

        Raises ContentError if a wake phrase already means something else there.
        """
        calls = tuple(Phrase(words, Command.ANOTHER_CRAMP) for words in wake_phrases)
        return replace(
            self,
            grammars={
                key: grammar if key is GrammarKey.WAKE else _with_calls(grammar, calls)
                for key, grammar in self.grammars.items()
            },
        )

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise ContentError(
                f"prompts/{self.language}: {problem}", remedy="Fix the file, then try again."
            )


def _with_calls(grammar: Grammar, calls: tuple[Phrase, ...]) -> Grammar:
    known = {phrase.words: phrase.meaning for phrase in grammar.phrases}
    new = tuple(call for call in calls if known.get(call.words) != call.meaning)
    names = frozenset(call.words for call in new)
    return replace(grammar, phrases=(*grammar.phrases, *new), calls=names)


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
            yield f"{where} names the line {key!r}, which does not exist"
    yield from (f"no ladder for {p.value!r}" for p in Part if not script.ladders.get(p))
    yield from (f"no advice for {v.name}" for v in Level if v not in script.advice)
    yield from (
        f"the advice {level.name} has no brief form"
        for level, advice in script.advice.items()
        if level > Level.NO_URGENT_SIGN_HEARD and not advice.brief
    )
    yield from (f"no reach line for {p.value!r}" for p in Part if p not in script.reach)
    yield from (f"no grammar {g.value!r}" for g in GrammarKey if g not in script.grammars)
    for part, ladder in script.ladders.items():
        if ladder and ladder[0].footing is not Footing.ANY:
            yield f"the ladder for {part.value!r} must begin with a stretch for everyone"
    yield from _question_problems(script.questions)
    sound: dict[str, Meaning] = {}
    for grammar in script.grammars.values():
        yield from _grammar_problems(script, grammar, sound)


def _question_problems(questions: tuple[Question, ...]) -> Iterable[str]:
    if not questions:
        yield "there are no red-flag questions"
    followed = {q.follow_up for q in questions if q.follow_up is not None}
    yield from (
        f"the question {key!r} should follow another, but does not exist"
        for key in sorted(followed - {q.key for q in questions if q.stage is Stage.FOLLOW_UP})
    )
    by_key = {q.key: q for q in questions}
    for question in questions:
        levels = (question.yes, question.unsure, question.unclear)
        # What a yes leads to may be worse than the yes itself: numb, but since when?
        follow_up = by_key.get(question.follow_up) if question.follow_up is not None else None
        worst = max(question.yes, follow_up.yes) if follow_up else question.yes
        if Level.NO_URGENT_SIGN_HEARD in levels:
            yield f"the question {question.key!r} lets an answer other than no pass"
        if worst < max(question.unsure, question.unclear):
            yield f"the question {question.key!r} treats an unsure answer as worse than a yes"
        if question.clot_sign and min(levels) < Level.URGENT:
            yield f"the question {question.key!r} is a clot sign: levels must be at least URGENT"
        if question.clot_sign and not {Answer.YES, Answer.UNSURE} <= question.danger_next:
            yield f"the question {question.key!r} is a clot sign, so danger must be asked about"
        if question.stage is Stage.DANGER and min(levels) < Level.EMERGENCY:
            yield f"the question {question.key!r} asks about danger: levels must be EMERGENCY"


def _grammar_problems(script: Script, grammar: Grammar, sound: dict[str, Meaning]) -> Iterable[str]:
    """Yield what is wrong with a grammar. ``sound``: phrases found right in other grammars."""
    seen: dict[str, Meaning] = {}
    for phrase in grammar.phrases:
        words, meaning = phrase.words, phrase.meaning
        before = seen.setdefault(words, meaning)
        if before is not meaning and before != meaning:
            yield f"the phrase {words!r} of {grammar.key.value!r} has two meanings"
        if sound.get(words) is not meaning:
            for problem in _phrase_problems(script, words, meaning):
                yield f"the phrase {words!r} of {grammar.key.value!r} {problem}"
            sound[words] = meaning
    for word, topic in grammar.topic_words.items():
        if topic not in script.topics:
            yield f"the word {word!r} names the topic {topic!r}, which does not exist"
    heard = {m.question for m in seen.values() if is_sign(m)}
    for question in script.questions:
        if question.reach is not Reach.ASKED and question.key not in heard:
            yield f"the grammar {grammar.key.value!r} does not listen for {question.key!r}"


def _phrase_problems(script: Script, words: str, meaning: Meaning) -> Iterable[str]:
    if words != " ".join(words.lower().split()) or not words:
        yield "is not plain lower-case words"
    if meaning is Answer.UNCLEAR:
        yield "means 'unclear', which nobody says"
    if isinstance(meaning, str) and meaning not in script.topics:
        yield f"names the topic {meaning!r}, which does not exist"


def _line_references(script: Script) -> Iterable[tuple[str, LineKey]]:
    for part, ladder in script.ladders.items():
        for step in ladder:
            yield from ((f"the ladder {part.value!r}", key) for key in step.lines)
    for step in script.bedtime:
        yield from (("bedtime", key) for key in step.lines)
    for q in script.questions:
        for key in (q.ask, q.explain, q.read_back, q.reason, q.reason_unsure, q.ask_leg):
            if key is not None:
                yield f"the question {q.key!r}", key
    for level, advice in script.advice.items():
        said = advice.plain + advice.soft + advice.brief + advice.clot + advice.partial
        yield from ((f"the advice {level.name}", key) for key in said)
    for topic in script.topics.values():
        yield from ((f"the topic {topic.key!r}", key) for key in topic.lines)
    yield from ((f"reach.{part.value}", key) for part, key in script.reach.items())
    yield from (("tips", key) for key in script.tips)
