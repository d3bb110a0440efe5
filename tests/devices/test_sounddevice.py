"""The real PortAudio, on the tests' own sound server."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soxr

from tests.sound_server import SoundServer, UsbDevice, running_sound_server
from voice.devices.conversion import converter, to_mono

Signal = npt.NDArray[np.float64]

# Known to both sides: a burst of noise that can be located to the sample.
BURST = """
import json, time
import numpy as np
from voice.devices.sounddevice_microphone import SounddeviceMicrophone
from voice.devices.sounddevice_speaker import SounddeviceSpeaker
from voice.devices.sounddevice_streams import list_devices
from voice.audio.samples import Clip, Placement, Track, from_float
from voice.errors import CharleyError
burst = from_float(np.convolve(np.random.default_rng(1).normal(0.0, 0.3, 1600), [0.25] * 4))
"""
RECORDED_HZ = 48_000


def burst() -> Signal:
    """The same burst, made softer above a few kHz, where resamplers differ."""
    return np.convolve(np.random.default_rng(1).normal(0.0, 0.3, 1600), [0.25] * 4)


@pytest.fixture(scope="module")
def server() -> Iterator[SoundServer]:
    with running_sound_server() as running:
        yield running


def ask(server: SoundServer, code: str) -> Any:
    """Run code after BURST; what it prints is JSON."""
    return json.loads(server.run(BURST + code))


def correlation(recorded: Signal, wanted: Signal) -> Signal:
    size = 1 << (len(recorded) + len(wanted)).bit_length()
    spectrum = np.fft.rfft(recorded, size) * np.conj(np.fft.rfft(wanted, size))
    found: Signal = np.fft.irfft(spectrum, size)[: len(recorded)]
    return found


def places(recorded: Signal, wanted: Signal, count: int) -> list[int]:
    """Where ``wanted`` begins in the recording, the ``count`` clearest places in order."""
    found = correlation(recorded, wanted)
    at = []
    for _ in range(count):
        best = int(found.argmax())
        at.append(best)
        found[max(0, best - 4_000) : best + 4_000] = 0.0
    return sorted(at)


def play_and_judge(
    server: SoundServer, folder: Path, code: str, judge: Callable[[Any, Signal], None]
) -> None:
    """Run code that plays, and judge what arrived.

    A busy machine may starve the device, the server or the recorder, none of
    which says so reliably: what fails is played again, at most twice.
    """
    for attempt in range(3):
        path = folder / f"heard_{attempt}.raw"
        with server.recording(path, RECORDED_HZ):
            told = ask(server, code)
        heard = np.fromfile(path, "<i2").astype(np.float64) / 32_768
        try:
            judge(told, heard)
        except AssertionError:
            if attempt == 2:
                raise
        else:
            return


def test_devices_are_listed_with_their_channels(server: SoundServer) -> None:
    found = ask(server, "print(json.dumps([vars(d) for d in list_devices()]))")
    names = {"bedside_speaker", "picky_speaker", "bedside_microphone", "default"}
    assert {d["name"] for d in found} == names
    assert [d["index"] for d in found] == [0, 1, 2, 3]
    (default,) = (d for d in found if d["default_output"])
    assert default["name"] == "default"
    assert default["default_input"]
    assert all(d["inputs"] > 0 and d["outputs"] > 0 and d["rate_hz"] > 0 for d in found)


@pytest.mark.parametrize("kind", ["Microphone", "Speaker"])
def test_a_missing_device_is_reported_with_those_that_exist(server: SoundServer, kind: str) -> None:
    told = ask(
        server,
        f"try:\n    Sounddevice{kind}('gramophone')\n"
        "except CharleyError as error:\n    print(json.dumps([type(error).__name__, str(error)]))",
    )
    assert told[0] == f"{kind}Error"
    assert "'gramophone'" in told[1]
    assert "0 bedside_speaker; " in told[1]
    assert "default" in told[1]


@pytest.mark.parametrize("kind", ["Microphone", "Speaker"])
def test_having_no_devices_at_all_is_reported_plainly(server: SoundServer, kind: str) -> None:
    nowhere = {**server.environment, "PULSE_SERVER": "unix:/nowhere/native"}
    told = ask(
        SoundServer(nowhere, server.process),
        "assert list_devices() == ()\n"
        f"try:\n    Sounddevice{kind}()\n"
        "except CharleyError as error:\n    print(json.dumps([type(error).__name__, str(error)]))",
    )
    assert told[0] == f"{kind}Error"
    assert told[1].startswith(f"There is no {kind.lower()}.")
    assert "charley rehearse" in told[1]


def test_a_lost_device_is_tried_a_thousand_times_while_the_other_plays() -> None:
    with running_sound_server() as server, closing(UsbDevice(server, "usb_microphone")) as device:
        device.plug_in()
        refused = ask(
            server,
            f"""
import os, signal
speaker = SounddeviceSpeaker("bedside_speaker")
SounddeviceMicrophone("usb_microphone").close()  # It is there,
os.kill({device.as_server().process.pid}, signal.SIGKILL)  # and gone.
refused = 0
for _ in range(1000):
    try:
        SounddeviceMicrophone("usb_microphone")
    except CharleyError:
        refused += 1
speaker.check()
print(json.dumps(refused))
""",
        )
        assert refused == 1000


def test_cues_arrive_exactly_spaced_and_nothing_is_lost_at_the_start(
    server: SoundServer, tmp_path: Path
) -> None:
    wanted = soxr.resample(burst(), 16_000, RECORDED_HZ)
    ours = RECORDED_HZ // 16_000  # one sample of ours

    def judge(told: Any, heard: Signal) -> None:
        assert told["begun"] < 16_000
        at = np.array(places(heard, wanted, len(told["offsets"])))
        exact = np.array(told["offsets"]) * ours
        assert np.abs((at - at[0]) - exact).max() <= ours
        first = heard[at[0] : at[0] + len(wanted)]
        assert np.corrcoef(first, wanted)[0, 1] > 0.99
        opening = RECORDED_HZ // 100
        assert np.corrcoef(first[:opening], wanted[:opening])[0, 1] > 0.98

    code = """
speaker = SounddeviceSpeaker("bedside_speaker", latency_s=0.5)
offsets = [0, 16_000, 20_001, 47_999, 96_000, 143_987]
speaker.play(Track(tuple(Placement(o, Clip(burst), "cue") for o in offsets), 150_000))
begun = speaker.position
while speaker.position is not None:
    time.sleep(0.01)
time.sleep(0.2)
print(json.dumps({"offsets": offsets, "begun": begun}))
speaker.close()
speaker.close()
"""
    play_and_judge(server, tmp_path, code, judge)


def test_cutting_off_and_changing_the_gain_are_heard_and_do_not_click(
    server: SoundServer, tmp_path: Path
) -> None:
    # A sine of 100 Hz at this level never changes by more than this from sample to sample.
    steepest = 0.5 * 2 * np.pi * 100 / RECORDED_HZ

    def judge(_told: Any, heard: Signal) -> None:
        assert np.abs(np.diff(heard)).max() < 1.5 * steepest
        sounding = np.flatnonzero(np.abs(heard) > 0.001)
        assert 1.9 < (sounding[-1] - sounding[0]) / RECORDED_HZ < 2.6
        assert np.abs(heard).max() == pytest.approx(0.5, abs=0.02)
        late = heard[sounding[-1] - RECORDED_HZ // 3 : sounding[-1] - RECORDED_HZ // 50]
        assert np.abs(late).max() == pytest.approx(0.5 * 10 ** (-12 / 20), abs=0.01)

    code = """
speaker = SounddeviceSpeaker("bedside_speaker", latency_s=0.3)
wave = from_float(0.5 * np.sin(np.arange(48_000) * 2 * np.pi * 100 / 16_000))
speaker.play(Track((Placement(0, Clip(wave), "tone"),), 48_000))
while speaker.position < 16_000:
    time.sleep(0.005)
speaker.set_gain(-12.0)
while speaker.position < 32_000:
    time.sleep(0.005)
speaker.halt()
assert speaker.position is None
time.sleep(0.8)
print(json.dumps(None))
speaker.close()
"""
    play_and_judge(server, tmp_path, code, judge)


def test_after_an_underrun_the_next_utterance_is_fed_further_ahead(
    server: SoundServer,
) -> None:
    told = ask(
        server,
        """
from types import SimpleNamespace
speaker = SounddeviceSpeaker("bedside_speaker", latency_s=0.05)
silence = Track((), 1_600)
asked = []
for _ in range(5):
    # What PortAudio says when the device ran dry.
    speaker._on_output(bytearray(64), 32, None, SimpleNamespace(output_underflow=True))
    speaker.play(silence)
    speaker.play(silence)
    asked.append(speaker._asked_s)
    while speaker.position is not None:
        time.sleep(0.01)
print(json.dumps([asked, speaker.latency_s]))
speaker.close()
""",
    )
    assert told[0][:4] == [0.1, 0.2, 0.4, 0.4]
    assert told[1] >= 0.3


def test_playback_waits_while_a_device_keeps_running_dry(server: SoundServer) -> None:
    told = ask(
        server,
        """
from types import SimpleNamespace
speaker = SounddeviceSpeaker("bedside_speaker", latency_s=0.1)
speaker.settle()
speaker.play(Track((), 16_000 * 60))
began_s = time.monotonic()
for _ in range(150):
    # Three seconds, within a moment: what PortAudio says, and asks for, in such a storm.
    speaker._on_output(bytearray(640), 320, None, SimpleNamespace(output_underflow=True))
took_s = time.monotonic() - began_s
print(json.dumps([speaker.position / 16_000 - took_s, speaker.latency_s, speaker.taken_s]))
speaker.close()
""",
    )
    assert told[0] < told[1] + 0.3
    assert told[2] > 3.0


def test_a_device_that_refuses_our_rate_is_opened_at_its_own(server: SoundServer) -> None:
    told = ask(
        server,
        """
speaker = SounddeviceSpeaker("picky")
print(json.dumps([speaker.name, speaker._opened.rate_hz, speaker._opened.channels]))
speaker.close()
""",
    )
    assert told == ["picky_speaker", 48_000, 1]


def test_the_microphone_delivers_whole_blocks_of_the_sound_in_the_room(server: SoundServer) -> None:
    rng = np.random.default_rng(2)
    soft = np.convolve(rng.normal(0.0, 0.3, 32_000), [0.25] * 4)
    sound = np.clip(soft * 32_768, -32_768, 32_767).astype(np.int16)
    player = Thread(target=server.play_into_the_room, args=(np.tile(sound, 2),))
    player.start()
    told = ask(
        server,
        """
microphone = SounddeviceMicrophone("bedside_mic")
blocks = [microphone.read() for _ in range(180)]
print(json.dumps({
    "shapes": sorted({block.shape for block in blocks}),
    "types": sorted({str(block.dtype) for block in blocks}),
    "lost": microphone._lost,
    "name": microphone.name,
    "samples": np.concatenate(blocks).tolist(),
}))
microphone.close()
microphone.close()
""",
    )
    player.join()
    assert told["shapes"] == [[512]]
    assert told["types"] == ["int16"]
    assert told["name"] == "bedside_microphone"
    heard = np.array(told["samples"], np.float64) / 32_768
    wanted = sound[8_000:16_000] / 32_768
    at = int(correlation(heard, wanted).argmax())
    assert np.corrcoef(heard[at : at + len(wanted)], wanted)[0, 1] > 0.9


def test_another_rate_and_two_channels_are_converted_to_ours() -> None:
    t = np.arange(44_100) / 44_100
    left = np.rint(8_000 * np.sin(2 * np.pi * 1_000 * t)).astype(np.int16)
    stereo = np.stack((left, np.zeros_like(left)), axis=1).reshape(-1)
    convert = converter(44_100, 16_000)
    pieces = [convert(to_mono(piece, 2)) for piece in np.split(stereo, [2_822, 5_644, 40_000])]
    ours = np.concatenate(pieces).astype(np.float64)
    assert 15_500 < len(ours) <= 16_000
    spectrum = np.abs(np.fft.rfft(ours[2_000:10_000]))
    assert int(spectrum.argmax()) * 2 == 1_000
    assert np.abs(ours[2_000:10_000]).max() == pytest.approx(4_000, rel=0.02)


def test_devices_that_stop_for_good_are_errors() -> None:
    with running_sound_server() as doomed:
        told = ask(
            doomed,
            f"""
import os, signal
microphone = SounddeviceMicrophone("bedside_mic")
speaker = SounddeviceSpeaker("bedside_speaker")
microphone.read()
speaker.play(Track((), 16_000 * 600))
os.kill({doomed.process.pid}, signal.SIGSTOP)
told = []
for act in (lambda: [microphone.read() for _ in range(2_000)], lambda: speaker.position):
    try:
        act()
    except CharleyError as error:
        told.append([type(error).__name__, str(error)])
os.kill({doomed.process.pid}, signal.SIGCONT)
print(json.dumps(told))
""",
        )
    assert [kind for kind, _ in told] == ["MicrophoneError", "SpeakerError"]
    assert "'bedside_microphone' has sent nothing" in told[0][1]
    assert "plugged in" in told[1][1]
