"""Text to clips through pyttsx3, in a child process with a time limit.

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
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from voice.audio.normalise import VERSION, finish
from voice.audio.samples import Clip, Samples, resample
from voice.errors import SpeechEngineError, SynthesisError
from voice.ports import VoiceStyle

TIME_LIMIT_S: Final = 6.0
"""Limit for one line, including starting a child. Usually it takes a few hundredths."""

_WORKER: Final = (sys.executable, "-P", str(Path(__file__).with_name("pyttsx3_worker.py")))
_TRIES: Final = 2
_QUOTED_CHARS: Final = 60
_REINSTALL: Final = "Check the installation with: sudo apt-get install --reinstall espeak-ng"
_LOG = logging.getLogger(__name__)


class _ChildFailedError(Exception):
    """The child hung, died or replied with nonsense; a new one may do better."""


class Pyttsx3Synthesizer:
    """The :class:`voice.ports.Synthesizer` on pyttsx3 and espeak-ng.

    No child is started before the first line is rendered. May be used from
    several threads; lines are rendered one at a time.

    espeak-ng carries some state from one line to the next, so no two renderings of a
    word are the same. With ``afresh`` every line gets its own child and always sounds
    the same; it takes six times as long.
    """

    def __init__(
        self,
        *,
        time_limit_s: float = TIME_LIMIT_S,
        worker: Sequence[str] = _WORKER,
        afresh: bool = False,
    ) -> None:
        """Make a synthesizer. ``worker`` is the child's command."""
        self._time_limit_s = time_limit_s
        self._worker = tuple(worker)
        self._afresh = afresh
        self._lock = threading.Lock()
        self._child: _Child | None = None

    @cached_property
    def version(self) -> str:
        """Versions of pyttsx3, espeak-ng and the normalisation, found without starting a child."""
        try:
            wrapper = importlib.metadata.version("pyttsx3")
        except importlib.metadata.PackageNotFoundError:
            wrapper = "none"
        manner = ", afresh" if self._afresh else ""
        return f"pyttsx3 {wrapper}, espeak-ng {_espeak_version()}, finish {VERSION}{manner}"

    def render(self, text: str, style: VoiceStyle) -> Clip:
        """Render one line: 16 kHz, trimmed, at Charley's level.

        Raises SynthesisError if espeak-ng or the voice is missing or the line
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
            f"The speech engine failed twice on {_short(text)}: {reason}", remedy=_REINSTALL
        )

    def close(self) -> None:
        """End the child. Safe to call twice."""
        with self._lock:
            self._drop_child()

    def _attempt(self, text: str, style: VoiceStyle) -> Clip:
        if self._child is None:
            self._child = _Child(self._worker)
        reply = self._child.ask(
            {"text": text, "voice": style.voice, "words_per_minute": style.words_per_minute},
            time.monotonic() + self._time_limit_s,
        )
        if "error" in reply:
            raise _explained(reply, style)
        samples = finish(_decode(self._child.sound()))
        if self._afresh:
            self._drop_child()
        if not len(samples):
            raise SynthesisError(
                f"The line {_short(text)} produces no sound in the voice {style.voice!r}",
                remedy="Write it with words that can be spoken.",
            )
        return Clip(samples)

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


def _explained(reply: dict[str, Any], style: VoiceStyle) -> SynthesisError:
    if reply.get("kind") == "voice":
        english = ", ".join(name for name in reply["voices"] if name.startswith("en"))
        return SynthesisError(
            f"The speech engine has no voice {style.voice!r}",
            remedy=f"Set voice.name to one of: {english}; `espeak-ng --voices` lists all.",
        )
    return SynthesisError(
        f"The speech engine does not start ({reply['error']})",
        remedy="Install it with: sudo apt-get install espeak-ng",
    )


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
