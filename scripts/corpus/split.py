"""Which recordings are held out from training, to measure with. Pure.

One speaker in five is held out, by a hash of the speaker's name, so the same
people stay held out whatever else changes. Training and measuring apply the same
rule; it must not change between the two.
"""

from __future__ import annotations

import re
import zlib
from pathlib import PurePosixPath
from typing import Final

UNHEARD_KEYWORDS: Final = frozenset({"alexa", "smart mirror"})
"""Wake words held out from all training, so that figures for wake words are honest."""

ONE_IN: Final = 5
HELD_OUT_SETS: Final = frozenset({"natural_held"})
"""Sets made only for measuring: natural voices that are never trained on."""

_TAUGHT_SETS: Final = frozenset({"rooms", "natural"})
_BY_SPEAKER: Final = frozenset({"commands", "commands_train", "an4", "read", "accented"})


def held_out(set_name: str, label: str, file: str, speaker: str) -> bool:
    """Whether that recording is held out from training; the arguments are a manifest's columns.

    Rooms are never held out: they contain no speech, and a model cannot memorise them.
    Natural voices are held out as voices, in their own set.
    """
    if set_name in _TAUGHT_SETS:
        return False
    if set_name in HELD_OUT_SETS:
        return True
    if set_name == "keywords" and label in UNHEARD_KEYWORDS:
        return True
    who = f"{set_name}:{_source(set_name, file, speaker)}"
    return zlib.crc32(who.encode()) % ONE_IN == 0


def _source(set_name: str, file: str, speaker: str) -> str:
    """The person, or for noise the field recording, that a clip comes from."""
    if set_name in _BY_SPEAKER:
        return speaker
    if set_name == "noise":
        # ESC clips are named fold-source-take: takes of one source stay together.
        match = re.fullmatch(r"\d-(\d+)-[A-Z]", PurePosixPath(file).stem)
        return match.group(1) if match else file
    return file
