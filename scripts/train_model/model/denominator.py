"""The competitors of the correct words in lattice-free MMI.

The competitor graph has the shape of the decoding graph: from one hub, optional
silence, every word of the domain, and "[unk]" as a loop of all phones. States
stand for phones; a state is entered on a phone's first frame and stayed in on
later ones. ``log_total`` sums over all paths and has the exact gradient.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from scripts.train_model.lang.costs import GraphCosts
from scripts.train_model.lang.lexicon import Lexicon
from scripts.train_model.lang.phones import (
    N_CLASSES,
    PHONES,
    SELF_LOOP_PROBABILITY,
    SILENCE_CLASS,
    first_class,
    later_class,
)

_TINY = 1e-30


class Denominator:
    """The competitor graph as vectors over its states, in the order of its chains.

    ``entry`` is the probability weight of entering a state from the hub, ``follows``
    is 1 where a state continues the previous one, ``final`` is 1 where a chain ends,
    ``loop`` the weight of entering a state of the phone loop from another one.
    """

    def __init__(self, words: Sequence[str], lexicon: Lexicon, costs: GraphCosts) -> None:
        first, later = [SILENCE_CLASS], [SILENCE_CLASS]
        entry, follows, final = [math.exp(-costs.silence)], [0.0], [1.0]
        for word in words:
            for phones in lexicon[word]:
                weight = math.exp(-costs.word) / len(lexicon[word])
                for place, phone in enumerate(phones):
                    first.append(first_class(phone))
                    later.append(later_class(phone))
                    entry.append(0.0 if place else weight)
                    follows.append(1.0 if place else 0.0)
                    final.append(1.0 if place == len(phones) - 1 else 0.0)
        self.loop_start = len(first)
        loop_weight = math.exp(-costs.unknown_phone) / len(PHONES)
        for phone in PHONES:
            first.append(first_class(phone))
            later.append(later_class(phone))
            entry.append(math.exp(-costs.unknown) * loop_weight)
            follows.append(0.0)
            final.append(1.0)
        self.first = torch.tensor(first)
        self.later = torch.tensor(later)
        self.entry = torch.tensor(entry)
        self.follows = torch.tensor(follows)
        self.final = torch.tensor(final)
        self.loop = torch.zeros(len(first))
        self.loop[self.loop_start :] = loop_weight
        self.first_map = torch.nn.functional.one_hot(self.first, N_CLASSES).float()
        self.later_map = torch.nn.functional.one_hot(self.later, N_CLASSES).float()

    def __len__(self) -> int:
        return len(self.first)

    def to(self, device: torch.device) -> Denominator:
        """Move every vector to ``device``, in place."""
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                setattr(self, name, value.to(device))
        return self

    def log_total(self, scores: Tensor, lengths: Tensor) -> Tensor:
        """Log sum over all paths, shape (batch,).

        ``scores`` has shape (batch, n_outputs, N_CLASSES); only the first
        ``lengths`` outputs of each row count.
        """
        total: Tensor = _LogTotal.apply(scores, lengths, self)
        return total


def _advanced(values: Tensor) -> Tensor:
    """Shift by one state along the chains."""
    return torch.nn.functional.pad(values[:, :-1], (1, 0))


class _LogTotal(torch.autograd.Function):
    """Forward-backward in scaled probabilities; the gradient is the occupancy."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, lengths: Tensor, graph: Denominator) -> Tensor:
        batch, n_outputs, _ = scores.shape
        peak = scores.amax(dim=2, keepdim=True)
        likelihood = torch.exp(scores - peak)
        enter = (likelihood[:, :, graph.first] * (1 - SELF_LOOP_PROBABILITY)).transpose(0, 1)
        stay = (likelihood[:, :, graph.later] * SELF_LOOP_PROBABILITY).transpose(0, 1)
        entered = [graph.entry.expand(batch, -1)]
        alpha = entered[0] * enter[0]
        scale = alpha.sum(1, keepdim=True)
        alpha = alpha / scale
        alphas, scales = [alpha], [scale]
        total = torch.log(scale[:, 0]) + peak[:, 0, 0]
        for t in range(1, n_outputs):
            hub = (alpha * graph.final).sum(1, keepdim=True)
            looping = alpha[:, graph.loop_start :].sum(1, keepdim=True)
            arriving = _advanced(alpha) * graph.follows + hub * graph.entry + looping * graph.loop
            fresh = alpha * stay[t] + arriving * enter[t]
            scale = fresh.sum(1, keepdim=True)
            running = (t < lengths)[:, None]
            alpha = torch.where(running, fresh / scale, alpha)
            total = total + torch.where(running[:, 0], torch.log(scale[:, 0]) + peak[:, t, 0], 0.0)
            entered.append(arriving)
            alphas.append(alpha)
            scales.append(scale)
        ending = (alpha * graph.final).sum(1, keepdim=True) + _TINY
        total = total + torch.log(ending[:, 0])
        occupancy = _occupancy(
            graph, lengths=lengths, enter=enter, stay=stay, entered=entered, alphas=alphas,
            scales=scales, ending=ending,
        )  # fmt: skip
        ctx.save_for_backward(occupancy)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (occupancy,) = ctx.saved_tensors
        return occupancy * gradients[0][:, None, None], None, None


def _occupancy(
    graph: Denominator,
    *,
    lengths: Tensor,
    enter: Tensor,
    stay: Tensor,
    entered: list[Tensor],
    alphas: list[Tensor],
    scales: list[Tensor],
    ending: Tensor,
) -> Tensor:
    """Expected counts of each class, shape (batch, n_outputs, N_CLASSES)."""
    n_outputs, batch, n_states = enter.shape
    at_end = (graph.final / ending).expand(batch, -1)
    beta = torch.zeros(batch, n_states, device=enter.device)
    rows: list[Tensor] = []
    for t in range(n_outputs - 1, -1, -1):
        # Each row begins its own backward pass at its own last output.
        beta = torch.where((t >= lengths - 1)[:, None], at_end, beta)
        active = (t < lengths)[:, None].float()
        onward = beta / scales[t]
        by_entering = entered[t] * enter[t] * onward * active
        row = by_entering @ graph.first_map
        if t:
            row = row + (alphas[t - 1] * stay[t] * onward * active) @ graph.later_map
            through = enter[t] * onward
            chain = torch.nn.functional.pad((through * graph.follows)[:, 1:], (0, 1))
            from_hub = (through * graph.entry).sum(1, keepdim=True)
            from_loop = (through * graph.loop).sum(1, keepdim=True)
            beta = stay[t] * onward + chain + graph.final * from_hub
            beta[:, graph.loop_start :] += from_loop
        rows.append(row)
    return torch.stack(rows[::-1], dim=1)
