"""``python -m voice.cli``: the same as ``charley``."""

from voice.cli.main import main

raise SystemExit(main())
