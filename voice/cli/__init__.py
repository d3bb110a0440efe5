"""The commands of ``charley``, one module each; :mod:`voice.cli.main` lists them.

In: the words of a command line. Out: plain sentences for a terminal or a screen reader, and an
exit status.

Law: no other room imports this one, and only this one prints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import argparse

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - as below
"""The argument of ``add_parser``. Argparse has no public name for it."""
