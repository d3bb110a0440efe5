"""Leads a reader through the lines, one by one, until each has a take.

Each line is shown and said, then listened for. The take is trimmed and levelled, and heard
by the recogniser: a line that was misread is asked for again. Every good take is on disk at
once, so the reader may stop at any moment and go on another day.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from voice.audio.normalise import finish
from voice.audio.samples import BLOCK_S, RATE_HZ, Samples
from voice.content.script import LineKey, Script
from voice.dialogue.hold import LAST_COUNT, count_line
from voice.listening.proof import LEAST_SHARE, common_words, share_read
from voice.listening.signal_quality import check_sound
from voice.ports import Microphone, Recogniser, VoiceGate
from voice.speech.voice_pack import VoicePack

TRIES: Final = 3
"""After so many bad takes, a line is left for another time."""

PATIENCE_S: Final = 8.0
"""How long a reader may take to begin a line."""

LONGEST_S: Final = 40.0

OVER_S: Final = 1.2
"""The silence that ends a line; longer than the pause between two sentences."""

EDGE_S: Final = 0.4
"""Sound kept before the voice was noticed, and after its end."""

COUNT_S: Final = 1.0
"""The time from one number of the count to the next."""

VOICE: Final = 0.5
"""The least probability of a voice in a block that counts as voice."""

_COUNTS: Final = frozenset(count_line(n) for n in range(1, LAST_COUNT + 1))


class Prompter(Protocol):
    """Tells the reader what to do, in print and aloud."""

    def show(self, text: str) -> None:
        """Print details that need not be heard."""
        ...

    def explain(self, text: str) -> None:
        """Print something and say it; return when it has been said."""
        ...

    def say(self, text: str) -> None:
        """Print a line and say it; return when the reader may begin."""
        ...


@dataclass(frozen=True)
class Progress:
    """The number of lines recorded in a sitting, and of those left for another time.

    ``deserted``: the sitting ended because nobody spoke.
    """

    kept: int = 0
    left: int = 0
    deserted: bool = False


class RecordingSession:
    """One sitting. ``open_microphone`` opens a microphone whose buffer is empty."""

    def __init__(
        self,
        pack: VoicePack,
        script: Script,
        prompter: Prompter,
        *,
        open_microphone: Callable[[], Microphone],
        gate: VoiceGate,
        recogniser: Recogniser,
    ) -> None:
        self._pack = pack
        self._script = script
        self._prompter = prompter
        self._open_microphone = open_microphone
        self._gate = gate
        self._recogniser = recogniser
        self._decoys = common_words(line.text for line in script.lines.values())

    def record(self, keys: Sequence[LineKey]) -> Progress:
        """Record these lines in turn, and return how it went. Raises CharleyError."""
        kept = left = 0
        for number, key in enumerate(keys, 1):
            self._prompter.show(f"Line {number} of {len(keys)}, {key}:")
            good, spoken = self._line(key)
            kept, left = kept + good, left + (not good)
            if not spoken:
                return Progress(kept, left, deserted=True)
        return Progress(kept, left)

    def _line(self, key: LineKey) -> tuple[bool, bool]:
        """Ask for a line until it is good. Returns whether it is, and whether anyone spoke."""
        spoken = False
        for _ in range(TRIES):
            self._prompter.say(self._script.text(key))
            take = self._take()
            wrong = self._wrong(key, take)
            if take is not None and wrong is None:
                self._pack.keep(key, finish(take))
                self._prompter.show("Kept.")
                return True, True
            spoken = spoken or take is not None
            self._prompter.explain(f"{wrong} Once more, please.")
        self._prompter.show("Left for another time.")
        return False, spoken

    def _take(self) -> Samples | None:
        """What was read, with a little silence around it; None if nobody spoke."""
        self._gate.reset()
        microphone = self._open_microphone()
        heard: list[Samples] = []
        first = last = None
        try:
            while (now := len(heard)) * BLOCK_S < LONGEST_S:
                heard.append(microphone.read())
                if self._gate.probability(heard[-1]) > VOICE:
                    first, last = (now if first is None else first), now
                elif last is None and now * BLOCK_S > PATIENCE_S:
                    return None
                elif last is not None and (now - last) * BLOCK_S > OVER_S:
                    break
        finally:
            microphone.close()
        if first is None or last is None:
            return None
        edge = round(EDGE_S / BLOCK_S)
        return np.concatenate(heard[max(0, first - edge) : last + 1 + edge])

    def _wrong(self, key: LineKey, take: Samples | None) -> str | None:
        """What is wrong with a take, in a sentence; None if it is good."""
        if take is None:
            return "I heard nobody."
        fault = check_sound(take, voiced=True).fault
        if fault is not None:
            return fault
        if key in _COUNTS and len(finish(take)) > COUNT_S * RATE_HZ:
            return "That took longer than a second. Please say it quickly."
        text = self._script.text(key)
        if share_read(take, text, self._recogniser, self._decoys) < LEAST_SHARE:
            return "I heard something else."
        return None
