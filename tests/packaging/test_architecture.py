"""Everything that docs/architecture.md names is where it says it is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
ROOMS = sorted(path.parent.name for path in (ROOT / "voice").glob("*/__init__.py"))


def test_every_room_is_drawn_and_nothing_else() -> None:
    picture = PAGE.split("```mermaid\n")[1].split("```")[0]
    drawn = set(re.findall(r"\b([a-z]+)\[", picture))
    assert drawn - {"errors", "ports"} == set(ROOMS)


def test_every_module_that_is_named_exists() -> None:
    named = set(re.findall(rf"\b({'|'.join(ROOMS)})/([a-z_0-9]+)", PAGE))
    gone = [f"{room}/{name}" for room, name in sorted(named) if not _there(room, name)]
    assert named
    assert gone == []


def _there(room: str, name: str) -> bool:
    # "reconnecting_*.py" stands for several.
    return any((ROOT / "voice" / room).glob(f"{name}*.py" if name.endswith("_") else f"{name}.py"))
