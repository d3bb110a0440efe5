"""The result of an examination, where it is kept, and the one rule for choosing a model."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import msgspec

from voice.errors import ModelError

EDITION: Final = 1
"""Raise it when the listening chain or the examination changes, to invalidate older results."""

FOLDER: Final = "examinations"
"""Beside the downloaded models, where the user can write."""


class Figures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Counts in one surrounding."""

    words: int = 0
    """Said, and in the grammar."""
    right: int = 0
    taken: int = 0
    """Taken for something else."""
    swapped: int = 0
    """A yes taken for a no, or a plain no for a yes; among ``taken``."""
    others: int = 0
    """Out-of-grammar speech, and noises."""
    others_taken: int = 0
    calls: int = 0
    woken: int = 0
    no_calls: int = 0
    woken_falsely: int = 0

    def __add__(self, other: Figures) -> Figures:
        names = self.__struct_fields__
        return Figures(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def right_share(self) -> float:
        """The share of words and calls that were recognised correctly."""
        return (self.right + self.woken) / max(self.words + self.calls, 1)

    @property
    def taken_share(self) -> float:
        """The share of words taken for others."""
        return self.taken / max(self.words, 1)

    @property
    def others_share(self) -> float:
        """The share of out-of-grammar sounds that were taken for a word."""
        return self.others_taken / max(self.others, 1)

    @property
    def false_wake_share(self) -> float:
        """The share of sounds other than calls that woke Charley."""
        return self.woken_falsely / max(self.no_calls, 1)


class Examination(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The result of an examination. Times are seconds of one core per second of sound."""

    edition: int
    model: str
    """The model's name."""
    fingerprint: str
    """The fingerprint of its files, by :func:`voice.app.model_sums.fingerprint`."""
    material: str
    """A hash of the material it was examined with."""
    margin_scale: float
    """The factor for all acceptance margins with this model."""
    quiet: Figures
    noise: Figures
    core_s_per_s: float

    @property
    def both(self) -> Figures:
        """All counts together."""
        return self.quiet + self.noise


# The rule ------------------------------------------------------------------------------

MOST_SWAPPED: Final = 0
LEAST_RIGHT: Final = 0.7
"""Share of words and calls, in quiet and noise together."""
MOST_TAKEN: Final = 0.03
MOST_OTHERS: Final = 0.35
"""Nearly all of these were chosen to sound like something in the grammar."""
MOST_FALSE_WAKES: Final = 0.1
"""Most of these were chosen to sound like a wake phrase."""
MOST_CORE_S_PER_S: Final = 0.5
"""A slower model would fall behind beside the rest of Charley."""

CLEARLY: Final = 0.01
"""Another model replaces the one that ships only if it is right this much more often and wrong
at most this much more often."""


def shortcoming(found: Examination) -> str | None:
    """Why a model must not be used, in words; None if it may be used."""
    both = found.both
    if both.swapped > MOST_SWAPPED:
        return f"it takes yes for no or no for yes ({both.swapped} times)"
    limits = (
        (both.taken_share, MOST_TAKEN, "it takes {} of words for other words"),
        (both.others_share, MOST_OTHERS, "it takes {} of other speech for known phrases"),
        (both.false_wake_share, MOST_FALSE_WAKES, "it wakes to {} of other sounds"),
    )
    for share, most, told in limits:
        if share > most:
            return f"{told.format(_percent(share))}; the limit is {_percent(most)}"
    if both.right_share < LEAST_RIGHT:
        return f"it gets {_percent(both.right_share)} right; the minimum is {_percent(LEAST_RIGHT)}"
    if found.core_s_per_s > MOST_CORE_S_PER_S:
        return (
            f"it needs {found.core_s_per_s:.2f} seconds of this processor per second of sound;"
            f" the limit is {MOST_CORE_S_PER_S:g}"
        )
    return None


def is_better(found: Examination, built_in: Examination) -> tuple[bool, str]:
    """Whether a model should replace the one that ships, and why, in words.

    It must be right clearly more often, and not wrong clearly more often.
    """
    why = shortcoming(found)
    if why is not None:
        return False, why
    mine, its = found.both, built_in.both
    told = (
        f"it gets {_percent(mine.right_share)} right;"
        f" the built-in model gets {_percent(its.right_share)}"
    )
    if shortcoming(built_in) is not None:
        return True, told
    errors = (
        (mine.taken_share, its.taken_share, "it takes {} of words for other words"),
        (mine.others_share, its.others_share, "it takes {} of other speech for known phrases"),
        (mine.false_wake_share, its.false_wake_share, "it wakes to {} of other sounds"),
    )
    for own, other, error in errors:
        if own > other + CLEARLY:
            return False, f"{error.format(_percent(own))}; the built-in model {_percent(other)}"
    return mine.right_share >= its.right_share + CLEARLY, told


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"


# Storage -------------------------------------------------------------------------------


def load(own: Path, fingerprint: str) -> Examination | None:
    """The examination of exactly these files in this edition; None if there is none."""
    try:
        data = _path(own, fingerprint).read_bytes()
        found = msgspec.json.decode(data, type=Examination)
    except (OSError, ValueError, msgspec.ValidationError):
        return None
    return found if found.edition == EDITION and found.fingerprint == fingerprint else None


def save(own: Path, found: Examination) -> Path:
    """Save an examination atomically. Raises ModelError."""
    path = _path(own, found.fingerprint)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as written:
            written.write(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
        Path(written.name).chmod(0o644)
        Path(written.name).replace(path)
    except OSError as error:
        raise ModelError(
            f"could not save the examination in {path.parent}: {error.strerror or error}",
            remedy="Free some disk space, or make the folder writable.",
        ) from error
    return path


def _path(own: Path, fingerprint: str) -> Path:
    return own / FOLDER / f"{fingerprint[:16]}.json"
