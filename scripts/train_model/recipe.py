"""All choices of one training run, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from scripts.train_model.lang.costs import GraphCosts
from scripts.train_model.lang.vocabulary import N_COMMON_WORDS, N_FIRST_NAMES
from scripts.train_model.model.shape import Shape

# : How many differently treated copies of each clip are stored, each in a different room.
COPIES = {"commands": 6, "an4": 4, "keywords": 7, "orders": 5, "read": 6, "synthesised": 3}

# : The set without speech.
NOISE = "noise"

#: Share of training windows drawn from each store.
FRAME_SHARES = {
    "commands": 0.26, "an4": 0.08, "keywords": 0.03, "orders": 0.07, "read": 0.08,
    "synthesised": 0.22, "noise": 0.26,
}  # fmt: skip
SEQUENCE_SHARES = {
    "commands": 0.18, "an4": 0.10, "keywords": 0.06, "orders": 0.07, "read": 0.10,
    "synthesised": 0.28, "noise": 0.21,
}  # fmt: skip

# : Share of the time for the first training stage.
FRAMES_SHARE = 0.3


# : Shares of the time for the rounds of the second stage.
ROUND_SHARES = (0.35, 0.35)

# : Runs per round whose weights are averaged.
RUNS = 2


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to train on, how long, and where everything is.

    ``minutes`` is wall-clock time for all training together; ``steps`` limits each
    of its runs, for tests. Without ``data`` only synthesised speech is used.
    """

    work: Path
    out: Path
    data: Path | None = None
    prompts: Path | None = None
    minutes: float = 480.0
    steps: int = 1_000_000
    seed: int = 0
    n_synthesised: int = 16_000
    n_synthetic_noises: int = 500
    n_common_words: int = N_COMMON_WORDS
    n_first_names: int = N_FIRST_NAMES
    batch_size: int = 64
    shape: Shape = field(default_factory=lambda: Shape(448, 112, (1, 1, 1, 2, 2, 2)))
    costs: GraphCosts = field(default_factory=GraphCosts)
