"""Renders lines in the background, so that they are ready when needed."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from voice.errors import SynthesisError
from voice.speech.clip_library import ClipLibrary


class Warmer:
    """Works on one library at a time."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def warm(self, clips: ClipLibrary, texts: Sequence[str]) -> None:
        """Start rendering the missing lines of a library, instead of any earlier one."""
        self.end()
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=_render, args=(clips, texts, self._stop), name="charley-warming", daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        """Stop after the current line. Safe to call twice."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None


def _render(clips: ClipLibrary, texts: Sequence[str], stop: threading.Event) -> None:
    try:
        clips.render_all(texts, stop=stop)
    except SynthesisError:
        return  # The library reports it when a line is needed.
