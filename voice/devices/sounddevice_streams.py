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
"""The output latency to begin with: short enough for a quick reply."""

LONGEST_LATENCY_S: Final = 0.4
"""The longest output latency: what a busy machine may need to play without gaps."""

STALL_S: Final = 3.0
"""A device that does nothing for this long has gone."""

PLUG_IN: Final = "Check that it is plugged in."

CHECKS_BEFORE_OPENING: Final = 2
"""How many times PortAudio must say that a device can be opened before it is opened.

A failure to open while another stream runs is dangerous: all streams share the place where
PortAudio keeps the latest error, and an error that is lost there is taken for success, which
ends the process (about one time in a thousand). The check can go wrong in the same way, but
does no harm, and it is very unlikely to go wrong every time.
"""


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


@dataclass(frozen=True)
class Direction:
    """Which way sound flows through a stream, and everything that depends on it."""

    noun: str
    """What its devices are called in a message."""
    setting: str
    """The setting that chooses the device."""
    error: type[MicrophoneError | SpeakerError]
    """Raised where a device is missing or refuses."""
    stream_class: str
    """The class in sounddevice that opens a stream."""
    checker: str
    """The function in sounddevice that tells whether a device accepts some stream settings."""
    block_s: float
    """How much sound a callback handles at a time, in seconds; 0 lets PortAudio choose."""
    channels: Callable[[Device], int]
    """How many channels a device has in this direction; 0 where it has none."""
    is_default: Callable[[Device], bool]
    """Whether a device is the default one in this direction."""

    def devices(self, listed: tuple[Device, ...]) -> tuple[Device, ...]:
        """Those of the listed devices that work in this direction."""
        return tuple(device for device in listed if self.channels(device))


INPUT: Final = Direction(
    noun="microphone",
    setting="audio.input_device",
    error=MicrophoneError,
    stream_class="RawInputStream",
    checker="check_input_settings",
    block_s=BLOCK_S,
    channels=lambda device: device.inputs,
    is_default=lambda device: device.default_input,
)

OUTPUT: Final = Direction(
    noun="speaker",
    setting="audio.output_device",
    error=SpeakerError,
    stream_class="RawOutputStream",
    checker="check_output_settings",
    block_s=0.0,
    channels=lambda device: device.outputs,
    is_default=lambda device: device.default_output,
)


@dataclass(frozen=True)
class Opened:
    """A running stream, and the format that the device accepted."""

    stream: Any
    direction: Direction
    device: Device
    rate_hz: int
    channels: int


def list_devices() -> tuple[Device, ...]:
    """All devices; empty where there are none. Raises SpeakerError without PortAudio."""
    return _devices(_portaudio(OUTPUT))


def rescan() -> None:
    """Have PortAudio list the devices again. No stream may be open. Raises SpeakerError.

    PortAudio lists them when it is initialised, and never again. sounddevice has no public
    way to terminate and initialise it.
    """
    sd = _portaudio(OUTPUT)
    with _quiet_stderr():
        with contextlib.suppress(sd.PortAudioError):
            sd._terminate()  # noqa: SLF001 - see above
        try:
            sd._initialize()  # noqa: SLF001 - likewise
        except sd.PortAudioError as error:
            raise SpeakerError(
                f"PortAudio cannot be initialised again ({error})", remedy="Restart Charley."
            ) from error


def quiet_for_good() -> int:
    """Keep the sound libraries off standard error for as long as the process lives.

    They write there from their own threads, without end once a sound server has gone.
    Python's standard error continues on another descriptor, which is returned: to restart
    the process, put it back in place first. Should a library crash the process, the log
    names the call.
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


def open_stream(
    direction: Direction,
    wanted: str | int | None,
    callback: Callable[[Any, int, Any, Any], None],
    *,
    ended: Callable[[], None],
    latency: float | str,
    prepare: Callable[[int], None] = lambda _rate_hz: None,
) -> Opened:
    """Open and start a stream: at 16 kHz mono if possible, else in the device's own format.

    ``wanted`` is an index, a part of a name, or None for the default device. ``callback``
    and ``ended`` (the stream has stopped) are called on PortAudio's thread; ``prepare`` is
    called with each sample rate before it is tried. ``latency`` is in seconds, or "high" as
    PortAudio defines it. Raises the direction's error.
    """
    sd = _portaudio(direction)
    device = _find(_devices(sd), wanted, direction)
    check, stream_class = getattr(sd, direction.checker), getattr(sd, direction.stream_class)
    formats = [
        (rate_hz, channels)
        for channels in dict.fromkeys((1, min(2, direction.channels(device))))
        for rate_hz in dict.fromkeys((RATE_HZ, device.rate_hz, 48_000))
    ]
    reason = ""
    for rate_hz, channels in formats:
        prepare(rate_hz)
        try:
            with _quiet_stderr():
                for _ in range(CHECKS_BEFORE_OPENING):
                    check(device.index, channels, "int16", samplerate=rate_hz)
                stream = stream_class(
                    samplerate=rate_hz,
                    blocksize=round(direction.block_s * rate_hz),
                    device=device.index,
                    channels=channels,
                    dtype="int16",
                    latency=latency,
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
        return Opened(stream, direction, device, rate_hz, channels)
    raise direction.error(
        f"The {direction.noun} {device.name!r} cannot be opened ({reason})",
        remedy=_choose(_devices(sd), direction),
    )


def restart(opened: Opened) -> None:
    """Start a stopped stream again. Raises its direction's error where the device has gone."""
    direction = opened.direction
    sd = _portaudio(direction)
    try:
        with _quiet_stderr():
            opened.stream.start()
    except sd.PortAudioError as refused:
        raise direction.error(
            f"The {direction.noun} {opened.device.name!r} does not start again ({refused})",
            remedy=PLUG_IN,
        ) from refused


def _find(listed: tuple[Device, ...], wanted: str | int | None, direction: Direction) -> Device:
    fit = direction.devices(listed)
    if not fit:
        raise direction.error(
            f"There is no {direction.noun}",
            remedy=f"Plug in a {direction.noun}, or run: charley rehearse",
        )
    if wanted is None:
        return next((device for device in fit if direction.is_default(device)), fit[0])
    text = str(wanted).strip().lower()
    named = [d for d in fit if text == str(d.index)] or [d for d in fit if text in d.name.lower()]
    if not named:
        raise direction.error(
            f"There is no {direction.noun} {wanted!r}", remedy=_choose(listed, direction)
        )
    return named[0]


def _choose(listed: tuple[Device, ...], direction: Direction) -> str:
    names = [f"{device.index} {device.name}" for device in direction.devices(listed)]
    return f"Set {direction.setting} to one of: {'; '.join(names)}."


def _devices(sd: Any) -> tuple[Device, ...]:
    try:
        found_devices = sd.query_devices()
    except sd.PortAudioError:  # PortAudio is not initialised: a rescan has failed.
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


def _portaudio(direction: Direction) -> Any:
    """The sounddevice module. Importing it initialises PortAudio, which is slow and chatty."""
    try:
        with _quiet_stderr():
            import sounddevice  # noqa: PLC0415 - only who needs a device pays for it
    except OSError as missing:
        raise direction.error(
            f"PortAudio cannot be loaded ({missing})",
            remedy="Install it with: sudo apt-get install libportaudio2",
        ) from missing
    # Underruns and overruns are counted here; ALSA would print a line for each, at any time.
    with contextlib.suppress(OSError):
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(_SAY_NOTHING)
    return sounddevice


_AlsaHandler = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
)


_SAY_NOTHING: Final = _AlsaHandler(lambda *_report: None)
"""Kept for as long as the program runs, since ALSA keeps calling it."""


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Keep the output of ALSA and PortAudio off the terminal.

    The C libraries write to descriptor 2 directly, so that descriptor is redirected.
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
