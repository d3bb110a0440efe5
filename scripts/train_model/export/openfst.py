"""Runs OpenFst's command-line tools (Debian package ``libfst-tools``)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

#: Debian's ``fstconvert`` does not find this plug-in by itself.
LOOKAHEAD_PLUGIN = os.environ.get("OPENFST_LOOKAHEAD", "libfstlookahead.so.22")

_TIMEOUT_S = 300.0


class OpenFstError(Exception):
    """An OpenFst tool is not installed or fails."""


def installed() -> bool:
    """Whether the tools are installed."""
    return all(shutil.which(tool) for tool in ("fstcompile", "fstarcsort", "fstconvert"))


def compile_fst(lines: Iterable[str], path: Path, sort: str) -> None:
    """Compile text to a "const" FST with its arcs sorted by ``sort``."""
    with tempfile.TemporaryDirectory() as folder:
        compiled = _sorted(lines, Path(folder), sort)
        _run(["fstconvert", "--fst_type=const", str(compiled), str(path)])


def compile_lookahead(lines: Iterable[str], path: Path) -> dict[int, int]:
    """Compile text for lookahead on output labels.

    Lookahead needs its own label order: the result maps each old output
    label to its new one.
    """
    with tempfile.TemporaryDirectory() as folder:
        compiled = _sorted(lines, Path(folder), "olabel")
        pairs = Path(folder) / "relabel"
        _run(
            [
                "fstconvert", "--fst_type=olabel_lookahead",
                f"--save_relabel_opairs={pairs}", str(compiled), str(path),
            ],
            preload=LOOKAHEAD_PLUGIN,
        )  # fmt: skip
        rows = (line.split() for line in pairs.read_text(encoding="utf-8").splitlines())
        return {int(old): int(new) for old, new in rows}


def _sorted(lines: Iterable[str], folder: Path, sort: str) -> Path:
    text, plain, ordered = folder / "text", folder / "plain.fst", folder / "sorted.fst"
    with text.open("w", encoding="utf-8") as stream:
        stream.writelines(lines)
    _run(["fstcompile", str(text), str(plain)])
    _run(["fstarcsort", f"--sort_type={sort}", str(plain), str(ordered)])
    return ordered


def _run(command: list[str], preload: str = "") -> None:
    environment = dict(os.environ, LD_PRELOAD=preload) if preload else None
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False,
            timeout=_TIMEOUT_S,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise OpenFstError(f"{command[0]}: {error}; install OpenFst's tools") from error
    if done.returncode or "ERROR" in done.stderr:
        raise OpenFstError(f"{' '.join(command)}: {done.stderr.strip()}")
