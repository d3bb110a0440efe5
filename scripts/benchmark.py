"""Measures how fast and how small Charley is, on the machine that it runs on.

All figures come from the real loop (voice gate, recogniser, dialogue, rendered
speech) in the simulated room, on default settings and the model these choose.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scripts import measuring, watching
from voice.adapters.sounddevice_devices import OUTPUT_LATENCY_S
from voice.config import Settings
from voice.endpoint import ListeningSettings


@dataclass(frozen=True)
class Figure:
    """One line of the table: what is measured, and what it should be."""

    key: str
    title: str
    target: float | None
    meaning: str
    more_is_better: bool = False

    def verdict(self, value: float) -> str:
        """Whether the target is met."""
        if self.target is None:
            return ""
        met = value >= self.target if self.more_is_better else value <= self.target
        return "met" if met else "MISSED"

    def wanted(self) -> str:
        """The target in words."""
        if self.target is None:
            return ""
        return f"{'at least' if self.more_is_better else 'at most'} {self.target:g}"


FIGURES: Final = (
    Figure(
        "cold_start_s",
        "Cold start to listening, s",
        1.0,
        "from the start of a new process until it has heard its first block, with rendered"
        " prompts; median of five; no sound device is opened",
    ),
    Figure(
        "cold_start_cpu_s",
        "Processor time of that, s",
        None,
        "what of it was this process at work, and not others that kept the processor busy",
    ),
    Figure(
        "answer_to_reply_ms",
        "Answer to reply, median, ms",
        350.0,
        "from the last voiced sample of an answer to the first sample of the reply, as the room"
        " recorded them, plus the processor time of that step and the output buffer",
    ),
    Figure(
        "answer_to_reply_worst_ms",
        "Answer to reply, worst, ms",
        350.0,
        "the slowest of all answers that were understood",
    ),
    Figure(
        "wake_to_tone_ms",
        "Wake to tone, median, ms",
        None,
        "from the last voiced sample of the wake phrase to the first sample of the tone, likewise",
    ),
    Figure(
        "wake_to_speech_ms",
        "Wake to speech, median, ms",
        300.0,
        "the same, to the first sample of the first word; of it"
        f" {1000 * ListeningSettings().wake_s:.0f} ms are the quiet that ends a wake phrase (who"
        ' says "hey charley, my foot" is let finish), and'
        f" {1000 * OUTPUT_LATENCY_S:.0f} ms the output buffer",
    ),
    Figure(
        "wake_to_speech_worst_ms",
        "Wake to speech, worst, ms",
        300.0,
        "the slowest of all wakes",
    ),
    Figure(
        "cue_error_samples",
        "Error of a cue in a 60 s hold, samples",
        1.0,
        "the place of each cue in what the loudspeaker played, by cross-correlation, against"
        " its time in the hold; the worst",
    ),
    Figure(
        "idle_cpu_fraction",
        "Share of a core in a silent room",
        0.02,
        "processor time for 60 s of noise at -65 dBFS, divided by 60 s; the sound device's own"
        " threads are not in it",
    ),
    Figure(
        "rss_mb",
        "Resident memory, highest, MB",
        150.0,
        "of a process that has held the plain conversation, from wake to good night",
    ),
    Figure(
        "rehearsal_speedup",
        "Rehearsal, times real time",
        20.0,
        "time in the room divided by time on the wall, for the plain calf cramp",
        more_is_better=True,
    ),
)


def measure() -> dict[str, float]:
    """Every figure by its key; and how many answers and wakes they rest on."""
    settings = Settings()
    with watching.parts_of(settings) as parts:
        found = measuring.delays(parts)
        found["rehearsal_speedup"] = measuring.speedup(parts)
        found["idle_cpu_fraction"] = measuring.idle_cpu_fraction(parts)
    with watching.parts_of(watching.with_long_hold(settings)) as parts:
        found["cue_error_samples"] = measuring.cue_error_samples(parts)
    found |= measuring.cold_start()
    found["rss_mb"] = measuring.rss_mb()
    return found


def rows(figures: Sequence[Figure], found: Mapping[str, float]) -> list[str]:
    """The figures as lines of a table, and below it how each was measured."""
    cells = [(f.title, f"{found[f.key]:.4g}", f.wanted(), f.verdict(found[f.key])) for f in figures]
    head = ("Figure", "Measured", "Target", "")
    widths = [max(len(row[i]) for row in (head, *cells)) for i in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *cells)
    ]
    return [*lines, *(f"{f.title}: {f.meaning}." for f in figures)]


def table(found: Mapping[str, float]) -> str:
    """The figures with their targets, and how each was measured."""
    rests_on = (
        f"From {found['answers']:.0f} answers and {found['wakes']:.0f} wakes, with"
        f" {os.cpu_count()} processors and a load of {os.getloadavg()[0]:.1f} at the end."
    )
    return "\n".join([*rows(FIGURES, found), rests_on])


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Measure how fast and how small Charley is.")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    args = parser.parse_args(argv)
    found = measure()
    print(json.dumps({k: round(v, 5) for k, v in found.items()}) if args.json else table(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
