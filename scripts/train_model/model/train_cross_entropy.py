"""First stage of training: frame-level cross-entropy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from scripts.train_model.dataset.windows import WindowSampler
from scripts.train_model.lang.phones import N_CLASSES
from scripts.train_model.model.augment import Augmenter
from scripts.train_model.model.checkpoint import Checkpoint
from scripts.train_model.model.network import Network

_PEAK_RATE = 2e-3
_LAST_RATE = 2e-5
_WARM_STEPS = 150
_BATCH = 64
_REPORT_STEPS = 100


class ClassCounts:
    """Counts of each class; a class's share is its prior."""

    def __init__(self) -> None:
        self._counts = torch.full((N_CLASSES,), 100.0, dtype=torch.float64)

    def add(self, classes: Tensor) -> None:
        """Count ``classes``, of any shape."""
        self._counts += torch.bincount(classes.flatten(), minlength=N_CLASSES)

    def priors(self) -> Tensor:
        """Shares, shape (N_CLASSES,)."""
        return (self._counts / self._counts.sum()).float()

    def state_dict(self) -> Mapping[str, Any]:
        """The counts."""
        return {"counts": self._counts}

    def load_state_dict(self, state_dict: dict[str, Any], /) -> None:
        """Restore the counts."""
        self._counts = state_dict["counts"]


def train_frames(
    network: Network,
    sampler: WindowSampler,
    augmenter: Augmenter,
    checkpoint: Checkpoint,
    device: torch.device,
    *,
    batch_size: int = _BATCH,
) -> Tensor:
    """Train ``network`` for the budget of ``checkpoint``; return the priors, shape (N_CLASSES,)."""
    network.to(device).train()
    fill_normalisation(network, sampler, augmenter, device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=_PEAK_RATE, weight_decay=1e-3)
    counts = ClassCounts()
    losses: list[float] = []
    right: list[float] = []
    checkpoint.take_up(
        {
            "network": network,
            "optimiser": optimiser,
            "counts": counts,
            "windows": sampler,
            "effects": augmenter,
        }
    )
    while (spent := checkpoint.spent) < 1.0:
        rate = _LAST_RATE + (_PEAK_RATE - _LAST_RATE) * (1 - spent)
        set_rate(optimiser, rate * min(1.0, (checkpoint.step + 1) / _WARM_STEPS))
        batch = sampler.batch(batch_size)
        classes = batch.classes.to(device)
        inputs = augmenter(
            batch.speech.to(device), batch.noise.to(device), batch.is_noise.to(device)
        )
        with half_precision(device):
            scores = network(inputs)
        loss = cross_entropy(scores.transpose(1, 2), classes)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        counts.add(batch.classes)
        losses.append(loss.item())
        right.append((scores.argmax(2) == classes).float().mean().item())
        checkpoint.advance()
        if checkpoint.step % _REPORT_STEPS == 0:
            print(
                f"  frames: step {checkpoint.step}, {spent:.0%}, loss {np.mean(losses):.3f}, "
                f"frames right {np.mean(right):.1%}",
                flush=True,
            )
            losses.clear()
            right.clear()
    return counts.priors()


def fill_normalisation(
    network: Network, sampler: WindowSampler, augmenter: Augmenter, device: torch.device
) -> None:
    """Set the input mean and deviation from augmented windows."""
    batch = sampler.batch(256)
    inputs = augmenter(
        batch.speech.to(device), batch.noise.to(device), batch.is_noise.to(device)
    ).flatten(0, 1)
    network.mean.copy_(inputs.mean(dim=0))
    network.deviation.copy_(inputs.std(dim=0) + 1e-3)


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of every parameter group."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def half_precision(device: torch.device) -> torch.autocast:
    """Mixed precision where the device multiplies bfloat16 itself; elsewhere it would be slower."""
    multiplies = device.type == "cuda" or torch.cpu.get_capabilities().get("amx_bf16", False)
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=multiplies)
