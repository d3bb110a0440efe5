"""A private sound server: PulseAudio with virtual devices, visible to PortAudio.

Debian's PortAudio speaks only ALSA, so a private ALSA configuration routes its
devices to the server through ALSA's pulse plugin. The machine's own sound is not
touched: the server has its own folder, socket and configuration, and exits with the
process that started it. PortAudio reads all this when it is loaded, so the code that
uses it runs in its own process, with :attr:`SoundServer.environment`.

Debian packages: pulseaudio, pulseaudio-utils, libasound2-plugins, libportaudio2.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

PROGRAMS: Final = ("pulseaudio", "parec", "pacat", "pactl")
START_S: Final = 10.0
SINKS: Final = ("speaker", "room")

HUM_PERCENT: Final = 6
"""About 75 dB below full scale, since PulseAudio's volumes are cubic. No room is quite silent, and
a microphone that sends nothing at all counts as muted."""

_ALSA_CONFIG: Final = """
pcm.default { type pulse device speaker hint { show on description "Charley's tests" } }
ctl.default { type pulse }
pcm.bedside_speaker { type pulse device speaker hint { show on description "Bedside speaker" } }
pcm.picky_speaker {
    type plug
    slave { pcm { type pulse device speaker } rate 48000 channels 2 format S16_LE }
    # No such converter: this device takes its own rate and refuses every other.
    rate_converter "none"
    hint { show on description "Refuses 16 kHz" }
}
pcm.bedside_microphone { type pulse device room.monitor hint { show on description "Bedside mic" } }
"""


class NoSoundServerError(Exception):
    """Something that a sound server needs is missing."""


@dataclass(eq=False)
class SoundServer:
    """A running server.

    Two null sinks: ``speaker`` (PortAudio's output; its monitor is what can be
    heard) and ``room`` (audio played into it comes out of the microphone).
    """

    environment: Mapping[str, str]
    process: subprocess.Popen[bytes]
    speaker: str = SINKS[0]
    room: str = SINKS[1]

    def kill(self) -> None:
        """Kill the server without notice."""
        self.process.kill()
        self.process.wait()
        self._socket.unlink(missing_ok=True)

    def start_again(self) -> None:
        """Start a new server in place of the killed one."""
        self.process = _start(self.environment, self._socket, SINKS, humming=self.room)

    def mute(self, *, on: bool) -> None:
        """Mute or unmute the microphone."""
        self.control("set-source-mute", f"{self.room}.monitor", "1" if on else "0")

    def end(self) -> None:
        """Shut the server down cleanly."""
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.kill()

    @property
    def _socket(self) -> Path:
        return Path(self.environment["PULSE_SERVER"].removeprefix("unix:"))

    def control(self, *words: str) -> str:
        """Run a ``pactl`` command against the server, and return its output."""
        return subprocess.run(
            ["pactl", *words],
            env=dict(self.environment),
            check=True,
            timeout=10,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    def run(self, code: str, timeout_s: float = 60.0) -> str:
        """Run Python code that sees the devices, and return its standard output.

        Standard error must stay empty: output from the sound libraries is a fault.
        """
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode != 0 or done.stderr:
            raise RuntimeError(done.stderr)
        return done.stdout

    @contextlib.contextmanager
    def recording(self, path: Path, rate_hz: int = 48_000) -> Iterator[None]:
        """Record what the speaker plays to a raw file of mono int16."""
        with path.open("wb") as file:
            recorder = subprocess.Popen(
                [*self._client("parec"), f"--device={self.speaker}.monitor", f"--rate={rate_hz}"],
                env=dict(self.environment),
                stdout=file,
            )
            try:
                _wait_until(lambda: path.stat().st_size > 0, "the recorder to hear something")
                yield
            finally:
                recorder.terminate()
                recorder.wait()

    def play_into_the_room(
        self, samples: npt.NDArray[np.int16], rate_hz: int = 16_000, latency_ms: int = 20
    ) -> None:
        """Play the samples into the microphone; returns once they have been played.

        The lower the latency, the smaller the pieces in which the microphone receives them.
        """
        subprocess.run(
            [
                *self._client("pacat", latency_ms),
                *("--playback", f"--device={self.room}", f"--rate={rate_hz}"),
            ],
            env=dict(self.environment),
            input=samples.tobytes(),
            check=True,
            timeout=60 + len(samples) / rate_hz,
        )

    @staticmethod
    def _client(program: str, latency_ms: int = 20) -> list[str]:
        return [
            *(program, "--raw", "--format=s16le", "--channels=1"),
            f"--latency-msec={latency_ms}",
        ]


class UsbDevice:
    """A microphone or speaker with its own sound server, which can be unplugged.

    To PortAudio it is an additional device, ``usb_microphone`` or ``usb_speaker``: when
    it is unplugged its stream ends with an error, and it is no longer listed.
    """

    def __init__(self, server: SoundServer, kind: str) -> None:
        self._folder = Path(server.environment["XDG_RUNTIME_DIR"], kind)
        self._folder.mkdir()
        self._socket = self._folder / "native"
        self._environment = dict(server.environment) | {
            "HOME": str(self._folder),
            "XDG_RUNTIME_DIR": str(self._folder),
            "PULSE_RUNTIME_PATH": str(self._folder / "pulse"),
            "PULSE_SERVER": f"unix:{self._socket}",
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._hums = kind == "usb_microphone"
        end = "sink.monitor" if kind == "usb_microphone" else "sink"
        with Path(server.environment["ALSA_CONFIG_PATH"]).open("a") as config:
            config.write(
                f'pcm.{kind} {{ type pulse server "unix:{self._socket}" device {end}'
                f' hint {{ show on description "{kind}" }} }}\n'
            )

    def plug_in(self) -> None:
        """Plug the device in."""
        humming = "sink" if self._hums else None
        self._process = _start(self._environment, self._socket, ("sink",), humming=humming)

    def pull_out(self) -> None:
        """Unplug the device without notice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._socket.unlink(missing_ok=True)
            self._process = None

    close = pull_out

    def as_server(self) -> SoundServer:
        """The device as a sound server: its one sink is both speaker and room."""
        if self._process is None:
            raise RuntimeError("it is not plugged in")
        return SoundServer(self._environment, self._process, speaker="sink", room="sink")


def _start(
    environment: Mapping[str, str], socket: Path, sinks: Sequence[str], *, humming: str | None
) -> subprocess.Popen[bytes]:
    """Start a server with null sinks of these names, and wait for it. One may hum softly."""
    loads = [f"module-native-protocol-unix socket={socket} auth-anonymous=1"]
    loads += [f"module-null-sink sink_name={name} rate=48000 channels=2" for name in sinks]
    process = subprocess.Popen(
        [
            *("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1"),
            *("--use-pid-file=no", "--disable-shm=yes", "--realtime=no", "--high-priority=no"),
            *(word for load in loads for word in ("-L", load)),
        ],
        env=dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _wait_until(socket.exists, "the sound server's socket")
    if humming is not None:
        for words in (
            ("load-module", "module-sine", f"sink={humming}", "frequency=50"),
            ("set-sink-input-volume", "0", f"{HUM_PERCENT}%"),
        ):
            subprocess.run(
                ["pactl", *words],
                env=dict(environment),
                check=True,
                timeout=START_S,
                stdout=subprocess.DEVNULL,
            )
    return process


def missing() -> str | None:
    """What a sound server needs but is missing; None if everything is installed."""
    for program in PROGRAMS:
        if shutil.which(program) is None:
            return f"no {program}: apt-get install pulseaudio pulseaudio-utils"
    plugins = [Path("/usr/lib"), Path("/usr/lib64")]
    if not any(next(p.glob("*/alsa-lib/libasound_module_pcm_pulse.so"), None) for p in plugins):
        return "no pulse plugin for ALSA: apt-get install libasound2-plugins"
    try:
        ctypes.CDLL("libportaudio.so.2")
    except OSError:
        return "no PortAudio: apt-get install libportaudio2"
    return None


@contextlib.contextmanager
def running_sound_server() -> Iterator[SoundServer]:
    """A server for the duration of the context. Raises NoSoundServerError without PulseAudio."""
    if (lack := missing()) is not None:
        raise NoSoundServerError(lack)
    with tempfile.TemporaryDirectory(prefix="charley-sound-") as name:
        folder = Path(name)
        environment = _environment(folder)
        socket = folder / "native"
        process = _start(environment, socket, SINKS, humming="room")
        server = SoundServer(environment, process)
        try:
            yield server
        finally:
            server.end()


def _environment(folder: Path) -> dict[str, str]:
    config = folder / "alsa.conf"
    config.write_text(_ALSA_CONFIG)
    own = {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "PULSE_RUNTIME_PATH": str(folder / "pulse"),
        "PULSE_SERVER": f"unix:{folder / 'native'}",
        "ALSA_CONFIG_PATH": str(config),
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
    }
    unset = {"DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "PULSE_SINK", "PULSE_SOURCE"}
    return {k: v for k, v in os.environ.items() if k not in unset} | own


def _wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Wait for another process, which cannot be given a clock."""
    deadline = time.monotonic() + START_S
    while not is_so():
        if time.monotonic() > deadline:
            raise NoSoundServerError(f"timed out waiting for {what}")
        time.sleep(0.01)
