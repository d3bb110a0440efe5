"""Finds, chooses and verifies models, by ``models/manifest.toml``.

A model is a folder. Models that ship lie beside the manifest; downloaded ones lie in the
user's own models folder, the only place where anything is written. A model is unpacked
beside its place and put there by one rename. Every model carries checksums
(:mod:`voice.app.model_sums`), which are verified before it is used: a memory card wears
out, and a damaged model mishears silently.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from voice.app.examination_record import Examination, is_better, load
from voice.app.model_sums import faults, fingerprint, has_sums
from voice.errors import ConfigError, ModelError

MANIFEST: Final = "manifest.toml"
BUILT_IN: Final = "charley-en"
"""The model that ships."""
OFFICIAL: Final = "vosk-model-small-en-us-0.15"
"""The model that setup downloads. It is used if it does better in the examination."""


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
    """Where to download a model from, and what must arrive."""

    url: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class ModelEntry:
    """A model in the manifest. A model without ``download`` ships with Charley."""

    name: str
    description: str
    licence: str
    download: Download | None = None


def read_manifest(path: Path) -> Mapping[str, ModelEntry]:
    """The models by name. Raises ConfigError that names file and key."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", remedy="Reinstall Charley.") from error
    except ValueError as error:  # not UTF-8, or not TOML
        raise ConfigError(f"{path}: not a TOML file: {error}", remedy="Fix that line.") from error
    try:
        manifest = msgspec.convert(table, _Manifest)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_where(table, error)}", remedy="Fix that key.") from None
    return {name: _checked(path, name, entry) for name, entry in manifest.models.items()}


def _where(table: Mapping[str, object], error: msgspec.ValidationError) -> str:
    """The fault with the name of the model, which msgspec leaves out."""
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
            f"{path}: models.{name}: the name is not a plain folder name", remedy="Fix that key."
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
class Choice:
    """The model to use: its folder, why it was chosen, and the scale of its margins.

    ``to_do``: the reason ends with something for the user to do.
    """

    folder: Path
    why: str
    margin_scale: float = 1.0
    to_do: bool = False


@dataclass(frozen=True)
class ModelStore:
    """All models: ``shipped`` with Charley, and the user's ``own``."""

    shipped: Path
    own: Path

    def manifest(self) -> Mapping[str, ModelEntry]:
        """The known models. Raises ConfigError."""
        return read_manifest(self.shipped / MANIFEST)

    def entry(self, name: str) -> ModelEntry:
        """The model of that name. Raises ModelError if the manifest has none."""
        known = self.manifest()
        if name not in known:
            raise ModelError(
                f"there is no model {name!r}", remedy=f"Choose one of: {', '.join(known)}."
            )
        return known[name]

    def folder(self, entry: ModelEntry) -> Path:
        """The model's folder, whether or not it exists."""
        return (self.shipped if entry.download is None else self.own) / entry.name

    def choose(self, wanted: str | None = None) -> Choice:
        """Choose the model to use; every file of it has been read and verified.

        ``wanted`` is a name in the manifest or a path. Without it, the choice is a
        downloaded model that has been examined and is better by the rule of
        :func:`voice.app.examination_record.is_better`, or else the one that ships.
        Raises ModelError.
        """
        if wanted is None:
            return self._best()
        folder = self.named(wanted)
        self.require_whole(folder)
        found = self.examination(folder)
        why = "It was chosen in the settings"
        if found is None:
            told = f"{why}, and has not been examined: charley models examine {wanted}"
            return Choice(folder, told, to_do=True)
        return Choice(folder, f"{why}.", found.margin_scale)

    def examination(self, folder: Path) -> Examination | None:
        """The result of the model's examination; None if it has not been examined."""
        try:
            return load(self.own, fingerprint(folder))
        except OSError:
            return None

    def require_whole(self, folder: Path) -> None:
        """Verify every file of a model with checksums. Raises ModelError if it is damaged."""
        if not has_sums(folder) and folder.parent not in (self.shipped, self.own):
            return  # the user's own model has no checksums to compare with
        found = faults(folder, thorough=True)
        if found:
            raise ModelError("; ".join(found), remedy=self._way_back(folder))

    def _best(self) -> Choice:
        built_in = self.shipped / BUILT_IN
        fetched = [self.folder(e) for e in self.manifest().values() if e.download is not None]
        why, to_do = "It is the only one installed.", False
        for folder in filter(Path.is_dir, fetched):
            if faults(folder, thorough=True):
                why = f"{folder.name} is damaged. Fetch it again: charley models fetch"
                to_do = True
                continue
            found, its = self.examination(folder), self.examination(built_in)
            if found is None or its is None or found.material != its.material:
                why = f"{folder.name} has not been examined: charley models examine {folder.name}"
                to_do = True
                continue
            better, reason = is_better(found, its)
            if better:
                return Choice(folder, f"In the examination {reason}.", found.margin_scale)
            why = f"{folder.name} was examined: {reason}."
        self.require_whole(built_in)
        return Choice(built_in, why, to_do=to_do)

    def named(self, wanted: str) -> Path:
        """The folder of a model, by name or path. Raises ModelError if there is none."""
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
        return folder.absolute()

    def _way_back(self, folder: Path) -> str:
        if folder.parent == self.own:
            return f"Fetch it again: charley models fetch {folder.name}"
        if folder.parent == self.shipped:
            return f"Restore it (git checkout -- models/{folder.name}), or reinstall Charley."
        return "Copy it again from its source, or name another model."
