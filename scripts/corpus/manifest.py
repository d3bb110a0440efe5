"""A manifest of recordings: reading it, choosing from it, and each recording's role.

A manifest is tab-separated, with the columns file, set, label, text, speaker,
licence and seconds; a field may be quoted as in CSV. Files are relative to the
manifest's folder. Training and measuring use the same reader.
"""

from __future__ import annotations

import csv
import enum
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.corpus.split import held_out
from scripts.faults import EvaluationError

MANIFEST: Final = "manifest.tsv"
"""Its file name in a folder of recordings."""

COLUMNS: Final = ("file", "set", "label", "text", "speaker", "licence", "seconds")

_RUNNING_SETS: Final = frozenset({"orders", "read", "accented"})
_RUNNING_LABELS: Final = frozenset({"other", "command_phrase", "speech", "order"})
_NOISE_LABELS: Final = frozenset({"_silence", "silence", "noise"})


class Role(enum.Enum):
    """What a recording is evidence of."""

    WORD = "word"
    """One word or phrase, in the grammar or not."""
    RUNNING = "running"
    """Speech that was not meant for Charley."""
    NOISE = "noise"
    KEYWORD = "keyword"
    """A wake phrase."""
    ROOM = "room"
    """An impulse response."""


@dataclass(frozen=True)
class Recording:
    """One line of a manifest. ``path`` is the audio file; ``duration_s`` is as stated."""

    path: Path
    file: str
    set_name: str
    label: str
    text: str
    speaker: str
    duration_s: float

    @property
    def role(self) -> Role:
        """What this recording is evidence of."""
        if self.set_name == "rooms":
            return Role.ROOM
        if self.set_name == "noise" or self.label in _NOISE_LABELS:
            return Role.NOISE
        if self.set_name == "keywords":
            return Role.KEYWORD
        if self.set_name in _RUNNING_SETS or self.label in _RUNNING_LABELS:
            return Role.RUNNING
        return Role.WORD

    @property
    def held_out(self) -> bool:
        """Whether the recording is held out from training."""
        return held_out(self.set_name, self.label, self.file, self.speaker)


def read_manifest(path: Path) -> tuple[Recording, ...]:
    """Every recording of a manifest, in order. Raises EvaluationError."""
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream, delimiter="\t", strict=True)
            missing = [c for c in COLUMNS if c not in (reader.fieldnames or ())]
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EvaluationError(
            f"{path}: the manifest cannot be read: {error}",
            remedy="Name a tab-separated file with --manifest.",
        ) from error
    if missing:
        raise EvaluationError(
            f"{path}: the manifest lacks the column {missing[0]!r}",
            remedy=f"Give it the columns {', '.join(COLUMNS)}, separated by tabs.",
        )
    return tuple(_recording(path, number, row) for number, row in enumerate(rows, start=2))


def _recording(path: Path, number: int, row: dict[str, str | None]) -> Recording:
    given = {column: (row[column] or "").strip() for column in COLUMNS}
    try:
        duration_s = float(given["seconds"])
    except ValueError:
        duration_s = -1.0
    if not given["file"] or duration_s < 0:
        raise EvaluationError(
            f"{path}: line {number} has no file, or no number of seconds",
            remedy="Fix or remove the line.",
        )
    return Recording(
        path.parent / given["file"],
        given["file"],
        given["set"],
        given["label"],
        given["text"],
        given["speaker"],
        duration_s,
    )


def chosen(
    recordings: Iterable[Recording], *, only_held_out: bool, limit: int | None = None
) -> tuple[Recording, ...]:
    """The recordings to measure with, in order.

    ``limit`` keeps that many of each set and label, always the same ones, spread
    over the speakers by a hash. All rooms are kept.
    """
    kept = [r for r in recordings if r.held_out or not only_held_out or r.role is Role.ROOM]
    if limit is None:
        return tuple(kept)
    groups: dict[tuple[str, str], list[Recording]] = defaultdict(list)
    for recording in kept:
        groups[recording.set_name, recording.label].append(recording)
    few = {r for group in groups.values() for r in _first(group, limit)}
    return tuple(r for r in kept if r.role is Role.ROOM or r in few)


def _first(group: Sequence[Recording], limit: int) -> Sequence[Recording]:
    return sorted(group, key=lambda r: (zlib.crc32(r.file.encode()), r.file))[:limit]
