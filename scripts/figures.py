"""Figures with their targets, as rows of a table. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One row of the table: what is measured, and its target."""

    key: str
    title: str
    target: float | None
    meaning: str
    more_is_better: bool = False

    def verdict(self, value: float) -> str:
        """Whether the target is met."""
        if self.target is None:
            return ""
        met = value >= self.target if self.more_is_better else value <= self.target
        return "met" if met else "MISSED"

    def wanted(self) -> str:
        """The target in words."""
        if self.target is None:
            return ""
        return f"{'at least' if self.more_is_better else 'at most'} {self.target:g}"


def rows(figures: Sequence[Figure], found: Mapping[str, float]) -> list[str]:
    """The figures as rows of a table, and below it how each was measured."""
    cells = [
        (f.title, f"{found[f.key]:.4g}", f.wanted(), f.verdict(found[f.key]))
        for f in figures
        if f.key in found
    ]
    head = ("Figure", "Measured", "Target", "")
    widths = [max(len(row[i]) for row in (head, *cells)) for i in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *cells)
    ]
    return [*lines, *(f"{f.title}: {f.meaning}." for f in figures)]
