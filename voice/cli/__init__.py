"""The commands of ``charley``, one module each; :mod:`voice.cli` lists them."""

import argparse
from typing import TypeAlias

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - as below
"""What a command's ``add_parser`` is given. Argparse has no public name for it."""
