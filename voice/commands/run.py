"""``charley run``: live, at the bedside."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from contextlib import closing
from dataclasses import replace
from types import FrameType
from typing import Final, NoReturn

from voice.actions import Action
from voice.adapters.sounddevice_audio import SounddeviceMicrophone, SounddeviceSpeaker
from voice.adapters.systemd_notify import STOPPING, Heartbeat, SystemdNotifier
from voice.cli import EXIT_ERROR, EXIT_OK
from voice.cli import main as charley
from voice.commands import Subparsers
from voice.config import AudioSettings, Settings, load_settings
from voice.errors import MicrophoneError, SpeakerError
from voice.events import Event, SpeechHeard, SpeechUnclear, WakeHeard
from voice.script import LineKey, Script
from voice.wiring import Parts, assemble

LAST_PATIENCE_S: Final = 1.5
"""How long a device may take to let go; then the process ends all the same."""


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
        "--or-rehearse",
        action="store_true",
        help="where there is no microphone or no speaker, play a rehearsal instead",
    )
    parser.add_argument(
        "--offline",
        action="store_true",
        help="for scripts/run, which then fetches no model; charley run itself never fetches",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Listen and talk until stopped."""
    signal.signal(signal.SIGTERM, _leave)
    settings = _with_devices(load_settings(), args.microphone, args.speaker)
    try:
        speaker, microphone = _open_devices(settings)
    except (MicrophoneError, SpeakerError) as error:
        # Devices that somebody has chosen are to be mended, not passed over.
        if not args.or_rehearse or settings.audio != AudioSettings():
            raise
        lacking = error.what.rstrip(".")
    else:
        return _live(settings, speaker, microphone, show=args.show)
    print(f"{lacking}, so this is a rehearsal of the plain calf cramp.", flush=True)
    return charley(["rehearse"])


def _live(
    settings: Settings,
    speaker: SounddeviceSpeaker,
    microphone: SounddeviceMicrophone,
    *,
    show: bool,
) -> int:
    with closing(speaker), closing(assemble(settings)) as parts:
        if parts.missing_lines():
            # What the microphone hears meanwhile would be heard late.
            microphone.close()
            parts.render()
            microphone = SounddeviceMicrophone(settings.audio.input_device)
        with closing(microphone):
            try:
                _listen(parts, microphone, speaker, show=show)
            except (MicrophoneError, SpeakerError) as error:
                # A device that has gone may never let go of its stream.
                _end_soon(EXIT_ERROR, str(error))
                raise
    return EXIT_OK


def _listen(
    parts: Parts, microphone: SounddeviceMicrophone, speaker: SounddeviceSpeaker, *, show: bool
) -> None:
    if show:
        shown = _Shown(parts.script)
        assistant = parts.assistant(speaker, (shown,), on_line=shown.line)
    else:
        assistant = parts.assistant(speaker)
    assistant.start()
    phrases = '" or "'.join(parts.settings.general.wake_phrases)
    model = parts.recogniser.folder.name
    heartbeat = Heartbeat(SystemdNotifier(), f"Listening, with the model {model}.")
    print(f'Charley listens, with the model {model}. Say "{phrases}".', flush=True)
    while True:
        assistant.step(microphone.read())
        heartbeat.beat()


def _open_devices(settings: Settings) -> tuple[SounddeviceSpeaker, SounddeviceMicrophone]:
    speaker = SounddeviceSpeaker(settings.audio.output_device)
    try:
        return speaker, SounddeviceMicrophone(settings.audio.input_device)
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


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Leave in good order."""
    _end_soon(EXIT_OK)
    SystemdNotifier().tell(STOPPING)
    sys.exit(EXIT_OK)


def _end_soon(status: int, last_word: str = "") -> None:
    """See to it that the process ends soon, even where a device hangs while it is closed."""

    def end() -> None:
        if last_word:
            print(f"charley: {last_word}", file=sys.stderr, flush=True)
        os._exit(status)

    hurry = threading.Timer(LAST_PATIENCE_S, end)
    hurry.daemon = True
    hurry.start()


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
