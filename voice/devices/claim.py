"""One Charley to a microphone, to a loudspeaker, and to a state folder.

Two would both wake, and both speak. A claim is a lock on a small file; the system lets
it go when the process ends, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from voice.errors import CharleyError


class InUseError(CharleyError):
    """Another Charley has it."""


class Claim:
    """``what`` is this process's alone until :meth:`close`. ``path`` is the file to lock.

    Raises InUseError where another process has claimed it. Where the file cannot be
    made nothing is claimed: a home that cannot be written is no reason not to listen.
    """

    def __init__(self, what: str, path: Path) -> None:
        self._file: int | None = None
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError:
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(file, 32, 0).decode("ascii", "replace").strip()
            os.close(file)
            raise InUseError(
                f"{what} is in use by another Charley (process {owner or 'unknown'})",
                remedy=f"End that one first, with: kill {owner or 'and its number'}",
            ) from None
        except OSError:  # a file system without locks
            os.close(file)
            return
        self._file = file
        with contextlib.suppress(OSError):  # The disk may be full; the lock holds all the same.
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Let it go. Safe to call twice."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
