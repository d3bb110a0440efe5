"""Training that was stopped goes on from the place kept last as if it had never stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra 'train' is not installed (torch)")
pytest.importorskip("scipy", reason="the extra 'train' is not installed (scipy)")

from torch import Tensor  # noqa: E402  (after the skips)

from scripts.train_model.augment import Augmenter, Strength  # noqa: E402
from scripts.train_model.costs import TRAINING_COSTS  # noqa: E402
from scripts.train_model.denominator import Denominator  # noqa: E402
from scripts.train_model.frames import train_frames  # noqa: E402
from scripts.train_model.mel import N_BINS  # noqa: E402
from scripts.train_model.network import Network, Shape, fresh_network  # noqa: E402
from scripts.train_model.phones import N_CLASSES  # noqa: E402
from scripts.train_model.place import Budget, Place  # noqa: E402
from scripts.train_model.recipe import NOISE  # noqa: E402
from scripts.train_model.sequences import fold_priors, train_sequences  # noqa: E402
from scripts.train_model.store import Store  # noqa: E402
from scripts.train_model.windows import WindowSampler  # noqa: E402

SHAPE = Shape(width=24, bottleneck=8, dilations=(1, 2))
STEPS = 6
STOPPED_AFTER = 4
CPU = torch.device("cpu")


class PowerCutError(Exception):
    """Stands for what ends a process between two steps."""


class CutShort(Place):
    """A place at which the power goes, just after it was kept."""

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


def _frames(place: Place) -> list[Tensor]:
    torch.manual_seed(1)
    network = fresh_network(SHAPE)
    priors = train_frames(network, _sampler(), _augmenter(), place, CPU, batch_size=8)
    return [priors, *_weights(network)]


def _sequences(place: Place) -> list[Tensor]:
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
        denominators=graphs, place=place, device=CPU, batch_size=8,
    )  # fmt: skip
    return _weights(network)


def _weights(network: Network) -> list[Tensor]:
    return [value.clone() for value in network.state_dict().values()]


@pytest.mark.parametrize("train", [_frames, _sequences])
def test_a_stopped_run_ends_with_the_weights_of_one_that_was_not(
    train: Callable[[Place], list[Tensor]], tmp_path: Path
) -> None:
    budget = Budget(seconds=1e9, steps=STEPS)
    wanted = train(Place(tmp_path / "whole.place", budget))
    kept_at = tmp_path / "cut.place"
    with pytest.raises(PowerCutError):
        train(CutShort(kept_at, budget, every_s=0.0))
    assert kept_at.exists()
    found = train(Place(kept_at, budget))
    assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))
    from_the_beginning = train(Place(tmp_path / "short.place", Budget(1e9, STOPPED_AFTER)))
    assert not all(torch.equal(a, b) for a, b in zip(from_the_beginning, wanted, strict=True))


def test_time_spent_before_the_stop_counts(tmp_path: Path) -> None:
    kept_at = tmp_path / "run.place"
    first = Place(kept_at, Budget(seconds=1e9), every_s=0.0)
    first.take_up({})
    first.advance()
    kept = torch.load(kept_at, weights_only=True)
    torch.save({**kept, "elapsed_s": 30.0}, kept_at)
    second = Place(kept_at, Budget(seconds=60.0))
    second.take_up({})
    assert second.step == 1
    assert second.spent == pytest.approx(0.5, abs=0.01)


def test_a_place_is_kept_only_so_often_and_forgotten_when_told(tmp_path: Path) -> None:
    kept_at = tmp_path / "run.place"
    seldom = Place(kept_at, Budget(seconds=1e9), every_s=1e6)
    seldom.take_up({})
    seldom.advance()
    assert not kept_at.exists()
    often = Place(kept_at, Budget(seconds=1e9), every_s=0.0)
    often.take_up({})
    often.advance()
    assert kept_at.exists()
    often.forget()
    assert not kept_at.exists()
