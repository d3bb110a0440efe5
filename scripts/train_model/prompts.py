"""Reads from ``prompts/`` what the assistant listens for."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

LISTENING = "listening.toml"


class PromptsError(Exception):
    """The listening file cannot be read."""


def listened_phrases(folder: Path) -> tuple[str, ...]:
    """Return every phrase and decoy of ``folder/listening.toml``, in order.

    Phrases are the strings in tables under ``[phrases]``; decoys, those under
    ``decoys`` of each grammar, must have sounds too.

    Raises:
        PromptsError: the file is missing or no TOML.
    """
    path = folder / LISTENING
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise PromptsError(f"cannot read {path}: {error}") from error
    found: list[str] = []
    for meanings in content.get("phrases", {}).values():
        for phrases in meanings.values():
            found.extend(phrases)
    for grammar in content.get("grammars", {}).values():
        found.extend(grammar.get("decoys", ()))
    return tuple(dict.fromkeys(found))
