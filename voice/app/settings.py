"""The settings: frozen, strict, from defaults, a TOML file and the environment.

Later sources win: the defaults in the dataclasses, then the file, then variables
named ``CHARLEY_<SECTION>_<KEY>`` (an empty one is ignored). Each section is a frozen
dataclass of the module that uses it, and the annotation of each field says what is
allowed and what it is for: ``Annotated[float, Meta(ge=30, le=60, description="...")]``.
To add a setting, add a field; to add a section, add it to :class:`Settings`. Anything
unknown or not allowed raises one :class:`ConfigError` that names the place, the key
and what is allowed.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import msgspec
from msgspec import Meta

from voice.app.paths import config_file
from voice.app.settings_text import allowed, as_meant, from_text
from voice.carer.settings import CarerSettings
from voice.errors import ConfigError
from voice.listening.settings import AcceptanceSettings, ListeningSettings
from voice.speech.settings import SpeechSettings

ENVIRONMENT_PREFIX: Final = "CHARLEY_"

WakePhrase = Annotated[
    str,
    Meta(
        pattern="^[a-z']+( [a-z']+)*$",
        extra={"allowed": "plain words without digits or symbols", "written": "words"},
    ),
]

Device = Annotated[
    str | None,
    Meta(extra={"allowed": "a number, or text in quotation marks", "written": "text or number"}),
]

TUNING: Final = ("listening", "acceptance")
"""The sections whose defaults were measured. Few people have a reason to change them."""

OPTIONAL: Final = ("carer",)
"""The sections of what few people use: `charley config` shows them where they are in use."""


@dataclass(frozen=True)
class GeneralSettings:
    """The settings that people are most likely to change."""

    language: Annotated[
        str,
        Meta(
            pattern="^[a-z]{2}$",
            description="Language: the name of a folder in prompts.",
            extra={"allowed": 'two lower-case letters, such as "en"'},
        ),
    ] = "en"
    wake_phrases: Annotated[
        tuple[WakePhrase, ...],
        Meta(min_length=1, max_length=8, description="Any of these phrases wakes Charley."),
    ] = ("hey charley", "leg cramp")
    hold_s: Annotated[
        float, Meta(ge=30, le=60, description="How long to hold the first stretch (s).")
    ] = 30.0
    diary: Annotated[
        bool,
        Meta(description="Keep a diary of the cramps, on this machine alone (charley diary)."),
    ] = True


@dataclass(frozen=True)
class AudioSettings:
    """Which microphone and which speaker; `charley devices` lists them."""

    input_device: Annotated[
        Device,
        Meta(description="Microphone: its number or part of its name (unset: the system default)."),
    ] = None
    output_device: Annotated[
        Device,
        Meta(description="Speaker: its number or part of its name (unset: the system default)."),
    ] = None
    talk_over: Annotated[
        bool,
        Meta(description="Listen while Charley speaks, if an echo canceller is installed."),
    ] = True
    echo_cancelled: Annotated[
        bool,
        Meta(description="The sound server already removes Charley's voice from this microphone."),
    ] = False


@dataclass(frozen=True)
class ModelSettings:
    """Which Vosk model recognises speech."""

    name: Annotated[
        str | None,
        Meta(description="Speech model: a name from `charley models list`, or a folder."),
    ] = None


@dataclass(frozen=True)
class Settings:
    """All settings in force, section by section."""

    general: GeneralSettings = field(default_factory=GeneralSettings)
    voice: SpeechSettings = field(default_factory=SpeechSettings)
    audio: AudioSettings = field(default_factory=AudioSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    carer: CarerSettings = field(default_factory=CarerSettings)
    listening: ListeningSettings = field(default_factory=ListeningSettings)
    acceptance: AcceptanceSettings = field(default_factory=AcceptanceSettings)


@dataclass(frozen=True)
class _Given:
    """A value as it was written, and where."""

    place: str
    value: object


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force. Raises ConfigError.

    The file is ``voice.app.paths.config_file``. It need not exist, unless
    ``CHARLEY_CONFIG`` names it.
    """
    sections = get_type_hints(Settings)
    path = config_file(environ)
    given = _from_file(path, sections, required=bool(environ.get("CHARLEY_CONFIG")))
    given |= _from_environment(environ, sections)
    built = {name: _build(name, cls, given) for name, cls in sections.items()}
    return Settings(**built)


def _from_file(
    path: Path, sections: Mapping[str, type], *, required: bool
) -> dict[tuple[str, str], _Given]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if not required:
            return {}
        raise ConfigError(
            f"{path}: no such file", remedy="Create it, or unset CHARLEY_CONFIG."
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", remedy="Make the file readable.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text", remedy="Save it as UTF-8.") from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{path}: not a TOML file: {error}", remedy="Fix or remove that line."
        ) from error
    given = {}
    for name, section in table.items():
        if not isinstance(section, dict):
            homes = [s for s, cls in sections.items() if name in _keys(cls)] or sections
            raise ConfigError(
                f"{path}: {name} is outside any section",
                remedy=f"Put it below the line {_either(homes)}.",
            )
        if name not in sections:
            raise ConfigError(
                f"{path}: unknown section [{name}]", remedy=f"Use {_either(sections)}."
            )
        for key, value in section.items():
            _check_known(str(path), name, key, sections[name])
            given[name, key] = _Given(str(path), value)
    return given


def _from_environment(
    environ: Mapping[str, str], sections: Mapping[str, type]
) -> dict[tuple[str, str], _Given]:
    given = {}
    for variable, text in sorted(environ.items()):
        for name, cls in sections.items():
            prefix = f"{ENVIRONMENT_PREFIX}{name.upper()}_"
            if variable.startswith(prefix) and text:
                key = variable.removeprefix(prefix).lower()
                place = f"the environment variable {variable}"
                _check_known(place, name, key, cls)
                hint = get_type_hints(cls, include_extras=True)[key]
                given[name, key] = _Given(place, from_text(hint, text))
    return given


def _keys(section: type) -> list[str]:
    return [f.name for f in dataclasses.fields(section)]


def _either(sections: Iterable[str]) -> str:
    return " or ".join(f"[{section}]" for section in sections)


def _check_known(place: str, section: str, key: str, cls: type) -> None:
    keys = _keys(cls)
    if key not in keys:
        raise ConfigError(
            f"{place}: unknown setting {section}.{key}",
            remedy=f"Use one of the settings of [{section}]: {', '.join(keys)}.",
        )


def _build(name: str, cls: type, given: Mapping[tuple[str, str], _Given]) -> Any:
    """Build one section; a ValueError of its ``__post_init__`` becomes a ConfigError too."""
    hints = get_type_hints(cls, include_extras=True)
    values = {}
    places = []
    for (section, key), one in given.items():
        if section == name:
            places.append(one.place)
            try:
                values[key] = msgspec.convert(as_meant(hints[key], one.value), hints[key])
            except msgspec.ValidationError:
                raise ConfigError(
                    f"{one.place}: {name}.{key} = {one.value!r} is not allowed",
                    remedy=f"Set it to {allowed(hints[key])}.",
                ) from None
    try:
        return cls(**values)
    except ValueError as error:
        raise ConfigError(
            f"{', '.join(dict.fromkeys(places))}: [{name}]: {error}",
            remedy="Change one of these values.",
        ) from None
