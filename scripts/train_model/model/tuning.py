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
from collections.abc import Collection, Mapping, Sequence
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
from scripts.train_model.model.widening import WideningError, widened
from scripts.train_model.recipe import NOISE
from voice.app.model_sums import write_sums

#: Share of windows drawn from each set.
SHARES = {
    "natural": 0.28, "natural_soft": 0.03, "commands": 0.19, "commands_train": 0.05, "an4": 0.08,
    "keywords": 0.05, "community_wake": 0.03, "orders": 0.04, "read": 0.05, "accented": 0.05,
    "synthesised": 0.04, "noise": 0.11,
}  # fmt: skip

# : Sets whose talk serves as a television or a partner in the background.
BABBLE_SETS = frozenset({"read", "orders", "accented"})
BABBLE_SHARE = 0.25

_OUTPUTS = 66
"""Of a window: two seconds."""
_BATCH = 48
_PREPARING_BATCHES = 4
_SPEEDS = (0.87, 1.15)
PEAK_RATE = 4e-4
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


@dataclass(frozen=True, slots=True)
class _Window:
    """Where a window begins (a frame), how fast it is played, and what is said in it."""

    first: float
    speed: float
    is_noise: bool
    classes: IntArray
    phones: IntArray
    length: int


class PackSampler:
    """Draws windows of a pack that is on a device; each begins between words.

    Every set has its share, every clip of a set the same chance, and each window is played
    at a random speed. A whole batch is drawn at once: a graphics card waits for it.
    """

    def __init__(self, pack: Pack, shape: Shape, seed: int, device: torch.device) -> None:
        self._pack = pack
        self._context = shape.context
        self._n_samples = HOP_SAMPLES * (shape.n_inputs(_OUTPUTS) - 1) + WINDOW_SAMPLES
        self._device = device
        self._wave = torch.from_numpy(pack.wave).to(device)
        self._starts = np.cumsum(pack.start)
        self._quiet_since, self._last_quiet = _quiet_runs(pack.phone)
        found = {name: _spans_of(pack, (name,)) for name in SHARES}
        self._names = [name for name, spans in found.items() if len(spans)]
        if self._names in ([], [NOISE]):
            raise PackError("the training set has no speech")
        weights = np.array([SHARES[name] for name in self._names])
        self._weights = weights / weights.sum()
        self._spans = [found[name] for name in self._names]
        self._babble = _spans_of(pack, BABBLE_SETS)
        self._rng = np.random.default_rng([seed, 41])

    def batch(self, size: int) -> Windows:
        """Draw ``size`` windows."""
        windows: list[_Window] = []
        while len(windows) < size:
            windows += self._drawn(size - len(windows))
        noises = self._noise_places(2 * size)
        return Windows(
            self._cut([w.first for w in windows], [w.speed for w in windows]),
            self._cut(noises, [1.0] * len(noises)).view(size, 2, -1),
            torch.tensor([w.is_noise for w in windows], device=self._device),
            torch.from_numpy(np.stack([w.classes for w in windows])).to(self._device),
            chains_of([w.phones for w in windows], [w.length for w in windows]),
        )

    def state_dict(self) -> Mapping[str, Any]:
        """The random state that windows are drawn from."""
        return dict(self._rng.bit_generator.state)

    def load_state_dict(self, state_dict: dict[str, Any], /) -> None:
        """Continue from a saved state."""
        self._rng.bit_generator.state = state_dict

    def _drawn(self, count: int) -> list[_Window]:
        """At most ``count`` windows: those whose words cannot be lined up are left out."""
        sets = self._rng.choice(len(self._names), size=count, p=self._weights)
        clips = np.array([self._one_of(self._spans[chosen]) for chosen in sets])
        is_noise = np.array([self._names[chosen] == NOISE for chosen in sets])
        speeds = self._rng.uniform(*_SPEEDS, size=count)
        firsts = self._places(clips, is_noise)
        phone, began = self._labels(firsts, speeds)
        phone[is_noise], began[is_noise] = 0, False
        classes = _classes(phone, began)
        windows: list[_Window] = []
        for row in range(count):
            silence = np.zeros(1, np.int64), _OUTPUTS
            chain = silence if is_noise[row] else phone_chain(phone[row], began[row])
            if chain is not None:
                windows.append(
                    _Window(
                        float(firsts[row]), float(speeds[row]), bool(is_noise[row]),
                        classes[row], *chain,
                    )
                )  # fmt: skip
        return windows

    def _places(self, clips: IntArray, is_noise: npt.NDArray[np.bool_]) -> IntArray:
        """A frame of each clip, or of the silence before the word that it is in."""
        begin = clips[:, 0]
        place = begin + self._below(clips[:, 1])
        last = np.maximum(begin, self._last_quiet[place])
        since = np.maximum(begin, self._quiet_since[last])
        return np.where(is_noise, place, since + self._below(last - since + 1))

    def _noise_places(self, count: int) -> list[float]:
        noises = self._spans[self._names.index(NOISE)] if NOISE in self._names else self._babble
        talks = self._rng.random(count) < BABBLE_SHARE
        some = len(self._babble) > 0
        clips = np.array([self._one_of(self._babble if t and some else noises) for t in talks])
        return [float(place) for place in clips[:, 0] + self._below(clips[:, 1])]

    def _one_of(self, spans: IntArray) -> IntArray:
        return spans[int(self._rng.integers(len(spans)))]

    def _below(self, limits: IntArray) -> IntArray:
        """A number from 0 to below each limit."""
        return (self._rng.random(len(limits)) * limits).astype(np.int64)

    def _labels(
        self, firsts: IntArray, speeds: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
        """Phones of each window at its speed, and whether one began since the previous frame."""
        count = SUBSAMPLING * (_OUTPUTS - 1) + 1
        steps = np.round(speeds[:, None] * np.arange(-1, count)).astype(np.int64)
        places = np.minimum(firsts[:, None] + steps, len(self._pack.phone) - 1)
        return self._pack.phone[places[:, 1:]], np.diff(self._starts[places], axis=1) > 0

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
    peak_rate: float = PEAK_RATE,
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
    optimiser = torch.optim.AdamW(network.parameters(), lr=peak_rate, weight_decay=1e-3)
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
        rate = _LAST_RATE + (peak_rate - _LAST_RATE) * (1 - spent)
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
    """Class of each output, shape (n, n_outputs), as ``windows.output_classes`` of a store."""
    recent = began.copy()
    recent[:, 1:] |= began[:, :-1]
    recent[:, 2:] |= began[:, :-2]
    at, new = phone[:, ::SUBSAMPLING].astype(np.int64), recent[:, ::SUBSAMPLING]
    return np.where(at == 0, 0, np.where(new, 2 * at - 1, 2 * at))


def _quiet_runs(phone: npt.NDArray[np.int8]) -> tuple[IntArray, IntArray]:
    """For each frame, where the latest run of silence began, and its latest frame so far."""
    quiet = phone == 0
    begins = quiet & ~np.concatenate([[False], quiet[:-1]])
    frames = np.arange(len(phone))
    return (
        np.maximum.accumulate(np.where(begins, frames, 0)),
        np.maximum.accumulate(np.where(quiet, frames, 0)),
    )


def _spans_of(pack: Pack, names: Collection[str]) -> IntArray:
    """First frame and number of frames of each clip of these sets."""
    spans = [(s.first, s.n_frames) for s in pack.spans if s.set in names]
    return np.array(spans, np.int64).reshape(-1, 2)


def _device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        raise PackError("PyTorch finds no graphics card: omit --device")
    if name == "cpu":
        torch.set_num_threads(1)
    return torch.device(name)


def _sizes(text: str) -> tuple[int, int]:
    width, _, bottleneck = text.partition(",")
    try:
        return int(width), int(bottleneck)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTH,BOTTLENECK") from error


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
    parser.add_argument(
        "--rate", type=float, default=PEAK_RATE, help="highest learning rate (default: %(default)s)"
    )
    parser.add_argument(
        "--wider",
        type=_sizes,
        metavar="WIDTH,BOTTLENECK",
        help="train a wider network, which starts with the same scores",
    )
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        device = _device(given.device)
        torch.manual_seed(given.seed)
        pack = read_pack(given.set)
        print("; ".join(f"{name} {h:.2f} h" for name, h in pack.hours().items()), flush=True)
        network = restore(given.start)
        if given.wider is not None:
            width, bottleneck = given.wider
            network = widened(network, Shape(width, bottleneck, network.shape.dilations))
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
            peak_rate=given.rate,
        )
        write_tuned(tuned, given.start, given.out / "model")
        checkpoint.forget()
    except (PackError, RestoreError, WideningError) as error:
        print(f"tuning: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
