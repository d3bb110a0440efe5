"""A voice for commands: prints every line, and says it aloud while the voice works."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TextIO

from voice.app.settings import Settings
from voice.audio.samples import BLOCK_S, Clip, Placement, Track, samples_of, tone
from voice.devices.sounddevice_speaker import SounddeviceSpeaker
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.errors import CharleyError, SpeakerError

_BUSY_S: Final = 10.0
"""How much longer than its own length a line may take to play on a busy machine."""

_TONE: Final = Clip(tone(660.0, 0.3, -20.0))


def _nap() -> None:
    time.sleep(BLOCK_S)


class Aloud:
    """Prints to ``out``, and speaks while the voice works."""

    def __init__(self, settings: Settings, out: TextIO) -> None:
        self._settings = settings
        self._out = out
        self._synthesizer = Pyttsx3Synthesizer()
        self._speaker: SounddeviceSpeaker | None = None
        self.broke_down = False

    @property
    def speaker_name(self) -> str:
        """The speaker's name; empty before :meth:`open`."""
        return "" if self._speaker is None else self._speaker.name

    def open(self) -> None:
        """Open the speaker, and render a word to test the voice. Raises CharleyError."""
        self._render("Charley")
        self._speaker = SounddeviceSpeaker(self._settings.audio.output_device)
        self._speaker.set_gain(self._settings.voice.volume_db)

    def note(self, text: str) -> None:
        """Print details that are not worth saying aloud: names and numbers."""
        print(text, file=self._out, flush=True)

    def say(self, text: str, meanwhile: Callable[[], object] = _nap) -> None:
        """Print a line, and say it if there is a speaker.

        ``meanwhile`` is called repeatedly during playback; each call lasts about a block.
        """
        self.note(text)
        if self._speaker is not None:
            try:
                self._play(self._speaker, self._render(text), meanwhile)
            except CharleyError as error:
                self._give_up(self._speaker, error)

    def tone(self) -> None:
        """Play a soft tone, the signal to speak."""
        if self._speaker is not None:
            try:
                self._play(self._speaker, _TONE, _nap)
            except SpeakerError as error:
                self._give_up(self._speaker, error)

    def close(self) -> None:
        """Release the speaker and the speech engine."""
        if self._speaker is not None:
            self._speaker.close()
        self._synthesizer.close()

    def _give_up(self, speaker: SounddeviceSpeaker, error: CharleyError) -> None:
        self.note(f"Voice failed: {error}")
        speaker.close()
        self._speaker = None
        self.broke_down = True

    def _render(self, text: str) -> Clip:
        # Bypasses the clip library: nothing here is worth caching on disk.
        return self._synthesizer.render(text, self._settings.voice.style)

    @staticmethod
    def _play(speaker: SounddeviceSpeaker, clip: Clip, meanwhile: Callable[[], object]) -> None:
        length = len(clip.samples) + samples_of(0.2)
        speaker.play(Track((Placement(0, clip, "check"),), length))
        give_up_s = time.monotonic() + clip.duration_s + _BUSY_S
        while speaker.position is not None:
            if time.monotonic() > give_up_s:
                raise SpeakerError(
                    f"The speaker {speaker.name!r} plays too slowly",
                    remedy="Choose another one: charley devices",
                )
            meanwhile()
