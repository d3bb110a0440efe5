"""One Charley for each microphone, each loudspeaker and each state folder.

Two would both wake, and both speak. A claim is a lock on a small file; the system releases
it when the process ends, even in a crash.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from voice.errors import CharleyError


class InUseError(CharleyError):
    """Another Charley uses it."""


class Claim:
    """Reserves ``what`` for this process until :meth:`close`, by locking the file ``path``.

    Raises InUseError where another process has claimed it. Where the file cannot be created
    nothing is claimed: Charley listens even if its home cannot be written to.
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
        with contextlib.suppress(OSError):  # The disk may be full; the lock holds anyway.
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Give up the claim. Safe to call twice."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
