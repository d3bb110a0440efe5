"""The recordings to learn from, and the speakers kept out of learning.

A data folder holds ``manifest.tsv`` with the columns file, set, label, text,
speaker, licence and seconds. One speaker in five is held out by a hash of the
speaker's name, so the same people stay unheard whatever else changes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scripts.evaluation.split import held_out


class CorpusError(Exception):
    """The data folder is missing or its manifest cannot be read."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One line of a manifest; ``path`` is absolute."""

    path: Path
    file: str
    set: str
    label: str
    text: str
    speaker: str
    licence: str
    duration_s: float

    @property
    def held_out(self) -> bool:
        """Whether no training stage may see this recording."""
        return held_out(self.set, self.label, self.file, self.speaker)


def read_manifest(folder: Path) -> tuple[Recording, ...]:
    """Read ``folder/manifest.tsv``.

    Raises:
        CorpusError: the file is absent or lacks a column.
    """
    path = folder / "manifest.tsv"
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream, delimiter="\t"))
    except OSError as error:
        raise CorpusError(f"cannot read {path}: {error}") from error
    try:
        return tuple(
            Recording(
                path=folder / row["file"],
                file=row["file"],
                set=row["set"],
                label=row["label"],
                text=row["text"],
                speaker=row["speaker"],
                licence=row["licence"],
                duration_s=float(row["seconds"]),
            )
            for row in rows
        )
    except (KeyError, ValueError) as error:
        raise CorpusError(f"{path}: missing or bad column {error}") from error


def for_training(recordings: Iterable[Recording]) -> tuple[Recording, ...]:
    """Return the recordings that training may use."""
    return tuple(r for r in recordings if not r.held_out)


def for_measuring(recordings: Iterable[Recording]) -> tuple[Recording, ...]:
    """Return the recordings of held-out people and sources."""
    return tuple(r for r in recordings if r.held_out)
