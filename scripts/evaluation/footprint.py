"""The cost of loading and listening in a separate process; one JSON object on stdout.

Run as a program, with a model's folder as its argument: memory and load time can
only be measured in a process that has done nothing else.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np

from voice.audio.samples import BLOCK_SAMPLES, RATE_HZ
from voice.engines.silero_vad import SileroGate
from voice.engines.vosk_recogniser import VoskRecogniser

SOUND_S: Final = 10.0
PHRASES: Final = ("yes", "no")


def resident_mb() -> float:
    """The process's peak resident memory, MB.

    Without /proc this is the system's figure, which may be that of a larger parent
    process.
    """
    status = Path("/proc/self/status")
    for line in status.read_text(encoding="ascii").splitlines() if status.exists() else ():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def footprint(model: Path) -> dict[str, float]:
    """Load the model, listen to noise with gate and recogniser, and print the cost."""
    before_mb = resident_mb()
    began, cpu = time.perf_counter(), time.process_time()
    recogniser = VoskRecogniser(model)
    load_s, load_cpu_s = time.perf_counter() - began, time.process_time() - cpu
    noise = np.random.default_rng(0).normal(scale=1000.0, size=int(SOUND_S * RATE_HZ))
    sound = noise.astype(np.int16)
    utterance = recogniser.begin(PHRASES)
    gate = SileroGate()
    for start in range(0, len(sound) - BLOCK_SAMPLES + 1, BLOCK_SAMPLES):
        block = sound[start : start + BLOCK_SAMPLES]
        gate.probability(block)
        utterance.accept(block)
    utterance.finish()
    return {
        "load_s": load_s,
        "load_cpu_s": load_cpu_s,
        "resident_mb": resident_mb(),
        "resident_before_loading_mb": before_mb,
    }


if __name__ == "__main__":
    print(json.dumps(footprint(Path(sys.argv[1]))))
