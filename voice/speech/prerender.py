"""Rendering all lines of a script, with progress for the waiting user."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Final, TextIO

from voice.content.script import Script
from voice.speech.clip_library import ClipLibrary

QUIET_S: Final = 2.0
"""Show no progress for work that takes less than this."""

_EVERY_S: Final = 0.2
_EVERY_PLAIN_S: Final = 10.0


def render_script(
    script: Script,
    clips: ClipLibrary,
    out: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[str, ...]:
    """Render every line that is not cached yet; return the texts that failed.

    Progress goes to ``out`` (standard error) once the work has taken two
    seconds: one line that is redrawn on a terminal, otherwise a line now and then.
    Raises SynthesisError if the engine does not work at all.
    """
    line = ProgressLine("Rendering speech", sys.stderr if out is None else out, clock)
    try:
        return clips.render_all((text.text for text in script.lines.values()), line.update)
    finally:
        line.close()


class ProgressLine:
    """A line such as "Rendering speech: 34 of 210", silent for the first two seconds."""

    def __init__(self, what: str, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._out = out
        self._clock = clock
        self._terminal = out.isatty()
        self._next_s = clock() + QUIET_S
        self._shown = False

    def update(self, done: int, of: int) -> None:
        """Show the progress, if an update is due."""
        now_s = self._clock()
        if now_s < self._next_s and not (self._shown and done == of):
            return
        self._next_s = now_s + (_EVERY_S if self._terminal else _EVERY_PLAIN_S)
        self._shown = True
        text = f"{self._what}: {done} of {of}"
        self._out.write(f"\r{text}" if self._terminal else f"{text}\n")
        self._out.flush()

    def close(self) -> None:
        """End the line, if one was begun."""
        if self._shown and self._terminal:
            self._out.write("\n")
            self._out.flush()
        self._shown = False
