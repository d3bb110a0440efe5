"""Finds, fetches and verifies models, by ``models/manifest.toml``.

A model is a folder. Those that ship lie beside the manifest; those that are
fetched in the person's own models' folder, which is the only place where
anything is written. A model is unpacked beside its place and put there by one
rename, so whatever bears a model's name is whole.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from voice.errors import ConfigError, ModelError

MANIFEST: Final = "manifest.toml"
BUILT_IN: Final = "charley-en"
"""The model that ships."""
OFFICIAL: Final = "vosk-model-small-en-us-0.15"
"""The model that is fetched at set-up, and used once it is there."""

SUMS: Final = "charley-sums.txt"
"""Written into a fetched model: the SHA-256, size and name of each of its files."""


class _Entry(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    description: Annotated[str, Meta(min_length=1)]
    licence: Annotated[str, Meta(min_length=1)]
    url: Annotated[str, Meta(pattern=r"^https?://[^\s]+\.zip$")] | None = None
    size_bytes: Annotated[int, Meta(gt=0)] | None = None
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None


class _Manifest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    models: dict[str, _Entry]


@dataclass(frozen=True)
class Download:
    """Where a model is fetched from, and what must arrive."""

    url: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class ModelEntry:
    """A model of the manifest. One without a ``download`` ships with Charley."""

    name: str
    description: str
    licence: str
    download: Download | None = None


def read_manifest(path: Path) -> Mapping[str, ModelEntry]:
    """The models by name. Raises ConfigError, naming file and key."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}", remedy="Install Charley again, whole."
        ) from error
    except ValueError as error:  # not UTF-8, or not TOML
        raise ConfigError(f"{path}: not a TOML file: {error}", remedy="Mend that line.") from error
    try:
        manifest = msgspec.convert(table, _Manifest)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_where(table, error)}", remedy="Mend that key.") from None
    return {name: _checked(path, name, entry) for name, entry in manifest.models.items()}


def _where(table: Mapping[str, object], error: msgspec.ValidationError) -> str:
    """The fault, with the model's own name where msgspec only says that it is in one."""
    models = table.get("models")
    if isinstance(models, dict):
        for name, entry in models.items():
            try:
                msgspec.convert(entry, _Entry)
            except msgspec.ValidationError as found:
                return f"models.{name}: {found}"
    return str(error)


def _checked(path: Path, name: str, entry: _Entry) -> ModelEntry:
    if not name or Path(name).name != name or name.startswith("."):
        raise ConfigError(
            f"{path}: models.{name}: the name is no plain folder name", remedy="Mend that key."
        )
    given = {"url": entry.url, "size_bytes": entry.size_bytes, "sha256": entry.sha256}
    missing = [key for key, value in given.items() if value is None]
    if entry.url is None or entry.size_bytes is None or entry.sha256 is None:
        if len(missing) == len(given):
            return ModelEntry(name, entry.description, entry.licence)
        raise ConfigError(
            f"{path}: models.{name}: {', '.join(missing)} is missing",
            remedy="Give url, size_bytes and sha256 together, or none of them.",
        )
    download = Download(entry.url, entry.size_bytes, entry.sha256)
    return ModelEntry(name, entry.description, entry.licence, download)


@dataclass(frozen=True)
class ModelStore:
    """The models that there are: ``shipped`` with Charley, ``own`` are the person's."""

    shipped: Path
    own: Path

    def manifest(self) -> Mapping[str, ModelEntry]:
        """The models that are known. Raises ConfigError."""
        return read_manifest(self.shipped / MANIFEST)

    def entry(self, name: str) -> ModelEntry:
        """The model of that name. Raises ModelError where the manifest has none."""
        known = self.manifest()
        if name not in known:
            raise ModelError(
                f"there is no model {name!r}", remedy=f"Choose one of: {', '.join(known)}."
            )
        return known[name]

    def folder(self, entry: ModelEntry) -> Path:
        """Where the model lies, or would lie."""
        return (self.shipped if entry.download is None else self.own) / entry.name

    def choose(self, wanted: str | None = None) -> Path:
        """The folder of the model to hear with.

        ``wanted`` is a name of the manifest or a path. Without it: the official
        model where it has been fetched and is whole, else the one that ships.
        Raises ModelError.
        """
        if wanted is None:
            fetched = self.own / OFFICIAL
            return fetched if not faults(fetched) else self.shipped / BUILT_IN
        known = self.manifest()
        if wanted in known:
            folder = self.folder(known[wanted])
            if not folder.is_dir():
                raise ModelError(
                    f"the model {wanted!r} has not been fetched",
                    remedy=f"Run 'charley models fetch {wanted}'.",
                )
            return folder
        folder = Path(wanted).expanduser()
        if not folder.is_dir():
            raise ModelError(
                f"there is no model {wanted!r}, by name or as a folder",
                remedy=f"Choose one of: {', '.join(known)}, or name a folder.",
            )
        return folder


def write_sums(folder: Path) -> None:
    """Note size and SHA-256 of every file of a model in :data:`SUMS`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [
        f"{file_sha256(path)} {path.stat().st_size} {path.relative_to(folder)}\n" for path in files
    ]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def faults(folder: Path, *, thorough: bool = False) -> list[str]:
    """What is wrong with a fetched model, in words; empty where it is whole.

    Looks whether every file is there in its size; ``thorough`` reads them all.
    """
    if not folder.is_dir():
        return [f"{folder} is not there"]
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
        sums = [_sum_of(line) for line in lines]
    except (OSError, ValueError):
        return [f"{folder / SUMS} cannot be read"]
    found = []
    for digest, size, name in sums:
        path = folder / name
        if not path.is_file():
            found.append(f"{path} is missing")
        elif path.stat().st_size != size:
            found.append(f"{path} has {path.stat().st_size} bytes and should have {size}")
        elif thorough and file_sha256(path) != digest:
            found.append(f"{path} is damaged")
    return found


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _sum_of(line: str) -> tuple[str, int, str]:
    digest, size, name = line.split(" ", 2)
    return digest, int(size), name
