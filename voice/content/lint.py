"""The rules for how Charley speaks, checked on every line of a script.

:class:`voice.content.script.Script` refuses what would be unsafe; this refuses what would be
unkind or unclear: long sentences, hard words, abbreviations, a prompt that ends in a word that the
microphone then listens for. The sources are checked in both directions against the table in
``prompts/SOURCES.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voice.content.script import GrammarKey, Line, LineKey, Script, SourceId
from voice.errors import ContentError

LONGEST_SENTENCE: Final = 15
"""In words. A longer sentence is hard to follow at three in the morning."""

HIGHEST_GRADE: Final = 6.0
"""Flesch-Kincaid grade of a passage."""

RUBBING: Final = frozenset({"S05", "S07"})
"""Sources that advise rubbing or pressing; never spoken without :data:`NOT_A_CLOT`."""

NOT_A_CLOT: Final = "N04"

NEVER_SAID: Final = ("you are fine", "you're fine", "nothing to worry")

_ABBREVIATION: Final = re.compile(r"\b(?:[A-Z]{2,}|[A-Z]\.[A-Z]\.|mg|min|sec|e\.g|i\.e)\b|\d")
_SOURCE_ROW: Final = re.compile(r"^\|\s*([SN]\d{2})\s*\|", re.MULTILINE)


@dataclass(frozen=True)
class Finding:
    """A breach of a rule: the line (or passage) and what is wrong with it."""

    where: str
    problem: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


def read_sources(path: Path) -> frozenset[SourceId]:
    """The ids in the table of sources. Raises ContentError if it cannot be read."""
    try:
        ids = _SOURCE_ROW.findall(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContentError(f"{path}: {error.strerror}", remedy="Restore the table.") from error
    return frozenset(map(SourceId, ids))


def lint(
    script: Script,
    sources: frozenset[SourceId],
    wake_phrases: Sequence[str],
    lines_by_grammar: Mapping[GrammarKey, frozenset[LineKey]],
) -> tuple[Finding, ...]:
    """Every breach of the rules in a script; empty if there is none.

    ``lines_by_grammar``: for each grammar, the lines that can be heard while the microphone
    listens for it; the dialogue knows them.
    """
    return (
        *_line_findings(script.lines.values()),
        *_passage_findings(script),
        *_source_findings(script, sources),
        *_echo_findings(script, wake_phrases, lines_by_grammar),
        *_unsaid(script, lines_by_grammar),
    )


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order, without their closing marks."""
    return [part.strip() for part in re.split(r"[.!?]+", text) if part.strip()]


def spoken_words(text: str) -> list[str]:
    """The words of a text as a microphone may hear them: lower case, no marks."""
    return re.findall(r"[a-z']+", text.lower())


def reading_grade(text: str) -> float:
    """Flesch-Kincaid grade level; syllables are counted as groups of vowels."""
    words = spoken_words(text)
    syllables = sum(map(_syllables, words))
    return 0.39 * len(words) / len(sentences(text)) + 11.8 * syllables / len(words) - 15.59


def _syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = word.endswith("e") and not word.endswith("le") and groups > 1
    return max(1, groups - silent)


def _line_findings(lines: Iterable[Line]) -> Iterable[Finding]:
    for line in lines:
        for sentence in sentences(line.text):
            count = len(sentence.split())
            if count > LONGEST_SENTENCE:
                yield Finding(line.key, f"a sentence of {count} words: {sentence!r}")
        if found := _ABBREVIATION.search(line.text):
            yield Finding(line.key, f"{found.group()!r} is not written out as words")
        for phrase in NEVER_SAID:
            if phrase in line.text.lower():
                yield Finding(line.key, f"{phrase!r} must never be said")
        if RUBBING & set(line.sources) and NOT_A_CLOT not in line.sources:
            yield Finding(line.key, f"says to rub or press without also citing {NOT_A_CLOT}")


def _passage_findings(script: Script) -> Iterable[Finding]:
    for name, keys in _passages(script):
        grade = reading_grade(" ".join(script.text(key) for key in keys))
        if grade > HIGHEST_GRADE:
            yield Finding(name, f"reads at grade {grade:.1f}; the limit is {HIGHEST_GRADE:.0f}")


def _passages(script: Script) -> Iterable[tuple[str, Sequence[LineKey]]]:
    for part, ladder in script.ladders.items():
        yield f"ladder {part.value}", [key for ladder_step in ladder for key in ladder_step.lines]
    yield "bedtime", [key for ladder_step in script.bedtime for key in ladder_step.lines]
    yield "questions", [q.ask for q in script.questions]
    yield "reasons", [q.reason for q in script.questions]
    for level, advice in script.advice.items():
        yield f"advice {level.name} plain", advice.plain
        yield f"advice {level.name} soft", advice.soft
    for topic in script.topics.values():
        yield f"topic {topic.key}", topic.lines
    yield "tips", script.tips
    yield "manners", [line.key for line in script.lines.values() if line.manner]


def _source_findings(script: Script, known: frozenset[SourceId]) -> Iterable[Finding]:
    spoken: set[SourceId] = set()
    for line in script.lines.values():
        spoken |= set(line.sources)
        for source in line.sources:
            if source not in known:
                yield Finding(line.key, f"cites the source {source}, which is not in the table")
    for source in sorted(known - spoken):
        yield Finding(source, "is in the table, but no line cites it")


def _echo_findings(
    script: Script,
    wake_phrases: Sequence[str],
    lines_by_grammar: Mapping[GrammarKey, frozenset[LineKey]],
) -> Iterable[Finding]:
    for grammar, keys in lines_by_grammar.items():
        phrases = {tuple(p.words.split()) for p in script.grammars[grammar].listened}
        if grammar is GrammarKey.WAKE:
            phrases |= {tuple(phrase.split()) for phrase in wake_phrases}
        for key in sorted(keys):
            heard = spoken_words(script.text(key))
            ends = (heard[-n:] for n in range(len(heard), 0, -1))
            found = next((end for end in ends if tuple(end) in phrases), None)
            if found is not None:
                yield Finding(
                    key,
                    f"ends in {' '.join(found)!r}, which {grammar.value!r} listens for after it",
                )


def _unsaid(
    script: Script, lines_by_grammar: Mapping[GrammarKey, frozenset[LineKey]]
) -> Iterable[Finding]:
    said = frozenset().union(*lines_by_grammar.values())
    for key in sorted(set(script.lines) - said):
        yield Finding(key, "is never said")
