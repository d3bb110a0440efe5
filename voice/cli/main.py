"""The command line ``charley``: finds the command, runs it, and words its failures.

Every command is one module of :mod:`voice.cli`, listed in
:data:`COMMANDS`. It holds ``add_parser(subparsers) -> None``, which adds the
parser of that name and sets ``run=`` to a function ``(args) -> int``. Only the
module of the command that is called is imported, so it may import what it
likes; its summary for ``charley --help`` stands here.

What a person can cause ends in one line on stderr, never in a traceback.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn, Protocol, cast

from voice import __version__
from voice.cli import Subparsers
from voice.errors import CharleyError


@dataclass(frozen=True)
class Command:
    """A command, its summary in one line, and the module that runs it."""

    name: str
    summary: str

    @property
    def module(self) -> str:
        """The module's full name."""
        return f"voice.cli.{self.name}"


COMMANDS: Final = (
    Command("run", "Listen at the bedside, until stopped."),
    Command("simulate", "Talk with Charley at the keyboard, without any sound."),
    Command("rehearse", "Play a scripted night in a simulated room, and judge how it went."),
    Command("hear", "Tell what Charley would take recordings for."),
    Command("check", "Test microphone, voice and model, aloud and in print."),
    Command("devices", "List the microphones and speakers."),
    Command("diary", "List, export, report or forget the diary of the cramps."),
    Command("models", "List, fetch or verify models that hear."),
    Command("prompts", "Check or render what Charley says."),
    Command("config", "Show the settings in force, and where they are read from."),
)

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
"""The command ran, and its answer is no: a part of a check fails, a rehearsal goes wrong."""
EXIT_ERROR: Final = 2
"""The command could not be carried out; the line on stderr says what to do."""
EXIT_INTERRUPTED: Final = 128 + signal.SIGINT
EXIT_BROKEN_PIPE: Final = 128 + signal.SIGPIPE


class UsageError(CharleyError):
    """Words on the command line that no command takes."""


class _Parser(argparse.ArgumentParser):
    """Wrong words end in one line like every other fault, not in a usage block."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, remedy=f"Try: {self.prog} --help")


class _CommandModule(Protocol):
    def add_parser(self, subparsers: Subparsers) -> None: ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line, ``sys.argv`` where none is given. Returns the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    _never_fail_on_letters()
    try:
        status = _dispatch(words)
        sys.stdout.flush()
    except CharleyError as error:
        _complain(str(error))
        return EXIT_ERROR
    except KeyboardInterrupt:
        # What a library had half made complains as it is thrown away; nobody needs to know.
        sys.unraisablehook = _leave_unsaid
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _let_go_of_stdout()
        return EXIT_BROKEN_PIPE
    except OSError as error:
        # The disk is full, a folder may not be written: what the system says, with its file.
        _complain(f"{_os_fault(error)}. Mend that, then try again.")
        return EXIT_ERROR
    return status


def _dispatch(words: list[str]) -> int:
    args = build_parser(_command_in(words)).parse_args(words)
    run = cast("Callable[[argparse.Namespace], int]", args.run)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        # All is loaded: from here on Ctrl-C lets a command tidy up.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return run(args)


def build_parser(chosen: str | None = None) -> argparse.ArgumentParser:
    """The parser: whole for the command ``chosen``, a summary for all others."""
    parser: argparse.ArgumentParser = _Parser(
        prog="charley",
        description="A voice by the bed for a leg cramp at night. It is not medical advice.",
        epilog="Each command tells more: charley run --help",
    )
    parser.add_argument("--version", action="version", version=f"charley {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        if command.name == chosen:
            module = cast("_CommandModule", importlib.import_module(command.module))
            module.add_parser(subparsers)
        else:
            subparsers.add_parser(command.name, help=command.summary)
    return parser


def _command_in(words: list[str]) -> str | None:
    """The command's name: the first word, where it is one. Options before it only tell things."""
    first = next((word for word in words if not word.startswith("-")), None)
    return first if any(command.name == first for command in COMMANDS) else None


def _never_fail_on_letters() -> None:
    """Show what a terminal's encoding lacks as a question mark; read what is wrong likewise."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _complain(message: str) -> None:
    """One line on stderr, whatever the message holds."""
    print(f"charley: {' '.join(message.split())}", file=sys.stderr)


def _leave_unsaid(_fault: object) -> None:
    pass


def _os_fault(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason


def _let_go_of_stdout() -> None:
    """Whoever read the output has gone; keep Python from writing the rest at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
