"""Continues training from a model folder, on one training set, in newly drawn rooms and noise.

    python -m scripts.train_model.model.tuning --set night.zip --out DIR --minutes 6 --device cuda
    python -m scripts.train_model.model.tuning --set night.zip --out DIR --minutes 480

``DIR/model`` is then a loadable model folder. The whole set is kept in the memory of the
training device. A checkpoint is written to ``DIR`` every few minutes; the same command resumes
from it. The weights that ship are a running mean of those of the last steps, better than any
single one.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from scripts.train_model.dataset.mel import HOP_SAMPLES, WINDOW_SAMPLES
from scripts.train_model.dataset.pack import Pack, PackError, read_pack
from scripts.train_model.export.affine import to_nnet3
from scripts.train_model.export.kaldi import write_model
from scripts.train_model.export.restore import RestoreError, freeze, normalise_input, restore
from scripts.train_model.lang.costs import TRAINING_COSTS
from scripts.train_model.lang.lexicon import stock_dictionary, with_dropped_r
from scripts.train_model.lang.prompts import listened_phrases
from scripts.train_model.lang.vocabulary import Phrases, read_phrases
from scripts.train_model.model.checkpoint import Budget, Checkpoint
from scripts.train_model.model.denominator import Denominator
from scripts.train_model.model.network import Network
from scripts.train_model.model.scenes import Scenes, Setting
from scripts.train_model.model.shape import SUBSAMPLING, Shape
from scripts.train_model.model.train_cross_entropy import ClassCounts, half_precision, set_rate
from scripts.train_model.model.train_lfmmi import (
    Chains,
    chains_of,
    floored,
    phone_chain,
    sequence_loss,
)
from scripts.train_model.recipe import NOISE
from voice.app.model_sums import write_sums

#: Share of windows drawn from each set.
SHARES = {
    "natural": 0.30, "natural_soft": 0.03, "commands": 0.17, "commands_train": 0.04, "an4": 0.08,
    "keywords": 0.05, "community_wake": 0.03, "orders": 0.04, "read": 0.04, "accented": 0.04,
    "synthesised": 0.06, "noise": 0.12,
}  # fmt: skip

# : Sets whose talk serves as a television or a partner in the background.
BABBLE_SETS = frozenset({"read", "orders", "accented"})
BABBLE_SHARE = 0.25

_OUTPUTS = 66
_BATCH = 48
_PREPARING_BATCHES = 4
_SPEEDS = (0.87, 1.15)
_PEAK_RATE = 4e-4
_LAST_RATE = 1e-5
_WARM_STEPS = 50
_MEAN_DECAY = 0.99
_REPORT_STEPS = 25

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Windows:
    """A batch: waveforms (batch, n_samples), noises (batch, 2, n_samples), and their words."""

    speech: Tensor
    noises: Tensor
    is_noise: Tensor
    classes: Tensor
    chains: Chains


class PackSampler:
    """Draws windows of a pack that is on a device; each begins between words.

    Every set has its share, every clip of a set the same chance, and each window is played
    at a random speed.
    """

    def __init__(self, pack: Pack, shape: Shape, seed: int, device: torch.device) -> None:
        self._pack = pack
        self._context = shape.context
        self._n_samples = HOP_SAMPLES * (shape.n_inputs(_OUTPUTS) - 1) + WINDOW_SAMPLES
        self._device = device
        self._wave = torch.from_numpy(pack.wave).to(device)
        self._starts = np.cumsum(pack.start)
        self._quiet_since = _quiet_since(pack.phone)
        self._spans = {name: _spans_of(pack, name) for name in SHARES}
        self._names = [name for name, spans in self._spans.items() if len(spans)]
        if self._names in ([], [NOISE]):
            raise PackError("the training set has no speech")
        weights = np.array([SHARES[name] for name in self._names])
        self._weights = weights / weights.sum()
        self._babble = np.concatenate([_spans_of(pack, name) for name in sorted(BABBLE_SETS)])
        self._rng = np.random.default_rng([seed, 41])

    def batch(self, size: int) -> Windows:
        """Draw ``size`` windows."""
        firsts: list[float] = []
        speeds: list[float] = []
        silent: list[bool] = []
        classes: list[IntArray] = []
        phones: list[IntArray] = []
        lengths: list[int] = []
        while len(firsts) < size:
            name = self._names[int(self._rng.choice(len(self._names), p=self._weights))]
            speed = float(self._rng.uniform(*_SPEEDS))
            first = self._place(name)
            phone, start = self._labels(first, speed)
            if name == NOISE:
                phone, start = np.zeros_like(phone), np.zeros_like(start)
                found = np.zeros(1, np.int64), _OUTPUTS
            else:
                chain = phone_chain(phone, start)
                if chain is None:
                    continue
                found = chain
            firsts.append(first)
            speeds.append(speed)
            silent.append(name == NOISE)
            classes.append(_classes(phone, start))
            phones.append(found[0])
            lengths.append(found[1])
        noises = [self._noise_place() for _ in range(2 * size)]
        return Windows(
            self._cut(firsts, speeds),
            self._cut(noises, [1.0] * len(noises)).view(size, 2, -1),
            torch.tensor(silent, device=self._device),
            torch.from_numpy(np.stack(classes)).to(self._device),
            chains_of(phones, lengths),
        )

    def state_dict(self) -> Mapping[str, Any]:
        """The random state that windows are drawn from."""
        return dict(self._rng.bit_generator.state)

    def load_state_dict(self, state_dict: dict[str, Any], /) -> None:
        """Continue from a saved state."""
        self._rng.bit_generator.state = state_dict

    def _place(self, name: str) -> int:
        """A frame of a clip, or of the silence before the word that it is in."""
        first, n_frames = self._random_span(self._spans[name])
        place = int(first + self._rng.integers(n_frames))
        if name == NOISE:
            return place
        quiet = np.flatnonzero(self._pack.phone[first : place + 1] == 0)
        last = first + int(quiet[-1]) if len(quiet) else first
        since = max(first, int(self._quiet_since[last]))
        return int(self._rng.integers(since, last + 1))

    def _noise_place(self) -> int:
        babble = len(self._babble) and self._rng.random() < BABBLE_SHARE
        spans = self._babble if babble or NOISE not in self._names else self._spans[NOISE]
        first, n_frames = self._random_span(spans)
        return int(first + self._rng.integers(n_frames))

    def _random_span(self, spans: IntArray) -> tuple[int, int]:
        first, n_frames = spans[int(self._rng.integers(len(spans)))]
        return int(first), int(n_frames)

    def _labels(
        self, first: int, speed: float
    ) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
        """Phones of a window at a speed, and whether one began since the previous frame."""
        count = SUBSAMPLING * (_OUTPUTS - 1) + 1
        places = first + np.round(speed * np.arange(-1, count)).astype(np.int64)
        places = np.minimum(places, len(self._pack.phone) - 1)
        began = np.diff(self._starts[places]) > 0
        return self._pack.phone[places[1:]], began

    def _cut(self, firsts: Sequence[float], speeds: Sequence[float]) -> Tensor:
        """Waveforms in -1..1, starting with the left context of each first frame."""
        speed = torch.tensor(speeds, device=self._device, dtype=torch.float64)[:, None]
        first = torch.tensor(firsts, device=self._device, dtype=torch.float64)[:, None]
        steps = torch.arange(self._n_samples, device=self._device) - self._context * HOP_SAMPLES
        place = (first * HOP_SAMPLES + speed * steps).clamp(0, len(self._wave) - 2)
        whole = place.long()
        part = (place - whole).float()
        here, next_ = self._wave[whole].float(), self._wave[whole + 1].float()
        return (here + part * (next_ - here)) / 32768.0


def tune(
    network: Network,
    sampler: PackSampler,
    scenes: Scenes,
    phrases: Phrases,
    *,
    checkpoint: Checkpoint,
    device: torch.device,
    batch_size: int = _BATCH,
) -> Network:
    """Train until ``checkpoint`` reaches its limit; return the mean of the last weights."""
    priors = _prepare(network, sampler, scenes, batch_size)
    network.to(device)
    log_priors = torch.log(priors).to(device)
    lexicon = with_dropped_r(stock_dictionary(), phrases.words)
    denominators = [
        Denominator(words, lexicon, TRAINING_COSTS).to(device)
        for words in (phrases.words, phrases.key_words)
    ]
    mean = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(_MEAN_DECAY))
    optimiser = torch.optim.AdamW(network.parameters(), lr=_PEAK_RATE, weight_decay=1e-3)
    checkpoint.take_up(
        {
            "network": network, "mean": mean, "optimiser": optimiser,
            "windows": sampler, "scenes": scenes,
        }
    )  # fmt: skip
    losses: list[tuple[float, float]] = []
    network.train()
    freeze(network)
    while (spent := checkpoint.spent) < 1.0:
        rate = _LAST_RATE + (_PEAK_RATE - _LAST_RATE) * (1 - spent)
        set_rate(optimiser, rate * min(1.0, (checkpoint.step + 1) / _WARM_STEPS))
        batch = sampler.batch(batch_size)
        inputs = scenes(batch.speech, batch.noises, batch.is_noise)
        with half_precision(device):
            scores = network(inputs)
        denominator = denominators[checkpoint.step % len(denominators)]
        loss, parts = sequence_loss(scores, batch.chains, batch.classes, denominator, log_priors)
        optimiser.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), 3.0)
        if torch.isfinite(norm):
            optimiser.step()
            mean.update_parameters(network)
            losses.append(parts)
        checkpoint.advance()
        if losses and checkpoint.step % _REPORT_STEPS == 0:
            means = np.mean(losses, axis=0)
            print(
                f"tuning: step {checkpoint.step}, {spent:.0%}, MMI {means[0]:.4f}, "
                f"cross-entropy {means[1]:.3f}",
                flush=True,
            )
            losses.clear()
    network.load_state_dict(mean.module.state_dict())
    return network


def write_tuned(network: Network, before: Path, out: Path) -> None:
    """Write a model folder: graph, words and settings of ``before``, weights of ``network``."""
    shutil.copytree(before, out, dirs_exist_ok=True)
    write_model(out / "am" / "final.mdl", to_nnet3(network))
    write_sums(out)


def _prepare(network: Network, sampler: PackSampler, scenes: Scenes, batch_size: int) -> Tensor:
    """Normalise the input, and count each class for the priors."""
    counts = ClassCounts()
    seen: list[Tensor] = []
    for _ in range(_PREPARING_BATCHES):
        batch = sampler.batch(batch_size)
        counts.add(batch.classes.cpu())
        seen.append(scenes(batch.speech, batch.noises, batch.is_noise).flatten(0, 1).cpu())
    inputs = torch.cat(seen)
    normalise_input(network, inputs.mean(0), inputs.std(0) + 1e-3)
    return floored(counts.priors())


def _classes(phone: npt.NDArray[np.int8], began: npt.NDArray[np.bool_]) -> IntArray:
    """Class of each output, as ``windows.output_classes`` gives it for a store."""
    recent = began.copy()
    recent[1:] |= began[:-1]
    recent[2:] |= began[:-2]
    at, new = phone[::SUBSAMPLING].astype(np.int64), recent[::SUBSAMPLING]
    return np.where(at == 0, 0, np.where(new, 2 * at - 1, 2 * at))


def _quiet_since(phone: npt.NDArray[np.int8]) -> IntArray:
    """For each frame of silence, the first frame of its run."""
    quiet = phone == 0
    begins = quiet & ~np.concatenate([[False], quiet[:-1]])
    return np.maximum.accumulate(np.where(begins, np.arange(len(phone)), 0))


def _spans_of(pack: Pack, name: str) -> IntArray:
    spans = [(s.first, s.n_frames) for s in pack.spans if s.set == name]
    return np.array(spans, np.int64).reshape(-1, 2)


def _device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        raise PackError("PyTorch finds no graphics card: omit --device")
    if name == "cpu":
        torch.set_num_threads(1)
    return torch.device(name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Continue training; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.train_model.model.tuning",
        description="Continue training from a model folder, on one training set.",
    )
    parser.add_argument(
        "--set", type=Path, required=True, help="file of scripts.train_model.dataset.packing"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint and model")
    parser.add_argument("--start", type=Path, default=Path("models/charley-en"))
    parser.add_argument("--prompts", type=Path, default=Path("prompts/en"))
    parser.add_argument("--minutes", type=float, default=480.0)
    parser.add_argument(
        "--steps", type=int, default=1_000_000, help="train for at most this many steps"
    )
    parser.add_argument("--batch", type=int, default=_BATCH)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        device = _device(given.device)
        torch.manual_seed(given.seed)
        pack = read_pack(given.set)
        print("; ".join(f"{name} {h:.2f} h" for name, h in pack.hours().items()), flush=True)
        network = restore(given.start)
        given.out.mkdir(parents=True, exist_ok=True)
        checkpoint = Checkpoint(
            given.out / "tuning.checkpoint", Budget(given.minutes * 60, given.steps)
        )
        tuned = tune(
            network,
            PackSampler(pack, network.shape, given.seed, device),
            Scenes(torch.from_numpy(pack.rooms), given.seed, device, Setting()),
            read_phrases(others=listened_phrases(given.prompts)),
            checkpoint=checkpoint,
            device=device,
            batch_size=given.batch,
        )
        write_tuned(tuned, given.start, given.out / "model")
        checkpoint.forget()
    except (PackError, RestoreError) as error:
        print(f"tuning: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
