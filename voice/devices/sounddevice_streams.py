"""Sound devices: which there are, and how one is opened. PortAudio through sounddevice."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from voice.audio.samples import BLOCK_S, RATE_HZ
from voice.errors import MicrophoneError, SpeakerError

OUTPUT_LATENCY_S: Final = 0.04
"""What is asked of the output to begin with: soon enough for a reply."""

LONGEST_LATENCY_S: Final = 0.4
"""What a busy machine may come to need, so that what is said stays whole."""

STALL_S: Final = 3.0
"""A device that does nothing for this long has gone."""

PLUG_IN: Final = "Check that it is plugged in."

ASKED_TIMES: Final = 2
"""So often PortAudio is asked whether a device can be opened, before it is.

To fail to open one while another stream runs is dangerous: all streams share the
place where PortAudio keeps an error for a moment, and an error that is lost there is
taken for success, which ends the process (one time in about a thousand). Asking may
err in the same way, but does no harm; to err every time is next to impossible.
"""

DeviceError = type[MicrophoneError] | type[SpeakerError]
"""What a device raises, and so what kind of device it is."""


@dataclass(frozen=True)
class Device:
    """A sound device as PortAudio lists it; ``inputs`` and ``outputs`` count channels."""

    index: int
    name: str
    inputs: int
    outputs: int
    rate_hz: int
    default_input: bool
    default_output: bool


def list_devices() -> tuple[Device, ...]:
    """All devices there are; empty where there are none. Raises SpeakerError without PortAudio."""
    return _devices(_portaudio(SpeakerError))


def rescan() -> None:
    """Have PortAudio list its devices anew. No stream may be open. Raises SpeakerError.

    PortAudio lists them when it begins, and never again. sounddevice offers no
    public way to end and begin it.
    """
    sd = _portaudio(SpeakerError)
    with _quiet_stderr():
        with contextlib.suppress(sd.PortAudioError):
            sd._terminate()  # noqa: SLF001 - see above
        try:
            sd._initialize()  # noqa: SLF001 - likewise
        except sd.PortAudioError as error:
            raise SpeakerError(
                f"PortAudio does not begin anew ({error})", remedy="Start Charley again."
            ) from error


def quiet_for_good() -> int:
    """Keep the sound libraries off standard error as long as the process lives.

    They write there from threads of their own, without end where a sound server
    has gone. Python's own standard error goes on, by another descriptor, which
    is returned: whoever begins the process anew puts it back in its place. Should
    a library end the process, the log tells in which call.
    """
    kept = os.dup(2)
    sys.stderr.flush()
    sys.stderr = open(  # noqa: SIM115 - as long as the process
        kept, "w", buffering=1, encoding=sys.stderr.encoding, errors="replace", closefd=False
    )
    faulthandler.enable(kept)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return kept


@dataclass(frozen=True)
class Opened:
    """A running stream, and how the device wanted it."""

    stream: Any
    device: Device
    rate_hz: int
    channels: int


def open_stream(
    wanted: str | int | None,
    error: DeviceError,
    callback: Callable[[Any, int, Any, Any], None],
    prepare: Callable[[int], None] = lambda _rate_hz: None,
    latency_s: float | str = "high",
    *,
    ended: Callable[[], None] | None = None,
) -> Opened:
    """Open and start a stream: at 16 kHz mono if it can be, else as the device likes it.

    ``ended`` is called, by PortAudio's thread, when the stream has come to its end.
    """
    sd = _portaudio(error)
    hears = error is MicrophoneError
    device = _find(_devices(sd), wanted, error)
    can_be_had = sd.check_input_settings if hears else sd.check_output_settings
    make = sd.RawInputStream if hears else sd.RawOutputStream
    most = device.inputs if hears else device.outputs
    layouts = [
        (rate_hz, channels)
        for channels in dict.fromkeys((1, min(2, most)))
        for rate_hz in dict.fromkeys((RATE_HZ, device.rate_hz, 48_000))
    ]
    reason = ""
    for rate_hz, channels in layouts:
        prepare(rate_hz)
        try:
            with _quiet_stderr():
                for _ in range(ASKED_TIMES):
                    can_be_had(device.index, channels, "int16", samplerate=rate_hz)
                stream = make(
                    samplerate=rate_hz,
                    blocksize=round(BLOCK_S * rate_hz) if hears else 0,
                    device=device.index,
                    channels=channels,
                    dtype="int16",
                    latency=latency_s,
                    callback=callback,
                    finished_callback=ended,
                )
                try:
                    stream.start()
                except sd.PortAudioError:
                    stream.close(ignore_errors=True)
                    raise
        except sd.PortAudioError as refused:
            reason = str(refused)
            continue
        return Opened(stream, device, rate_hz, channels)
    raise error(
        f"The {_kind(error)} {device.name!r} cannot be opened ({reason})",
        remedy=_choose(_devices(sd), error),
    )


def restart(opened: Opened, error: DeviceError) -> None:
    """Start a stream again that was stopped. Raises ``error`` where the device is not there."""
    sd = _portaudio(error)
    try:
        with _quiet_stderr():
            opened.stream.start()
    except sd.PortAudioError as refused:
        name = opened.device.name
        raise error(
            f"The {_kind(error)} {name!r} does not start again ({refused})", remedy=PLUG_IN
        ) from refused


def _find(devices: tuple[Device, ...], wanted: str | int | None, error: DeviceError) -> Device:
    fit = [d for d in devices if (d.inputs if error is MicrophoneError else d.outputs)]
    kind = _kind(error)
    if not fit:
        raise error(f"There is no {kind}", remedy="Plug one in, or run: charley rehearse")
    if wanted is None:
        usual = [
            d for d in fit if (d.default_input if error is MicrophoneError else d.default_output)
        ]
        return (usual or fit)[0]
    text = str(wanted).strip().lower()
    named = [d for d in fit if text == str(d.index)] or [d for d in fit if text in d.name.lower()]
    if not named:
        raise error(f"There is no {kind} {wanted!r}", remedy=_choose(devices, error))
    return named[0]


def _choose(devices: tuple[Device, ...], error: DeviceError) -> str:
    hears = error is MicrophoneError
    names = [f"{d.index} {d.name}" for d in devices if (d.inputs if hears else d.outputs)]
    setting = "audio.input_device" if hears else "audio.output_device"
    return f"Set {setting} to one of: {'; '.join(names)}."


def _kind(error: DeviceError) -> str:
    return "microphone" if error is MicrophoneError else "speaker"


def _devices(sd: Any) -> tuple[Device, ...]:
    try:
        found_devices = sd.query_devices()
    except sd.PortAudioError:  # It could not begin anew.
        return ()
    default_input, default_output = sd.default.device
    return tuple(
        Device(
            index=index,
            name=str(found["name"]),
            inputs=int(found["max_input_channels"]),
            outputs=int(found["max_output_channels"]),
            rate_hz=round(found["default_samplerate"]),
            default_input=index == default_input,
            default_output=index == default_output,
        )
        for index, found in enumerate(found_devices)
    )


def _portaudio(error: DeviceError) -> Any:
    """The sounddevice module. Loading it opens PortAudio, which is slow and chatty."""
    try:
        with _quiet_stderr():
            import sounddevice  # noqa: PLC0415 - only who needs a device pays for it
    except OSError as missing:
        raise error(
            f"PortAudio cannot be loaded ({missing})",
            remedy="Install it with: sudo apt-get install libportaudio2",
        ) from missing
    # An underrun or overrun is counted; ALSA would print a line for each, at any time.
    with contextlib.suppress(OSError):
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(_SAY_NOTHING)
    return sounddevice


_AlsaHandler = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
)


_SAY_NOTHING: Final = _AlsaHandler(lambda *_report: None)
"""Kept for as long as the program runs: ALSA goes on calling it."""


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Keep ALSA's and PortAudio's own chatter off the terminal.

    The C libraries write to descriptor 2 themselves, so that is what is turned away.
    """
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
