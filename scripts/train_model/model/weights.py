"""Network files between stages: written completely or not at all."""

from __future__ import annotations

from pathlib import Path

import torch

from scripts.train_model.model.network import Network, Shape, fresh_network


def write_network(path: Path, network: Network, priors: torch.Tensor) -> None:
    """Save the weights, and the class priors they were trained with."""
    part = path.with_suffix(".part")
    torch.save({"network": network.cpu().state_dict(), "priors": priors}, part)
    part.replace(path)


def read_network(path: Path, shape: Shape) -> tuple[Network, torch.Tensor]:
    """Load the network of that shape, and its priors."""
    network = fresh_network(shape)
    saved = torch.load(path, weights_only=True)
    network.load_state_dict(saved["network"])
    return network, saved["priors"]
