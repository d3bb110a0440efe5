"""Plots a night as PNG: recognised speech over time, memory, and reply delays."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from scripts.plotting import pyplot, save
from scripts.soak_test.soak import Soaked
from scripts.soak_test.sounds import Kind
from voice.audio.samples import RATE_HZ

SIZE_INCHES: Final = (11.0, 7.0)
_HOUR_S: Final = 3_600.0
_HOUR: Final = RATE_HZ * _HOUR_S


def draw_night(soaked: Soaked, folder: Path) -> Path:
    """Plot the night into ``night.png``. Raises EvaluationError."""
    figure, rows = pyplot().subplots(
        3, 1, figsize=SIZE_INCHES, layout="constrained", sharex=True, height_ratios=(3, 2, 2)
    )
    _draw_sounds(rows[0], soaked)
    minutes = [(number + 1) / 60.0 for number in range(len(soaked.memory_mb))]
    rows[1].plot(minutes, soaked.memory_mb)
    rows[1].set_ylim(0.0, 1.2 * max(soaked.memory_mb))
    rows[1].set_ylabel("memory, MB")
    rows[2].plot(
        [r.at_s / _HOUR_S for r in soaked.replies],
        [1_000.0 * r.latency_s for r in soaked.replies],
        ".",
    )
    rows[2].set_ylim(bottom=0.0)
    rows[2].set_ylabel("answer to reply, ms")
    rows[2].set_xlabel("hours of the night")
    for axes in rows:
        axes.grid(alpha=0.3)
    return save(figure, folder / "night.png")


def _draw_sounds(axes: Any, soaked: Soaked) -> None:
    """Each kind of sound in its own row, its level as depth of colour; calls on top."""
    kinds = list(Kind)
    for row, kind in enumerate(kinds):
        for passage in soaked.night.passages:
            if passage.kind is kind:
                axes.barh(
                    row,
                    (passage.end - passage.start) / _HOUR,
                    left=passage.start / _HOUR,
                    height=0.7,
                    color="C0",
                    alpha=min(1.0, max(0.2, 1.0 + (passage.level_dbfs + 30.0) / 40.0)),
                )
    top = len(kinds)
    talks = [(c.told.cramp.start / _HOUR, c.told.missed > 0) for c in soaked.conversations]
    for name, marker, hours in (
        ("woken", "^", [at for at, missed in talks if not missed]),
        ("a call missed", "v", [at for at, missed in talks if missed]),
        ("false wake", "X", [at_s / _HOUR_S for at_s in soaked.false_wakes_s]),
    ):
        axes.plot(hours, [top] * len(hours), marker, label=f"{name} ({len(hours)})")
    axes.set_yticks(range(top + 1), [*(kind.value for kind in kinds), "cramps"])
    axes.set_ylim(-0.6, top + 1.6)
    axes.set_xlim(0.0, soaked.night_s / _HOUR_S)
    axes.legend(loc="upper right", ncols=3)
