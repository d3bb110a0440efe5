"""The entry point of ``charley``. Until the command line is read, Ctrl-C just ends the process.

Python would print a traceback, since the code that handles it is still being imported. So this
module and the packages around it import nothing else before that.
"""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start() -> int:
    """Run the command line. Returns the exit status."""
    from voice.cli.main import main  # only after the lines above

    return main()
