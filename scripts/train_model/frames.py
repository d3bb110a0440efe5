"""First stage of training: cross-entropy against the class of every frame."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from scripts.train_model.augment import Augmenter
from scripts.train_model.network import Network
from scripts.train_model.phones import N_CLASSES
from scripts.train_model.windows import WindowSampler

_PEAK_RATE = 2e-3
_LAST_RATE = 2e-5
_WARM_STEPS = 150
_BATCH = 64
_REPORT_STEPS = 100


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop: at whichever limit comes first."""

    seconds: float
    steps: int = 1_000_000

    def spent(self, began: float, step: int) -> float:
        """Fraction spent, 1 when training must stop."""
        return max((time.monotonic() - began) / self.seconds, step / self.steps)


def train_frames(
    network: Network,
    sampler: WindowSampler,
    augmenter: Augmenter,
    budget: Budget,
    device: torch.device,
    *,
    batch_size: int = _BATCH,
) -> Tensor:
    """Train ``network`` in place and return the class priors, shape (N_CLASSES,)."""
    network.to(device).train()
    fill_normalisation(network, sampler, augmenter, device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=_PEAK_RATE, weight_decay=1e-3)
    counts = np.full(N_CLASSES, 100.0)
    losses: list[float] = []
    right: list[float] = []
    began = time.monotonic()
    step = 0
    while (spent := budget.spent(began, step)) < 1.0:
        rate = _LAST_RATE + (_PEAK_RATE - _LAST_RATE) * (1 - spent)
        set_rate(optimiser, rate * min(1.0, (step + 1) / _WARM_STEPS))
        batch = sampler.batch(batch_size)
        classes = batch.classes.to(device)
        inputs = augmenter(
            batch.speech.to(device), batch.noise.to(device), batch.is_noise.to(device)
        )
        with torch.autocast(device.type, dtype=torch.bfloat16):
            scores = network(inputs)
        loss = cross_entropy(scores.transpose(1, 2), classes)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        counts += np.bincount(batch.classes.numpy().ravel(), minlength=N_CLASSES)
        losses.append(loss.item())
        right.append((scores.argmax(2) == classes).float().mean().item())
        step += 1
        if step % _REPORT_STEPS == 0:
            print(
                f"  frames: step {step}, {spent:.0%}, loss {np.mean(losses):.3f}, "
                f"frames right {np.mean(right):.1%}",
                flush=True,
            )
            losses.clear()
            right.clear()
    return torch.tensor(counts / counts.sum(), dtype=torch.float32)


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
