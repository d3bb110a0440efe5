"""Holds written conversations with the skill in OVOS, and writes what OVOS was given to say.

Runs where OVOS is installed; tests/ovos/test_golden.py starts it and compares.

    python -m tests.ovos.replay OUT.json CONVERSATION.txt...
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.ovos.night import Night
from tests.ovos.written import read_conversation


def main(out: Path, paths: Sequence[Path]) -> None:
    said: dict[str, list[tuple[str, float | None]]] = {}
    night = Night()
    try:
        for path in paths:
            night.live_through(read_conversation(path).replies)
            said[path.stem] = night.said
            night.begin_another()
    finally:
        night.close()
    out.write_text(json.dumps(said, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]])
