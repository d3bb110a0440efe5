"""``charley completion``: shell completion of commands and options, from the parser itself."""

from __future__ import annotations

import argparse

import shtab

from voice.cli.main import EXIT_OK, Subparsers, build_whole_parser

_ABOUT = """
Print a script for shell completion of Charley's commands and options. For bash:
charley completion bash > ~/.local/share/bash-completion/completions/charley
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add ``completion``."""
    parser = subparsers.add_parser("completion", description=_ABOUT)
    parser.add_argument("shell", choices=("bash", "zsh"), help="the shell")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the completion script for that shell."""
    print(shtab.complete(build_whole_parser(), shell=args.shell))
    return EXIT_OK
