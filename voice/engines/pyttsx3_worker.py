"""The child process that speaks: pyttsx3, one line after another.

One JSON object per line comes in on standard input::

    {"text": "Five.", "voice": "en-us", "words_per_minute": 150, "path": "/tmp/five.wav"}

and one goes out for each: ``{"done": true}`` once the WAV file is written, or
``{"error": "...", "kind": "voice" | "engine" | "line", "voices": [...]}``.

It runs as a standalone file and imports nothing of Charley, so it starts quickly
and cannot harm its parent. It exits when its parent does, however that happens,
even in the middle of a line or with a reply unread: no parent, no child. It also exits
after some minutes without a request, so that a night costs no memory.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

_ANSWER_S = 120.0
"""Well beyond the parent's own limit; it only keeps anything from waiting for ever."""

_NAP_S = 0.001

IDLE_S = 600.0
"""Without a request for this long the process ends."""

ESPEAK = "espeak"

USUAL_PITCH = 50
"""The pitch of the voice itself, of what pyttsx3 lets range from 0 to 100."""


class Engine:
    """pyttsx3, started once, and what it reports through callbacks.

    pyttsx3's ``runAndWait`` first asks whether the C library is busy, and if so
    cancels - not that work, but the line that follows, which then comes out empty
    or cut short, and is reported as finished all the same. Setting a rate is such
    work, and it may begin just after the library said that it was idle. So the
    driver is kept from stopping anything, a line begins only when the library is
    idle, and a line reported as incomplete counts as failed.
    """

    def __init__(self, driver: str) -> None:
        import pyttsx3  # noqa: PLC0415 - if this fails, the parent gets the error
        import pyttsx3.drivers  # noqa: PLC0415

        pyttsx3.drivers.__path__.append(str(Path(__file__).parent))
        self._engine = pyttsx3.init(driver)
        self._is_working: Callable[[], bool] = _never
        if driver == ESPEAK:
            from pyttsx3.drivers import _espeak  # noqa: PLC0415

            self._is_working = _espeak.IsPlaying
        self._engine.proxy._driver.stop = _leave_alone  # noqa: SLF001 - there is no public way
        self._errors: list[str] = []
        self._finished = threading.Event()
        self._engine.connect("error", self._on_error)
        self._engine.connect("finished-utterance", self._on_finished)
        # Until its loop has run once, the engine postpones every command.
        self._engine.runAndWait()

    def render(
        self, text: str, voice: str, words_per_minute: int, path: str, pitch: int = USUAL_PITCH
    ) -> dict[str, Any]:
        """Write one line to ``path`` and report how it went."""
        self._wait_until_idle()
        self._errors.clear()
        self._finished.clear()
        self._engine.setProperty("voice", voice)
        self._engine.setProperty("pitch", pitch)
        self._engine.setProperty("rate", words_per_minute)
        self._wait_until_idle()
        if self._errors:
            return {"error": "; ".join(self._errors), "kind": "voice", "voices": self._voices()}
        self._engine.save_to_file(text, path)
        self._engine.runAndWait()
        # runAndWait() may return while the engine's own thread still speaks.
        if not self._finished.wait(_ANSWER_S):
            return {"error": "the engine never finished the line", "kind": "line"}
        if self._errors:
            return {"error": "; ".join(self._errors), "kind": "line"}
        return {"done": True}

    def _wait_until_idle(self) -> None:
        while self._is_working():
            time.sleep(_NAP_S)

    def _voices(self) -> list[str]:
        """The names of the voices that need nothing else installed."""
        ids = [str(voice.id) for voice in self._engine.getProperty("voices")]
        return sorted(name.rsplit("/", 1)[-1] for name in ids if not name.startswith("mb/"))

    def _on_error(self, **report: object) -> None:
        self._errors.append(str(report.get("exception")))

    def _on_finished(self, **report: object) -> None:
        if not report.get("completed"):
            self._errors.append("the line was cut short")
        self._finished.set()


def _never() -> bool:
    """Whether a driver is at work between two calls, where it works within them."""
    return False


def _leave_alone() -> None:
    """Stop nothing: a line is always rendered to its end."""


def _private_stdout() -> TextIO:
    """Reserve standard output for the protocol: whatever pyttsx3 prints is discarded."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return replies


def _read_requests(requests: queue.SimpleQueue[str]) -> None:
    try:
        for line in sys.stdin:
            requests.put(line)
    finally:
        # A parent that exits with a reply unread is an error here, not an end of file.
        os._exit(0)


def main() -> None:
    """Answer requests until standard input is closed."""
    replies = _private_stdout()
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read_requests, args=(requests,), daemon=True).start()
    driver = sys.argv[1] if len(sys.argv) > 1 else ESPEAK
    engine: Engine | None = None
    fault = ""
    try:
        engine = Engine(driver)
    except (ImportError, RuntimeError, OSError) as error:
        fault = _told(error)
    while True:
        try:
            request = json.loads(requests.get(timeout=IDLE_S))
        except queue.Empty:
            os._exit(0)  # the other thread waits for standard input, and would hold this one up
        if engine is None:
            reply = {"error": fault, "kind": "engine"}
        else:
            try:
                reply = engine.render(**request)
            except (RuntimeError, OSError) as error:
                reply = {"error": _told(error), "kind": "line"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main()
