"""Where files are: the content and models that ship, caches, and the user's own files.

In a checkout, ``prompts/`` and ``models/`` lie beside the package; in an installed wheel,
under ``_data/`` inside it. The user's own folders follow the XDG base directories, and each
can be set by one environment variable. Nothing here creates a folder or reads a file.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from voice.errors import ConfigError

_PACKAGE: Final = Path(__file__).resolve().parents[1]

Environment = Mapping[str, str]


def prompts_folder(package: Path = _PACKAGE) -> Path:
    """The folder with one subfolder of content per language. Raises ConfigError."""
    return _shipped("prompts", package)


def models_folder(package: Path = _PACKAGE) -> Path:
    """The folder with the models that ship and their manifest. Raises ConfigError."""
    return _shipped("models", package)


def cache_folder(environ: Environment = os.environ) -> Path:
    """The folder for what can be made again at any time, mainly rendered speech."""
    return _own("CHARLEY_CACHE", "XDG_CACHE_HOME", ".cache", "charley", environ)


def user_models_folder(environ: Environment = os.environ) -> Path:
    """The folder for models that the user has downloaded."""
    return _own("CHARLEY_MODELS", "XDG_DATA_HOME", ".local/share", "charley/models", environ)


def config_file(environ: Environment = os.environ) -> Path:
    """The user's settings file. It need not exist."""
    return _own("CHARLEY_CONFIG", "XDG_CONFIG_HOME", ".config", "charley/config.toml", environ)


def state_folder(environ: Environment = os.environ) -> Path:
    """The folder for what is kept from one night to the next but is not a setting."""
    return _own("CHARLEY_STATE", "XDG_STATE_HOME", ".local/state", "charley", environ)


def carer_folder(environ: Environment = os.environ) -> Path:
    """The folder that Charley and its bridge to a carer share: a socket, and unread alerts."""
    return _own("CHARLEY_CARER", "XDG_STATE_HOME", ".local/state", "charley/carer", environ)


def runtime_folder(environ: Environment = os.environ) -> Path:
    """The folder for what lasts only as long as the processes that use it."""
    base = environ.get("XDG_RUNTIME_DIR", "")
    if Path(base).is_absolute():
        return Path(base) / "charley"
    return Path(tempfile.gettempdir()) / f"charley-{os.getuid()}"


def _shipped(name: str, package: Path) -> Path:
    for folder in (package / "_data" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise ConfigError(f"{package}: the folder {name!r} is missing", remedy="Reinstall Charley.")


def _own(variable: str, xdg: str, fallback: str, below: str, environ: Environment) -> Path:
    """The user's own choice, or else the folder ``below`` an XDG base directory."""
    chosen = environ.get(variable, "")
    if chosen:
        return _home(environ, chosen) if chosen.startswith("~") else Path(chosen).absolute()
    base = environ.get(xdg, "")
    # The XDG specification says to ignore a relative base directory.
    root = Path(base) if Path(base).is_absolute() else _home(environ, "~") / fallback
    return root / below


def _home(environ: Environment, path: str) -> Path:
    """Expand a leading ``~`` to the home folder of that environment."""
    home = environ.get("HOME", "")
    try:
        start = Path(home) if home else Path.home()
    except RuntimeError as unknown:
        raise ConfigError(
            "The home folder is unknown", remedy="Set the environment variable HOME."
        ) from unknown
    return start / path.removeprefix("~").lstrip("/")
