"""Sentence templates -> all the sentences that they generate. Pure.

The notation is that of hassil, from Home Assistant: ``[perhaps]`` is optional,
``(this|that)`` is one of the two, ``[this|that]`` is either or neither, and ``<part>`` stands
for a named template, so that what many phrases share is written down once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Final

_TOKEN: Final = re.compile(r"\s*(?:(?P<mark>[\[\]()|])|<(?P<part>\w+)>|(?P<word>[\w']+))")

_CLOSES: Final = {"(": ")", "[": "]"}


class TemplateError(ValueError):
    """A malformed template; the message says which one, and where it goes wrong."""


@dataclass(frozen=True)
class Templates:
    """Expands templates that share ``parts``: named templates."""

    parts: Mapping[str, str] = field(default_factory=dict)
    _expanded: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False)

    def expand(self, template: str) -> tuple[str, ...]:
        """Every sentence of a template, each once, in the order written.

        Raises:
            TemplateError: a bracket is not closed, a part is unknown or contains itself, or a
                sentence would have no words.
        """
        found = self._expand(template, ())
        if "" in found:
            raise TemplateError(f"{template!r}: all of it may be left out")
        return found

    def _expand(self, template: str, within: tuple[str, ...]) -> tuple[str, ...]:
        reader = _Reader(template, lambda name: self._part(template, name, within))
        return tuple(dict.fromkeys(reader.sentences()))

    def _part(self, template: str, name: str, within: tuple[str, ...]) -> tuple[str, ...]:
        """The sentences of a part. ``within``: the parts that contain it, outermost first."""
        if name in within:
            raise TemplateError(f"{template!r}: the part <{name}> contains itself")
        if name not in self.parts:
            raise TemplateError(f"{template!r}: there is no part <{name}>")
        if name not in self._expanded:
            self._expanded[name] = self._expand(self.parts[name], (*within, name))
        return self._expanded[name]


class _Reader:
    """Reads one template from left to right."""

    def __init__(self, template: str, part: Callable[[str], Sequence[str]]) -> None:
        self._template = template
        self._part = part
        self._tokens = list(_tokens(template))
        self._at = 0

    def sentences(self) -> list[str]:
        found = self._alternatives()
        if self._at < len(self._tokens):
            raise TemplateError(f"{self._template!r}: {self._tokens[self._at][1]!r} closes nothing")
        return found

    def _alternatives(self) -> list[str]:
        """The alternatives between bars, up to the closing bracket."""
        found = self._row()
        while self._stands_at("|"):
            self._at += 1
            found += self._row()
        return found

    def _row(self) -> list[str]:
        said: list[Sequence[str]] = []
        while self._at < len(self._tokens) and not self._stands_at("|", ")", "]"):
            kind, text = self._tokens[self._at]
            self._at += 1
            if kind == "word":
                said.append((text,))
            elif kind == "part":
                said.append(self._part(text))
            else:
                said.append(self._bracket(text))
        return [" ".join(filter(None, words)) for words in product(*said)]

    def _bracket(self, opened: str) -> list[str]:
        found = self._alternatives()
        if not self._stands_at(_CLOSES[opened]):
            raise TemplateError(f"{self._template!r}: {opened!r} is not closed")
        self._at += 1
        return [*found, ""] if opened == "[" else found

    def _stands_at(self, *marks: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at] in {
            ("mark", mark) for mark in marks
        }


def _tokens(template: str) -> Iterator[tuple[str, str]]:
    """The kind and the text of each token."""
    text, at = template.rstrip(), 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise TemplateError(f"{template!r}: {text[at:].strip()!r} is not valid here")
        yield match.lastgroup, match[match.lastgroup]
        at = match.end()
