"""Ctrl-C and SIGTERM while Charley runs: a clean shutdown at any moment.

An exception from a signal handler would surface in the middle of any code, such as an
import or a callback, and end in a traceback. So the handlers only set a flag, which the
live loop checks. Before the loop runs there is nothing to clean up and the process just
exits; it also exits if a device hangs while it is being closed.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from types import FrameType
from typing import Final

from voice.app.systemd_notify import STOPPING, SystemdNotifier
from voice.cli.main import EXIT_INTERRUPTED, EXIT_OK

LAST_PATIENCE_S: Final = 1.5
"""Time limit for a clean shutdown; after that the process exits anyway."""

_STATUS: Final = {signal.SIGINT: EXIT_INTERRUPTED, signal.SIGTERM: EXIT_OK}


class Leaving:
    """Create it in the main thread; from then on it handles both signals as above."""

    def __init__(self) -> None:
        self.asked = False
        self.status = EXIT_OK
        self._orderly = False
        self._noted, wakes = os.pipe()
        os.set_blocking(wakes, False)
        signal.set_wakeup_fd(wakes)
        for asked in _STATUS:
            if signal.getsignal(asked) != signal.SIG_IGN:
                signal.signal(asked, self._note)
        # A thread, since the main one may be inside a library call that never returns.
        threading.Thread(target=self._watch, name="charley-leaving", daemon=True).start()

    def in_order(self) -> None:
        """From now on the live loop checks :attr:`asked` and ends by itself."""
        self._orderly = True

    def _note(self, asked: int, _frame: FrameType | None) -> None:
        self.status = _STATUS[signal.Signals(asked)]
        self.asked = True

    def _watch(self) -> None:
        while (asked := os.read(self._noted, 1)[0]) not in _STATUS:
            pass
        SystemdNotifier().tell(STOPPING)
        if self._orderly:
            time.sleep(LAST_PATIENCE_S)
        os._exit(_STATUS[signal.Signals(asked)])
