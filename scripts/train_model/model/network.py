"""The acoustic network: a residual, factorised time-delay network.

Input is log-mel, shape (batch, n_frames, 40), one frame every 10 ms; output has
one row of class scores every 30 ms, without padding: output j is centred on
input frame ``context + 3 j``.

Each block is a narrow linear map over two time steps and a wide affine map over
two more, a rectifier, batch normalisation without scale or shift, and a damped
shortcut (D. Povey et al., "Semi-orthogonal low-rank matrix factorization for
deep neural networks", Interspeech 2018, without the orthogonality constraint).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from scripts.train_model.dataset.mel import N_BINS
from scripts.train_model.lang.phones import N_CLASSES
from scripts.train_model.model.shape import SUBSAMPLING, Shape

__all__ = ["SHORTCUT", "SUBSAMPLING", "Block", "Network", "Shape", "fresh_network", "n_parameters"]

SHORTCUT = 0.66


def _spliced(x: Tensor, offsets: tuple[int, ...], step: int = 1) -> Tensor:
    """Append time steps at ``offsets`` (first is 0), keeping every ``step``-th row."""
    count = (x.shape[1] - offsets[-1] - 1) // step + 1
    span = step * (count - 1) + 1
    return torch.cat([x[:, o : o + span : step] for o in offsets], dim=2)


class Block(nn.Module):
    """One factorised layer with its shortcut."""

    def __init__(self, width: int, bottleneck: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation = dilation
        self.linear = nn.Linear(2 * width, bottleneck, bias=False)
        self.affine = nn.Linear(2 * bottleneck, width)
        self.norm = nn.BatchNorm1d(width, affine=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, n, width) to (batch, n - 2 * dilation, width)."""
        narrow = self.linear(_spliced(x, (0, self.dilation)))
        wide = torch.relu(self.affine(_spliced(narrow, (0, self.dilation))))
        wide = self.norm(wide.flatten(0, 1)).view_as(wide)
        rows = wide.shape[1]
        shortcut = x[:, self.dilation : self.dilation + rows]
        out: Tensor = self.dropout(wide) + SHORTCUT * shortcut
        return out


class Network(nn.Module):
    """Class scores from log-mel features."""

    def __init__(self, shape: Shape, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.shape = shape
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        self.first = nn.Linear(5 * N_BINS, shape.bottleneck * 2)
        self.first_norm = nn.BatchNorm1d(shape.bottleneck * 2, affine=False)
        self.second = nn.Linear(3 * shape.bottleneck * 2, shape.width)
        self.second_norm = nn.BatchNorm1d(shape.width, affine=False)
        self._in_order = tuple(
            Block(shape.width, shape.bottleneck, dilation, 0.1) for dilation in shape.dilations
        )
        self.blocks = nn.ModuleList(self._in_order)
        self.last = nn.Linear(shape.width, N_CLASSES)

    def forward(self, log_mel: Tensor) -> Tensor:
        """Map (batch, n_frames, N_BINS) to scores (batch, n_outputs, N_CLASSES)."""
        x = (log_mel - self.mean) / self.deviation
        x = torch.relu(self.first(_spliced(x, (0, 1, 2, 3, 4))))
        x = self.first_norm(x.flatten(0, 1)).view_as(x)
        x = torch.relu(self.second(_spliced(x, (0, 1, 2), step=SUBSAMPLING)))
        x = self.second_norm(x.flatten(0, 1)).view_as(x)
        for block in self._in_order:
            x = block(x)
        scores: Tensor = self.last(x)
        return scores.float()

    def blocks_in_order(self) -> tuple[Block, ...]:
        """The blocks from input to output."""
        return self._in_order


def fresh_network(shape: Shape) -> Network:
    """A network with the normalisation left at 0 and 1, to be set or loaded."""
    return Network(shape, torch.zeros(N_BINS), torch.ones(N_BINS))


def averaged(networks: Sequence[Network]) -> Network:
    """The mean of the weights of networks trained from the same one."""
    mean = fresh_network(networks[0].shape)
    states = [network.cpu().state_dict() for network in networks]
    mean.load_state_dict(
        {
            name: torch.stack([state[name].double() for state in states]).mean(0).to(value.dtype)
            for name, value in states[0].items()
        }
    )
    return mean


def n_parameters(network: nn.Module) -> int:
    """Number of trainable weights."""
    return sum(parameter.numel() for parameter in network.parameters())
