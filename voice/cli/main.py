"""The command line ``charley``: finds the command, runs it and reports its failures.

Every command is one module of :mod:`voice.cli`, listed in
:data:`COMMANDS`. It holds ``add_parser(subparsers) -> None``, which adds the
parser of that name and sets ``run=`` to a function ``(args) -> int``. Only the
module of the command in use is imported, so it may import anything; its summary for
``charley --help`` is here.

An error that the user can cause ends in one line on stderr, never in a traceback.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import io
import os
import signal
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol, cast

from voice import __version__
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
    Command("simulate", "Talk with Charley at the keyboard, without sound."),
    Command("rehearse", "Play a scripted night in a simulated room, and judge how it went."),
    Command("hear", "Print what Charley recognises in recordings."),
    Command("check", "Test microphone, voice and model, aloud and in print."),
    Command("devices", "List the microphones and speakers."),
    Command("diary", "List, export, report or forget the diary of cramps."),
    Command("voice", "Record what Charley says in a voice of your own."),
    Command("bridge", "Tell a carer, through an MQTT broker, what they may know."),
    Command("models", "List, fetch, verify or examine speech models."),
    Command("prompts", "Check or render what Charley says."),
    Command("config", "Show the settings in force, and any errors in them."),
    Command("completion", "Print a script for shell completion."),
    Command("help", "Explain the commands, or one of them."),
)

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
"""The command ran, and its answer is no: part of a check failed, or a rehearsal went wrong."""
EXIT_ERROR: Final = 2
"""The command could not be carried out; the line on stderr says what to do."""
EXIT_INTERRUPTED: Final = 128 + signal.SIGINT
EXIT_BROKEN_PIPE: Final = 128 + signal.SIGPIPE


class UsageError(CharleyError):
    """Arguments that no command accepts."""


class _Parser(argparse.ArgumentParser):
    """Reports a usage error in one line like every other error, not in a usage block."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, remedy=f"Try: {self.prog} --help")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Raise UsageError if ``value`` is not one of an argument's choices; suggest one."""
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        place = f" for {action.option_strings[-1]}" if action.option_strings else ""
        near = _closest(value, choices)
        raise UsageError(
            f"{self.prog} does not accept {value!r}{place}",
            remedy=f"{f'Did you mean {near!r}? ' if near else ''}Use one of: {', '.join(choices)}.",
        )


if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - no public name
else:
    Subparsers = argparse._SubParsersAction  # noqa: SLF001 - and it takes no brackets at run time
"""What ``add_parser`` of a command receives."""


class _Commands(Subparsers):
    """The commands, each with its summary from :data:`COMMANDS`, whether it is loaded or not."""

    def add_parser(self, name: str, **options: Any) -> argparse.ArgumentParser:
        """Add the parser of a command."""
        summary = next(command.summary for command in COMMANDS if command.name == name)
        return super().add_parser(name, help=summary, **options)


class _Actions(Subparsers):
    """The actions of a command. The summary of each is its description too, if it has no other."""

    def add_parser(self, name: str, **options: Any) -> argparse.ArgumentParser:
        """Add the parser of an action."""
        options.setdefault("description", options.get("help"))
        return super().add_parser(name, **options)


def add_actions(parser: argparse.ArgumentParser) -> Subparsers:
    """Let a command have actions, one of which must be named: ``charley models list``."""
    return parser.add_subparsers(title="actions", metavar="ACTION", required=True, action=_Actions)


class _CommandModule(Protocol):
    def add_parser(self, subparsers: Subparsers) -> None: ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line, by default ``sys.argv``. Returns the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    _never_fail_on_letters()
    try:
        status = _dispatch(words)
        sys.stdout.flush()
    except CharleyError as error:
        _complain(str(error))
        return EXIT_ERROR
    except KeyboardInterrupt:
        # Half-constructed library objects may complain while being deleted; hide that.
        sys.unraisablehook = _leave_unsaid
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _let_go_of_stdout()
        return EXIT_BROKEN_PIPE
    except OSError as error:
        # The disk is full, or a folder is not writable: report the system error and its file.
        _complain(f"{_os_fault(error)}. Fix that, then try again.")
        _flush_or_let_go()
        return EXIT_ERROR
    return status


def _dispatch(words: list[str]) -> int:
    chosen = _first_word(words)
    if chosen is not None:
        check_command(chosen)
    parser = build_parser(*(() if chosen is None else (chosen,)))
    if chosen is None and words:
        _check_option(words[0], parser)
    args, unknown = parser.parse_known_args(words)
    if unknown:
        raise UsageError(
            f"charley {chosen} does not accept {unknown[0]!r}",
            remedy=_advice(unknown[0], _options(parser), f"charley {chosen} --help"),
        )
    run = cast("Callable[[argparse.Namespace], int]", args.run)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        # Everything is loaded: from here on Ctrl-C lets a command clean up.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return run(args)


def check_command(word: str) -> None:
    """Raise UsageError if ``word`` is not a command, and suggest the closest one."""
    names = [command.name for command in COMMANDS]
    if word not in names:
        raise UsageError(
            f"there is no command {word!r}", remedy=_advice(word, names, "charley --help")
        )


def _check_option(word: str, parser: argparse.ArgumentParser) -> None:
    """Raise UsageError if ``word`` is not an option of ``charley`` itself, or a part of one."""
    known = {*_options(parser), "-h"}
    if not any(option.startswith(word) for option in known):
        raise UsageError(
            f"charley does not accept {word!r}", remedy=_advice(word, known, "charley --help")
        )


def _closest(word: str, known: Collection[str]) -> str | None:
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.6)), None)


def _advice(word: str, known: Collection[str], otherwise: str) -> str:
    near = _closest(word, known)
    return f"Did you mean {near!r}? Otherwise try: {otherwise}" if near else f"Try: {otherwise}"


def _options(parser: argparse.ArgumentParser) -> set[str]:
    """Every long option of a parser and of its commands."""
    found = set()
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to its options
        found |= {option for option in action.option_strings if option.startswith("--")}
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - likewise
            for each in action.choices.values():
                found |= _options(each)
    return found


def build_parser(*chosen: str) -> argparse.ArgumentParser:
    """The parser: complete for the ``chosen`` commands, with a summary for all others."""
    parser: argparse.ArgumentParser = _Parser(
        prog="charley",
        description="A voice by the bed for a leg cramp at night. It is not medical advice.",
        epilog="For help on a command: charley run --help",
    )
    parser.add_argument("--version", action="version", version=f"charley {__version__}")
    subparsers = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, action=_Commands
    )
    for command in COMMANDS:
        if command.name in chosen:
            module = cast("_CommandModule", importlib.import_module(command.module))
            module.add_parser(subparsers)
        else:
            subparsers.add_parser(command.name)
    return parser


def build_whole_parser() -> argparse.ArgumentParser:
    """The parser with every command complete, for documentation of all of them."""
    return build_parser(*(command.name for command in COMMANDS))


def _first_word(words: list[str]) -> str | None:
    """The command's name, if given. Options before it only print information."""
    return next((word for word in words if not word.startswith("-")), None)


def _never_fail_on_letters() -> None:
    """Print characters that the terminal cannot encode as question marks; read likewise."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _complain(message: str) -> None:
    """Print one line on stderr, whatever the message contains."""
    print(f"charley: {' '.join(message.split())}", file=sys.stderr)


def _leave_unsaid(_fault: object) -> None:
    pass


def _os_fault(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason


def _flush_or_let_go() -> None:
    """Print what is left. If that is what failed, keep Python from trying again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        _let_go_of_stdout()


def _let_go_of_stdout() -> None:
    """Nobody can read the output; keep Python from writing the rest at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
