"""The library ``vosk``, without its own code for fetching models.

It imports ``requests``, which opens a socket on import to test what the network
supports. Charley opens none while it listens, and fetches models by itself: so an
empty module stands in while ``vosk`` is loaded.
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
        import vosk as library  # noqa: PLC0415 - only once the stand-in is in place
    finally:
        if stands_in:
            del sys.modules["requests"]
    return library


vosk = _load()
