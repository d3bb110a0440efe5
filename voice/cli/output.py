"""Output shared by several commands: progress on standard error, and JSON for programs."""

from __future__ import annotations

import json
import sys
from typing import Final

BAR_STEPS: Final = 30


class Bar:
    """Progress on standard error: redrawn on a terminal, otherwise one line per tenth.

    ``unit`` names the displayed unit, and ``per`` is how many counts make one of it.
    """

    def __init__(self, name: str, unit: str, per: float = 1.0) -> None:
        self._name = name
        self._unit = unit
        self._per = per
        self._live = sys.stderr.isatty()
        self._step = -1

    def __call__(self, had: int, whole: int) -> None:
        """Report progress, if the display would change."""
        steps = BAR_STEPS if self._live else 10
        step = had * steps // whole
        if step == self._step:
            return
        self._step = step
        digits = 0 if self._per == 1.0 else 1
        count = f"{had / self._per:.{digits}f} of {whole / self._per:.{digits}f} {self._unit}"
        told = f"{self._name}: {100 * had // whole:3d} %, {count}"
        if self._live:
            print(f"\r{told} [{'#' * step:<{steps}}]", end="", file=sys.stderr, flush=True)
        else:
            print(told, file=sys.stderr, flush=True)

    def close(self) -> None:
        """End the line."""
        if self._live and self._step >= 0:
            print(file=sys.stderr)


def print_json(found: object) -> None:
    """Print one JSON document."""
    print(json.dumps(found, indent=2, ensure_ascii=False))
