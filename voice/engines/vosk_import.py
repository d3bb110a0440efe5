"""The library ``vosk``, without what it carries for fetching models.

It imports ``requests``, which opens a socket as it is loaded, to try out what the
network can do. Charley opens none while it listens, and fetches models by itself:
so an empty module stands in while ``vosk`` is loaded.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

__all__ = ["vosk"]


def _load() -> Any:
    stands_in = "requests" not in sys.modules
    if stands_in:
        sys.modules["requests"] = ModuleType("requests")
    try:
        import vosk as library  # noqa: PLC0415 - not before there is the stand-in
    finally:
        if stands_in:
            del sys.modules["requests"]
    return library


vosk = _load()
