"""Reads ``prompts/<language>/*.toml`` into a :class:`voice.content.script.Script`.

Every file may hold any of the sections; together they make up one script. A key that occurs in two
files is an error, and so is an unknown key.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from voice.content.phrases import GrammarEntry, Heard, PhrasesEntry, choice
from voice.content.script import (
    Advice,
    Answer,
    Footing,
    LadderStep,
    Level,
    Line,
    LineKey,
    Part,
    Question,
    QuestionKey,
    Reach,
    Script,
    SourceId,
    Stage,
    Topic,
    TopicKey,
)
from voice.errors import ContentError

_T = TypeVar("_T")


class _Line(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    text: str
    sources: tuple[str, ...] = ()
    manner: bool = False
    gap_s: Annotated[float, msgspec.Meta(ge=0, le=5)] = 0.0


class _LadderStep(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    key: str
    lines: tuple[str, ...]
    hold_s: float | None = None
    footing: Footing = Footing.ANY
    rubs: bool = False


class _Question(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    key: str
    ask: str
    explain: str
    read_back: str
    reason: str
    reason_unsure: str
    yes: str
    unsure: str
    unclear: str
    stage: Stage = Stage.TONIGHT
    reach: Reach = Reach.ASKED
    ask_leg: str | None = None
    danger_next: tuple[str, ...] = ()
    clot_sign: bool = False
    follow_up: str | None = None


class _Advice(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    plain: tuple[str, ...]
    soft: tuple[str, ...]
    brief: tuple[str, ...] = ()
    clot: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()


class _Spoken(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    tips: tuple[str, ...]
    reach: dict[str, str]


class _File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    lines: dict[str, _Line] = {}
    ladders: dict[str, tuple[_LadderStep, ...]] = {}
    bedtime: tuple[_LadderStep, ...] = ()
    questions: tuple[_Question, ...] = ()
    advice: dict[str, _Advice] = {}
    spoken: _Spoken | None = None
    topics: dict[str, tuple[str, ...]] = {}
    phrases: PhrasesEntry | None = None
    grammars: dict[str, GrammarEntry] = {}
    spellings: dict[str, tuple[str, ...]] = {}


def load_script(folder: Path) -> Script:
    """Read the script of one language from its folder; the folder's name is the language.

    Raises ContentError, naming file and key, for anything malformed.
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
    questions = tuple(_question(n, q) for n, f in files.items() for q in f.questions)
    phrases_name, phrases_found = phrases
    heard = Heard(phrases_name, phrases_found, {q.key: q for q in questions})
    return Script(
        language=folder.name,
        lines={LineKey(k): _line(k, v) for k, (_, v) in lines.items()},
        ladders={
            choice(Part, name, f"{file}: ladders"): tuple(map(_ladder_step, steps))
            for name, (file, steps) in ladders.items()
        },
        reach={
            choice(Part, name, f"{spoken[0]}: spoken.reach"): LineKey(key)
            for name, key in spoken[1].reach.items()
        },
        bedtime=tuple(_ladder_step(step) for f in files.values() for step in f.bedtime),
        questions=questions,
        advice={
            _level(name, f"{file}: advice"): _advice(entry)
            for name, (file, entry) in advice.items()
        },
        tips=_keys(spoken[1].tips),
        topics={TopicKey(k): Topic(TopicKey(k), _keys(v)) for k, (_, v) in topics.items()},
        grammars={
            grammar.key: grammar
            for grammar in (heard.grammar(file, name, g) for name, (file, g) in grammars.items())
        },
        sides=heard.sides,
        spellings={word: variants for word, (_, variants) in spellings.items()},
        origin=heard.origin,
    )


def _read(path: Path) -> _File:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_File, strict=True)
    except (msgspec.MsgspecError, OSError, UnicodeDecodeError) as error:
        raise ContentError(f"{path}: {error}", remedy="Fix the file, then try again.") from error


def _merge(section: str, parts: Mapping[str, Mapping[str, _T]]) -> dict[str, tuple[str, _T]]:
    """All entries of a section, each with its file. Raises ContentError for a duplicate."""
    merged: dict[str, tuple[str, _T]] = {}
    for file, entries in parts.items():
        for key, value in entries.items():
            if key in merged:
                raise ContentError(
                    f"{section}.{key} is in both {merged[key][0]} and {file}",
                    remedy="Remove one of them.",
                )
            merged[key] = (file, value)
    return merged


def _only(files: Mapping[str, _File], section: str, found: Mapping[str, _T]) -> tuple[str, _T]:
    if len(found) != 1:
        where = ", ".join(found) or f"none of {', '.join(files)}"
        raise ContentError(
            f"The section [{section}] must be in exactly one file; it is in {where}",
            remedy="Keep it in one file.",
        )
    return next(iter(found.items()))


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
    return Line(LineKey(key), line.text, sources, line.manner, line.gap_s)


def _ladder_step(step: _LadderStep) -> LadderStep:
    return LadderStep(step.key, _keys(step.lines), step.hold_s, step.footing, step.rubs)


def _advice(entry: _Advice) -> Advice:
    return Advice(
        _keys(entry.plain),
        _keys(entry.soft),
        _keys(entry.brief),
        _keys(entry.clot),
        _keys(entry.partial),
    )


def _question(file: str, q: _Question) -> Question:
    where = f"{file}: questions.{q.key}"
    return Question(
        key=QuestionKey(q.key),
        ask=LineKey(q.ask),
        explain=LineKey(q.explain),
        read_back=LineKey(q.read_back),
        reason=LineKey(q.reason),
        reason_unsure=LineKey(q.reason_unsure),
        yes=_level(q.yes, where),
        unsure=_level(q.unsure, where),
        unclear=_level(q.unclear, where),
        stage=q.stage,
        reach=q.reach,
        ask_leg=None if q.ask_leg is None else LineKey(q.ask_leg),
        danger_next=frozenset(choice(Answer, name, where) for name in q.danger_next),
        clot_sign=q.clot_sign,
        follow_up=None if q.follow_up is None else QuestionKey(q.follow_up),
    )
