"""A small file in the state folder, kept up to date without blocking the audio loop.

A thread writes it, so a slow disk holds nothing up. The file is complete at any moment, even
if the power fails; a write that fails gives a line in the log and is not an error.
"""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 0.5
"""How long to wait for the disk on closing; after that, the last write may be lost."""

_LOG: Final = logging.getLogger(__name__)


class StateFile:
    """Keeps the latest content of ``path``. ``what`` names it in the log."""

    def __init__(self, path: Path, what: str) -> None:
        self._path = path
        self._what = what
        self._changed = threading.Condition()
        self._pending = False
        self._content: bytes | None = None
        self._over = False
        self._writer: threading.Thread | None = None

    def write(self, content: bytes | None) -> None:
        """Set the content of the file; None deletes the file. Never blocks."""
        with self._changed:
            self._content, self._pending = content, True
            self._changed.notify()
        if self._writer is None:
            self._writer = threading.Thread(target=self._work, name="charley-keeping", daemon=True)
            self._writer.start()

    def close(self) -> None:
        """Write what is still pending, if the disk allows it. Safe to call twice."""
        with self._changed:
            self._over = True
            self._changed.notify()
        if self._writer is not None:
            self._writer.join(PATIENCE_S)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending or self._over)
                if not self._pending:
                    return
                content, self._pending = self._content, False
            try:
                if content is None:
                    self._path.unlink(missing_ok=True)
                else:
                    _write_whole(self._path, content)
            except OSError as error:
                _LOG.warning("could not save %s (%s)", self._what, error)


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
