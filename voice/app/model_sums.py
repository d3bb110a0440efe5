"""Checksums of a model's files: whether a model is still the one that was made.

They lie in the model's own folder, in :data:`SUMS`, for a model that ships and for
one that was fetched alike, and go with every copy of it. All files are read with
several threads: hashing is done outside Python's lock, and a start waits for it.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

SUMS: Final = "charley-sums.txt"
"""The SHA-256, size and name of each file of a model, a line each."""

_PROSE: Final = ".md"
"""What only people read may be corrected without making the model another one."""


def write_sums(folder: Path) -> None:
    """Note size and SHA-256 of every file of a model in :data:`SUMS`."""
    (folder / SUMS).write_text(_sums(folder), encoding="utf-8")


def has_sums(folder: Path) -> bool:
    """Whether a model carries checksums at all."""
    return (folder / SUMS).is_file()


def fingerprint(folder: Path) -> str:
    """A name for just these files, in hexadecimal; equal for equal models wherever they lie.

    That of the checksums, which :func:`faults` holds the files to; of a model
    without any they are worked out. Raises OSError.
    """
    path = folder / SUMS
    text = path.read_text(encoding="utf-8") if path.is_file() else _sums(folder)
    return hashlib.sha256(text.encode()).hexdigest()


def faults(folder: Path, *, thorough: bool = False) -> list[str]:
    """What is wrong with a model that carries checksums, in words; empty where it is whole.

    Looks whether every file is there in its size; ``thorough`` reads them all.
    """
    if not folder.is_dir():
        return [f"{folder} is not there"]
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
        # A worn-out memory card gives an error instead of a file.
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
