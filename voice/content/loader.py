"""Reads ``prompts/<language>/*.toml`` into a :class:`voice.content.script.Script`.

Every file may hold any of the sections; together they are one script. A key
that stands in two files is an error, and so is a key that nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from voice.content.script import (
    DANGER_SIGNS,
    Advice,
    Answer,
    Command,
    Footing,
    Grammar,
    GrammarKey,
    Level,
    Line,
    LineKey,
    Meaning,
    Part,
    Phrase,
    Question,
    QuestionKey,
    Rung,
    Script,
    SourceId,
    Topic,
    TopicKey,
)
from voice.errors import ContentError

_T = TypeVar("_T")


class _Line(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    text: str
    sources: tuple[str, ...] = ()
    manner: bool = False
    may_contain: tuple[str, ...] = ()
    gap_s: Annotated[float, msgspec.Meta(ge=0, le=5)] = 0.0


class _Rung(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    key: str
    lines: tuple[str, ...]
    hold_s: float | None = None
    footing: Footing = Footing.ANY


class _Question(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    key: str
    ask: str
    read_back: str
    reason: str
    reason_unsure: str
    yes: str
    unsure: str
    unclear: str
    clot_sign: bool = False
    only_after_clot_sign: bool = False


class _Advice(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    plain: tuple[str, ...]
    soft: tuple[str, ...]


class _Spoken(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    aftercare: tuple[str, ...]
    tips: tuple[str, ...]


class _Phrases(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    answers: dict[str, tuple[str, ...]] = {}
    commands: dict[str, tuple[str, ...]] = {}
    topics: dict[str, tuple[str, ...]] = {}


class _Grammar(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    commands: tuple[str, ...] = ()
    answers: bool = False
    topics: bool = False
    decoys: tuple[str, ...] = ()


class _File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    lines: dict[str, _Line] = {}
    ladders: dict[str, tuple[_Rung, ...]] = {}
    bedtime: tuple[_Rung, ...] = ()
    questions: tuple[_Question, ...] = ()
    advice: dict[str, _Advice] = {}
    spoken: _Spoken | None = None
    topics: dict[str, tuple[str, ...]] = {}
    phrases: _Phrases | None = None
    grammars: dict[str, _Grammar] = {}
    spellings: dict[str, tuple[str, ...]] = {}


def load_script(folder: Path) -> Script:
    """Read the script of one language from its folder; the folder's name is the language.

    Raises ContentError, naming file and key, for anything that is not as it must be.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise ContentError(
            f"There are no prompts in {folder}",
            remedy="Choose a language that has a folder in prompts/.",
        )
    files = {path.name: _read(path) for path in paths}
    phrases = _only(files, "phrases", {n: f.phrases for n, f in files.items() if f.phrases})
    spoken = _only(files, "spoken", {n: f.spoken for n, f in files.items() if f.spoken})
    lines = _merge("lines", {n: f.lines for n, f in files.items()})
    topics = _merge("topics", {n: f.topics for n, f in files.items()})
    grammars = _merge("grammars", {n: f.grammars for n, f in files.items()})
    spellings = _merge("spellings", {n: f.spellings for n, f in files.items()})
    advice = _merge("advice", {n: f.advice for n, f in files.items()})
    ladders = _merge("ladders", {n: f.ladders for n, f in files.items()})
    phrases_name, phrases_found = phrases
    heard = _Heard(phrases_name, phrases_found)
    return Script(
        language=folder.name,
        lines={LineKey(k): _line(k, v) for k, (_, v) in lines.items()},
        ladders={
            _choice(Part, name, f"{file}: ladders"): tuple(map(_rung, rungs))
            for name, (file, rungs) in ladders.items()
        },
        bedtime=tuple(_rung(r) for f in files.values() for r in f.bedtime),
        questions=tuple(_question(n, q) for n, f in files.items() for q in f.questions),
        advice={
            _level(name, f"{file}: advice"): Advice(_keys(a.plain), _keys(a.soft))
            for name, (file, a) in advice.items()
        },
        aftercare=_keys(spoken[1].aftercare),
        tips=_keys(spoken[1].tips),
        topics={TopicKey(k): Topic(TopicKey(k), _keys(v)) for k, (_, v) in topics.items()},
        grammars={
            _choice(GrammarKey, name, f"{file}: grammars"): heard.grammar(file, name, g)
            for name, (file, g) in grammars.items()
        },
        spellings={word: variants for word, (_, variants) in spellings.items()},
        origin=heard.origin,
    )


class _Heard:
    """The phrases by meaning, and where each word of them comes from."""

    def __init__(self, file: str, phrases: _Phrases) -> None:
        self.origin: dict[str, str] = {}
        self.answers: list[Phrase] = []
        for name, spoken in phrases.answers.items():
            where = f"{file}: phrases.answers.{name}"
            self.answers += self._phrases(where, _choice(Answer, name, where), spoken)
        self.commands: dict[Command, list[Phrase]] = {}
        for name, spoken in phrases.commands.items():
            where = f"{file}: phrases.commands.{name}"
            command = _choice(Command, name, where)
            self.commands[command] = self._phrases(where, command, spoken)
        self.topics: list[Phrase] = []
        for name, spoken in phrases.topics.items():
            where = f"{file}: phrases.topics.{name}"
            self.topics += self._phrases(where, TopicKey(name), spoken)

    def _phrases(self, where: str, meaning: Meaning, spoken: tuple[str, ...]) -> list[Phrase]:
        for words in spoken:
            for word in words.split():
                self.origin.setdefault(word, where)
        return [Phrase(words, meaning) for words in spoken]

    def grammar(self, file: str, name: str, entry: _Grammar) -> Grammar:
        """The phrases of one grammar: what it names, and the danger signs."""
        where = f"{file}: grammars.{name}.commands"
        wanted: list[Command] = [_choice(Command, c, where) for c in entry.commands]
        wanted += sorted(DANGER_SIGNS - set(wanted), key=lambda c: c.value)
        phrases = [p for command in wanted for p in self.commands.get(command, [])]
        if entry.answers:
            phrases = self.answers + phrases
        if entry.topics:
            phrases += self.topics
        return Grammar(_choice(GrammarKey, name, where), tuple(phrases), entry.decoys)


def _read(path: Path) -> _File:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_File, strict=True)
    except (msgspec.MsgspecError, OSError, UnicodeDecodeError) as error:
        raise ContentError(f"{path}: {error}", remedy="Mend the file, then try again.") from error


def _merge(section: str, parts: Mapping[str, Mapping[str, _T]]) -> dict[str, tuple[str, _T]]:
    """All entries of a section with the file each comes from. Raises ContentError for a double."""
    merged: dict[str, tuple[str, _T]] = {}
    for file, entries in parts.items():
        for key, value in entries.items():
            if key in merged:
                raise ContentError(
                    f"{section}.{key} stands in {merged[key][0]} and again in {file}",
                    remedy="Take one of them out.",
                )
            merged[key] = (file, value)
    return merged


def _only(files: Mapping[str, _File], section: str, found: Mapping[str, _T]) -> tuple[str, _T]:
    if len(found) != 1:
        where = ", ".join(found) or f"none of {', '.join(files)}"
        raise ContentError(
            f"The section [{section}] must stand in one file; it stands in {where}",
            remedy="Keep it in one.",
        )
    return next(iter(found.items()))


_E = TypeVar("_E", Part, GrammarKey, Command, Answer)


def _choice(kind: type[_E], name: str, where: str) -> _E:
    try:
        return kind(name)
    except ValueError:
        allowed = ", ".join(str(member.value) for member in kind)
        raise ContentError(
            f"{where}: {name!r} is not known", remedy=f"Use one of: {allowed}."
        ) from None


def _level(name: str, where: str) -> Level:
    try:
        return Level[name.upper()]
    except KeyError:
        allowed = ", ".join(level.name.lower() for level in Level)
        raise ContentError(
            f"{where}: {name!r} is not a level", remedy=f"Use one of: {allowed}."
        ) from None


def _keys(names: tuple[str, ...]) -> tuple[LineKey, ...]:
    return tuple(map(LineKey, names))


def _line(key: str, line: _Line) -> Line:
    sources = tuple(map(SourceId, line.sources))
    return Line(LineKey(key), line.text, sources, line.manner, line.may_contain, line.gap_s)


def _rung(rung: _Rung) -> Rung:
    return Rung(rung.key, _keys(rung.lines), rung.hold_s, rung.footing)


def _question(file: str, q: _Question) -> Question:
    where = f"{file}: questions.{q.key}"
    return Question(
        key=QuestionKey(q.key),
        ask=LineKey(q.ask),
        read_back=LineKey(q.read_back),
        reason=LineKey(q.reason),
        reason_unsure=LineKey(q.reason_unsure),
        yes=_level(q.yes, where),
        unsure=_level(q.unsure, where),
        unclear=_level(q.unclear, where),
        clot_sign=q.clot_sign,
        only_after_clot_sign=q.only_after_clot_sign,
    )
