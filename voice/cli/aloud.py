"""A voice for commands: prints every line, and says it aloud while the voice works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TextIO

from voice.app.aloud import nap, play_to_the_end
from voice.app.assembly import open_engine
from voice.app.settings import Settings
from voice.audio.samples import Clip, tone
from voice.devices.sounddevice_speaker import SounddeviceSpeaker
from voice.errors import CharleyError, SpeakerError

_TONE: Final = Clip(tone(660.0, 0.3, -20.0))


class Aloud:
    """Prints to ``out``, and speaks while the voice works."""

    def __init__(self, settings: Settings, out: TextIO) -> None:
        self._settings = settings
        self._out = out
        self._synthesizer = open_engine(settings)
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

    def say(self, text: str, meanwhile: Callable[[], object] = nap) -> None:
        """Print a line, and say it if there is a speaker.

        ``meanwhile`` is called repeatedly during playback; each call lasts about a block.
        """
        self.note(text)
        if self._speaker is not None:
            try:
                play_to_the_end(self._speaker, self._render(text), meanwhile)
            except CharleyError as error:
                self._give_up(self._speaker, error)

    def tone(self) -> None:
        """Play a soft tone, the signal to speak."""
        if self._speaker is not None:
            try:
                play_to_the_end(self._speaker, _TONE)
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
