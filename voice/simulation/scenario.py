"""A rehearsal as a file: the room, what the sleeper says and when, and the expected outcome.

Read strictly from TOML: an unknown key, or a value that is not allowed, raises a
:class:`voice.errors.RehearsalError` that names the file and the key.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from voice.content.script import Level
from voice.errors import RehearsalError
from voice.simulation.noise import NoiseKind

Seconds = Annotated[float, Meta(ge=0.0, le=3_600.0)]
Dbfs = Annotated[float, Meta(ge=-100.0, le=0.0)]
Words = Annotated[str, Meta(pattern=r"\S", max_length=200)]
Pattern = Annotated[str, Meta(min_length=1, max_length=80)]

_REMEDY = "Mend the scenario, then rehearse it again."


class RoomSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The room: echo of the loudspeaker, reverberation, and background noise.

    ``noise`` is a kind of :class:`NoiseKind`; ``noise_recording`` a sound file, relative to the
    scenario, that is repeated instead.
    """

    echo_gain_db: Annotated[float, Meta(ge=-90.0, le=6.0)] = -24.0
    echo_delay_ms: Annotated[float, Meta(ge=0.0, le=500.0)] = 4.0
    reverberation_s: Annotated[float, Meta(ge=0.0, le=2.0)] = 0.0
    direct_to_reverberant_db: Annotated[float, Meta(ge=-20.0, le=40.0)] = 6.0
    noise: NoiseKind = NoiseKind.PINK
    noise_dbfs: Dbfs = -66.0
    noise_recording: str | None = None


class SleeperVoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the sleeper sounds: a voice of the synthesizer, its rate, and the level of its words."""

    name: str = "en-us+m3"
    words_per_minute: Annotated[int, Meta(ge=80, le=300)] = 140
    level_dbfs: Dbfs = -24.0


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something the sleeper says, and what makes them say it.

    When, exactly one of: ``to`` a line (a pattern of its key), when Charley has finished all it is
    saying; ``over`` a line, from its first sample; ``hold``, from the start of the hold of that
    number (1 is the first); ``at_s``, from the beginning of the rehearsal. The reply begins
    ``wait_s`` after that.

    What: ``says`` (words), ``recording`` (a sound file beside the scenario), or neither: the
    sleeper then deliberately keeps silent. ``then``: further words, ``gap_s`` after the last sound
    of ``says``: "no", and after a while "wait, yes".
    """

    to: Pattern | None = None
    over: Pattern | None = None
    hold: Annotated[int, Meta(ge=1, le=100)] | None = None
    at_s: Seconds | None = None
    wait_s: Seconds = 0.6
    says: Words | None = None
    then: Words | None = None
    gap_s: Annotated[float, Meta(ge=0.0, le=10.0)] = 0.5
    recording: str | None = None
    times: Annotated[int, Meta(ge=1, le=1_000)] | Literal["always"] = 1

    def __post_init__(self) -> None:
        moments = [m for m in (self.to, self.over, self.hold, self.at_s) if m is not None]
        if len(moments) != 1:
            raise ValueError("needs exactly one of `to`, `over`, `hold`, `at_s`")
        if self.says is not None and self.recording is not None:
            raise ValueError("has both `says` and `recording`; one of them is enough")
        if self.then is not None and self.says is None:
            raise ValueError("has `then` without `says`, which comes before it")

    @property
    def words(self) -> str:
        """What the transcript shows for it."""
        if self.says is None:
            return f"(recording {self.recording})"
        return self.says if self.then is None else f"{self.says} ... {self.then}"


class Expectation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The expected outcome. Lines are patterns of their keys.

    ``level``: the highest level of advice given, "none" for none at all. ``state``: what Charley
    does at the end. ``wakes``: how often it woke. ``says``: lines that must each be said;
    ``never``: lines that must not be; ``order``: lines that must be said one after the other, with
    anything in between.
    """

    level: Literal["none", "no_urgent_sign_heard", "see_a_doctor", "urgent", "emergency"] = "none"
    state: Annotated[str, Meta(pattern=r"^[a-z_]+$")] = "asleep"
    wakes: Annotated[int, Meta(ge=0, le=100)] = 1
    says: tuple[Pattern, ...] = ()
    never: tuple[Pattern, ...] = ()
    order: tuple[Pattern, ...] = ()

    @property
    def advice(self) -> Level | None:
        """The expected level, None for none."""
        return None if self.level == "none" else Level[self.level.upper()]


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rehearsal. ``seed`` determines its noise; ``time_limit_s`` is time in the room."""

    title: Words
    expect: Expectation
    description: str = ""
    seed: int = 1
    time_limit_s: Annotated[float, Meta(gt=0.0, le=7_200.0)] = 900.0
    room: RoomSettings = RoomSettings()
    voice: SleeperVoice = SleeperVoice()
    reply: tuple[Reply, ...] = ()


def read_scenario(path: Path) -> Scenario:
    """The scenario in this file. Raises RehearsalError, naming file and key."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RehearsalError(
            f"{path}: no such scenario",
            remedy="List the scenarios: charley rehearse --list",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RehearsalError(f"{path}: cannot be read ({error})", remedy=_REMEDY) from None
    except tomllib.TOMLDecodeError as error:
        raise RehearsalError(f"{path}: not valid TOML: {error}", remedy=_REMEDY) from None
    try:
        scenario = msgspec.convert(table, Scenario)
    except msgspec.ValidationError as error:
        raise RehearsalError(f"{path}: {_told(error)}", remedy=_REMEDY) from None
    for named in _recordings(scenario):
        if not (path.parent / named).is_file():
            raise RehearsalError(f"{path}: the recording {named!r} does not exist", remedy=_REMEDY)
    return scenario


def _recordings(scenario: Scenario) -> list[str]:
    named = [reply.recording for reply in scenario.reply] + [scenario.room.noise_recording]
    return [name for name in named if name is not None]


def _told(error: msgspec.ValidationError) -> str:
    """Word a fault as msgspec does, with the key first: ``reply[2].wait_s: expected float``."""
    words, _, key = str(error).partition(" - at `$")
    key = key.rstrip("`").lstrip(".")
    return f"{key}: {words}" if key else words
