"""A microphone that is present but sends only silence: a real `charley run` on real sound."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.running import MICROPHONE, STRETCH, charley, wake
from tests.sound_server import SoundServer, running_sound_server

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[SoundServer]:
    with running_sound_server() as running:
        yield running


def test_a_muted_microphone_is_reported_aloud_and_in_the_log(
    server: SoundServer, tmp_path: Path
) -> None:
    with charley(server, tmp_path / "cache", *MICROPHONE) as running:
        wake(running, server)
        running.until(STRETCH)
        assert "silence" not in running.told()
        server.mute(on=True)
        running.until_error("The microphone sends only silence. Take off its mute")
        running.until("Charley: Your microphone sends me only silence.")
        server.mute(on=False)
        running.until_error("The microphone sends sound again.")
        running.until("Charley: Now I hear you well.")
