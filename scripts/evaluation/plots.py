"""Plots the figures as PNG, with matplotlib, which nothing else needs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from scripts.corpus.conditions import QUIET
from scripts.evaluation.answers import AnswerFigures
from scripts.evaluation.sweep import AnswerPoint
from scripts.evaluation.targets import SEVEN
from scripts.evaluation.wake import WakeFigures
from scripts.plotting import pyplot, save

SIZE_INCHES: Final = (8.0, 5.0)


def draw_wake(wake: WakeFigures, folder: Path) -> Path:
    """Misses against false alarms per hour, a line for each condition."""
    plt = pyplot()
    figure, axes = plt.subplots(figsize=SIZE_INCHES, layout="constrained")
    for number, (condition, curve) in enumerate(wake.curves.items()):
        # No false alarms at all lies on the axis itself, and must be visible there.
        line = axes.step(
            [p.alarms_per_hour for p in curve],
            [100.0 * p.miss_share for p in curve],
            where="post",
            label=condition,
            clip_on=False,
        )[0]
        now = wake.defaults[condition]
        # Ever smaller, so that overlapping dots leave a ring.
        axes.plot(
            now.alarms_per_hour,
            100.0 * now.miss_share,
            "o",
            markersize=12.0 - 2.0 * min(number, 4),
            color=line.get_color(),
            clip_on=False,
            zorder=3,
        )
    axes.axvline(0.1, color="grey", linestyle=":", linewidth=1)
    axes.axhline(10.0, color="grey", linestyle=":", linewidth=1)
    axes.set_xscale("symlog", linthresh=0.1)
    most = max(p.alarms_per_hour for curve in wake.curves.values() for p in curve)
    axes.set_xlim(0.0, max(10.0, 1.5 * most))
    axes.set_ylim(0.0, 100.0)
    axes.set_xlabel(f"false alarms an hour, over {wake.hours:.2f} h of foreign speech")
    axes.set_ylabel(f"missed, % of {wake.n}")
    axes.set_title(f"{wake.phrase!r}; dots: wake_margin {wake.default_margin:g}")
    axes.grid(alpha=0.3)
    axes.legend()
    return save(figure, folder / f"wake_{_slug(wake.phrase)}.png")


def draw_words(figures: AnswerFigures, folder: Path) -> Path:
    """Share of the seven words recognised correctly, in every condition."""
    plt = pyplot()
    figure, axes = plt.subplots(figsize=SIZE_INCHES, layout="constrained")
    conditions = list(figures.tallies)
    for word in SEVEN:
        shares = [figures.word(word, condition) for condition in conditions]
        if shares[0].n:
            axes.plot(
                conditions,
                [100.0 * t.right_share for t in shares],
                marker="o",
                label=f"{word} ({shares[0].n})",
            )
    axes.set_ylim(0.0, 101.0)
    axes.set_ylabel("heard right, %")
    axes.set_title(f"Grammar {figures.name!r}")
    axes.grid(alpha=0.3)
    axes.legend()
    return save(figure, folder / f"words_{_slug(figures.name)}.png")


def draw_sweep(figures: AnswerFigures, folder: Path) -> Path:
    """The effect of each threshold on right answers, and on other words taken for one."""
    plt = pyplot()
    points = figures.sweeps[QUIET.name]
    settings = list(dict.fromkeys(p.setting for p in points))
    columns = 2
    rows = -(-len(settings) // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(10.0, 3.0 * rows), layout="constrained", squeeze=False
    )
    for axes, setting in zip(grid.flat, settings, strict=False):
        _draw_setting(axes, setting, [p for p in points if p.setting == setting])
    grid[0][0].legend()
    figure.suptitle(f"One setting at a time, grammar {figures.name!r}")
    return save(figure, folder / f"sweep_{_slug(figures.name)}.png")


def _draw_setting(axes: Any, setting: str, points: Sequence[AnswerPoint]) -> None:
    values = [p.value for p in points]
    axes.plot(values, [100.0 * p.right_share for p in points], marker=".", label="right")
    axes.plot(
        values, [100.0 * p.right_at_once_share for p in points], marker=".", label="right at once"
    )
    axes.plot(
        values,
        [100.0 * p.unknown_taken_share for p in points],
        marker=".",
        label="other words taken for one",
    )
    axes.set_ylim(0.0, 101.0)
    axes.set_xlabel(setting)
    axes.set_ylabel("%")
    axes.grid(alpha=0.3)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "plot"
