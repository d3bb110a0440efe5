"""``charley voice``: record the lines in a voice of your own, and see how far you are."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

from voice.app.assembly import choose_model, open_recogniser
from voice.app.dialogue_assembly import read_script
from voice.app.recording_session import RecordingSession
from voice.app.settings import load_settings
from voice.cli.aloud import Aloud
from voice.cli.main import EXIT_FAILED, EXIT_OK, Subparsers, add_actions
from voice.content.script import LineKey, Script
from voice.devices.sounddevice_microphone import SounddeviceMicrophone
from voice.engines.silero_vad import SileroGate
from voice.errors import VoicePackError
from voice.speech.voice_pack import VoicePack

_HOW: Final = (
    "I will read you a line. After the tone, say it as you would say it at the bedside."
    " I listen to each line, and ask again if I did not understand it. Stop with Control C"
    " whenever you like. Next time we go on from there."
)


def add_parser(subparsers: Subparsers) -> None:
    """Add ``voice`` with its actions."""
    parser = subparsers.add_parser(
        "voice", description="Let Charley speak in the voice of someone you know."
    )
    actions = add_actions(parser)
    record = actions.add_parser(
        "record",
        help="Lead a reader through the lines that are not recorded yet.",
        description="Lead a reader through the lines one by one, aloud and in print. Lines that"
        " are already recorded are skipped, unless their words have changed since.",
    )
    record.add_argument("folder", type=Path, metavar="DIR", help="the folder of the recordings")
    record.add_argument(
        "--line",
        action="append",
        default=[],
        metavar="KEY",
        help="record this line, even if it is already recorded; may be repeated",
    )
    record.set_defaults(run=_record)
    check = actions.add_parser(
        "check",
        help="Show which lines are recorded, out of date or missing.",
        description="Show which lines are recorded. Exits with 1 while any is missing.",
    )
    check.add_argument("folder", type=Path, metavar="DIR", help="the folder of the recordings")
    check.set_defaults(run=_check)


def _record(args: argparse.Namespace) -> int:
    settings = load_settings()
    script = read_script(settings)
    pack = VoicePack(args.folder, script.lines.values())
    keys = _asked_for(args.line, script) or pack.missing
    if not keys:
        _print_state(pack, script)
        return EXIT_OK
    recogniser = open_recogniser(choose_model(settings))
    with ExitStack() as stack:
        aloud = stack.enter_context(closing(Aloud(settings, sys.stdout)))
        aloud.open()
        session = RecordingSession(
            pack,
            script,
            _Prompter(aloud),
            open_microphone=lambda: SounddeviceMicrophone(settings.audio.input_device),
            gate=SileroGate(),
            recogniser=recogniser,
        )
        aloud.say(_HOW)
        # Print the progress however the session ends: every good take is already on disk.
        stack.callback(_print_state, pack, script)
        progress = session.record(keys)
        if progress.deserted:
            aloud.say("I hear nobody, so I will stop here.")
    return EXIT_OK if progress.kept == len(keys) else EXIT_FAILED


def _asked_for(keys: list[str], script: Script) -> tuple[LineKey, ...]:
    for key in keys:
        if key not in script.lines:
            raise VoicePackError(
                f"There is no line {key!r}",
                remedy="To see the key of each line: charley simulate --keys",
            )
    return tuple(map(LineKey, keys))


def _check(args: argparse.Namespace) -> int:
    script = read_script(load_settings())
    pack = VoicePack(args.folder, script.lines.values())
    for key in pack.stale:
        print(f"Changed since it was recorded: {key}: {script.text(key)}")
    _print_state(pack, script)
    return EXIT_FAILED if pack.missing else EXIT_OK


def _print_state(pack: VoicePack, script: Script) -> None:
    missing, stale = pack.missing, pack.stale
    print(f"{len(script.lines) - len(missing)} of {len(script.lines)} lines are recorded.")
    if stale:
        print(f"The words of {len(stale)} have changed since they were recorded.")
    if missing:
        print(f"To go on: charley voice record {pack.folder}")
    if len(missing) < len(script.lines):
        print(f'To hear them, set in [voice]: pack = "{pack.folder.absolute()}"', flush=True)


class _Prompter:
    """Tells the reader what to do through a voice that prints every line too."""

    def __init__(self, aloud: Aloud) -> None:
        self._aloud = aloud

    def show(self, text: str) -> None:
        """Print details that need not be heard."""
        self._aloud.note(text)

    def explain(self, text: str) -> None:
        """Print something and say it; it is not to be read aloud."""
        self._aloud.say(text)

    def say(self, text: str) -> None:
        """Print a line and say it; then the tone, after which the reader says it."""
        self._aloud.say(text)
        self._aloud.tone()
