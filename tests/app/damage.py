"""Copies of the shipped model, damaged in known ways, for the tests of models."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import numpy as np

from voice.app.model_store import BUILT_IN
from voice.app.model_sums import write_sums
from voice.app.paths import models_folder

WEIGHTS = "am/final.mdl"
FLIPPED_BYTES = 4096


def copy_of_built_in(folder: Path) -> Path:
    """Copy the shipped model, with its checksums, to ``folder``."""
    shutil.copytree(models_folder() / BUILT_IN, folder)
    return folder


def flip(folder: Path) -> Path:
    """Flip every bit of 4 KiB in the middle of the weights, as a worn memory card might."""
    path = folder / WEIGHTS
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    harmed = np.frombuffer(bytes(data[middle : middle + FLIPPED_BYTES]), np.uint8)
    data[middle : middle + FLIPPED_BYTES] = (~harmed).tobytes()
    path.write_bytes(bytes(data))
    return folder


def blur(folder: Path, share: float) -> Path:
    """Add noise to all weights, ``share`` of the range of each matrix, and update the checksums."""
    path = folder / WEIGHTS
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(5)
    at = data.find(b"CM2 ")
    while at >= 0:
        start = at + 4
        _low, _span, rows, columns = struct.unpack_from("<ffii", data, start)
        count, begin = rows * columns, start + 16
        codes = np.frombuffer(bytes(data[begin : begin + 2 * count]), "<u2").astype(np.float64)
        codes += rng.normal(scale=share * 65_535, size=count)
        harmed = np.clip(np.rint(codes), 0, 65_535).astype("<u2")
        data[begin : begin + 2 * count] = harmed.tobytes()
        at = data.find(b"CM2 ", begin + 2 * count)
    path.write_bytes(bytes(data))
    write_sums(folder)
    return folder


def with_priors(folder: Path, spread: float) -> Path:
    """Give the model priors, drawn at random: its scores are then divided by them."""
    path = folder / WEIGHTS
    data = path.read_bytes()
    empty = b"<Priors> FV " + b"\x04" + struct.pack("<i", 0)
    assert data.endswith(empty)
    n_classes = 79
    drawn = np.exp(np.random.default_rng(6).normal(scale=spread, size=n_classes))
    priors = (drawn / drawn.sum()).astype("<f4")
    count = struct.pack("<i", n_classes)
    path.write_bytes(data[: -len(empty)] + empty[:-4] + count + priors.tobytes())
    write_sums(folder)
    return folder
