"""Training windows drawn at random from stores, with their frame labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from scripts.train_model.dataset.store import Store
from scripts.train_model.model.network import SUBSAMPLING, Shape
from scripts.train_model.recipe import NOISE

#: Other people's talk in the background: a television, a partner.
BABBLE_SHARE = 0.05

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Window:
    """A position in a store: the frame of the first output."""

    store: str
    first: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows of speech, noise for each, and frame labels (batch, n_outputs)."""

    speech: Tensor
    noise: Tensor
    is_noise: Tensor
    classes: Tensor
    windows: tuple[Window, ...]


class WindowSampler:
    """Draws batches; each store has its share of the windows."""

    def __init__(
        self,
        stores: Mapping[str, Store],
        shares: Mapping[str, float],
        shape: Shape,
        n_outputs: int,
        seed: int,
    ) -> None:
        self._stores = stores
        self._names = [name for name in shares if name in stores and len(stores[name].phone)]
        weights = np.array([shares[name] for name in self._names])
        self._weights = weights / weights.sum()
        self._shape = shape
        self.n_outputs = n_outputs
        self.rng = np.random.default_rng([seed, 11])
        self._quiet = {
            name: _quiet_frames(store, shape.context, shape.n_inputs(n_outputs))
            for name, store in stores.items()
        }

    def batch(self, size: int, *, from_silence: bool = False) -> Batch:
        """Draw ``size`` windows; ``from_silence`` makes each begin between words."""
        windows = tuple(self._window(from_silence=from_silence) for _ in range(size))
        is_noise = np.array([w.store == NOISE for w in windows])
        speech = np.stack([self._frames(w.store, w.first) for w in windows])
        noise = np.stack([self._frames(*self._noise_place()) for _ in windows])
        classes = np.stack([self.frame_classes(w) for w in windows])
        return Batch(
            torch.from_numpy(speech.astype(np.float32)),
            torch.from_numpy(noise.astype(np.float32)),
            torch.from_numpy(is_noise),
            torch.from_numpy(classes),
            windows,
        )

    def state_dict(self) -> Mapping[str, Any]:
        """The random state that windows are drawn from."""
        return dict(self.rng.bit_generator.state)

    def load_state_dict(self, state_dict: dict[str, Any], /) -> None:
        """Continue from a saved state."""
        self.rng.bit_generator.state = state_dict

    def frame_classes(self, window: Window) -> IntArray:
        """Output classes of a window; noise has only silence."""
        store = self._stores[window.store]
        places = window.first + SUBSAMPLING * np.arange(self.n_outputs)
        return output_classes(store, places)

    def store_of(self, window: Window) -> Store:
        """The store that contains ``window``."""
        return self._stores[window.store]

    def _window(self, *, from_silence: bool) -> Window:
        name = self._names[int(self.rng.choice(len(self._names), p=self._weights))]
        store = self._stores[name]
        context = self._shape.context
        if from_silence and name != NOISE:
            quiet = self._quiet[name]
            return Window(name, int(quiet[self.rng.integers(len(quiet))]))
        last = len(store.phone) - self._shape.n_inputs(self.n_outputs) + context
        return Window(name, int(self.rng.integers(context, last)))

    def _noise_place(self) -> tuple[str, int]:
        babble = self.rng.random() < BABBLE_SHARE and "read" in self._stores
        name = "read" if babble else NOISE
        if name not in self._stores:
            name = self._names[0]
        last = len(self._stores[name].phone) - self._shape.n_inputs(self.n_outputs)
        context = self._shape.context
        return name, int(self.rng.integers(context, last + context))

    def _frames(self, name: str, first: int) -> npt.NDArray[np.float16]:
        begin = first - self._shape.context
        return self._stores[name].log_mel[begin : begin + self._shape.n_inputs(self.n_outputs)]


def output_classes(store: Store, places: IntArray) -> IntArray:
    """Class of each output: the first-frame class if a phone began in its three frames.

    Looking back over the three frames keeps short phones from vanishing.
    """
    phone = store.phone[places].astype(np.int64)
    began = store.start[places] | store.start[places - 1] | store.start[places - 2]
    return np.where(phone == 0, 0, np.where(began, 2 * phone - 1, 2 * phone))


def _quiet_frames(store: Store, context: int, n_inputs: int) -> IntArray:
    quiet = np.flatnonzero(store.phone == 0)
    return quiet[(quiet > context + 2) & (quiet < len(store.phone) - n_inputs)]
