"""Writes Kaldi's binary acoustic model, ``final.mdl``: only what libvosk reads.

A model is a ``<TransitionModel>`` followed by an nnet3 network. All phones share
one topology of the "chain" kind: one emitting state whose self-loop has its own
class. Numbers are little-endian, each preceded by a size byte; the
layout follows Kaldi's ``hmm/``, ``nnet3/`` and ``matrix/`` sources (Apache-2.0).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scripts.train_model.lang.phones import N_VARIANTS, SELF_LOOP_PROBABILITY, variant_classes

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Affine:
    """``weights @ x + bias`` of the node described by ``source``, optionally rectified.

    ``source`` is an nnet3 descriptor such as ``Append(a, Offset(a, 3))``. Weights
    have shape (outputs, inputs); ``n_bytes`` is 4 for floats, 2 or 1 for fixed point.
    """

    name: str
    source: str
    weights: Matrix
    bias: Matrix
    rectified: bool = True
    n_bytes: int = 4


@dataclass(frozen=True, slots=True)
class Shortcut:
    """``branch + scale * stream``; both have ``width`` values."""

    name: str
    branch: str
    stream: str
    scale: float
    width: int


@dataclass(frozen=True, slots=True)
class Nnet3:
    """A whole network; ``output`` is the node whose values are the scores."""

    n_inputs: int
    layers: tuple[Affine | Shortcut, ...]
    output: str
    left_context: int
    right_context: int


def write_model(path: Path, network: Nnet3) -> None:
    """Write transition model and network, without priors: scores are likelihoods."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\0B" + _transition_model() + _network(network))


def _token(text: str) -> bytes:
    return text.encode() + b" "


def _int(value: int) -> bytes:
    return b"\x04" + struct.pack("<i", value)


def _float(value: float) -> bytes:
    return b"\x04" + struct.pack("<f", value)


def _int_vector(values: Sequence[int]) -> bytes:
    return b"\x04" + struct.pack("<i", len(values)) + np.asarray(values, "<i4").tobytes()


def _float_vector(values: Matrix | Sequence[float]) -> bytes:
    array = np.asarray(values, "<f4")
    return _token("FV") + _int(len(array)) + array.tobytes()


def _matrix(matrix: Matrix, n_bytes: int) -> bytes:
    """A float matrix, or Kaldi's fixed-point kind with one range for the whole."""
    rows, columns = matrix.shape
    if n_bytes == 4:
        values = np.ascontiguousarray(matrix, "<f4")
        return _token("FM") + _int(rows) + _int(columns) + values.tobytes()
    steps, kind, token = (65535, "<u2", "CM2") if n_bytes == 2 else (255, "u1", "CM3")
    low = float(matrix.min())
    span = float(matrix.max()) - low or 1e-5
    codes = np.clip(np.round((matrix - low) / span * steps), 0, steps).astype(kind)
    return _token(token) + struct.pack("<ffii", low, span, rows, columns) + codes.tobytes()


def _transition_model() -> bytes:
    phones = range(1, N_VARIANTS + 1)
    stay, leave = SELF_LOOP_PROBABILITY, 1.0 - SELF_LOOP_PROBABILITY
    topology = [
        _int_vector(list(phones)),
        _int_vector([-1] + [0] * N_VARIANTS),
        # -1: self-loops have their own class; 1: there is one entry, with 2 states.
        _int(-1), _int(1), _int(2),
        _int(0), _int(1), _int(2), _int(0), _float(stay), _int(1), _float(leave),
        _int(-1), _int(-1), _int(0),
    ]  # fmt: skip
    tuples = b"".join(
        _int(phone) + _int(0) + b"".join(map(_int, variant_classes(phone))) for phone in phones
    )
    log_probabilities = [0.0, *([np.log(stay), np.log(leave)] * N_VARIANTS)]
    return b"".join(
        [
            _token("<TransitionModel>"), _token("<Topology>"), *topology, _token("</Topology>"),
            _token("<Tuples>"), _int(N_VARIANTS), tuples, _token("</Tuples>"),
            _token("<LogProbs>"), _float_vector(log_probabilities), _token("</LogProbs>"),
            _token("</TransitionModel>"),
        ]
    )  # fmt: skip


def _affine(layer: Affine) -> bytes:
    return b"".join(
        [
            _token("<FixedAffineComponent>"),
            _token("<LinearParams>"), _matrix(layer.weights, layer.n_bytes),
            _token("<BiasParams>"), _float_vector(layer.bias),
            _token("</FixedAffineComponent>"),
        ]
    )  # fmt: skip


def _rectifier(n_outputs: int) -> bytes:
    no_statistics = _float_vector([])
    return b"".join(
        [
            _token("<RectifiedLinearComponent>"), _token("<Dim>"), _int(n_outputs),
            _token("<ValueAvg>"), no_statistics, _token("<DerivAvg>"), no_statistics,
            _token("<Count>"), b"\x08" + struct.pack("<d", 0.0),
            _token("</RectifiedLinearComponent>"),
        ]
    )  # fmt: skip


def _no_op(width: int) -> bytes:
    return b"".join(
        [
            _token("<NoOpComponent>"), _token("<Dim>"), _int(width),
            _token("<BackpropScale>"), _float(1.0), _token("</NoOpComponent>"),
        ]
    )  # fmt: skip


def _network(network: Nnet3) -> bytes:
    lines = [f"input-node name=input dim={network.n_inputs}"]
    components: list[tuple[str, bytes]] = []
    for layer in network.layers:
        if isinstance(layer, Shortcut):
            source = f"Sum({layer.branch}, Scale({layer.scale}, {layer.stream}))"
            lines.append(f"component-node name={layer.name} component={layer.name} input={source}")
            components.append((layer.name, _no_op(layer.width)))
            continue
        affine = f"{layer.name}.affine" if layer.rectified else layer.name
        lines.append(f"component-node name={affine} component={affine} input={layer.source}")
        components.append((affine, _affine(layer)))
        if layer.rectified:
            lines.append(f"component-node name={layer.name} component={layer.name} input={affine}")
            components.append((layer.name, _rectifier(len(layer.bias))))
    lines.append(f"output-node name=output input={network.output} objective=linear")
    body = b"".join(_token("<ComponentName>") + _token(n) + data for n, data in components)
    return b"".join(
        [
            _token("<Nnet3>"), b"\n", "\n".join(lines).encode(), b"\n\n",
            _token("<NumComponents>"), _int(len(components)), body, _token("</Nnet3>"),
            _token("<LeftContext>"), _int(network.left_context),
            _token("<RightContext>"), _int(network.right_context),
            _token("<Priors>"), _float_vector([]),
        ]
    )  # fmt: skip
