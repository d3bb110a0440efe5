"""``charley run``: live, at the bedside."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from voice.app.assembly import Parts, assemble
from voice.app.device_notices import Notices
from voice.app.paths import state_folder
from voice.app.settings import AudioSettings, Settings, load_settings
from voice.app.systemd_notify import STOPPING, Heartbeat, SystemdNotifier
from voice.app.voice_preferences import FILE, KeptVoice
from voice.cli import Subparsers
from voice.cli.main import EXIT_INTERRUPTED, EXIT_OK
from voice.cli.main import main as charley
from voice.content.script import LineKey, Script
from voice.devices.reconnecting_microphone import ReconnectingMicrophone
from voice.devices.reconnecting_speaker import ReconnectingSpeaker
from voice.devices.recorder import Recorder, SharedSpeaker
from voice.devices.sounddevice_audio import (
    SounddeviceDevices,
    SounddeviceMicrophone,
    SounddeviceSpeaker,
)
from voice.devices.sounddevice_streams import quiet_for_good
from voice.devices.supervisor import DeviceSupervisor
from voice.dialogue.actions import Action
from voice.dialogue.events import Event, SpeechHeard, SpeechUnclear, WakeHeard
from voice.dialogue.line_keys import RECORDING
from voice.dialogue.states import Asleep
from voice.errors import MicrophoneError, SpeakerError

LAST_PATIENCE_S: Final = 1.5
"""How long a device may take to let go; then the process ends all the same."""

NOTHING_S: Final = 60.0
"""So long without any device a service tries; then it is started in a new sandbox."""

_LOG: Final = logging.getLogger(__name__)


def add_parser(subparsers: Subparsers) -> None:
    """Add ``run``."""
    parser = subparsers.add_parser(
        "run",
        description="Listen at the bedside, until stopped with Ctrl-C. Nothing leaves the room.",
    )
    parser.add_argument(
        "--microphone", metavar="DEVICE", help="its number, or a part of its name (charley devices)"
    )
    parser.add_argument("--speaker", metavar="DEVICE", help="likewise")
    parser.add_argument("--show", action="store_true", help="print what is heard and said")
    parser.add_argument(
        "--record",
        type=Path,
        metavar="DIR",
        help="keep the sound of the night there, as WAV files; Charley says so aloud",
    )
    parser.add_argument(
        "--or-rehearse",
        action="store_true",
        help="where there is no microphone or no speaker, play a rehearsal instead",
    )
    parser.add_argument(
        "--offline",
        action="store_true",
        help="for scripts/run, which then fetches no model; charley run itself never fetches",
    )
    parser.add_argument(
        "--wait",
        action="store_true",
        help="wait for microphone and speaker instead of giving up where there is none",
    )
    parser.add_argument("--resumed", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Listen and talk until stopped."""
    for asked in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(asked) != signal.SIG_IGN:
            signal.signal(asked, _leave)
    settings = _with_devices(load_settings(), args.microphone, args.speaker)
    devices = SounddeviceDevices(settings.audio.input_device, settings.audio.output_device)
    if args.wait:
        return _live(args, settings, devices, None)
    try:
        opened = _open_devices(devices)
    except (MicrophoneError, SpeakerError) as error:
        # Devices that somebody has chosen are to be mended, not passed over.
        if not args.or_rehearse or settings.audio != AudioSettings():
            raise
        lacking = error.what.rstrip(".")
    else:
        return _live(args, settings, devices, opened)
    print(f"{lacking}, so this is a rehearsal of the plain calf cramp.", flush=True)
    return charley(["rehearse"])


def _live(
    args: argparse.Namespace,
    settings: Settings,
    devices: SounddeviceDevices,
    opened: tuple[SounddeviceMicrophone, SounddeviceSpeaker] | None,
) -> int:
    """Listen and talk; devices that are not open yet are waited for."""
    own_stderr = quiet_for_good()
    speaker = ReconnectingSpeaker(opened[1] if opened else None, time.monotonic)
    with closing(speaker), closing(assemble(settings)) as parts, ExitStack() as stack:
        heard = opened[0] if opened else None
        parts.clips.load_all(line.text for line in parts.script.lines.values())
        if parts.missing_lines():
            # What the microphone hears meanwhile would be heard late.
            if heard is not None:
                heard.close()
            parts.render()
            heard = devices.open_microphone() if opened else None
        microphone = stack.enter_context(closing(ReconnectingMicrophone(heard, MonotonicClock())))
        recorder = Recorder(args.record) if args.record is not None else None
        if recorder is not None:
            stack.enter_context(closing(recorder))
        kept = stack.enter_context(closing(KeptVoice(state_folder() / FILE, settings.voice)))
        night = _Night(parts, devices, microphone, speaker, own_stderr)
        night.listen(kept, recorder, show=args.show, was_away=args.resumed)
    return EXIT_OK


class _Night:
    """The live loop: a block heard, a block worked on, and the devices looked after."""

    def __init__(
        self,
        parts: Parts,
        devices: SounddeviceDevices,
        microphone: ReconnectingMicrophone,
        speaker: ReconnectingSpeaker,
        own_stderr: int,
    ) -> None:
        self._parts = parts
        self._microphone = microphone
        self._speaker = speaker
        self._own_stderr = own_stderr
        self._notifier = SystemdNotifier()
        self._supervisor = DeviceSupervisor(
            devices,
            microphone,
            speaker,
            clock=time.monotonic,
            start=_in_background,
            hung=self._begin_anew,
        )

    def listen(
        self, kept: KeptVoice, recorder: Recorder | None, *, show: bool, was_away: bool
    ) -> None:
        """Listen until the process is told to leave. Raises MicrophoneError without any sound."""
        parts, microphone = self._parts, self._microphone
        shown = _Shown(parts.script)
        speaker = SharedSpeaker(self._speaker)
        self._assistant = assistant = (
            parts.assistant(speaker, (shown,), on_line=shown.line, kept=kept)
            if show
            else parts.assistant(speaker, kept=kept)
        )
        assistant.start()
        phrases = '" or "'.join(parts.settings.general.wake_phrases)
        model = parts.recogniser.folder.name
        heartbeat = Heartbeat(self._notifier, f"Listening, with the model {model}.")
        print(f'Charley listens, with the model {model}. Say "{phrases}".', flush=True)
        if recorder is not None:
            print(f"What is heard and said is recorded into {recorder.folder}.", flush=True)
            assistant.notice(RECORDING, aloud=True)
        notices = Notices(was_away=was_away)
        while True:
            block, deaf = microphone.read(), microphone.away
            played = speaker.take_first()
            if recorder is not None:
                recorder.take(block, played)
            assistant.step(block, deaf=notices.excuses_silence(assistant.now_s))
            line = notices.due(assistant.now_s, deaf=deaf, asleep=self._asleep)
            if line is not None and assistant.notice(line):
                notices.said(assistant.now_s, line)
            self._mend()
            heartbeat.beat()

    @property
    def _asleep(self) -> bool:
        return isinstance(self._assistant.state, Asleep)

    def _mend(self) -> None:
        mended = self._supervisor.mended
        self._supervisor.watch()
        if self._supervisor.mended != mended:
            self._assistant.forget_the_room()
        if self._notifier.supervised and self._supervisor.nothing_for_s > NOTHING_S:
            # The sandbox may show a sound server's socket that is no more: a new one will not.
            raise MicrophoneError(
                "There has been neither microphone nor speaker for a minute",
                remedy="Check that the sound server runs.",
            )

    def _begin_anew(self) -> NoReturn:
        """Become a new process in place of this one: the sound library has hung for good."""
        _LOG.error("the sound library hangs; Charley begins anew")
        again = [word for word in sys.orig_argv[1:] if word not in ("--wait", "--resumed")]
        again += ["--wait"] if self._asleep else ["--wait", "--resumed"]
        os.dup2(self._own_stderr, 2)
        os.execv(sys.executable, [sys.executable, *again])  # noqa: S606 - no shell is wanted


class MonotonicClock:
    """Time as it passes."""

    def now_s(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def wait_s(self, duration_s: float) -> None:
        """Wait for so long."""
        time.sleep(duration_s)


def _in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="charley-mending", daemon=True).start()


def _open_devices(
    devices: SounddeviceDevices,
) -> tuple[SounddeviceMicrophone, SounddeviceSpeaker]:
    speaker = devices.open_speaker()
    try:
        return devices.open_microphone(), speaker
    except MicrophoneError:
        speaker.close()
        raise


def _with_devices(settings: Settings, microphone: str | None, speaker: str | None) -> Settings:
    """The settings, with what the command line says about devices on top."""
    audio = settings.audio
    return replace(
        settings,
        audio=replace(
            audio,
            input_device=microphone or audio.input_device,
            output_device=speaker or audio.output_device,
        ),
    )


def _leave(asked: int, _frame: FrameType | None) -> NoReturn:
    """Leave in good order."""
    status = EXIT_INTERRUPTED if asked == signal.SIGINT else EXIT_OK
    # A device that has gone may hang while it is closed.
    hurry = threading.Timer(LAST_PATIENCE_S, os._exit, (status,))
    hurry.daemon = True
    hurry.start()
    SystemdNotifier().tell(STOPPING)
    sys.exit(status)


class _Shown:
    """Prints a conversation as it goes."""

    def __init__(self, script: Script) -> None:
        self._script = script

    def event(self, event: Event) -> None:
        """Print what was heard."""
        match event:
            case WakeHeard(words=words):
                print(f"Heard: the wake phrase. {words}".rstrip(), flush=True)
            case SpeechHeard(words=words, doubtful=doubtful):
                print(f"Heard: {words}{' (doubtful)' if doubtful else ''}", flush=True)
            case SpeechUnclear():
                print("Heard: something unclear", flush=True)
            case _:
                pass

    def action(self, at_s: float, action: Action) -> None:
        """Actions are not shown; their lines are."""

    def line(self, _at_s: float, key: LineKey) -> None:
        """Print a line as it begins."""
        print(f"Charley: {self._script.text(key)}", flush=True)
