"""Restores a trainable network from a model folder: the inverse of ``export``.

What export folded stays folded: batch normalisation becomes the identity, which must
stay frozen, and the weights are the stored ones (16 or 8 bits of precision). In return
training can continue from the model file alone.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from scripts.train_model.dataset.mel import LOG_MEL_TO_MFCC, N_BINS
from scripts.train_model.model.network import Network, fresh_network
from scripts.train_model.model.shape import SUBSAMPLING, Shape

Array = npt.NDArray[np.float64]

_LINEAR = b"<FixedAffineComponent> <LinearParams> "


class RestoreError(Exception):
    """The model was not written by this project's export."""


@dataclass(frozen=True, slots=True)
class _Affine:
    weights: Array
    bias: Array


def restore(model: Path) -> Network:
    """The network of a model folder; its normalisation is frozen (see ``freeze``).

    Raises:
        RestoreError: the file is missing, or not a model of this project.
    """
    path = model / "am" / "final.mdl"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RestoreError(f"cannot read {path}: {error}") from error
    layers = _read_layers(data)
    try:
        network = fresh_network(_shape(data, layers))
        _fill(network, layers)
    except (KeyError, RuntimeError) as error:
        raise RestoreError(f"{path}: not a network of this project: {error}") from error
    return freeze(network)


def freeze(network: Network) -> Network:
    """Freeze every normalisation, whatever mode the network is in; return the network."""
    for norm in _norms(network):
        norm.eval()
    return network


def bypass_norms(network: Network) -> None:
    """Let every normalisation pass its input through, as after export."""
    for norm in _norms(network):
        statistics = dict(norm.named_buffers())
        statistics["running_mean"].zero_()
        statistics["running_var"].fill_(1.0 - norm.eps)


def normalise_input(network: Network, mean: Tensor, deviation: Tensor) -> None:
    """Set the input mean and deviation, shape (N_BINS,), without changing any score.

    The optimiser's step sizes suit inputs near zero and of unit size.
    """
    with torch.no_grad():
        copies = network.first.in_features // N_BINS
        moved = (mean - network.mean).repeat(copies)
        scaled = network.deviation.repeat(copies)
        network.first.bias.add_(network.first.weight @ (moved / scaled))
        network.first.weight.mul_(deviation.repeat(copies) / scaled)
        network.mean.copy_(mean)
        network.deviation.copy_(deviation)


def _norms(network: Network) -> list[nn.BatchNorm1d]:
    return [m for m in network.modules() if isinstance(m, nn.BatchNorm1d)]


def _fill(network: Network, layers: dict[str, _Affine]) -> None:
    first = layers["first"].weights
    copies = first.shape[1] // N_BINS
    on_log_mel = (first.reshape(len(first), copies, N_BINS) @ LOG_MEL_TO_MFCC.T).reshape(
        len(first), -1
    )
    _set(network.first, on_log_mel, layers["first"].bias)
    _set(network.second, layers["second"].weights, layers["second"].bias)
    for number, block in enumerate(network.blocks_in_order()):
        block.linear.weight.data.copy_(torch.from_numpy(layers[f"block{number}.narrow"].weights))
        wide = layers[f"block{number}.wide.affine"]
        _set(block.affine, wide.weights, wide.bias)
    _set(network.last, layers["scores"].weights, layers["scores"].bias)
    bypass_norms(network)


def _set(layer: nn.Linear, weights: Array, bias: Array) -> None:
    layer.weight.data.copy_(torch.from_numpy(weights))
    layer.bias.data.copy_(torch.from_numpy(bias))


def _shape(data: bytes, layers: dict[str, _Affine]) -> Shape:
    """Width and bottleneck from the layer sizes, dilations from the offsets."""
    width, joined = layers["block0.wide.affine"].weights.shape
    dilations: list[int] = []
    while (number := len(dilations)) < len(layers) and f"block{number}.narrow" in layers:
        name = f"name=block{number}.wide.affine ".encode()
        line = data[data.index(name) : data.index(b"\n", data.index(name))]
        offset = int(line.rsplit(b",", 1)[1].strip(b" )"))
        dilations.append(offset // SUBSAMPLING)
    return Shape(width, joined // 2, tuple(dilations))


def _read_layers(data: bytes) -> dict[str, _Affine]:
    found: dict[str, _Affine] = {}
    place = 0
    while (place := data.find(b"<ComponentName> ", place)) >= 0:
        place += len(b"<ComponentName> ")
        end = data.index(b" ", place)
        name = data[place:end].decode(errors="replace").removesuffix(".affine")
        place = end + 1
        if data.startswith(_LINEAR, place):
            weights, place = _matrix(data, place + len(_LINEAR))
            bias, place = _vector(data, place + len(b"<BiasParams> "))
            key = f"{name}.affine" if name.endswith(".wide") else name
            found[key] = _Affine(weights, bias)
    if "scores" not in found:
        raise RestoreError("no output layer: not a model of this project")
    return found


def _matrix(data: bytes, place: int) -> tuple[Array, int]:
    """A matrix as ``kaldi`` writes it, and the offset after it."""
    kind, place = data[place : place + 3], place + len("CM2 ")
    if kind == b"FM ":
        rows, columns = struct.unpack_from("<xixi", data, place - 1)
        place += 9
        values = np.frombuffer(data, "<f4", rows * columns, place).astype(np.float64)
        return values.reshape(rows, columns), place + 4 * rows * columns
    low, span, rows, columns = struct.unpack_from("<ffii", data, place)
    place += struct.calcsize("<ffii")
    code, steps = ("<u2", 65535) if kind == b"CM2" else ("u1", 255)
    codes = np.frombuffer(data, code, rows * columns, place)
    values = low + codes.astype(np.float64) * (span / steps)
    return values.reshape(rows, columns), place + codes.nbytes


def _vector(data: bytes, place: int) -> tuple[Array, int]:
    (count,) = struct.unpack_from("<xi", data, place + len(b"FV "))
    place += len(b"FV ") + 5
    return np.frombuffer(data, "<f4", count, place).astype(np.float64), place + 4 * count
