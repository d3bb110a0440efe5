"""Where ``charley`` starts. Until the command line is read, Ctrl-C just ends the process.

Python would answer it with a traceback, since what handles it is being loaded itself.
"""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start() -> int:
    """Run the command line. Returns the exit status."""
    from voice.cli.main import main  # not before the above

    return main()
