"""Stand-ins for the Protocols of voice.ports, each defined once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from voice.audio.mixer import Mixer
from voice.audio.samples import (
    BLOCK_S,
    BLOCK_SAMPLES,
    RATE_HZ,
    Clip,
    Samples,
    Track,
    tone,
)
from voice.content.script import UNKNOWN_WORD
from voice.errors import MicrophoneError, SpeakerError
from voice.ports import HeardWord, Hypothesis, VoiceStyle

GONE = "Check that it is plugged in."


class LoudIsVoice:
    """A voice gate that takes every loud block for speech."""

    def probability(self, block: Samples) -> float:
        return float(np.abs(block).max() > 1_000)

    def reset(self) -> None:
        pass


class ScriptedRecogniser:
    """A recogniser that returns scripted results.

    ``lead`` is the margin of the words over garbage; None if garbage is not an alternative.
    """

    def __init__(self) -> None:
        self.next = ""
        self.lead: float | None = None

    def knows(self, word: str) -> bool:
        return bool(word)

    def begin(self, phrases: Sequence[str]) -> ScriptedRecogniser:
        assert phrases
        return self

    def accept(self, samples: Samples) -> None:
        pass

    def partial(self) -> str:
        return self.next

    def finish(self) -> tuple[Hypothesis, ...]:
        words = tuple(HeardWord(w, 0.1 * n, 0.1 * n + 0.1) for n, w in enumerate(self.next.split()))
        if not words:
            return ()
        heard = Hypothesis(words, 100.0)
        if self.lead is None:
            return (heard,)
        garbage = HeardWord(UNKNOWN_WORD, words[0].start_s, words[-1].end_s)
        return (heard, Hypothesis((garbage,), heard.score - self.lead))


class Tones:
    """A synthesizer that gives every line the same length, by default a third of a second."""

    version = "tones"

    def __init__(self, line_s: float = 0.3) -> None:
        self._line_s = line_s

    def render(self, text: str, style: VoiceStyle) -> Clip:
        assert text
        assert style.words_per_minute
        return Clip(tone(440.0, self._line_s, -12.0))

    def prepare(self) -> None:
        pass

    def close(self) -> None:
        pass


class RecordingSpeaker:
    """A speaker whose clock is moved by hand, and which records everything it plays."""

    def __init__(self) -> None:
        self._mixer = Mixer()
        self._just_played = np.zeros(BLOCK_SAMPLES, np.int16)
        self._played: list[Samples] = []
        self.tracks: list[Track] = []
        self.gains_db: list[float] = []

    def play(self, track: Track) -> None:
        self.tracks.append(track)
        self._mixer.play(track)

    def halt(self) -> None:
        self._mixer.halt()

    @property
    def position(self) -> int | None:
        return self._mixer.position

    def set_gain(self, gain_db: float) -> None:
        self.gains_db.append(gain_db)
        self._mixer.set_gain(gain_db)

    def mute(self, on: bool) -> None:
        self._mixer.mute(on)

    def take_played(self) -> Samples:
        return self._just_played

    def pass_block(self) -> Samples:
        self._just_played = self._mixer.pull(BLOCK_SAMPLES)
        self._played.append(self._just_played)
        return self._just_played

    @property
    def played(self) -> Samples:
        return np.concatenate(self._played)


class ScriptedClock:
    """A clock that moves only when code waits for it or a test advances it."""

    def __init__(self) -> None:
        self.at_s = 1_000.0
        self.waited: list[float] = []

    def now_s(self) -> float:
        return self.at_s

    def wait_s(self, duration_s: float) -> None:
        self.waited.append(duration_s)
        self.at_s += duration_s


class ScriptedMicrophone:
    """Yields ``blocks`` blocks, in step with the clock, and then fails as if unplugged."""

    def __init__(self, clock: ScriptedClock, blocks: int, stall_s: float = 0.0) -> None:
        self._clock = clock
        self._left = blocks
        self._stall_s = stall_s
        self.closed = 0

    def read(self) -> Samples:
        if self._left == 0:
            self._clock.at_s += self._stall_s
            raise MicrophoneError("It has gone", remedy=GONE)
        self._left -= 1
        self._clock.at_s += BLOCK_S
        return np.ones(BLOCK_SAMPLES, np.int16)

    def run_out(self) -> None:
        self._left = 0

    def close(self) -> None:
        self.closed += 1


class ScriptedSpeaker:
    """A speaker whose samples are pulled by hand, and which can be unplugged."""

    def __init__(self) -> None:
        self._mixer = Mixer()
        self.taken_s = 0.0
        self.gone = self.suspended = False
        self.keeps_time = True
        self.told: list[tuple[str, object]] = []

    def check(self) -> None:
        if self.gone and not self.suspended:
            raise SpeakerError("It has gone.", remedy=GONE)

    def settle(self) -> None:
        self.told.append(("settle", None))
        if not self.keeps_time:
            raise SpeakerError("It takes sound faster than time goes by.", remedy=GONE)

    def suspend(self) -> None:
        self.suspended = True
        self.told.append(("suspend", None))

    def resume(self) -> None:
        self.suspended = False
        self.check()
        self.told.append(("resume", None))

    def play(self, track: Track) -> None:
        self.check()
        self.told.append(("play", track))
        self._mixer.play(track)

    def halt(self) -> None:
        self.told.append(("halt", None))
        self._mixer.halt()

    @property
    def position(self) -> int | None:
        self.check()
        return self._mixer.position

    def set_gain(self, gain_db: float) -> None:
        self.told.append(("gain", gain_db))

    def mute(self, on: bool) -> None:
        self.told.append(("mute", on))

    def take_played(self) -> Samples:
        return np.ones(BLOCK_SAMPLES, np.int16)

    def close(self) -> None:
        self.told.append(("close", None))

    def play_on(self, duration_s: float, clock: ScriptedClock) -> None:
        self.swallow(duration_s)
        clock.at_s += duration_s

    def swallow(self, duration_s: float) -> None:
        """Take that much audio at once."""
        self._mixer.pull(round(duration_s * RATE_HZ))
        self.taken_s += duration_s
