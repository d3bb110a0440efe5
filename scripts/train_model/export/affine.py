"""Turns the trained network into affine layers and rectifiers that Kaldi runs.

Input normalisation, batch normalisation and the step from MFCC to log-mel are
linear, so all of them fold into the affine layers. Scaling a rectified output by a
positive number equals scaling it before the rectifier; a constant
that normalisation subtracts travels along the stream and ends up in later biases.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from scripts.train_model.dataset.mel import MFCC_TO_LOG_MEL, N_BINS
from scripts.train_model.export.kaldi import Affine, Nnet3, Shortcut
from scripts.train_model.model.network import SHORTCUT, SUBSAMPLING, Network

Array = npt.NDArray[np.float64]


def to_nnet3(network: Network, n_bytes: int = 2) -> Nnet3:
    """Return ``network`` for ``kaldi.write_model``.

    ``n_bytes`` is the storage of a weight. The first layer always keeps floats: the
    inverse cosine transform gives its columns very different ranges.
    """
    network.eval().cpu()
    layers: list[Affine | Shortcut] = []
    constant = _front(network, layers, n_bytes)
    stream = layers[-1].name
    for number, block in enumerate(network.blocks_in_order()):
        step = SUBSAMPLING * block.dilation
        name = f"block{number}"
        linear = _array(block.linear.weight)
        affine, bias = _array(block.affine.weight), _array(block.affine.bias)
        # The contribution of the stream's constant to the narrow layer moves to the wide one.
        narrow_constant = linear @ np.tile(constant, 2)
        scale, shift = _norm(block.norm)
        layers.append(
            Affine(
                f"{name}.narrow", f"Append(Offset({stream}, {-step}), {stream})", linear,
                np.zeros(len(linear)), rectified=False, n_bytes=n_bytes,
            )
        )  # fmt: skip
        layers.append(
            Affine(
                f"{name}.wide",
                f"Append({name}.narrow, Offset({name}.narrow, {step}))",
                affine * scale[:, None],
                (bias + affine @ np.tile(narrow_constant, 2)) * scale,
                n_bytes=n_bytes,
            )
        )
        constant = shift + SHORTCUT * constant
        layers.append(Shortcut(f"{name}.sum", f"{name}.wide", stream, SHORTCUT, len(constant)))
        stream = f"{name}.sum"
    last, last_bias = _array(network.last.weight), _array(network.last.bias)
    layers.append(
        Affine(
            "scores", stream, last, last_bias + last @ constant, rectified=False, n_bytes=n_bytes
        )
    )
    context = network.shape.context
    return Nnet3(N_BINS, tuple(layers), "scores", context, context)


def _front(network: Network, layers: list[Affine | Shortcut], n_bytes: int) -> Array:
    """Add the two layers before the blocks; return the constant of their stream."""
    deviation, mean = _array(network.deviation), _array(network.mean)
    weights = _array(network.first.weight)
    copies = weights.shape[1] // N_BINS
    bias = _array(network.first.bias) - weights @ np.tile(mean / deviation, copies)
    # Row vectors: log_mel = mfcc @ MFCC_TO_LOG_MEL, so weights multiply its transpose.
    by_frame = (weights / np.tile(deviation, copies)).reshape(len(weights), copies, N_BINS)
    on_mfcc = (by_frame @ MFCC_TO_LOG_MEL.T).reshape(len(weights), -1)
    scale, constant = _norm(network.first_norm)
    layers.append(
        Affine("first", _around("input", 2), on_mfcc * scale[:, None], bias * scale, n_bytes=4)
    )
    weights = _array(network.second.weight)
    bias = _array(network.second.bias) + weights @ np.tile(constant, 3)
    scale, constant = _norm(network.second_norm)
    layers.append(
        Affine(
            "second", _around("first", 1), weights * scale[:, None], bias * scale,
            n_bytes=n_bytes,
        )
    )  # fmt: skip
    return constant


def _around(node: str, reach: int) -> str:
    """Descriptor of ``node`` at every frame from ``-reach`` to ``reach``."""
    parts = [f"Offset({node}, {o})" if o else node for o in range(-reach, reach + 1)]
    return f"Append({', '.join(parts)})"


def _norm(norm: nn.BatchNorm1d) -> tuple[Array, Array]:
    """Batch normalisation as (scale, shift): ``scale * x + shift``."""
    statistics = dict(norm.named_buffers())
    scale = 1.0 / np.sqrt(_array(statistics["running_var"]) + norm.eps)
    return scale, -_array(statistics["running_mean"]) * scale


def _array(tensor: Tensor) -> Array:
    return np.asarray(tensor.detach().cpu().numpy(), np.float64)
