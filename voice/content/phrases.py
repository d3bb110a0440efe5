"""A script's families of phrases -> the grammars that listen for them.

They come from ``[phrases]`` and ``[grammars]`` in ``prompts/<language>/listening.toml``.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec

from voice.content.script import (
    STRICT,
    Answer,
    Command,
    Grammar,
    GrammarKey,
    Meaning,
    Phrase,
    Question,
    QuestionKey,
    Reach,
    Side,
    Statement,
    TopicKey,
)
from voice.content.templates import TemplateError, Templates
from voice.errors import ContentError

UNLISTENED: Final = "~"
"""Before a template: its sentences are understood, but not listened for."""

_E = TypeVar("_E", bound=enum.Enum)


class StatementEntry(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A question's own words, as templates, by the answer that they give."""

    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


class PhrasesEntry(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Templates by what they mean. ``sides``: the single words that name a leg.

    ``asked``: words that answer one question, and mean something else, or nothing, elsewhere.
    ``mentions``: single words that name a danger sign in whatever sentence they stand.
    ``subjects``: single words that name a topic in a sentence that means nothing else.
    ``own_words``: single words that a question asks about, which count only where it is asked.
    ``short_forms``: endings, and the words that they may stand for.
    """

    answers: dict[str, tuple[str, ...]] = {}
    commands: dict[str, tuple[str, ...]] = {}
    topics: dict[str, tuple[str, ...]] = {}
    statements: dict[str, StatementEntry] = {}
    asked: dict[str, StatementEntry] = {}
    mentions: dict[str, tuple[str, ...]] = {}
    subjects: dict[str, tuple[str, ...]] = {}
    own_words: dict[str, tuple[str, ...]] = {}
    fillers: tuple[str, ...] = ()
    asides: tuple[str, ...] = ()
    negations: tuple[str, ...] = ()
    reassurances: tuple[str, ...] = ()
    well: tuple[str, ...] = ()
    short_forms: dict[str, tuple[str, ...]] = {}
    sides: dict[str, tuple[str, ...]] = {}
    parts: dict[str, str] = {}


class GrammarEntry(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What one grammar listens for besides the danger signs. ``phrases``: only in this grammar."""

    commands: tuple[str, ...] = ()
    answers: bool = False
    statements: bool = False
    topics: bool = False
    decoys: tuple[str, ...] = ()
    phrases: PhrasesEntry = PhrasesEntry()


def choice(kind: type[_E], name: str, where: str) -> _E:
    """The member of ``kind`` with the value ``name``. Raises ContentError, naming ``where``."""
    try:
        return kind(name)
    except ValueError:
        allowed = ", ".join(str(member.value) for member in kind)
        raise ContentError(
            f"{where}: unknown name {name!r}", remedy=f"Use one of: {allowed}."
        ) from None


@dataclass
class _Said:
    """Phrases by kind of meaning."""

    answers: list[Phrase] = field(default_factory=list)
    commands: dict[Command, list[Phrase]] = field(default_factory=dict)
    topics: list[Phrase] = field(default_factory=list)
    signs: list[Phrase] = field(default_factory=list)
    """Danger signs."""
    denials: list[Phrase] = field(default_factory=list)
    """Denials of danger signs."""
    statements: list[Phrase] = field(default_factory=list)
    """The words of all other questions."""
    listened: set[str] = field(default_factory=set)
    """The sentences that are also listened for."""

    def every(self) -> list[Phrase]:
        commands = [phrase for found in self.commands.values() for phrase in found]
        return [
            *self.answers,
            *self.statements,
            *commands,
            *self.signs,
            *self.denials,
            *self.topics,
        ]


class Heard:
    """The phrases by meaning. ``origin``: where each of their words comes from.

    ``sides``: the words that name a leg.

    Raises ContentError, naming the place, for an unknown name or a malformed template.
    """

    def __init__(
        self, file: str, entry: PhrasesEntry, questions: Mapping[QuestionKey, Question]
    ) -> None:
        self.origin: dict[str, str] = {}
        self._templates = Templates(entry.parts)
        self._questions = questions
        self._said = self._read(f"{file}: phrases", entry)
        self._fillers = tuple(self._sentences(f"{file}: phrases.fillers", entry.fillers))
        self._asides = entry.asides
        self._negations = frozenset(entry.negations)
        self._reassurances = frozenset(entry.reassurances)
        self._well = self._reassurances | frozenset(entry.well)
        self._short_forms = tuple(entry.short_forms.items())
        self._mentions = tuple(
            Phrase(word, self._affirmed(self._question(f"{file}: phrases.mentions", name)))
            for name, words in entry.mentions.items()
            for word in words
        )
        self._subjects = tuple(
            Phrase(word, TopicKey(name)) for name, words in entry.subjects.items() for word in words
        )
        self.sides = {
            word: choice(Side, name, f"{file}: phrases.sides")
            for name, words in entry.sides.items()
            for word in words
        }

    def grammar(self, file: str, name: str, entry: GrammarEntry) -> Grammar:
        """Build a grammar: what it names, the danger signs, and their denials."""
        where, said = f"{file}: grammars.{name}", self._said
        key = choice(GrammarKey, name, f"{file}: grammars")
        wanted = [choice(Command, command, f"{where}.commands") for command in entry.commands]
        own = self._read(f"{where}.phrases", entry.phrases)
        asked = self._answers_to(f"{where}.phrases", entry.phrases, own)
        phrases = self._shared(key, entry, wanted)
        listened = own.listened | {p.words for p in phrases if p.words in said.listened}
        phrases += own.every()
        decoys = self._sentences(f"{where}.decoys", entry.decoys)
        known = {phrase.words for phrase in phrases}
        for question, answers in asked:
            # Where the question is not asked, its answer means nothing of its own.
            for phrase in answers:
                if phrase.words not in listened:
                    continue  # not listened for, so elsewhere it need not draw anything away
                if phrase.words not in known and isinstance(phrase.meaning, Answer):
                    phrases.append(Phrase(phrase.words, Statement(question, phrase.meaning)))
                    known.add(phrase.words)
        own_words = tuple(
            (self._question(f"{where}.phrases.own_words", question).key, frozenset(words))
            for question, words in entry.phrases.own_words.items()
        )
        subjects = self._subjects if entry.topics else ()
        return Grammar(
            key, tuple(dict.fromkeys(phrases)), tuple(decoys), self._fillers,
            self._asides, self._negations, self._mentions, asked, subjects, own_words,
            unlistened=frozenset(p.words for p in phrases) - listened,
            reassurances=self._reassurances,
            well=self._well,
            short_forms=self._short_forms,
        )  # fmt: skip

    def _shared(
        self, key: GrammarKey, entry: GrammarEntry, wanted: Iterable[Command]
    ) -> list[Phrase]:
        """The phrases that a grammar shares with others."""
        said = self._said
        phrases: list[Phrase] = []
        phrases += said.answers if entry.answers else ()
        phrases += said.statements if entry.statements else ()
        phrases += [phrase for command in wanted for phrase in said.commands.get(command, ())]
        phrases += said.signs
        # A denial sounds like the sign that it denies, so both are listened for together; but not
        # while asleep, when nothing was asked and only the sign can be meant.
        phrases += said.denials if key is not GrammarKey.WAKE else ()
        phrases += said.topics if entry.topics else ()
        return phrases

    def _answers_to(
        self, where: str, entry: PhrasesEntry, said: _Said
    ) -> tuple[tuple[QuestionKey, tuple[Phrase, ...]], ...]:
        found = []
        for name, words in entry.asked.items():
            at = f"{where}.asked.{name}"
            if name not in STRICT:
                self._question(at, name)
            answers = [
                *self._phrases(said, f"{at}.yes", Answer.YES, words.yes),
                *self._phrases(said, f"{at}.no", Answer.NO, words.no),
                *self._phrases(said, f"{at}.unsure", Answer.UNSURE, words.unsure),
            ]
            found.append((QuestionKey(name), tuple(answers)))
        return tuple(found)

    def _read(self, where: str, entry: PhrasesEntry) -> _Said:
        said = _Said()
        for name, templates in entry.answers.items():
            at = f"{where}.answers.{name}"
            said.answers += self._phrases(said, at, choice(Answer, name, at), templates)
        for name, templates in entry.commands.items():
            at = f"{where}.commands.{name}"
            command = choice(Command, name, at)
            said.commands[command] = self._phrases(said, at, command, templates)
        for name, templates in entry.topics.items():
            at = f"{where}.topics.{name}"
            said.topics += self._phrases(said, at, TopicKey(name), templates)
        for name, statement in entry.statements.items():
            self._read_statement(said, f"{where}.statements.{name}", name, statement)
        return said

    def _read_statement(self, said: _Said, where: str, name: str, entry: StatementEntry) -> None:
        question = self._question(where, name)
        key, affirmed = question.key, self._affirmed(question)
        is_sign = affirmed.sign
        signs = self._phrases(said, f"{where}.yes", affirmed, entry.yes)
        denials = self._phrases(said, f"{where}.no", Statement(key, Answer.NO), entry.no)
        (said.signs if is_sign else said.statements).extend(signs)
        (said.denials if is_sign else said.statements).extend(denials)
        doubted = Statement(key, Answer.UNSURE)
        said.statements += self._phrases(said, f"{where}.unsure", doubted, entry.unsure)

    @staticmethod
    def _affirmed(question: Question) -> Statement:
        is_sign, wakes = question.reach is not Reach.ASKED, question.reach is Reach.ASLEEP
        return Statement(question.key, Answer.YES, sign=is_sign, wakes=wakes)

    def _question(self, where: str, name: str) -> Question:
        question = self._questions.get(QuestionKey(name))
        if question is None:
            raise ContentError(
                f"{where}: there is no question {name!r}",
                remedy=f"Use one of: {', '.join(self._questions)}.",
            )
        return question

    def _phrases(
        self, said: _Said, where: str, meaning: Meaning, templates: Iterable[str]
    ) -> list[Phrase]:
        found: list[str] = []
        for template in templates:
            sentences = self._sentences(where, (template.removeprefix(UNLISTENED),))
            if not template.startswith(UNLISTENED):
                said.listened.update(sentences)
            found += sentences
        return [Phrase(words, meaning) for words in dict.fromkeys(found)]

    def _sentences(self, where: str, templates: Iterable[str]) -> list[str]:
        found: dict[str, None] = {}
        for template in templates:
            try:
                found |= dict.fromkeys(self._templates.expand(template))
            except TemplateError as error:
                raise ContentError(f"{where}: {error}", remedy="Fix the template.") from error
        for words in found:
            for word in words.split():
                self.origin.setdefault(word, where)
        return list(found)
