"""Makes a trained network wider without changing its scores, so that training goes on from it.

New units start with random weights on their inputs, and with none on their way to the old
ones: the network says what it said before, and training finds a use for the new units
(T. Chen et al., "Net2Net: Accelerating Learning via Knowledge Transfer", ICLR 2016, with
zeros in place of copies).
"""

from __future__ import annotations

import torch
from torch import nn

from scripts.train_model.export.restore import bypass_norms, freeze
from scripts.train_model.model.network import Network, fresh_network
from scripts.train_model.model.shape import Shape


class WideningError(Exception):
    """The wanted network is narrower than the one it starts from, or has other blocks."""


def widened(network: Network, shape: Shape) -> Network:
    """A network of ``shape`` with the scores of ``network``, whose normalisation is folded.

    Raises:
        WideningError: ``shape`` is narrower, or has other dilations.
    """
    before = network.shape
    if shape.dilations != before.dilations:
        raise WideningError("a wider network must have the same blocks")
    if shape.width < before.width or shape.bottleneck < before.bottleneck:
        raise WideningError(
            f"the network is {before.width} wide with a bottleneck of {before.bottleneck}:"
            " neither can shrink"
        )
    wide = fresh_network(shape)
    with torch.no_grad():
        wide.mean.copy_(network.mean)
        wide.deviation.copy_(network.deviation)
        _grow(wide.first, network.first, copies=1)
        _grow(wide.second, network.second, copies=3)
        for new, old in zip(wide.blocks_in_order(), network.blocks_in_order(), strict=True):
            _grow(new.linear, old.linear, copies=2)
            _grow(new.affine, old.affine, copies=2)
        _grow(wide.last, network.last, copies=1)
    bypass_norms(wide)
    return freeze(wide)


def _grow(new: nn.Linear, old: nn.Linear, copies: int) -> None:
    """Set the old outputs of ``new``; its input is ``copies`` time steps side by side."""
    n_out, n_in = old.out_features, old.in_features // copies
    wider = new.in_features // copies
    new.weight[:n_out] = 0.0
    for copy in range(copies):
        new.weight[:n_out, copy * wider : copy * wider + n_in] = old.weight[
            :, copy * n_in : (copy + 1) * n_in
        ]
    if old.bias is not None:
        new.bias[:n_out] = old.bias
