"""The private sound server for tests, which are skipped if none is available."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from scripts import sound_server
from scripts.sound_server import NoSoundServerError, SoundServer, UsbDevice

__all__ = ["SoundServer", "UsbDevice", "running_sound_server"]


@contextlib.contextmanager
def running_sound_server() -> Iterator[SoundServer]:
    """Run a server for as long as the context lasts; skip the test if none is available."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(sound_server.running_sound_server())
        except NoSoundServerError as lack:
            pytest.skip(f"no sound server: {lack}")
        yield server
