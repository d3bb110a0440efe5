"""``python -m voice.cli``: the same as ``charley``."""

from voice.cli.start import start

raise SystemExit(start())
