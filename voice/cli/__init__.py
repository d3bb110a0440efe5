"""The commands of ``charley``, one module each; :mod:`voice.cli` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import argparse

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - as below
"""What a command's ``add_parser`` is given. Argparse has no public name for it."""
