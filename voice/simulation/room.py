"""A room with a loudspeaker, a microphone and a person in bed, on one sample clock.

The laws of this file:

- Only :meth:`Room.read` advances time, by one block.
- What the loudspeaker plays in a block arrives at the microphone ``echo_delay_s`` later, and the
  sleeper's voice at once: both on the same clock, so nothing can drift.
- The sleeper hears the loudspeaker on the very sample that it plays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from voice.audio.mixer import Mixer
from voice.audio.samples import BLOCK_SAMPLES, Samples, Track, samples_of
from voice.simulation.acoustics import PropagationPath, Wave, as_wave, room_response
from voice.simulation.noise import Loop

_TO_INT16: Final = np.float32(32_768.0)


class Occupant(Protocol):
    """The person in the room: hears the loudspeaker's lines, and speaks.

    Times are samples on the room's clock.
    """

    def line_begun(self, key: str, at: int) -> None:
        """The first sample of that line is played at ``at``."""
        ...

    def fell_silent(self, keys: tuple[str, ...], at: int) -> None:
        """The last line of a track has been played; ``keys`` are all of the track's lines."""
        ...

    def speech(self, start: int, count: int) -> Wave | None:
        """What is said in these samples; None for silence."""
        ...


@dataclass(frozen=True)
class Acoustics:
    """What a room does to sound.

    ``echo_gain_db``: the loudspeaker's level at the microphone, relative to its input.
    ``reverberation_s``: time to fall by 60 dB; 0 for none.
    """

    echo_gain_db: float = -24.0
    echo_delay_s: float = 0.004
    reverberation_s: float = 0.0
    direct_to_reverberant_db: float = 6.0


class Room:
    """Microphone, speaker and far-end reference in one, as in :mod:`voice.ports`.

    Records both sides, unless ``record`` is False.
    """

    def __init__(
        self,
        occupant: Occupant,
        acoustics: Acoustics,
        noise: Wave | None,
        rng: np.random.Generator,
        *,
        record: bool = True,
    ) -> None:
        self._occupant = occupant
        self._noise = Loop(noise)
        self._echo = PropagationPath(
            room_response(acoustics.reverberation_s, acoustics.direct_to_reverberant_db, rng),
            gain_db=acoustics.echo_gain_db,
            delay_samples=samples_of(acoustics.echo_delay_s),
        )
        self._air = PropagationPath(
            room_response(acoustics.reverberation_s, acoustics.direct_to_reverberant_db, rng)
        )
        self._mixer = Mixer()
        self._track: Track | None = None
        self._began = 0
        self._clock = 0
        self._just_played = _SILENT
        self._record = record
        self._played: list[Samples] = []
        self._heard: list[Samples] = []

    @property
    def clock(self) -> int:
        """Samples since the start."""
        return self._clock

    def read(self) -> Samples:
        """Let one block of time pass; return what the microphone heard in it."""
        played = self._play_block()
        arriving = [self._echo.carry(None if played is None else as_wave(played))]
        voice = self._occupant.speech(self._clock, BLOCK_SAMPLES)
        arriving.append(self._air.carry(voice))
        arriving.append(self._noise.next_block())
        heard = _mix(arriving)
        self._clock += BLOCK_SAMPLES
        self._just_played = _SILENT if played is None else played
        if self._record:
            self._played.append(self._just_played)
            self._heard.append(heard)
        return heard

    def play(self, track: Track) -> None:
        """Play from the track's sample 0 with the next block; cut off whatever was playing."""
        self._mixer.play(track)
        self._track, self._began = track, self._clock

    def halt(self) -> None:
        """Stop what is playing, with the loudspeaker's own fade."""
        self._mixer.halt()
        self._track = None

    @property
    def position(self) -> int | None:
        """Samples of the track played so far; None if nothing is playing."""
        return self._mixer.position

    def set_gain(self, gain_db: float) -> None:
        """Play everything from now on louder or softer, with a smooth transition."""
        self._mixer.set_gain(gain_db)

    def mute(self, on: bool) -> None:  # noqa: FBT001 - as in the port
        """Make the loudspeaker silent while what is playing goes on."""
        self._mixer.mute(on)

    def take_played(self) -> Samples:
        """The loudspeaker's side of the last block."""
        return self._just_played

    def recording(self) -> Samples:
        """Both sides so far, shape (samples, 2): what was played, what the microphone heard."""
        if not self._played:
            return np.zeros((0, 2), np.int16)
        return np.stack([np.concatenate(self._played), np.concatenate(self._heard)], axis=1)

    def _play_block(self) -> Samples | None:
        """The loudspeaker's next block; None for silence."""
        if self._track is not None:
            self._tell(self._track, self._clock - self._began)
        block = self._mixer.pull(BLOCK_SAMPLES)
        return block if block.any() else None

    def _tell(self, track: Track, start: int) -> None:
        """Tell the occupant which lines begin and end in the track's block at ``start``."""
        for placed in track.placements:
            if start <= placed.offset < start + BLOCK_SAMPLES:
                self._occupant.line_begun(placed.key, self._began + placed.offset)
        end = max((p.offset + len(p.clip.samples) for p in track.placements), default=track.length)
        if start < end <= start + BLOCK_SAMPLES:
            keys = tuple(placed.key for placed in track.placements)
            self._occupant.fell_silent(keys, self._began + end)


_SILENT: Final = np.zeros(BLOCK_SAMPLES, np.int16)


def _to_int16(wave: Wave) -> Samples:
    scaled = np.rint(wave * _TO_INT16)
    return np.asarray(np.clip(scaled, -32_768, 32_767), np.int16)


def _mix(waves: list[Wave | None]) -> Samples:
    """The sum of the waves, as the microphone's converter outputs it."""
    sounding = [wave for wave in waves if wave is not None]
    if not sounding:
        return _SILENT.copy()
    total = sounding[0]
    for wave in sounding[1:]:
        total = total + wave
    return _to_int16(total)
