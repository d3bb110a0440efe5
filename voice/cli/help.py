"""``charley help``: the same as `--help`, as a command."""

from __future__ import annotations

import argparse

from voice.cli.main import EXIT_OK, Subparsers, build_parser, check_command


def add_parser(subparsers: Subparsers) -> None:
    """Add ``help``."""
    parser = subparsers.add_parser("help", description="Explain the commands, or one of them.")
    parser.add_argument(
        "topic", nargs="*", metavar="COMMAND", help="one of the commands, and one of its actions"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the help of all commands or of one. Raises UsageError for an unknown command."""
    if not args.topic:
        build_parser().print_help()
        return EXIT_OK
    command = args.topic[0]
    check_command(command)
    build_parser(command).parse_args([*args.topic, "--help"])
    return EXIT_OK
