"""``charley run``: the live session at the bedside."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from voice.app.assembly import Components
from voice.app.live import LiveOptions, open_devices, run_night
from voice.app.paths import runtime_folder
from voice.app.settings import AudioSettings, Settings, load_settings
from voice.carer.settings import what_is_sent
from voice.cli.leaving import Leaving
from voice.cli.main import Subparsers
from voice.cli.main import main as charley
from voice.content.script import LineKey, Script
from voice.devices.recorder import Recorder
from voice.devices.sounddevice_devices import SounddeviceDevices
from voice.dialogue.actions import Action
from voice.dialogue.events import Event, SpeechHeard, SpeechUnclear, WakeHeard
from voice.errors import MicrophoneError, SpeakerError


def add_parser(subparsers: Subparsers) -> None:
    """Add ``run``."""
    parser = subparsers.add_parser(
        "run",
        description=(
            "Listen at the bedside, until stopped with Ctrl-C. Nothing leaves the room, unless"
            " you have named a carer's broker: charley bridge --explain."
        ),
    )
    parser.add_argument(
        "--microphone", metavar="DEVICE", help="its number, or part of its name (charley devices)"
    )
    parser.add_argument("--speaker", metavar="DEVICE", help="its number, or part of its name")
    parser.add_argument("--show", action="store_true", help="print what is heard and said")
    parser.add_argument(
        "--record",
        type=Path,
        metavar="DIR",
        help="record the night there, as WAV files; Charley says so aloud",
    )
    parser.add_argument(
        "--or-rehearse",
        action="store_true",
        help="if there is no microphone or no speaker, play a rehearsal instead",
    )
    parser.add_argument(
        "--offline",
        action="store_true",
        help="for scripts/run, which then downloads no model; charley run itself never does",
    )
    parser.add_argument(
        "--wait",
        action="store_true",
        help="wait for microphone and speaker instead of giving up if one is missing",
    )
    parser.add_argument("--resumed", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Listen and talk until stopped."""
    leaving = Leaving()
    settings = _with_devices(load_settings(), args.microphone, args.speaker)
    audio = settings.audio
    devices = SounddeviceDevices(audio.input_device, audio.output_device, runtime_folder())
    opened = None
    try:
        opened = None if args.wait else open_devices(devices)
    except (MicrophoneError, SpeakerError) as error:
        # A device that the user chose must be fixed, not replaced by a rehearsal.
        if not args.or_rehearse or audio != AudioSettings():
            raise
        lacking = error.what.rstrip(".")
        print(f"{lacking}, so this is a rehearsal of the plain calf cramp.", flush=True)
        return charley(["rehearse"])
    options = LiveOptions(
        leave=lambda: leaving.asked,
        listens=_listens(leaving),
        watcher=_Shown if args.show else None,
        record=args.record,
        was_away=args.resumed,
    )
    run_night(options, settings, devices, opened)
    return leaving.status


def _listens(leaving: Leaving) -> Callable[[Components, Recorder | None], None]:
    def tell(parts: Components, recorder: Recorder | None) -> None:
        leaving.in_order()
        phrases = '" or "'.join(parts.settings.general.wake_phrases)
        model = parts.recogniser.folder.name
        print(f'Charley listens, with the model {model}. Say "{phrases}".', flush=True)
        if parts.settings.carer.on:
            print(what_is_sent(parts.settings.carer), flush=True)
        if recorder is not None:
            print(f"What is heard and said is recorded in {recorder.folder}.", flush=True)

    return tell


def _with_devices(settings: Settings, microphone: str | None, speaker: str | None) -> Settings:
    """The settings, overridden by the devices on the command line."""
    audio = settings.audio
    return replace(
        settings,
        audio=replace(
            audio,
            input_device=microphone or audio.input_device,
            output_device=speaker or audio.output_device,
        ),
    )


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
        """Show nothing; :meth:`line` shows what is said."""

    def line(self, at_s: float, key: LineKey) -> None:  # noqa: ARG002 - the protocol's name
        """Print a line as it begins."""
        print(f"Charley: {self._script.text(key)}", flush=True)
