"""Checkpoints: the progress of a training run, written to disk every few minutes.

An interrupted run, by a power cut or by hand, resumes from its last checkpoint as if it
had never stopped. The random state resumes too, except for that of a graphics card.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import torch

KEPT_EVERY_S: Final = 300.0


class Stateful(Protocol):
    """Training state that can be saved and restored."""

    def state_dict(self) -> Mapping[str, Any]:
        """The state to save: tensors, numbers, strings, and containers of them."""

    def load_state_dict(self, state_dict: dict[str, Any], /) -> object:
        """Restore the saved state."""


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop: at whichever limit comes first."""

    seconds: float
    steps: int = 1_000_000

    def spent(self, elapsed_s: float, step: int) -> float:
        """Fraction spent, 1 when training must stop."""
        return max(elapsed_s / self.seconds, step / self.steps)


class Checkpoint:
    """Steps and time of one run, saved to ``path``."""

    def __init__(self, path: Path, budget: Budget, every_s: float = KEPT_EVERY_S) -> None:
        self.step = 0
        self._path = path
        self._budget = budget
        self._every_s = every_s
        self._parts: Mapping[str, Stateful] = {}
        self._before_s = 0.0
        self._began = self._kept = time.monotonic()

    def take_up(self, parts: Mapping[str, Stateful]) -> None:
        """Save ``parts`` from now on; if there is a checkpoint, resume from it."""
        self._parts = parts
        if self._path.exists():
            kept = torch.load(self._path, weights_only=True, map_location="cpu")
            self.step, self._before_s = kept["step"], kept["elapsed_s"]
            torch.set_rng_state(kept["random"])
            for name, part in parts.items():
                part.load_state_dict(kept["parts"][name])
            print(f"  resuming after {self._before_s / 60:.0f} min", flush=True)
        self._began = self._kept = time.monotonic()

    @property
    def spent(self) -> float:
        """Fraction of the budget spent, 1 when training must stop."""
        return self._budget.spent(self._elapsed_s, self.step)

    def advance(self) -> None:
        """Count a step, and write a checkpoint if it is time to."""
        self.step += 1
        if time.monotonic() - self._kept >= self._every_s:
            self._keep()
            self._kept = time.monotonic()

    def forget(self) -> None:
        """Remove the saved state; for when the result is on disk."""
        self._path.unlink(missing_ok=True)

    @property
    def _elapsed_s(self) -> float:
        return self._before_s + time.monotonic() - self._began

    def _keep(self) -> None:
        part = self._path.with_suffix(".part")
        kept = {
            "step": self.step,
            "elapsed_s": self._elapsed_s,
            "random": torch.get_rng_state(),
            "parts": {name: stateful.state_dict() for name, stateful in self._parts.items()},
        }
        torch.save(kept, part)
        part.replace(self._path)
