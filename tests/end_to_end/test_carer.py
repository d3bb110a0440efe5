"""A call for help at the bed raises an alert in another room: all processes, and a real broker."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.carer.broker import Broker, until, watching
from tests.end_to_end.running import MICROPHONE, PATIENCE_S, charley, tell, to_the_hold
from tests.sound_server import SoundServer


def test_a_call_for_help_reaches_a_carer(server: SoundServer, cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Broker(folder)
    environment = broker.environment(tmp_path)
    config, shared = environment["CHARLEY_CONFIG"], environment["CHARLEY_CARER"]
    command = [sys.executable, "-m", "voice.cli", "bridge"]
    # Charley starts first, then its bridge, and the broker last.
    with (
        charley(server, cache, *MICROPHONE, CHARLEY_CONFIG=config, CHARLEY_CARER=shared) as running,
        subprocess.Popen(command, env=environment) as bridge,
    ):
        try:
            running.until("None of your words")
            broker.start()
            with watching(broker) as carer:
                until(lambda: carer.standing.get("charley/bed/listening") == "online", PATIENCE_S)
                to_the_hold(running, server)
                until(lambda: carer.standing.get("charley/bed/cramp") == "ON")
                tell(running, server, "call my wife")
                until(lambda: carer.standing.get("charley/bed/help") == "ON")
                assert json.loads(carer.standing["charley/bed/alert"])["kind"] == "help"
                assert not any("wife" in message.payload for message in carer.arrived)
                running.leave()
        finally:
            bridge.terminate()
            broker.kill()
