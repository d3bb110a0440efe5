"""The effect of other thresholds on the same evidence. Pure.

The evidence comes from one run with the current settings. A threshold that
believes more might have ended an utterance a little sooner than that run did,
and one that believes less a little later; that is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from voice.listening.settings import AcceptanceSettings

ALARMS_PER_HOUR: Final = 0.1
"""The false alarms per hour at which misses are compared."""

LOWEST: Final = 0.0
HIGHEST: Final = 20.0
STEP: Final = 0.25

MARGINS: Final = tuple(float(m) for m in np.arange(LOWEST, HIGHEST + STEP, STEP))


@dataclass(frozen=True)
class WakePoint:
    """Misses and false alarms of a wake phrase at one threshold."""

    wake_margin: float
    miss_share: float
    alarms_per_hour: float
    alarms: int


def wake_point(
    margin: float, best: Sequence[float | None], alarms: Sequence[float], hours: float
) -> WakePoint:
    """One point of the curve.

    ``best``: for each recording of the phrase the largest margin of a candidate,
    None if there was none. ``alarms``: the margin of every candidate in
    ``hours`` of foreign speech.
    """
    missed = sum(b is None or b < margin for b in best)
    count = sum(a >= margin for a in alarms)
    return WakePoint(
        margin,
        missed / len(best) if best else 0.0,
        count / hours if hours > 0 else 0.0,
        count,
    )


def wake_curve(
    best: Sequence[float | None], alarms: Sequence[float], hours: float
) -> tuple[WakePoint, ...]:
    """The whole curve, from the lowest threshold to the highest."""
    return tuple(wake_point(margin, best, alarms, hours) for margin in MARGINS)


def at_alarms(
    curve: Sequence[WakePoint], alarms_per_hour: float = ALARMS_PER_HOUR
) -> WakePoint | None:
    """The point of fewest misses with at most that many false alarms; None if there is none."""
    allowed = [p for p in curve if p.alarms_per_hour <= alarms_per_hour]
    return min(allowed, key=lambda p: (p.miss_share, p.wake_margin), default=None)


@dataclass(frozen=True)
class AnswerPoint:
    """Effect of one value of a setting on answers. Shares and counts; see the names."""

    setting: str
    value: float
    right_share: float
    right_at_once_share: float
    wrong_share: float
    swapped: int
    unknown_taken_share: float
    unknown_taken_at_once_share: float
    running_answers_per_minute: float
    running_clear_answers_per_minute: float


SWEPT: Final = {
    "clear_margin": (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0),
    "doubtful_margin": (-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0),
    "no_extra_margin": (0.0, 0.5, 1.0, 2.0, 3.0),
    "rival_margin": (0.0, 1.0, 2.0, 3.0, 4.0),
    "least_voice_s": (0.0, 0.064, 0.1, 0.15, 0.2),
    "least_voiced": (0.0, 0.2, 0.3, 0.4, 0.5, 0.6),
}
"""Settings of :class:`voice.listening.acceptance.AcceptanceSettings` to try, one by one."""


def swept(
    settings: AcceptanceSettings, measure: Callable[[str, float, AcceptanceSettings], AnswerPoint]
) -> tuple[AnswerPoint, ...]:
    """Measure every value of every setting, with the others unchanged."""
    return tuple(
        measure(setting, value, replace(settings, **{setting: value}))
        for setting, values in SWEPT.items()
        for value in values
    )
