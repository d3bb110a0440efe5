"""A conversation in OVOS as it normally runs: message bus and core in separate processes.

The skill is the one that OVOS finds and loads itself, with its own clock. This program is the
microphone and the loudspeaker: it says what it is told to, and plays each line in an instant.

    python -m tests.ovos.on_the_bus OUT.json {WORDS SECONDS}...
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from ovos_bus_client import MessageBusClient
from ovos_bus_client.message import Message

SKILL_ID: Final = "leg-cramp.charley"

LATENCY_S: Final = 0.2
"""How long the voice takes to begin, as it would with the line ready."""

LENGTH_S: Final = 0.5
"""How long it then takes, whatever it says."""

READY_S: Final = 60.0

PIPELINE: Final = (
    "ovos-stop-pipeline-plugin-high",
    "ovos-converse-pipeline-plugin",
    "ovos-padacioso-pipeline-plugin-high",
    "ovos-padacioso-pipeline-plugin-medium",
    "ovos-fallback-pipeline-plugin-low",
)


class Room:
    """A person, a microphone and a loudspeaker on the bus."""

    def __init__(self, port: int) -> None:
        self.said: list[tuple[float, str]] = []
        self.silenced: list[float] = []
        self.bus = MessageBusClient(port=port)
        self.bus.run_in_thread()
        assert self.bus.connected_event.wait(READY_S)
        self.ready = threading.Event()
        self.bus.on("skill.stop.pong", self._answered)
        self.bus.on("speak", self._play)
        self.bus.on("mycroft.audio.speech.stop", self._silenced)

    def wait_for_the_skill(self) -> None:
        until_s = time.monotonic() + READY_S
        while not self.ready.is_set():
            assert time.monotonic() < until_s, "OVOS has not loaded the skill"
            self.bus.emit(Message(f"{SKILL_ID}.stop.ping"))
            self.ready.wait(1.0)

    def say(self, words: str) -> None:
        data = {"utterances": [words], "lang": "en-US"}
        self.bus.emit(Message("recognizer_loop:utterance", data))

    def call(self, words: str) -> None:
        """Repeat it until there is an answer: OVOS may still be learning what it means."""
        until_s = time.monotonic() + READY_S
        while not self.said:
            assert time.monotonic() < until_s, "nobody has answered"
            self.say(words)
            time.sleep(3.0)

    def _answered(self, message: Message) -> None:
        if message.data.get("skill_id") == SKILL_ID:
            self.ready.set()

    def _silenced(self, message: Message) -> None:  # noqa: ARG002
        self.silenced.append(time.monotonic())

    def _play(self, message: Message) -> None:
        self.said.append((time.monotonic(), message.data["utterance"]))
        threading.Thread(target=self._sound, args=(message,), daemon=True).start()

    def _sound(self, message: Message) -> None:
        time.sleep(LATENCY_S)
        self.bus.emit(message.forward("recognizer_loop:audio_output_start"))
        time.sleep(LENGTH_S)
        self.bus.emit(message.forward("recognizer_loop:audio_output_end"))


@contextlib.contextmanager
def running(*modules: str) -> Iterator[None]:
    """Run these modules of OVOS as processes."""
    log = (Path(os.environ["HOME"]) / "ovos.log").open("a")
    processes = []
    try:
        for module in modules:
            started = subprocess.Popen([sys.executable, "-m", module], stdout=log, stderr=log)
            processes.append(started)
            time.sleep(2.0)  # the core gives up if there is no bus yet
        yield
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            try:
                process.wait(10.0)
            except subprocess.TimeoutExpired:
                process.kill()
        log.close()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def main(out: Path, turns: Sequence[tuple[str, float]]) -> None:
    port = free_port()
    settings = {
        "websocket": {"host": "127.0.0.1", "port": port},
        "intents": {"pipeline": PIPELINE},
    }
    conf = Path(os.environ["HOME"]) / ".config/mycroft/mycroft.conf"
    conf.parent.mkdir(parents=True, exist_ok=True)
    conf.write_text(json.dumps(settings), encoding="utf-8")
    with running("ovos_messagebus", "ovos_core"):
        room = Room(port)
        room.wait_for_the_skill()
        heard: list[tuple[float, str]] = []
        for number, (words, seconds) in enumerate(turns):
            heard.append((time.monotonic(), words))
            (room.say if number else room.call)(words)
            time.sleep(seconds)
        room.bus.close()
    found = {"said": room.said, "heard": heard, "silenced": room.silenced}
    out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    arguments = sys.argv[2:]
    main(Path(sys.argv[1]), list(zip(arguments[::2], map(float, arguments[1::2]), strict=True)))
    os._exit(0)  # OVOS's client leaves threads behind that never end
