"""Sequence training in rounds: parallel runs from the same weights, then their mean.

Runs of a round differ in the data they happen to see, and their mean is better than each.
On CPUs they run in parallel, one per core; each leaves its result in the work
folder.

Steps alternate between all words of the domain and the key words alone. The key
words teach the network to refuse what only some grammars hold.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch

from scripts.train_model.dataset.store import read_stores
from scripts.train_model.dataset.windows import WindowSampler
from scripts.train_model.lang.costs import TRAINING_COSTS
from scripts.train_model.lang.lexicon import stock_dictionary, with_dropped_r
from scripts.train_model.lang.vocabulary import Phrases
from scripts.train_model.model.augment import Augmenter, Strength
from scripts.train_model.model.checkpoint import Budget, Checkpoint
from scripts.train_model.model.denominator import Denominator
from scripts.train_model.model.network import averaged
from scripts.train_model.model.train_lfmmi import fold_priors, train_sequences
from scripts.train_model.model.weights import read_network, write_network
from scripts.train_model.recipe import ROUND_SHARES, RUNS, SEQUENCE_SHARES, Recipe

_OUTPUTS = 66


def training_device() -> torch.device:
    """A graphics card if there is one; otherwise the CPU, with one thread per process."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    # On busy cores two threads were ten times slower than one.
    torch.set_num_threads(1)
    return torch.device("cpu")


def train_rounds(recipe: Recipe, phrases: Phrases) -> None:
    """Make ``sequences.pt`` from ``frames.pt``; existing results are not made again."""
    network, priors = read_network(recipe.work / "frames.pt", recipe.shape)
    fold_priors(network, priors)
    before = recipe.work / "round-0.pt"
    write_network(before, network, priors)
    for number, share in enumerate(ROUND_SHARES, 1):
        runs = _runs(recipe, phrases, number, share, before)
        before = recipe.work / f"round-{number}.pt"
        write_network(before, averaged([read_network(p, recipe.shape)[0] for p in runs]), priors)
    before.replace(recipe.work / "sequences.pt")


@dataclass(frozen=True, slots=True)
class _Run:
    """Duration of one run, its initial weights, and its output file."""

    name: str
    seconds: float
    before: Path
    after: Path


def _runs(recipe: Recipe, phrases: Phrases, number: int, share: float, before: Path) -> list[Path]:
    """The results of all runs of a round, made in parallel as far as there are cores."""
    side_by_side = min(RUNS, 1 if torch.cuda.is_available() else len(os.sched_getaffinity(0)))
    seconds = recipe.minutes * 60 * share * side_by_side / RUNS
    runs = [
        _Run(name, seconds, before, recipe.work / f"run-{name}.pt")
        for name in (f"{number}.{run}" for run in range(1, RUNS + 1))
    ]
    with ProcessPoolExecutor(side_by_side, multiprocessing.get_context("spawn")) as pool:
        training = [
            pool.submit(_train_run, recipe, phrases, r) for r in runs if not r.after.exists()
        ]
        for done in training:
            done.result()
    return [run.after for run in runs]


def _train_run(recipe: Recipe, phrases: Phrases, run: _Run) -> None:
    """One run, in its own process."""
    device = training_device()
    network, priors = read_network(run.before, recipe.shape)
    seed = 1000 * recipe.seed + round(10 * float(run.name))
    torch.manual_seed(seed)
    checkpoint = Checkpoint(run.after.with_suffix(".checkpoint"), Budget(run.seconds, recipe.steps))
    lexicon = with_dropped_r(stock_dictionary(), phrases.words)
    train_sequences(
        network,
        priors,
        WindowSampler(read_stores(recipe.work), SEQUENCE_SHARES, recipe.shape, _OUTPUTS, seed),
        Augmenter(Strength(), torch.Generator().manual_seed(seed)),
        denominators=[
            Denominator(words, lexicon, TRAINING_COSTS)
            for words in (phrases.words, phrases.key_words)
        ],
        checkpoint=checkpoint,
        device=device,
        batch_size=recipe.batch_size * 3 // 4,
        name=run.name,
    )
    write_network(run.after, network, priors)
    checkpoint.forget()
