"""Playing one clip to its end, for commands that talk to the user."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from voice.audio.samples import BLOCK_S, Clip, Placement, Track, samples_of
from voice.devices.sounddevice_speaker import SounddeviceSpeaker
from voice.errors import SpeakerError

_BUSY_S: Final = 10.0
"""How much longer than its own length a line may take to play on a busy machine."""

_REST_S: Final = 0.2


def nap() -> None:
    """Wait for about a block."""
    time.sleep(BLOCK_S)


def play_to_the_end(
    speaker: SounddeviceSpeaker, clip: Clip, meanwhile: Callable[[], object] = nap
) -> None:
    """Play a clip, and return when it has been played. Raises SpeakerError.

    ``meanwhile`` is called repeatedly during playback; each call lasts about a block.
    """
    length = len(clip.samples) + samples_of(_REST_S)
    speaker.play(Track((Placement(0, clip, "aloud"),), length))
    give_up_s = time.monotonic() + clip.duration_s + _BUSY_S
    while speaker.position is not None:
        if time.monotonic() > give_up_s:
            raise SpeakerError(
                f"The speaker {speaker.name!r} plays too slowly",
                remedy="Choose another one: charley devices",
            )
        meanwhile()
