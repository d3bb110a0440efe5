"""Training that was stopped resumes from its last checkpoint as if it had never stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra 'train' is not installed (torch)")
pytest.importorskip("scipy", reason="the extra 'train' is not installed (scipy)")

from torch import Tensor  # noqa: E402  (after the skips)

from scripts.train_model.dataset.mel import N_BINS  # noqa: E402
from scripts.train_model.dataset.store import Store  # noqa: E402
from scripts.train_model.dataset.windows import WindowSampler  # noqa: E402
from scripts.train_model.lang.costs import TRAINING_COSTS  # noqa: E402
from scripts.train_model.lang.phones import N_CLASSES  # noqa: E402
from scripts.train_model.model.augment import Augmenter, Strength  # noqa: E402
from scripts.train_model.model.checkpoint import Budget, Checkpoint  # noqa: E402
from scripts.train_model.model.denominator import Denominator  # noqa: E402
from scripts.train_model.model.network import Network, Shape, fresh_network  # noqa: E402
from scripts.train_model.model.train_cross_entropy import train_frames  # noqa: E402
from scripts.train_model.model.train_lfmmi import fold_priors, train_sequences  # noqa: E402
from scripts.train_model.recipe import NOISE  # noqa: E402

SHAPE = Shape(width=24, bottleneck=8, dilations=(1, 2))
STEPS = 6
STOPPED_AFTER = 4
CPU = torch.device("cpu")


class PowerCutError(Exception):
    """Stands for what ends a process between two steps."""


class CutShort(Checkpoint):
    """A checkpoint at which the power fails, just after it was written."""

    def advance(self) -> None:
        super().advance()
        if self.step == STOPPED_AFTER:
            raise PowerCutError


def _store(*, silent: bool) -> Store:
    rng = np.random.default_rng(int(silent))
    phone = np.zeros(900, np.int8)
    if not silent:
        phone[100:200], phone[400:430] = 3, 7
    start = np.zeros(900, np.bool_)
    start[[100, 400]] = not silent
    return Store(rng.normal(10, 2, (900, N_BINS)).astype(np.float16), phone, start)


def _sampler() -> WindowSampler:
    stores = {"commands": _store(silent=False), NOISE: _store(silent=True)}
    return WindowSampler(stores, {"commands": 0.7, NOISE: 0.3}, SHAPE, 30, seed=4)


def _augmenter() -> Augmenter:
    return Augmenter(Strength(), torch.Generator().manual_seed(2))


def _frames(checkpoint: Checkpoint) -> list[Tensor]:
    torch.manual_seed(1)
    network = fresh_network(SHAPE)
    priors = train_frames(network, _sampler(), _augmenter(), checkpoint, CPU, batch_size=8)
    return [priors, *_weights(network)]


def _sequences(checkpoint: Checkpoint) -> list[Tensor]:
    torch.manual_seed(1)
    network = fresh_network(SHAPE)
    priors = torch.full((N_CLASSES,), 1 / N_CLASSES)
    fold_priors(network, priors)
    graphs = [
        Denominator(words, {"yes": (("Y", "EH", "S"),), "no": (("N", "OW"),)}, TRAINING_COSTS)
        for words in (["yes", "no"], ["no"])
    ]
    train_sequences(
        network, priors, _sampler(), _augmenter(),
        denominators=graphs, checkpoint=checkpoint, device=CPU, batch_size=8,
    )  # fmt: skip
    return _weights(network)


def _weights(network: Network) -> list[Tensor]:
    return [value.clone() for value in network.state_dict().values()]


@pytest.mark.parametrize("train", [_frames, _sequences])
def test_a_resumed_run_ends_with_the_weights_of_one_never_stopped(
    train: Callable[[Checkpoint], list[Tensor]], tmp_path: Path
) -> None:
    budget = Budget(seconds=1e9, steps=STEPS)
    wanted = train(Checkpoint(tmp_path / "whole.checkpoint", budget))
    kept_at = tmp_path / "cut.checkpoint"
    with pytest.raises(PowerCutError):
        train(CutShort(kept_at, budget, every_s=0.0))
    assert kept_at.exists()
    found = train(Checkpoint(kept_at, budget))
    assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))
    from_the_beginning = train(
        Checkpoint(tmp_path / "short.checkpoint", Budget(1e9, STOPPED_AFTER))
    )
    assert not all(torch.equal(a, b) for a, b in zip(from_the_beginning, wanted, strict=True))


def test_time_spent_before_the_stop_counts(tmp_path: Path) -> None:
    kept_at = tmp_path / "run.checkpoint"
    first = Checkpoint(kept_at, Budget(seconds=1e9), every_s=0.0)
    first.take_up({})
    first.advance()
    kept = torch.load(kept_at, weights_only=True)
    torch.save({**kept, "elapsed_s": 30.0}, kept_at)
    second = Checkpoint(kept_at, Budget(seconds=60.0))
    second.take_up({})
    assert second.step == 1
    assert second.spent == pytest.approx(0.5, abs=0.01)


def test_a_checkpoint_is_written_as_often_as_asked_and_removed_at_the_end(
    tmp_path: Path,
) -> None:
    kept_at = tmp_path / "run.checkpoint"
    seldom = Checkpoint(kept_at, Budget(seconds=1e9), every_s=1e6)
    seldom.take_up({})
    seldom.advance()
    assert not kept_at.exists()
    often = Checkpoint(kept_at, Budget(seconds=1e9), every_s=0.0)
    often.take_up({})
    often.advance()
    assert kept_at.exists()
    often.forget()
    assert not kept_at.exists()
