"""Ctrl-C and SIGTERM while Charley runs: it leaves in good order, at any moment.

An exception out of a signal handler would come up in the middle of whatever is at work,
a library that is being loaded as well as a call-back, and end in a traceback. So the
handlers only take note, and the live loop looks. Before it runs there is nothing to put
in order, and the process just ends; so it does where a device hangs while it is closed.
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
"""How long it may take to leave in good order; then the process ends all the same."""

_STATUS: Final = {signal.SIGINT: EXIT_INTERRUPTED, signal.SIGTERM: EXIT_OK}


class Leaving:
    """Made by the main thread; from then on both signals are as above."""

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
        # A thread, since the main one may be deep in a library that returns late or never.
        threading.Thread(target=self._watch, name="charley-leaving", daemon=True).start()

    def in_order(self) -> None:
        """From now on the live loop looks at :attr:`asked`, and ends by itself."""
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
