"""``charley hear``: what the listening chain recognises in recordings, one JSON line each."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from voice.audio.files import read_recording
from voice.cli.main import Subparsers
from voice.content.script import GrammarKey, Script
from voice.errors import ConfigError, RecordingError
from voice.listening.grammar_fitting import Vocabulary
from voice.listening.offline import Hearing, listen_for_grammar, listen_for_wake, listen_for_words
from voice.ports import Recogniser

_GRAMMARS: Final = tuple(key.value for key in GrammarKey if key is not GrammarKey.WAKE)

_ABOUT = """
Print what Charley recognises in recordings, as one line of JSON each, in the order
given. "heard" is null if nothing was accepted.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add ``hear``."""
    parser = subparsers.add_parser("hear", description=_ABOUT)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a sound file")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--grammar",
        choices=_GRAMMARS,
        default=GrammarKey.ANSWER.value,
        help="listen as in that part of a conversation (default: answer)",
    )
    what.add_argument(
        "--words", metavar="A,B,...", help="listen for these words or phrases instead"
    )
    what.add_argument(
        "--wake", metavar="PHRASE", help="print the times at which PHRASE would have woken Charley"
    )
    parser.add_argument("--model", metavar="PATH", help="name or folder of the model")
    parser.add_argument(
        "--no-second-ear",
        action="store_true",
        help="let the recogniser hear alone, without the keyword spotter",
    )
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from voice.app.assembly import fit_margins, model_store
    from voice.app.dialogue_assembly import read_script
    from voice.app.settings import load_settings
    from voice.app.spotter import open_spotter
    from voice.engines.silero_vad import SileroGate
    from voice.engines.vosk_recogniser import VoskRecogniser

    settings = load_settings()
    choice = model_store().choose(args.model or settings.model.name)
    settings = fit_margins(settings, choice.margin_scale)
    recogniser = VoskRecogniser(choice.folder)
    key, vocabulary = _vocabulary(args, read_script(settings), recogniser)
    hearing = Hearing(
        SileroGate(),
        recogniser,
        key,
        vocabulary,
        settings.listening,
        settings.acceptance,
        None if args.no_second_ear else open_spotter(settings),
    )
    failed = False
    for path in args.files:
        try:
            print(json.dumps(_line(path, hearing)), flush=True)
        except RecordingError as error:
            print(f"charley: {error}", file=sys.stderr)
            failed = True
    return 1 if failed else 0


def _vocabulary(
    args: argparse.Namespace, script: Script, recogniser: Recogniser
) -> tuple[GrammarKey, Vocabulary]:
    if args.wake is not None:
        phrase = _phrases(args.wake, "--wake")[0]
        return GrammarKey.WAKE, listen_for_wake(script, phrase, recogniser)
    if args.words is not None:
        phrases = _phrases(args.words, "--words")
        return GrammarKey.ANSWER, listen_for_words(script, phrases, recogniser)
    key = GrammarKey(args.grammar)
    return key, listen_for_grammar(script, key, recogniser)


def _phrases(typed: str, option: str) -> Sequence[str]:
    phrases = [" ".join(part.lower().split()) for part in typed.split(",")]
    if not all(phrases):
        raise ConfigError(
            f"{option} {typed!r} contains no words", remedy="Give phrases separated by commas."
        )
    return list(dict.fromkeys(phrases))


def _line(path: Path, hearing: Hearing) -> dict[str, object]:
    samples = read_recording(path)
    if hearing.key is GrammarKey.WAKE:
        return {"file": str(path), **asdict(hearing.wakes(samples))}
    return {"file": str(path), **asdict(hearing.speech(samples))}
