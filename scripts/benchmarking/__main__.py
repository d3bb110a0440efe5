"""Measures how fast and how small Charley is, on the machine that it runs on.

All figures come from the real loop (voice gate, recogniser, dialogue, rendered
speech) in the simulated room, with default settings and the model that these choose.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from scripts import watching
from scripts.benchmarking import measuring
from scripts.benchmarking.talking_over import hear_own_voice, obedience
from scripts.corpus.manifest import Role, read_manifest
from scripts.faults import EvaluationError
from scripts.figures import Figure, rows
from voice.app.settings import AudioSettings, Settings
from voice.audio.files import read_recording
from voice.audio.samples import Samples
from voice.devices.sounddevice_streams import OUTPUT_LATENCY_S
from voice.listening.settings import ListeningSettings

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
        "the part of it that this process used, without others that kept the processor busy",
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
        "the slowest of all understood answers but a plain no",
    ),
    Figure(
        "no_to_reply_ms",
        "No to reply, median, ms",
        600.0,
        "likewise for a plain no, which is closed only after 450 ms of silence, because people"
        " correct themselves",
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
        f" {1000 * ListeningSettings().wake_s:.0f} ms are the silence that ends a wake phrase (time"
        ' to finish "hey charley, my foot"), and'
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
        "the position of each cue in the loudspeaker's output, by cross-correlation, against"
        " its time in the hold; the worst",
    ),
    Figure(
        "idle_cpu_fraction",
        "Share of a core in a silent room",
        0.02,
        "processor time for 60 s of noise at -65 dBFS, divided by 60 s; without the sound device's"
        " own threads",
    ),
    Figure(
        "live_idle_cpu_fraction",
        "The same, live, with the devices open",
        0.015,
        "of a whole `charley run` on virtual devices of a private PulseAudio, all its threads, for"
        " 60 s of the same noise; not measured without PulseAudio",
    ),
    Figure(
        "rss_mb",
        "Resident memory, highest, MB",
        190.0,
        "of a process that has run the plain conversation with both ears",
    ),
    Figure(
        "rehearsal_speedup",
        "Rehearsal, times real time",
        20.0,
        "time in the room divided by time on the wall, for the plain calf cramp",
        more_is_better=True,
    ),
)


TALK_FIGURES: Final = (
    Figure(
        "obeyed_above",
        "Stop over Charley, 5 dB above it, %",
        90.0,
        'recordings of "stop" said once while Charley speaks, in a room where its echo at the'
        " microphone is as loud as what it plays",
        more_is_better=True,
    ),
    Figure("obeyed_equal", "As loud as it, %", 80.0, "likewise", more_is_better=True),
    Figure(
        "obeyed_above_twice",
        "5 dB above it, said twice, %",
        97.0,
        "the same, repeated within three seconds if it was not obeyed",
        more_is_better=True,
    ),
    Figure(
        "obeyed_equal_twice",
        "As loud as it, said twice, %",
        97.0,
        "likewise",
        more_is_better=True,
    ),
    Figure(
        "obeyed_in_a_gap",
        "Without a canceller, again in a gap, %",
        80.0,
        "the same at 5 dB, half duplex: said over Charley, then in its next gap",
        more_is_better=True,
    ),
    Figure(
        "voice_to_pause_ms",
        "Voice to pause, median, ms",
        150.0,
        "from where the word comes within 20 dB of its loudest until the loudspeaker is told to"
        " stop, at 5 dB above the echo; without the output buffer",
    ),
    Figure(
        "own_voice_heard",
        "Words heard in its own voice",
        0.0,
        "Charley says every one of its lines to an empty room, once listening for its wake"
        " phrase, once during a stretch, once for an answer",
    ),
    Figure(
        "own_voice_pauses",
        "Pauses for its own voice",
        None,
        "how often it stopped for its own voice",
    ),
)


def measure_talking_over(words: Sequence[Samples]) -> dict[str, float]:
    """The figures of talking over Charley, with recordings of "stop"."""
    with watching.parts_of(Settings()) as parts:
        above = obedience(parts, words, over_echo_db=5.0, tries=1)
        found = {
            "obeyed_above": 100 * above.obeyed,
            "voice_to_pause_ms": 1000 * above.pause_s,
            "obeyed_equal": 100 * obedience(parts, words, over_echo_db=0.0, tries=1).obeyed,
        }
        for name, over_echo_db in (("above", 5.0), ("equal", 0.0)):
            twice = obedience(parts, words, over_echo_db=over_echo_db, tries=2)
            found[f"obeyed_{name}_twice"] = 100 * twice.obeyed
        own = hear_own_voice(parts)
    deaf = replace(Settings(), audio=AudioSettings(talk_over=False))
    with watching.parts_of(deaf) as parts:
        gap = obedience(parts, words, over_echo_db=5.0, tries=2, then_in_a_gap=True)
        found["obeyed_in_a_gap"] = 100 * gap.obeyed
    found["own_voice_heard"] = sum(map(len, own.heard.values()))
    found["own_voice_pauses"] = own.pauses
    return found


def stops(manifest: Path, most: int) -> list[Samples]:
    """Recordings of "stop" by as many people as possible. Raises EvaluationError."""
    said = [r for r in read_manifest(manifest) if r.label == "stop" and r.role is Role.WORD]
    if not said:
        raise EvaluationError(
            f'{manifest}: no recordings of "stop"', remedy="Name a manifest that has some."
        )
    by_speaker = sorted(said, key=lambda r: (sum(o.speaker == r.speaker for o in said), r.file))
    return [read_recording(r.path) for r in by_speaker[:most]]


def measure() -> dict[str, float]:
    """Every figure by its key, and the number of answers and wakes they rest on."""
    settings = Settings()
    with watching.parts_of(settings) as parts:
        found = measuring.delays(parts)
        found["rehearsal_speedup"] = measuring.speedup(parts)
        found["idle_cpu_fraction"] = measuring.idle_cpu_fraction(parts)
    with watching.parts_of(watching.with_long_hold(settings)) as parts:
        found["cue_error_samples"] = measuring.cue_error_samples(parts)
    live = measuring.live_idle_cpu_fraction()
    if live is not None:
        found["live_idle_cpu_fraction"] = live
    found |= measuring.cold_start()
    found["rss_mb"] = measuring.rss_mb()
    return found


def table(found: Mapping[str, float]) -> str:
    """The figures with their targets, and how each was measured."""
    rests_on = (
        f"From {found['answers']:.0f} answers and {found['wakes']:.0f} wakes, with"
        f" {os.cpu_count()} processors and a load of {os.getloadavg()[0]:.1f} at the end."
    )
    return "\n".join([*rows(FIGURES, found), rests_on])


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        prog="scripts/benchmark",
        description="Measure how fast and how small Charley is, with the real loop in the"
        " simulated room: from start to listening, from an answer to the reply, from the wake"
        " phrase to speech, the timing of a count, idle processor time, memory, and how much faster"
        " than real time a rehearsal is. Prints a table with the targets; takes about two minutes.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    parser.add_argument(
        "--talk-over",
        type=Path,
        metavar="MANIFEST",
        help='measure talking over Charley instead, with this manifest\'s recordings of "stop"',
    )
    parser.add_argument(
        "--trials", type=int, default=100, metavar="N", help="use at most N recordings"
    )
    args = parser.parse_args(argv)
    if args.talk_over is None:
        found = measure()
        told = table(found)
    else:
        try:
            found = measure_talking_over(stops(args.talk_over, args.trials))
        except EvaluationError as error:
            print(f"benchmark: {error}", file=sys.stderr)
            return 1
        told = "\n".join(rows(TALK_FIGURES, found))
    print(json.dumps({k: round(v, 5) for k, v in found.items()}) if args.json else told)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
