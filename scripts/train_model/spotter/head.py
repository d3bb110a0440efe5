"""Trains the head of the keyword spotter: two layers over the vectors, in PyTorch."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from scripts.progress import progress
from scripts.train_model.spotter.dataset import KEYWORDS, Examples
from voice.engines.keyword_spotter import WIDTH, Head, Vectors

SPAN: Final = 5
HIDDEN: Final = 64
ROUNDS: Final = 12
BATCH: Final = 128
LEARNING_RATE: Final = 2e-3
DROPOUT: Final = 0.3
WEIGHT_DECAY: Final = 1e-3

KEYWORD_WEIGHT: Final = 3.0
RUNNING_WEIGHT: Final = 0.5
"""Running speech may contain a yes or a no that its label does not tell of."""

LONGEST: Final = 60
"""Vectors of an utterance that training looks at, 5 s."""
FOLDS: Final = 4

_HIDDEN_AWAY: Final = -30.0


@dataclass(frozen=True)
class Found:
    """How a head does on people it has not heard.

    Of ``n`` utterances of a keyword, ``found`` have higher log-odds than all but one in
    ``one_in`` of the others; ``threshold`` is those log-odds.
    """

    keyword: str
    one_in: int
    threshold: float
    n: int
    found: int


class _Network(nn.Module):
    def __init__(self, keywords: int) -> None:
        super().__init__()
        self.inner = nn.Conv1d(WIDTH, HIDDEN, SPAN, padding=SPAN // 2)
        self.outer = nn.Conv1d(HIDDEN, keywords, 1)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, standard: Tensor, there: Tensor) -> Tensor:
        """(batch, LONGEST, WIDTH) and where there are vectors -> (batch, keywords)."""
        inner = torch.relu(self.inner(self.dropout(standard.transpose(1, 2))))
        outer = self.outer(self.dropout(inner)).masked_fill(~there[:, None], _HIDDEN_AWAY)
        return torch.logsumexp(2.0 * outer, dim=2) / 2.0


@dataclass(frozen=True)
class _Batched:
    vectors: Tensor
    there: Tensor
    wanted: Tensor
    weights: Tensor

    @staticmethod
    def of(examples: Examples) -> _Batched:
        count = len(examples.vectors)
        vectors = torch.zeros(count, LONGEST, WIDTH, dtype=torch.float16)
        there = torch.zeros(count, LONGEST, dtype=torch.bool)
        for row, one in enumerate(examples.vectors):
            length = min(len(one), LONGEST)
            vectors[row, :length] = torch.from_numpy(np.asarray(one[:length]))
            there[row, :length] = True
        wanted = torch.tensor([examples.contains(k) for k in KEYWORDS]).T.float()
        weights = 1.0 + (KEYWORD_WEIGHT - 1.0) * wanted
        running = torch.tensor(examples.running)
        return _Batched(
            vectors, there, wanted, torch.where(running[:, None], RUNNING_WEIGHT, weights)
        )

    def only(self, rows: Tensor) -> _Batched:
        return _Batched(self.vectors[rows], self.there[rows], self.wanted[rows], self.weights[rows])


def train(examples: Examples, seed: int) -> tuple[Head, list[Found]]:
    """The head trained on all examples, and how heads do on the folds that they left out."""
    batched = _Batched.of(examples)
    folds = torch.tensor([zlib.crc32(s.encode()) % FOLDS for s in examples.speakers])
    heard = np.zeros((len(folds), len(KEYWORDS)), np.float32)
    for fold in range(FOLDS):
        head = _fit(batched.only(torch.nonzero(folds != fold)[:, 0]), seed)
        for row in torch.nonzero(folds == fold)[:, 0].tolist():
            vectors: Vectors = np.asarray(examples.vectors[row][:LONGEST], np.float32)
            heard[row] = list(head.log_odds(vectors).values())
    return _fit(batched, seed), _found(heard, examples)


def _fit(data: _Batched, seed: int) -> Head:
    torch.manual_seed(seed)
    every = data.vectors[data.there].float()
    mean, scale = every.mean(0), every.std(0) + 1e-3
    network = _Network(len(KEYWORDS))
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    count = len(data.vectors)
    steps = ROUNDS * (count // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, steps + 1)
    network.train()
    for _ in progress("head", range(ROUNDS)):
        order = torch.randperm(count)
        for rows in order[: count // BATCH * BATCH].split(BATCH):
            batch = data.only(rows)
            standard = (batch.vectors.float() - mean) / scale * batch.there[:, :, None]
            heard = network(standard, batch.there)
            losses = binary_cross_entropy_with_logits(heard, batch.wanted, reduction="none")
            optimiser.zero_grad()
            (losses * batch.weights).mean().backward()
            optimiser.step()
            schedule.step()
    return _head(network, mean, scale)


def _head(network: _Network, mean: Tensor, scale: Tensor) -> Head:
    def array(tensor: Tensor | None) -> Vectors:
        assert tensor is not None  # noqa: S101 - both layers have a bias
        return np.asarray(tensor.detach().numpy(), np.float32)

    inner, outer = network.inner, network.outer
    return Head(
        KEYWORDS,
        array(mean),
        array(scale),
        array(inner.weight.permute(2, 1, 0).contiguous()),
        array(inner.bias),
        array(outer.weight[:, :, 0].T.contiguous()),
        array(outer.bias),
    )


def _found(heard: Vectors, examples: Examples) -> list[Found]:
    found = []
    for column, keyword in enumerate(KEYWORDS):
        said = np.array(examples.contains(keyword))
        others = np.sort(heard[~said, column])[::-1]
        for one_in in (100, 1000):
            threshold = float(others[len(others) // one_in])
            right = int((heard[said, column] > threshold).sum())
            found.append(Found(keyword, one_in, threshold, int(said.sum()), right))
    return found
