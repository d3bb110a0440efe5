"""Writes the manual page ``docs/charley.1`` from the command-line parser.

``python -m scripts.man_page``
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from voice import __version__

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "charley.1"


def man_page() -> str:
    """The page, in roff, without a date, so that it changes only with the parser."""
    page = subprocess.run(
        [
            str(Path(sys.executable).with_name("argparse-manpage")),
            *("--module", "voice.cli.main"),
            *("--function", "build_whole_parser"),
            *("--prog", "charley"),
            *("--project-name", "charley"),
            *("--manual-title", "Charley"),
            *("--description", "a voice by the bed for a leg cramp at night"),
            *("--version", __version__),
        ],
        cwd=PAGE.parents[1],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return re.sub(r'^(\.TH \S+ "1") "[^"]*"', r'\1 ""', page.rstrip()) + "\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(man_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
