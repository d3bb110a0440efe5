"""The table of what people say: ``said.txt``, read for the tests beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from voice.content.script import GrammarKey, QuestionKey

TABLE = Path(__file__).with_name("said.txt")

NOTHING = "-"
"""The meaning of a phrase that means nothing, after which Charley asks again."""

_PLACE = re.compile(r"\[(?P<grammar>\w+)(?:, (?P<asked>\w+))?\]")


@dataclass(frozen=True)
class Said:
    """One line: what is said, where, and what it must mean (in the names of ``charley hear``)."""

    grammar: GrammarKey
    asked: QuestionKey | None
    words: str
    meanings: tuple[str, ...]

    def __str__(self) -> str:
        asked = f", {self.asked}" if self.asked else ""
        return f"[{self.grammar.value}{asked}] {self.words}"


def read_table(path: Path = TABLE) -> tuple[Said, ...]:
    """Every line of the table, in its order."""
    found: list[Said] = []
    place = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if heading := _PLACE.fullmatch(line):
            asked = heading["asked"]
            place = GrammarKey(heading["grammar"]), QuestionKey(asked) if asked else None
            continue
        assert place is not None, f"{line!r} stands under no [grammar]"
        words, _, meanings = line.partition(" = ")
        assert meanings, f"{line!r} does not say what it must come to"
        found.append(Said(*place, words.strip(), tuple(meanings.strip().split(" or "))))
    return tuple(found)
