"""Checksums of a model's files: whether a model is still intact.

They are kept in :data:`SUMS` in the model's own folder, both for a model that ships and for
one that was downloaded, so every copy carries them. Several threads read the files, since
hashing releases the GIL and a start has to wait for it.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

SUMS: Final = "charley-sums.txt"
"""The SHA-256, size and name of each file of a model, one per line."""

_PROSE: Final = ".md"
"""Text for people may be corrected without changing the model's identity."""


def write_sums(folder: Path) -> None:
    """Write the size and SHA-256 of every file of a model to :data:`SUMS`."""
    (folder / SUMS).write_text(_sums(folder), encoding="utf-8")


def has_sums(folder: Path) -> bool:
    """Whether a model carries checksums."""
    return (folder / SUMS).is_file()


def fingerprint(folder: Path) -> str:
    """A hash of a model's files, in hexadecimal; equal for equal models, wherever they lie.

    It is the hash of the checksums, which :func:`faults` verifies; for a model without
    checksums they are computed. Raises OSError.
    """
    path = folder / SUMS
    text = path.read_text(encoding="utf-8") if path.is_file() else _sums(folder)
    return hashlib.sha256(text.encode()).hexdigest()


def faults(folder: Path, *, thorough: bool = False) -> list[str]:
    """What is wrong with a model that carries checksums, in words; empty if it is intact.

    Checks that every file exists and has its size; ``thorough`` hashes all of them.
    """
    if not folder.is_dir():
        return [f"{folder} is missing"]
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
        sums = [_sum_of(line) for line in lines]
    except (OSError, ValueError):
        return [f"{folder / SUMS} cannot be read"]
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda one: _fault(folder, *one, thorough=thorough), sums)
        return [fault for fault in found if fault]


def _fault(folder: Path, digest: str, size: int, name: str, *, thorough: bool) -> str:
    path = folder / name
    try:
        if path.stat().st_size != size:
            return f"{path} has {path.stat().st_size} bytes and should have {size}"
        return f"{path} is damaged" if thorough and _sha256(path) != digest else ""
    except FileNotFoundError:
        return f"{path} is missing"
    except OSError as error:
        # A worn-out memory card returns an error instead of the file.
        return f"{path} cannot be read ({error.strerror})"


def _sums(folder: Path) -> str:
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.name != SUMS and path.suffix != _PROSE
    )
    return "".join(
        f"{_sha256(path)} {path.stat().st_size} {path.relative_to(folder).as_posix()}\n"
        for path in files
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _sum_of(line: str) -> tuple[str, int, str]:
    digest, size, name = line.split(" ", 2)
    return digest, int(size), name
