"""The cost of listening: processor time, memory, load time, size on disk."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.evaluation.chain import Clock, Ear
from scripts.faults import EvaluationError

_PROGRAM: Final = Path(__file__).with_name("footprint.py")
_PATIENCE_S: Final = 120.0


@dataclass(frozen=True)
class CostFigures:
    """Processor time is of one core. ``cpu_per_voice_s`` is of the whole chain."""

    cpu_per_audio_s: float
    cpu_per_voice_s: float
    recogniser_cpu_per_s: float
    """Of the recogniser alone, per second of the audio it processed."""
    spotter_cpu_per_s: float
    """Of the second ear, per second of the utterances that it was asked about; 0 without one."""
    spotter_share: float
    """The share of the recogniser's audio that it was asked about."""
    gate_cpu_per_s: float
    load_s: float
    resident_mb: float
    resident_before_loading_mb: float
    size_mb: float


def measure_cost(ear: Ear, model: Path) -> CostFigures:
    """The cost of everything ``ear`` has processed, and of ``model`` in its own process."""
    ran = subprocess.run(
        [sys.executable, str(_PROGRAM), str(model)],
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    if ran.returncode:
        said = ran.stderr.strip().splitlines()
        raise EvaluationError(
            f"the memory of {model} cannot be measured: {said[-1] if said else ran.returncode}",
            remedy="Try again; the model itself has been listened with before.",
        )
    found = json.loads(ran.stdout)
    spotter = Clock() if ear.spotter is None else ear.spotter.clock
    return CostFigures(
        cpu_per_audio_s=rate(ear.whole),
        cpu_per_voice_s=rate(Clock(ear.whole.cpu_s, ear.voice.sound_s)),
        recogniser_cpu_per_s=rate(ear.recogniser.clock),
        spotter_cpu_per_s=rate(spotter),
        spotter_share=spotter.sound_s / max(ear.recogniser.clock.sound_s, 1e-9),
        gate_cpu_per_s=rate(ear.gate.clock),
        load_s=found["load_s"],
        resident_mb=found["resident_mb"],
        resident_before_loading_mb=found["resident_before_loading_mb"],
        size_mb=size_mb(model),
    )


def rate(clock: Clock) -> float:
    """Processor seconds per second of audio; 0 without any."""
    return clock.cpu_s / clock.sound_s if clock.sound_s else 0.0


def size_mb(folder: Path) -> float:
    """All files of a folder, in MB of 1,000,000 bytes."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6
