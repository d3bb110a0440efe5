"""The private sound server, for tests: skipped where none can be had."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from scripts import sound_server
from scripts.sound_server import NoSoundServerError, SoundServer, UsbDevice

__all__ = ["SoundServer", "UsbDevice", "running_sound_server"]


@contextlib.contextmanager
def running_sound_server() -> Iterator[SoundServer]:
    """A server for as long as the context lasts. Skips the test where none can be had."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(sound_server.running_sound_server())
        except NoSoundServerError as lack:
            pytest.skip(f"no sound server: {lack}")
        yield server
