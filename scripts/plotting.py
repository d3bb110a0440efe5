"""Plots to PNG files, with matplotlib, which nothing else needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from scripts.faults import EvaluationError

DOTS_PER_INCH: Final = 120


def check_plots(folder: Path) -> None:
    """Make the folder, and check that plotting is possible. Raises EvaluationError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EvaluationError(
            f"{folder}: the folder could not be created: {error.strerror}", remedy="Name another."
        ) from error
    pyplot()


def save(figure: Any, path: Path) -> Path:
    """Write a figure, and release it. Raises EvaluationError."""
    try:
        # The same figures give the same file: no date, no version.
        figure.savefig(path, dpi=DOTS_PER_INCH, metadata={"Software": None})
    except OSError as error:
        raise EvaluationError(
            f"{path}: cannot be written: {error.strerror}", remedy="Name another folder."
        ) from error
    finally:
        pyplot().close(figure)
    return path


def pyplot() -> Any:
    """The matplotlib package, drawing to files only. Raises EvaluationError if not installed."""
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra that only plotting needs
        from matplotlib import pyplot as plt  # noqa: PLC0415
    except ImportError as error:
        raise EvaluationError(
            "matplotlib, which draws the plots, is not installed",
            remedy="Run 'pip install matplotlib', or leave --plots out.",
        ) from error
    mpl.use("Agg")
    return plt
