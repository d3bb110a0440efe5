"""A `charley run` in a process of its own, beside a bed that the test fills with sound."""

from __future__ import annotations

import contextlib
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from tests.sound_server import SoundServer
from voice.audio.samples import Samples, silence
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.ports import VoiceStyle

PATIENCE_S = 60.0
"""Enough for a busy machine; each wait ends as soon as its condition is met."""

MICROPHONE = ("--microphone", "bedside_microphone", "--speaker", "bedside_speaker")
USB_MICROPHONE = ("--microphone", "usb_microphone", "--speaker", "bedside_speaker")
USB_SPEAKER = ("--microphone", "bedside_microphone", "--speaker", "usb_speaker")

WAKE = "Heard: the wake phrase."
STRETCH = "Charley: Lie on your back"


class RunningCharley:
    """The process, and what it has printed so far."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.errors: list[str] = []
        self._seen: list[str] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._readers = [
            threading.Thread(target=self._read_out, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def until(self, words: str, patience_s: float = PATIENCE_S) -> str:
        """Wait for the next line of output that contains these words, and return it."""
        deadline = time.monotonic() + patience_s
        while (left_s := deadline - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                line = self._lines.get(timeout=left_s)
                if line is None:
                    raise AssertionError(f"Charley ended before {words!r}: {self.told()}")
                self._seen.append(line)
                if words in line:
                    return line
        raise AssertionError(f"{words!r} was not printed in {patience_s} s: {self.told()}")

    def until_error(self, words: str, patience_s: float = PATIENCE_S) -> None:
        """Wait for a line of the log that contains these words."""
        deadline = time.monotonic() + patience_s
        more = True
        while not any(words in line for line in self.errors):
            assert more, f"Charley ended before {words!r}: {self.told()}"
            assert time.monotonic() < deadline, f"{words!r} is not in the log: {self.told()}"
            time.sleep(0.05)
            more = self._readers[1].is_alive()

    def leave(self) -> float:
        """Have it shut down cleanly; return how long that took, in seconds."""
        began_s = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=10) == 0
        return time.monotonic() - began_s

    def heard(self) -> list[str]:
        """What it has printed about what it heard."""
        return [line for line in self._seen if line.startswith("Heard:")]

    def told(self) -> str:
        """All that it has printed and logged, and its exit status if it has ended."""
        ended = self.process.poll()
        status = [] if ended is None else [f"-- exit status {ended}"]
        return "\n".join(["", *self._seen, "-- log", *self.errors, *status])

    def close(self) -> None:
        """End it, whatever it is doing."""
        self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(timeout=5)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def _read_out(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip())
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors.append(line.rstrip())


@contextlib.contextmanager
def charley(
    server: SoundServer, cache: Path, *words: str, before: tuple[str, ...] = (), **environ: str
) -> Iterator[RunningCharley]:
    """`charley run --show` with these arguments, listening; ``before`` is a command prefix."""
    own = {"CHARLEY_CACHE": str(cache), "CHARLEY_STATE": str(cache.parent / "state")}
    command = [*before, sys.executable, "-m", "voice.cli", "run", "--show", *words]
    with closing(RunningCharley(command, dict(server.environment) | own | environ)) as running:
        running.until("Charley listens")
        yield running


def spoken(*lines: str) -> Samples:
    """The lines as a person in the room might say them, with silence around each."""
    with closing(Pyttsx3Synthesizer()) as synthesizer:
        said = [synthesizer.render(line, VoiceStyle("en-us", 150)).samples for line in lines]
    return np.concatenate([silence(0.5), *(np.concatenate([s, silence(1.5)]) for s in said)])


def tell(
    charley: RunningCharley, room: SoundServer, words: str, expected: str = "", tries: int = 4
) -> None:
    """Repeat the words until Charley hears them, as a person would: it may be speaking itself."""
    sound = spoken(words)
    for attempt in range(tries):
        room.play_into_the_room(sound)
        try:
            charley.until(expected or f"Heard: {words}", 6.0)
        except AssertionError:
            if attempt == tries - 1:
                raise
        else:
            return


def wake(charley: RunningCharley, room: SoundServer) -> None:
    """Say "hey charley" until Charley hears it."""
    tell(charley, room, "hey charley", WAKE)


def to_the_hold(charley: RunningCharley, room: SoundServer) -> None:
    """Wake Charley, and hear it out until it starts to count."""
    wake(charley, room)
    charley.until(STRETCH)
    charley.until("Charley: Now.")
