"""Sound that goes and comes back, during a real `charley run` on the test's own sound server.

After each fault Charley still wakes to its name.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.end_to_end.running import (
    MICROPHONE,
    STRETCH,
    USB_MICROPHONE,
    USB_SPEAKER,
    charley,
    tell,
    to_the_hold,
    wake,
)
from tests.sound_server import SoundServer, UsbDevice
from voice.audio.samples import level_dbfs

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("real time 1")]

CANNOT_HEAR = "Charley: I can't hear you just now."
HEARS_AGAIN = "Charley: Now I hear you well."


@pytest.fixture
def server(own_server: SoundServer) -> SoundServer:
    """A sound server for each test, which kills it, stops it or plugs devices into it."""
    return own_server


@contextmanager
def plugged_in(server: SoundServer, kind: str) -> Iterator[UsbDevice]:
    with closing(UsbDevice(server, kind)) as device:
        device.plug_in()
        yield device


def test_a_microphone_may_be_unplugged_and_replaced_while_charley_sleeps(
    server: SoundServer, cache: Path
) -> None:
    with (
        plugged_in(server, "usb_microphone") as device,
        charley(server, cache, *USB_MICROPHONE) as running,
    ):
        device.pull_out()
        running.until_error("The microphone 'usb_microphone' has gone.")
        device.plug_in()
        running.until_error("The microphone is there again.")
        wake(running, device.as_server())
        assert "cannot hear" not in running.told()
        assert running.leave() < 2.0


def test_a_microphone_lost_in_a_hold_is_announced_and_the_count_goes_on(
    server: SoundServer, cache: Path
) -> None:
    with (
        plugged_in(server, "usb_microphone") as device,
        charley(server, cache, *USB_MICROPHONE) as running,
    ):
        to_the_hold(running, device.as_server())
        began_s = time.monotonic()
        device.pull_out()
        running.until(CANNOT_HEAR, 8.0)
        device.plug_in()
        running.until(HEARS_AGAIN, 12.0)
        running.until("Charley: Five.", 30.0)
        assert time.monotonic() - began_s == pytest.approx(25.0, abs=1.5)
        running.until("Has the cramp")
        tell(running, device.as_server(), "stop")


def _suspend(server: SoundServer) -> Callable[[], object]:
    server.control("suspend-sink", "room", "1")
    return lambda: server.control("suspend-sink", "room", "0")


def _freeze(server: SoundServer) -> Callable[[], object]:
    server.process.send_signal(signal.SIGSTOP)
    return lambda: server.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("stall", [_suspend, _freeze])
def test_charley_notices_and_survives_five_seconds_without_sound(
    server: SoundServer, cache: Path, stall: Callable[[SoundServer], Callable[[], object]]
) -> None:
    with charley(server, cache, *MICROPHONE) as running:
        wake(running, server)
        running.until(STRETCH)
        go_on = stall(server)
        try:
            running.until_error("has sent nothing for 3 seconds.", 15.0)
            time.sleep(2.0)  # five seconds in all: the fault itself takes its time
        finally:
            go_on()
        running.until_error("The microphone is there again.")
        running.until("Charley: Now.")
        tell(running, server, "stop")
        assert running.leave() < 2.0


def test_a_line_is_said_again_when_a_lost_speaker_is_back(
    server: SoundServer, cache: Path, tmp_path: Path
) -> None:
    heard = tmp_path / "heard.raw"
    with (
        plugged_in(server, "usb_speaker") as device,
        charley(server, cache, *USB_SPEAKER) as running,
    ):
        wake(running, server)
        running.until("Charley: If it's your thigh")
        device.pull_out()
        running.until_error("The speaker 'usb_speaker' has gone.")
        device.plug_in()
        with device.as_server().recording(heard):
            running.until_error("The speaker is there again.")
            running.until("Charley: Now.")
        tell(running, server, "stop")
    # What was left to say takes some ten seconds, starting with the line that was cut off.
    sound = np.fromfile(heard, "<i2")
    seconds = [level_dbfs(s) for s in np.array_split(sound, len(sound) // 48_000)]
    assert sum(level > -50.0 for level in seconds) >= 8


def test_charley_survives_a_sound_server_that_is_killed_and_restarted(
    server: SoundServer, cache: Path
) -> None:
    with charley(server, cache, *MICROPHONE) as running:
        to_the_hold(running, server)
        server.kill()
        running.until_error("has gone.")
        running.until_error("There is no microphone.")
        running.until_error("There is no speaker.")
        server.start_again()
        running.until_error("The microphone is there again.")
        running.until_error("The speaker is there again.")
        # The hold went on meanwhile.
        running.until("Charley: Five.")
        running.until("Has the cramp")
        tell(running, server, "stop")
        assert not [e for e in running.errors if "Expression" in e or "ALSA" in e]


def test_a_hanging_sound_server_makes_charley_restart_in_place(
    server: SoundServer, cache: Path
) -> None:
    with charley(server, cache, *MICROPHONE) as running:
        server.process.send_signal(signal.SIGSTOP)
        try:
            running.until_error("the sound library hangs; Charley restarts itself")
        finally:
            server.process.send_signal(signal.SIGCONT)
        running.until("Charley listens")
        running.until_error("The microphone is there again.")
        running.until_error("The speaker is there again.")
        wake(running, server)
        assert running.leave() < 2.0


def test_charley_waits_for_devices_that_are_not_there_yet(server: SoundServer, cache: Path) -> None:
    with (
        closing(UsbDevice(server, "usb_microphone")) as device,
        charley(server, cache, *USB_MICROPHONE, "--wait") as running,
    ):
        running.until_error("There is no microphone 'usb_microphone'. Charley keeps trying.")
        device.plug_in()
        running.until_error("The microphone is there again.")
        wake(running, device.as_server())
        assert running.leave() < 2.0
