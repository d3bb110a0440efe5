"""How each figure of the benchmark is measured."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from scripts.sound_server import NoSoundServerError, SoundServer, running_sound_server
from scripts.watching import Talk, parts_of, shipped, talk, voiced_end
from voice.app.assembly import Components
from voice.app.assistant import Assistant
from voice.app.paths import cache_folder
from voice.app.rehearsals import renderer
from voice.app.settings import Settings
from voice.audio.samples import BLOCK_S, BLOCK_SAMPLES, RATE_HZ, Samples, from_float
from voice.devices.sounddevice_streams import OUTPUT_LATENCY_S
from voice.dialogue.hold import Hold
from voice.dialogue.line_keys import HOLD_STARTS
from voice.ports import VoiceStyle
from voice.simulation.noise import Loop, NoiseKind, make_noise
from voice.simulation.rehearsal import WOKEN, Log, Rehearsal
from voice.simulation.room import Acoustics, Room
from voice.simulation.scenario import Expectation, Reply, Scenario, SleeperVoice
from voice.simulation.simulated_user import SimulatedUser
from voice.speech.timeline import CHIME_KEY

COLD_STARTS: Final = 5
IDLE_S: Final = 60.0
FALLS_QUIET_S: Final = 25.0
"""By then the noise floor has settled, and the speaker is closed."""

_RUN: Final = (
    *(sys.executable, "-m", "voice.cli", "run"),
    *("--microphone", "bedside_microphone", "--speaker", "bedside_speaker"),
)

QUIET_DBFS: Final = -65.0
SILENT_BELOW: Final = 33
"""-60 dBFS. The loudspeaker is digitally silent between lines."""

_TALKS: Final = ("calf", "questions", "ladder", "urgent")
_WAKES: Final = (
    ("hey charley", "en-us+m3"),
    ("hey charley", "en-us+m1"),
    ("hey charley", "en-us+f4"),
    ("leg cramp", "en-us+m3"),
)


@dataclass(frozen=True)
class Delay:
    """Milliseconds from the last voiced sample of what the sleeper said."""

    to_sound_ms: float
    to_speech_ms: float
    is_wake: bool
    is_no: bool


def delays(parts: Components) -> dict[str, float]:
    """How quickly Charley replies to answers and to the wake phrase."""
    found = [d for name in _TALKS for d in _delays_in(parts, talk(parts, shipped(parts, name)))]
    for words, voice in _WAKES:
        woken = Scenario(
            title="A wake",
            expect=Expectation(),
            reply=(Reply(at_s=2.0, says=words),),
            voice=SleeperVoice(name=voice),
            time_limit_s=8.0,
        )
        found += _delays_in(parts, talk(parts, woken))
    answers = [d.to_sound_ms for d in found if not d.is_wake and not d.is_no]
    noes = [d.to_sound_ms for d in found if d.is_no]
    wakes = [d for d in found if d.is_wake]
    return {
        "answer_to_reply_ms": statistics.median(answers),
        "answer_to_reply_worst_ms": max(answers),
        "no_to_reply_ms": statistics.median(noes),
        "wake_to_tone_ms": statistics.median(d.to_sound_ms for d in wakes),
        "wake_to_speech_ms": statistics.median(d.to_speech_ms for d in wakes),
        "wake_to_speech_worst_ms": max(d.to_speech_ms for d in wakes),
        "answers": len(answers) + len(noes),
        "wakes": len(wakes),
    }


def _delays_in(parts: Components, held: Talk) -> list[Delay]:
    """The delay of each reply to something understood."""
    played = np.abs(held.sound[:, 0].astype(np.int32))
    found: list[Delay] = []
    for spoken, heard in zip(held.said, held.said[1:], strict=False):
        is_wake = heard.words.startswith(WOKEN)
        if spoken.speaker != "Sleeper" or heard.speaker != "Heard":
            continue
        if not is_wake and not heard.words.startswith('"'):
            continue
        voice = held.scenario.voice
        clip = renderer(parts)(spoken.words, VoiceStyle(voice.name, voice.words_per_minute))
        ended = round(spoken.at_s * RATE_HZ) + voiced_end(clip.samples)
        decided = round(heard.at_s * RATE_HZ)
        track = next((t for begun, t in held.watched.tracks if begun == decided), None)
        if track is None:
            continue
        sound = decided + int(np.argmax(played[decided:] > SILENT_BELOW))
        speech = decided + min(
            p.offset + int(np.argmax(np.abs(p.clip.samples.astype(np.int32)) > SILENT_BELOW))
            for p in track.placements
            if p.key != CHIME_KEY
        )
        then_s = held.watched.step_cpu_s[decided // BLOCK_SAMPLES - 1] + OUTPUT_LATENCY_S
        to_ms = [1000.0 * ((at - ended) / RATE_HZ + then_s) for at in (sound, speech)]
        is_no = heard.words.startswith('"no"')
        found.append(Delay(to_ms[0], to_ms[1], is_wake, is_no))
    return found


def speedup(parts: Components) -> float:
    """How many times faster than real time the plain conversation is rehearsed."""
    return talk(parts, shipped(parts, "calf")).speedup


def cue_error_samples(parts: Components) -> float:
    """The worst error of a cue's position in a hold, found by cross-correlation."""
    held = talk(parts, shipped(parts, "calf"))
    begun, _ = next(
        (at, t) for at, t in held.watched.tracks if any(p.key == "count_1" for p in t.placements)
    )
    played = held.sound[:, 0]
    start = _found_near(played, begun, parts.clips.render(parts.script.text(HOLD_STARTS)).samples)
    errors = []
    for cue in Hold(parts.settings.general.hold_s).cues():
        expected = start + round(cue.at_s * RATE_HZ)
        clip = parts.clips.render(parts.script.text(cue.line)).samples
        errors.append(abs(_found_near(played, expected, clip) - expected))
    return float(max(errors))


def _found_near(played: Samples, expected: int, clip: Samples, reach: int = 800) -> int:
    """The clip's position in the output, within 50 ms of an expected one."""
    first = max(0, expected - reach)
    # A cue longer than its second is cut short; its beginning is always there.
    pattern = clip[: RATE_HZ // 2].astype(np.float64)
    where = played[first : expected + reach + len(pattern)].astype(np.float64)
    return first + int(np.argmax(np.correlate(where, pattern, "valid")))


def idle_cpu_fraction(parts: Components) -> float:
    """Share of real time that the processor spends on a silent room."""
    noise = Loop(make_noise(NoiseKind.PINK, QUIET_DBFS, np.random.default_rng(1)))
    room = Room(
        SimulatedUser((), {}, lambda _at_s, _words: None), Acoustics(), None, _RNG, record=False
    )
    assistant = parts.assistant(room, reference=room)
    assistant.start()
    blocks = [
        from_float(block)
        for block in (noise.next_block() for _ in range(round(2 * IDLE_S / BLOCK_S)))
        if block is not None
    ]
    half = len(blocks) // 2
    for block in blocks[:half]:  # the noise floor settles
        assistant.step(block)
    began = time.process_time()
    for block in blocks[half:]:
        assistant.step(block)
    return (time.process_time() - began) / (half * BLOCK_S)


def live_idle_cpu_fraction() -> float | None:
    """The same for a whole `charley run`, with microphone and loudspeaker open.

    On a private sound server with virtual devices; None without one. All threads
    of the process count, including those of PortAudio and of the sound server's library.
    """
    try:
        with running_sound_server() as server, tempfile.TemporaryDirectory() as state:
            environment = dict(server.environment) | {"CHARLEY_STATE": state}
            environment |= {"CHARLEY_CACHE": str(cache_folder())}
            with subprocess.Popen(
                _RUN, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
            ) as process:
                try:
                    return _idle_share(server, process)
                finally:
                    process.kill()
    except NoSoundServerError:
        return None


def _idle_share(server: SoundServer, process: subprocess.Popen[bytes]) -> float:
    assert process.stdout is not None  # noqa: S101 - requested as a pipe
    if not process.stdout.readline().startswith(b"Charley listens"):
        raise SystemExit("Charley did not start; see the lines above.")
    duration_s = FALLS_QUIET_S + IDLE_S + 5.0
    pink = Loop(make_noise(NoiseKind.PINK, QUIET_DBFS, _RNG))
    blocks = (pink.next_block() for _ in range(round(duration_s / BLOCK_S)))
    noise = np.concatenate([from_float(block) for block in blocks if block is not None])
    # In large pieces, so that the microphone alone decides the size of the pieces it gets.
    room = threading.Thread(
        target=server.play_into_the_room, args=(noise, RATE_HZ, 1_000), daemon=True
    )
    room.start()
    time.sleep(FALLS_QUIET_S)
    before_s, began_s = _cpu_s(process.pid), time.monotonic()
    time.sleep(IDLE_S)
    share = (_cpu_s(process.pid) - before_s) / (time.monotonic() - began_s)
    room.join()
    return share


def _cpu_s(pid: int) -> float:
    """Processor time of a process so far, all threads, in user and kernel mode."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


_RNG: Final = np.random.default_rng(0)

_LISTEN: Final = """
import time
import numpy as np
import voice.cli.run
from voice.app.settings import Settings
from voice.app.assembly import assemble

class Speaker:
    position = None
    def play(self, track): pass
    def halt(self): pass
    def set_gain(self, gain_db): pass
    def mute(self, on): pass
    def take_played(self): return np.zeros(512, np.int16)

parts = assemble(Settings())
assert not parts.missing_lines()
assistant = parts.assistant(speaker := Speaker(), reference=speaker)
assistant.start()
assistant.step(np.zeros(512, np.int16))
print("listening", flush=True)
print(time.process_time())
"""


def cold_start() -> dict[str, float]:
    """From the start of a process to its first block heard; the median of several runs."""
    times, busy = [], []
    for _ in range(COLD_STARTS):
        began = time.perf_counter()
        with subprocess.Popen([sys.executable, "-c", _LISTEN], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None  # noqa: S101 - requested as a pipe
            if child.stdout.readline() != b"listening\n":
                raise SystemExit("Charley did not start; see the lines above.")
            times.append(time.perf_counter() - began)
            busy.append(float(child.stdout.readline()))
    return {
        "cold_start_s": statistics.median(times),
        "cold_start_cpu_s": statistics.median(busy),
    }


def rss_mb() -> float:
    """The peak resident memory of a process that runs the plain conversation."""
    child = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=True)
    return float(child.stdout)


def converse() -> float:
    """Run the plain conversation without keeping its audio; the peak memory so far, in MB."""
    with parts_of(Settings()) as parts:
        scenario = shipped(parts, "calf")

        def build(speaker: Room, log: Log) -> Assistant:
            return parts.assistant(speaker, (log,), reference=speaker, on_line=log.line)

        Rehearsal(
            scenario,
            Path(),
            parts.script,
            build=build,
            render=renderer(parts),
            show=lambda _said: None,
            record=False,
        ).run()
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kilobytes) * 1024 / 1e6


if __name__ == "__main__":
    print(converse())
