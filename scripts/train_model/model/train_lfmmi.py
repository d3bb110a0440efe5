"""Second stage of training: lattice-free MMI over whole words and phrases.

The numerator is the phone chain of a window's own words, with free timing; the
denominator is everything the decoder might have preferred (``denominator``).
See D. Povey et al., "Purely sequence-trained neural networks for ASR based on
lattice-free MMI", Interspeech 2016.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from scripts.train_model.dataset.windows import Window, WindowSampler
from scripts.train_model.lang.phones import SELF_LOOP_PROBABILITY
from scripts.train_model.model.augment import Augmenter
from scripts.train_model.model.checkpoint import Checkpoint
from scripts.train_model.model.denominator import Denominator
from scripts.train_model.model.network import SUBSAMPLING, Network
from scripts.train_model.model.train_cross_entropy import half_precision, set_rate
from scripts.train_model.recipe import NOISE

#: Scale of the cross-entropy scores when they enter MMI; the decoder then uses 1.
SCORE_SCALE = 0.5
PRIOR_FLOOR = 0.006
_CROSS_ENTROPY_WEIGHT = 0.15
_OUTPUT_PENALTY = 0.0005
_PEAK_RATE = 8e-4
_LAST_RATE = 1e-5
_WARM_STEPS = 50
_BATCH = 48
_REPORT_STEPS = 50
_NEVER = -1e4

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Chains:
    """Phone chains of a batch; classes have shape (batch, longest chain)."""

    first: Tensor
    later: Tensor
    n_phones: Tensor
    lengths: Tensor


def floored(priors: Tensor) -> Tensor:
    """Priors that are never below ``PRIOR_FLOOR``, summing to one."""
    raised = priors.clamp(min=PRIOR_FLOOR)
    return raised / raised.sum()


def fold_priors(network: Network, priors: Tensor) -> None:
    """Turn log posteriors into scaled log likelihoods inside the last layer.

    Use ``floored`` priors: dividing by those of the rarest phones would make every
    silence sound like them.
    """
    with torch.no_grad():
        network.last.bias.sub_(torch.log(priors).to(network.last.bias))
        network.last.weight.mul_(SCORE_SCALE)
        network.last.bias.mul_(SCORE_SCALE)


def train_sequences(
    network: Network,
    priors: Tensor,
    sampler: WindowSampler,
    augmenter: Augmenter,
    *,
    denominators: Sequence[Denominator],
    checkpoint: Checkpoint,
    device: torch.device,
    batch_size: int = _BATCH,
    name: str = "",
) -> None:
    """Refine ``network``, whose priors are folded in, until ``checkpoint`` reaches its limit.

    Progress is reported under ``name``. The ``denominators`` alternate, step by step.
    """
    network.to(device).train()
    for denominator in denominators:
        denominator.to(device)
    log_priors = torch.log(priors).to(device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=_PEAK_RATE, weight_decay=1e-3)
    losses: list[tuple[float, float]] = []
    checkpoint.take_up(
        {"network": network, "optimiser": optimiser, "windows": sampler, "effects": augmenter}
    )
    while (spent := checkpoint.spent) < 1.0:
        rate = _LAST_RATE + (_PEAK_RATE - _LAST_RATE) * (1 - spent)
        set_rate(optimiser, rate * min(1.0, (checkpoint.step + 1) / _WARM_STEPS))
        batch = sampler.batch(batch_size, from_silence=True)
        chains, usable = phone_chains(sampler, batch.windows)
        inputs = augmenter(
            batch.speech[usable].to(device),
            batch.noise[usable].to(device),
            batch.is_noise[usable].to(device),
        )
        with half_precision(device):
            scores = network(inputs)
        denominator = denominators[checkpoint.step % len(denominators)]
        classes = batch.classes[usable].to(device)
        loss, parts = sequence_loss(scores, chains, classes, denominator, log_priors)
        optimiser.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), 3.0)
        if torch.isfinite(norm):
            optimiser.step()
            losses.append(parts)
        checkpoint.advance()
        if losses and checkpoint.step % _REPORT_STEPS == 0:
            means = np.mean(losses, axis=0)
            print(
                f"  sequences {name}: step {checkpoint.step}, {spent:.0%}, MMI {means[0]:.4f}, "
                f"cross-entropy {means[1]:.3f}",
                flush=True,
            )
            losses.clear()


def sequence_loss(
    scores: Tensor, chains: Chains, classes: Tensor, denominator: Denominator, log_priors: Tensor
) -> tuple[Tensor, tuple[float, float]]:
    """The loss of a batch, and its MMI and cross-entropy parts for reports.

    ``scores`` has shape (batch, n_outputs, N_CLASSES), ``classes`` (batch, n_outputs).
    """
    device = scores.device
    lengths = chains.lengths.to(device)
    counted = (torch.arange(scores.shape[1], device=device) < lengths[:, None]).float()
    n_counted = counted.sum()
    right = numerator(scores, chains)
    mmi = (denominator.log_total(scores, lengths) - right).sum() / n_counted
    entropy = cross_entropy(
        (scores / SCORE_SCALE + log_priors).transpose(1, 2), classes, reduction="none"
    )
    entropy = (entropy * counted).sum() / n_counted
    penalty = (scores.square().mean(2) * counted).sum() / n_counted
    loss = mmi + _CROSS_ENTROPY_WEIGHT * entropy + _OUTPUT_PENALTY * penalty
    return loss, (mmi.item(), entropy.item())


def numerator(scores: Tensor, chains: Chains) -> Tensor:
    """Log sum over all timings of each row's phone chain, shape (batch,)."""
    device = scores.device
    n_outputs = scores.shape[1]
    log_half = math.log(SELF_LOOP_PROBABILITY)
    spread = (-1, n_outputs, -1)
    enter = torch.gather(scores, 2, chains.first.to(device)[:, None].expand(*spread)) + log_half
    stay = torch.gather(scores, 2, chains.later.to(device)[:, None].expand(*spread)) + log_half
    lengths = chains.lengths.to(device)
    alpha = torch.full_like(enter[:, 0], _NEVER)
    alpha = torch.cat([enter[:, 0, :1], alpha[:, 1:]], dim=1)
    for t in range(1, n_outputs):
        arriving = torch.nn.functional.pad(alpha[:, :-1], (1, 0), value=_NEVER)
        fresh = torch.logaddexp(alpha + stay[:, t], arriving + enter[:, t])
        alpha = torch.where((t < lengths)[:, None], fresh, alpha)
    return alpha.gather(1, (chains.n_phones.to(device) - 1)[:, None])[:, 0]


def phone_chains(sampler: WindowSampler, windows: tuple[Window, ...]) -> tuple[Chains, Tensor]:
    """Phone chains of the usable windows, and their indices.

    A window that ends inside a word is cut back to the silence before it; one whose
    silence is too close to its beginning is used to its end.
    """
    sequences: list[IntArray] = []
    lengths: list[int] = []
    usable: list[int] = []
    for number, window in enumerate(windows):
        found = _chain(sampler, window)
        if found is not None:
            sequences.append(found[0])
            lengths.append(found[1])
            usable.append(number)
    return chains_of(sequences, lengths), torch.tensor(usable)


def chains_of(sequences: Sequence[IntArray], lengths: Sequence[int]) -> Chains:
    """Phones of each row (0 is silence, 1 + i phone i) and its number of outputs, as tensors."""
    longest = max(len(s) for s in sequences)
    phones = np.zeros((len(sequences), longest), np.int64)
    for row, sequence in enumerate(sequences):
        phones[row, : len(sequence)] = sequence
    return Chains(
        first=torch.from_numpy(np.where(phones == 0, 0, 2 * phones - 1)),
        later=torch.from_numpy(np.where(phones == 0, 0, 2 * phones)),
        n_phones=torch.tensor([len(s) for s in sequences]),
        lengths=torch.tensor(lengths),
    )


def _chain(sampler: WindowSampler, window: Window) -> tuple[IntArray, int] | None:
    if window.store == NOISE:
        return np.zeros(1, np.int64), sampler.n_outputs
    store = sampler.store_of(window)
    last = window.first + SUBSAMPLING * (sampler.n_outputs - 1) + 1
    return phone_chain(store.phone[window.first : last], store.start[window.first : last])


def phone_chain(
    phone: npt.NDArray[np.int8], start: npt.NDArray[np.bool_]
) -> tuple[IntArray, int] | None:
    """The phones of a window and the outputs they span; None if it is unusable.

    ``phone`` and ``start`` have one entry for each frame from the first output to the last.
    """
    at_outputs = phone[::SUBSAMPLING]
    n_outputs = length = len(at_outputs)
    quiet = np.flatnonzero(at_outputs == 0)
    if at_outputs[-1] != 0 and len(quiet) and quiet[-1] > n_outputs // 4:
        length = int(quiet[-1]) + 1
    count = SUBSAMPLING * (length - 1) + 1
    phones = phone[:count].astype(np.int64)
    began = start[:count].copy()
    began[0] = True
    began[1:] |= phones[1:] != phones[:-1]
    sequence = phones[began]
    keep = np.ones(len(sequence), np.bool_)
    keep[1:] = (sequence[1:] != 0) | (sequence[:-1] != 0)
    sequence = sequence[keep]
    # A chain needs one output per phone, and some slack for misplaced labels.
    if len(sequence) > length - 3 or length < 12:
        return None
    return sequence, length
