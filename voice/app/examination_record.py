"""What an examination found, where it is kept, and the one rule by which a model is chosen."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import msgspec

from voice.errors import ModelError

EDITION: Final = 1
"""Raise it when the chain of listening or the examination changes: older results lapse."""

FOLDER: Final = "examinations"
"""Beside the models that were fetched, which is where a person can write."""


class Figures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Counts in one surrounding."""

    words: int = 0
    """Said, and listened for."""
    right: int = 0
    taken: int = 0
    """Taken for something else."""
    swapped: int = 0
    """A yes taken for a no, or a no for a yes, in the words of whatever question; among
    ``taken``."""
    others: int = 0
    """Said, and none of what was listened for; noises, too."""
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
        """Words heard right and calls heard, of both."""
        return (self.right + self.woken) / max(self.words + self.calls, 1)

    @property
    def taken_share(self) -> float:
        """Words taken for others."""
        return self.taken / max(self.words, 1)

    @property
    def others_share(self) -> float:
        """Of what was none of the words listened for, the part that was taken for one."""
        return self.others_taken / max(self.others, 1)

    @property
    def false_wake_share(self) -> float:
        """Sounds that woke and were no call."""
        return self.woken_falsely / max(self.no_calls, 1)


class Examination(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The result of an examination. Times are seconds of one core a second of sound."""

    edition: int
    model: str
    """The model's name."""
    fingerprint: str
    """Of its files, by :func:`voice.app.model_sums.fingerprint`."""
    material: str
    """What it was examined with."""
    margin_scale: float
    """All margins of acceptance are multiplied by it for this model."""
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
"""Of words and calls, in quiet and noise together."""
MOST_TAKEN: Final = 0.03
MOST_OTHERS: Final = 0.35
"""Nearly all of these are chosen to sound like something that is listened for."""
MOST_FALSE_WAKES: Final = 0.1
"""Likewise: most of these are near a wake phrase."""
MOST_CORE_S_PER_S: Final = 0.5
"""A slower model would fall behind beside the rest of Charley."""

CLEARLY: Final = 0.01
"""By this much more must be heard right for another model to serve than the one that ships,
and by no more than this may it err more."""


def shortcoming(found: Examination) -> str | None:
    """Why a model may not serve, in words; None where it may."""
    both = found.both
    if both.swapped > MOST_SWAPPED:
        return f"it takes yes for no or no for yes ({both.swapped} times)"
    limits = (
        (both.taken_share, MOST_TAKEN, "it takes {} of words for others"),
        (both.others_share, MOST_OTHERS, "it takes {} of other speech for what is listened for"),
        (both.false_wake_share, MOST_FALSE_WAKES, "{} of what is no call wakes it"),
    )
    for share, most, told in limits:
        if share > most:
            return f"{told.format(_percent(share))}, and {_percent(most)} may be"
    if both.right_share < LEAST_RIGHT:
        return f"it hears {_percent(both.right_share)} right, and {_percent(LEAST_RIGHT)} must be"
    if found.core_s_per_s > MOST_CORE_S_PER_S:
        return (
            f"it needs {found.core_s_per_s:.2f} seconds of this processor for a second of sound,"
            f" and {MOST_CORE_S_PER_S:g} may be"
        )
    return None


def is_better(found: Examination, built_in: Examination) -> tuple[bool, str]:
    """Whether a model shall serve in place of the one that ships, and why, in words.

    It must hear clearly more, and not clearly err more often.
    """
    why = shortcoming(found)
    if why is not None:
        return False, why
    mine, its = found.both, built_in.both
    told = (
        f"it hears {_percent(mine.right_share)} right,"
        f" and the built-in one {_percent(its.right_share)}"
    )
    if shortcoming(built_in) is not None:
        return True, told
    errors = (
        (mine.taken_share, its.taken_share, "it takes {} of words for others"),
        (mine.others_share, its.others_share, "it takes {} of other speech for what it is not"),
        (mine.false_wake_share, its.false_wake_share, "it wakes to {} of what is no call"),
    )
    for own, other, error in errors:
        if own > other + CLEARLY:
            return False, f"{error.format(_percent(own))}, and the built-in one {_percent(other)}"
    return mine.right_share >= its.right_share + CLEARLY, told


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"


# Where they are kept -------------------------------------------------------------------


def load(own: Path, fingerprint: str) -> Examination | None:
    """The examination of just these files by this edition; None where there is none."""
    try:
        data = _path(own, fingerprint).read_bytes()
        found = msgspec.json.decode(data, type=Examination)
    except (OSError, ValueError, msgspec.ValidationError):
        return None
    return found if found.edition == EDITION and found.fingerprint == fingerprint else None


def save(own: Path, found: Examination) -> Path:
    """Keep an examination, whole or not at all. Raises ModelError."""
    path = _path(own, found.fingerprint)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as written:
            written.write(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
        Path(written.name).chmod(0o644)
        Path(written.name).replace(path)
    except OSError as error:
        raise ModelError(
            f"the examination cannot be written to {path.parent}: {error.strerror or error}",
            remedy="Make room, or make the folder writable.",
        ) from error
    return path


def _path(own: Path, fingerprint: str) -> Path:
    return own / FOLDER / f"{fingerprint[:16]}.json"
