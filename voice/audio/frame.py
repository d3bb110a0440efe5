"""One block of the microphone, and all that belongs to its moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from voice.audio.samples import Samples


@dataclass(frozen=True)
class OutputStatus:
    """What Charley's own voice is doing while a block is heard."""

    sounding: bool = False
    """Something can be heard right now; not so in the gaps of a count."""
    busy: bool = False
    """Silence is not the person's: something is still being said, or nothing can be heard."""
    words: frozenset[str] = frozenset()
    """Every word of the lines that sound, or have just sounded."""


SILENT: Final = OutputStatus()


@dataclass(frozen=True, eq=False)
class Frame:
    """A block that was heard, the time at its end, and what Charley was doing then.

    ``at_s`` is in seconds on the audio clock. ``played`` is the far-end reference: the
    block that went to the loudspeaker meanwhile, None where no echo canceller needs it.
    """

    block: Samples
    at_s: float
    output: OutputStatus = SILENT
    played: Samples | None = None
