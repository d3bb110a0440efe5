"""Reads a golden conversation: what the person says, and what Charley does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_YOU: Final = re.compile(r"^You[^:]*: (.*)$")
_CHARLEY: Final = re.compile(r"^Charley(?:, (\d+) seconds in)?: (.*)$")


@dataclass(frozen=True)
class Conversation:
    """``replies``, empty for silence; ``said``: each line, with its second within a hold."""

    replies: tuple[str, ...]
    said: tuple[tuple[str, int | None], ...]


def read_conversation(path: Path) -> Conversation:
    """The conversation in a file of tests/conversations."""
    lines = path.read_text(encoding="utf-8").splitlines()
    replies = [found.group(1) for line in lines if (found := _YOU.match(line))]
    said = [found.groups() for line in lines if (found := _CHARLEY.match(line))]
    return Conversation(
        tuple("" if reply == "(says nothing)" else reply for reply in replies),
        tuple((text, None if second is None else int(second)) for second, text in said),
    )
