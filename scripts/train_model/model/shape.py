"""The sizes of the acoustic network. Without PyTorch, so that a recipe can use them anywhere."""

from __future__ import annotations

from dataclasses import dataclass

SUBSAMPLING = 3
"""Input frames per output row."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network; ``dilations`` has one entry per block, in 30 ms steps."""

    width: int = 384
    bottleneck: int = 96
    dilations: tuple[int, ...] = (1, 1, 1, 2, 2, 2)

    @property
    def context(self) -> int:
        """Frames of 10 ms needed on either side of an output."""
        return 2 + 1 + SUBSAMPLING * sum(self.dilations)

    def n_inputs(self, n_outputs: int) -> int:
        """Number of input frames that give ``n_outputs`` rows."""
        return SUBSAMPLING * (n_outputs - 1) + 1 + 2 * self.context
