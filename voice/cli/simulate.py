"""``charley simulate``: the same dialogue, typed. No microphone, speaker or model is needed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from voice.app.dialogue_assembly import build_dialogue, read_script
from voice.app.settings import Settings, load_settings
from voice.cli.main import Subparsers
from voice.content.script import LineKey, Script
from voice.diary.keeper import DiaryKeeper
from voice.errors import CharleyError
from voice.simulation.typed import Moment, Simulation

_ABOUT = """
Type what you would say, and press Enter. An empty line is silence; during a
hold it lets the hold run to its end. Charley is asleep at first: say "hey charley".
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add ``simulate``."""
    parser = subparsers.add_parser(
        "simulate",
        description=_ABOUT,
        epilog="End with Ctrl-D, or Ctrl-C.",
    )
    parser.add_argument(
        "--script",
        type=Path,
        metavar="FILE",
        help="read the replies from FILE, one per line; lines that begin with # are skipped",
    )
    parser.add_argument(
        "--keys", action="store_true", help="show the key of each line that Charley says"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Have one typed conversation."""
    settings = load_settings()
    script = read_script(settings)
    typed = args.script is None and sys.stdin.isatty()
    replies = _typed() if args.script is None else iter(_read(args.script))
    converse(script, settings, replies, sys.stdout, prompts=typed, keys=args.keys)
    return 0


def converse(
    script: Script,
    settings: Settings,
    replies: Iterator[str],
    out: TextIO,
    *,
    prompts: bool = False,
    keys: bool = False,
) -> None:
    """Hold one conversation until there are no more replies, and print it as plain lines.

    ``prompts``: ask for each reply, since it is typed at a terminal and shown there anyway.
    ``keys``: show the key of each line that Charley says.
    """
    stage = _Terminal(out, replies, prompts=prompts, keys=keys)
    dialogue = build_dialogue(script, settings)
    # What happens here is nobody's cramp: its diary is thrown away.
    diary = DiaryKeeper(None) if settings.general.diary else None
    try:
        Simulation(dialogue, script, settings.general.wake_phrases, stage, diary).run()
    finally:
        stage.end()


class _Terminal:
    """A conversation as plain lines: who speaks, then what."""

    def __init__(self, out: TextIO, replies: Iterator[str], *, prompts: bool, keys: bool) -> None:
        self._out = out
        self._replies = replies
        self._prompts = prompts
        self._keys = keys
        self._prompted = False

    def line(self, key: LineKey, text: str, into_hold_s: float | None) -> None:
        named = f" [{key}]" if self._keys else ""
        timed = "" if into_hold_s is None else f", {into_hold_s:.0f} seconds in"
        self._print(f"Charley{timed}{named}: {text}")

    def note(self, text: str) -> None:
        self._print(f"({text})")

    def reply(self, moment: Moment) -> str | None:
        who = {
            Moment.ASLEEP: "You (Charley is asleep): ",
            Moment.HOLD: "You (during the hold): ",
            Moment.AWAKE: "You: ",
        }[moment]
        if self._prompts:
            print(who, end="", file=self._out, flush=True)
            self._prompted = True
        reply = next(self._replies, None)
        self._prompted = False if reply is not None else self._prompted
        if reply is not None and not self._prompts:
            self._print(who + (reply.strip() or "(says nothing)"))
        return reply

    def end(self) -> None:
        """Leave the cursor at the beginning of a line."""
        if self._prompted:
            print(file=self._out, flush=True)

    def _print(self, text: str) -> None:
        print(text, file=self._out, flush=True)


def _typed() -> Iterator[str]:
    for line in sys.stdin:
        yield line.rstrip("\n")


def _read(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SimulationError(
            f"{path}: {error.strerror}", remedy="Name a text file with one reply per line."
        ) from error
    except UnicodeDecodeError as error:
        raise SimulationError(
            f"{path}: not UTF-8 text ({error.reason})", remedy="Save it as UTF-8."
        ) from error
    return [line for line in lines if not line.startswith("#")]


class SimulationError(CharleyError):
    """A file of replies that cannot be read."""
