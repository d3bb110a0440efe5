"""The figures of a night, and their bounds. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Final

from scripts.figures import Figure
from scripts.soak_test.soak import Soaked

WARM_UP_S: Final = 3_600.0
"""Memory may grow for this long, or for a quarter of a night shorter than four times that."""

FIGURES: Final = (
    Figure(
        "false_wakes_an_hour",
        "False wakes an hour",
        0.1,
        "Charley woke without a call from a sleeper with a cramp",
    ),
    Figure(
        "missed_calls_percent",
        "Missed wakes, % of calls",
        10.0,
        "the wake phrase was said, and Charley had not woken three seconds after it",
    ),
    Figure(
        "unanswered",
        "Cramps that Charley slept through",
        0.0,
        "three calls were missed",
    ),
    Figure(
        "milder_advice",
        "Conversations with advice too mild",
        0.0,
        "the level of advice was below that of the scenario",
    ),
    Figure(
        "as_meant_percent",
        "Conversations as meant, %",
        None,
        "the others took another course, because something was misheard, or missed in noise",
        more_is_better=True,
    ),
    Figure(
        "reply_median_ms",
        "Answer to reply, median, ms",
        None,
        "from the last voiced sample of what was said to the first sample of the reply, plus the"
        " processor time of that step and the output buffer; wakes are among them",
    ),
    Figure(
        "reply_worst_ms",
        "Answer to reply, worst, ms",
        1_000.0,
        "the slowest of all; in noise the end of an utterance is detected later",
    ),
    Figure(
        "slowest_step_ms",
        "Slowest block, ms",
        None,
        "processor time; a block lasts 32 ms, and a slower one is caught up",
    ),
    Figure(
        "memory_growth_mb",
        "Growth of memory, MB",
        1.0,
        "the lowest of the night's last eighth against the lowest of the eighth that follows the"
        " warm-up (memory a decoder holds during an utterance is not growth); memory of the"
        " process's own, after freed memory is returned, without rendered lines",
    ),
    Figure(
        "lines_mb",
        "Rendered lines in memory, MB",
        None,
        "at the end: those at the usual rate of speech, and at the rate that a sleeper has asked"
        " for since, which are added as they are said",
    ),
    Figure(
        "memory_mb",
        "Memory at the end, MB",
        None,
        "the same, of the whole process, including the sounds of the night",
    ),
    Figure(
        "speed",
        "Times real time, on one core",
        60.0,
        "the length of the night divided by its processor time, including the room",
        more_is_better=True,
    ),
    Figure(
        "speed_on_the_wall",
        "Times real time, on the wall",
        None,
        "the same by the clock, with whatever else the machine was doing",
        more_is_better=True,
    ),
)


def figures_of(soaked: Soaked) -> dict[str, float]:
    """Every figure by its key, and the sample sizes."""
    hours = soaked.night_s / 3_600.0
    talks = soaked.conversations
    calls = sum(c.told.calls for c in talks)
    latencies = [1_000.0 * r.latency_s for r in soaked.replies] or [0.0]
    return {
        "false_wakes_an_hour": len(soaked.false_wakes_s) / hours,
        "missed_calls_percent": 100.0 * sum(c.told.missed for c in talks) / max(1, calls),
        "unanswered": sum(not c.told.answered for c in talks),
        "milder_advice": sum(c.milder for c in talks),
        "as_meant_percent": 100.0 * sum(not c.problems for c in talks) / max(1, len(talks)),
        "reply_median_ms": statistics.median(latencies),
        "reply_worst_ms": max(latencies),
        "slowest_step_ms": 1_000.0 * soaked.slowest_step_s,
        "memory_growth_mb": growth_mb(
            [
                all_mb - lines_mb
                for all_mb, lines_mb in zip(soaked.memory_mb, soaked.lines_mb, strict=True)
            ]
        ),
        "lines_mb": soaked.lines_mb[-1],
        "memory_mb": soaked.memory_mb[-1],
        "speed": soaked.night_s / soaked.cpu_s,
        "speed_on_the_wall": soaked.night_s / soaked.wall_s,
        "hours": hours,
        "cramps": len(talks),
        "calls": calls,
        "replies": len(soaked.replies),
    }


def growth_mb(by_minute: Sequence[float]) -> float:
    """How much the floor of memory rose, from the eighth after the warm-up to the last one."""
    warm_up = min(round(WARM_UP_S / 60.0), len(by_minute) // 4)
    eighth = max(1, len(by_minute) // 8)
    return min(by_minute[-eighth:]) - min(by_minute[warm_up : warm_up + eighth])


def beyond(found: Mapping[str, float]) -> list[str]:
    """The figures outside their bounds, in words; empty if all is well."""
    return [
        f"{figure.title}: {found[figure.key]:.4g}, should be {figure.wanted()}"
        for figure in FIGURES
        if figure.verdict(found[figure.key]) == "MISSED"
    ]
