"""A small file of the state folder, written without making anybody wait.

Laws of this file:

- Nothing here makes the audio loop wait: a thread writes, whatever the disk does.
- The file is whole at any moment, even if the power fails.
- A disk that fails is no fault of the conversation: a line in the log.
"""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 0.5
"""How long the disk may take at the end; then what came last is not kept."""

_LOG: Final = logging.getLogger(__name__)


class StateFile:
    """Writes the latest content to ``path``. ``what`` is what it holds, for the log."""

    def __init__(self, path: Path, what: str) -> None:
        self._path = path
        self._what = what
        self._changed = threading.Condition()
        self._unwritten: bytes | None = None
        self._over = False
        self._writer: threading.Thread | None = None

    def write(self, content: bytes) -> None:
        """Have that written, in place of what is not written yet."""
        with self._changed:
            self._unwritten = content
            self._changed.notify()
        if self._writer is None:
            self._writer = threading.Thread(target=self._run, name="charley-keeping", daemon=True)
            self._writer.start()

    def close(self) -> None:
        """Write what is not written yet, if the disk lets it. Safe to call twice."""
        with self._changed:
            self._over = True
            self._changed.notify()
        if self._writer is not None:
            self._writer.join(PATIENCE_S)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._unwritten is not None or self._over)
                content, self._unwritten = self._unwritten, None
            if content is None:
                return
            try:
                write_whole(self._path, content)
            except OSError as error:
                _LOG.warning("%s cannot be kept: %s", self._what, error)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is whole at any moment, even if the power fails. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
