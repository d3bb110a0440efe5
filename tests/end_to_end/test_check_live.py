"""`charley check` on PortAudio, with a room that answers: what it asks, reports and advises."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing

import numpy as np
import pytest

from tests.sound_server import SoundServer
from voice.audio.samples import Samples, silence
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.ports import VoiceStyle

ASKED = ("yes", "no", "hey charley")
DEVICES = {
    "CHARLEY_AUDIO_INPUT_DEVICE": "bedside_microphone",
    "CHARLEY_AUDIO_OUTPUT_DEVICE": "bedside_speaker",
}


@pytest.fixture(scope="module")
def spoken() -> dict[str, Samples]:
    with closing(Pyttsx3Synthesizer()) as synthesizer:
        style = VoiceStyle("en-us", 150)
        return {word: synthesizer.render(word, style).samples for word in ASKED}


class Room:
    """What the microphone hears: endless hiss, and any speech within it. Nothing starts late."""

    STEP = 1_600

    def __init__(self, server: SoundServer) -> None:
        self._hiss = np.random.default_rng(1).normal(scale=20.0, size=160_000).astype(np.int16)
        self._said: queue.SimpleQueue[Samples] = queue.SimpleQueue()
        command = ["pacat", "--raw", "--format=s16le", "--channels=1", "--rate=16000"]
        self._player = subprocess.Popen(
            [*command, "--playback", "--latency-msec=50", f"--device={server.room}"],
            env=dict(server.environment),
            stdin=subprocess.PIPE,
            bufsize=0,
        )
        threading.Thread(target=self._feed, daemon=True).start()

    def say(self, samples: Samples) -> None:
        """Say something, now."""
        self._said.put(samples)

    def close(self) -> None:
        self._player.kill()
        self._player.wait()

    def _feed(self) -> None:
        pipe = self._player.stdin
        assert pipe is not None
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096)
        left = silence(0.0)
        with contextlib.suppress(BrokenPipeError), pipe:
            for at in itertools.count(step=self.STEP):
                if not self._said.empty():
                    left = np.concatenate([left, self._said.get()])
                piece, left = left[: self.STEP], left[self.STEP :]
                hiss = np.take(self._hiss, range(at, at + self.STEP), mode="wrap")
                hiss[: len(piece)] += piece
                pipe.write(hiss.tobytes())


@contextlib.contextmanager
def living_room(server: SoundServer) -> Iterator[Room]:
    """A room with some hiss, in which the loudspeaker can be heard."""
    module = server.control(
        "load-module", "module-loopback", "source=speaker.monitor", "sink=room", "latency_msec=20"
    ).strip()
    with closing(Room(server)) as room:
        yield room
    server.control("unload-module", module)


def check(
    server: SoundServer,
    *words: str,
    room: Room | None = None,
    answers: Sequence[Samples] = (),
    **environ: str,
) -> tuple[int, list[str], str]:
    """Run the command and answer each question; return exit status, lines and all output."""
    process = subprocess.Popen(
        [sys.executable, "-m", "voice.cli", "check", *words],
        env=dict(server.environment) | DEVICES | environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    waiting = iter(answers)
    lines = []
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if room is not None and line == "Listening.\n":
                room.say(np.concatenate([silence(0.5), next(waiting, silence(0.0))]))
    return process.returncode, lines, "\n".join(lines)


def test_a_user_who_is_understood_is_told_that_all_is_well(
    server: SoundServer, spoken: dict[str, Samples]
) -> None:
    with living_room(server) as room:
        answers = [spoken[word] for word in ASKED]
        status, lines, told = check(server, room=room, answers=answers)
    assert status == 0, told
    assert "This is Charley. I am testing my voice, my ears and your microphone." in lines
    assert "Now please be silent for 3 seconds, while I listen to the room." in lines
    for word in ASKED:
        assert f"After the tone, please say: {word}." in lines
        assert f"I heard {word}, " in told
    assert "I hear my own voice " in told
    assert lines[-1] == "All is well. There is nothing to change."


def test_a_user_who_says_nothing_is_told_what_to_do(server: SoundServer) -> None:
    with living_room(server):
        status, lines, told = check(server, "--json")
    assert status == 1
    assert "I did not hear anyone say yes." in lines
    found = json.loads(told[told.index("\n{\n") :])
    assert found["passed"] is False
    assert found["failed"] == ["Microphone"]
    assert [trial["asked"] for trial in found["trials"]] == list(ASKED)
    assert found["advice"] == "If you did speak, move the microphone closer, or choose another one."
    assert found["room"]["floor_dbfs"] < -50


def test_a_silent_microphone_is_told_apart_from_a_working_speaker(server: SoundServer) -> None:
    server.mute(on=True)
    try:
        status, lines, told = check(server, "--no-questions")
    finally:
        server.mute(on=False)
    assert status == 1
    assert "Microphone failed: The microphone is silent. Take off its mute" in told
    assert lines[-1].startswith("Not all is well: look at the microphone. Take off its mute")
    assert "17 of 17 rendered words recognised" in told


def test_a_missing_microphone_is_reported_in_a_clear_sentence(server: SoundServer) -> None:
    status, lines, told = check(
        server,
        CHARLEY_AUDIO_INPUT_DEVICE="Neptune",
        CHARLEY_CARER_BROKER="broker.invalid",
        CHARLEY_CARER_BED="window",
        CHARLEY_VOICE_WORDS_PER_MINUTE="230",
    )
    assert status == 1
    # If anything leaves the room, that is said aloud, too.
    (said,) = (line for line in lines if line.startswith("A carer is told"))
    assert "of the bed window, through broker.invalid" in said
    assert said.endswith("None of your words and no sound is ever sent.")
    assert "Voice failed" not in told
    assert "Microphone failed: There is no microphone 'Neptune'. " in told
    assert "bedside_microphone" in told
    assert lines[-1].startswith("Not all is well: look at the microphone. ")
    assert "Traceback" not in told
