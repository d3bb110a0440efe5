"""``charley check``: can it hear, can it speak, does the model load; aloud and in print."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import closing
from typing import Final

import numpy as np

from voice.app.assembly import fit_vocabulary, open_recogniser, read_script
from voice.app.settings import Settings, load_settings
from voice.audio.samples import BLOCK_S, Clip, Placement, Samples, Track, samples_of
from voice.cli import Subparsers
from voice.cli.main import EXIT_FAILED, EXIT_OK
from voice.devices.sounddevice_microphone import SounddeviceMicrophone
from voice.devices.sounddevice_speaker import SounddeviceSpeaker
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.engines.silero_vad import SileroGate
from voice.errors import CharleyError, SpeakerError
from voice.listening.signal_quality import check_sound

LISTEN_S: Final = 3.0
SETTLING_S: Final = 0.3
"""What a microphone gives first is often a click of its own."""

_ROOM_S: Final = 10.0
"""How much longer than its length a line may take to be played, on a machine that is busy."""


class CheckError(CharleyError):
    """A part of the check that fails."""


def add_parser(subparsers: Subparsers) -> None:
    """Add ``check``."""
    parser = subparsers.add_parser(
        "check",
        description="Test voice, model and microphone, in print and aloud. It takes some seconds.",
    )
    parser.set_defaults(run=run)


def run(_args: argparse.Namespace) -> int:
    """Test each part, whatever becomes of the others; fail where one does."""
    settings = load_settings()
    with closing(_Aloud(settings)) as aloud:
        passed = [
            _part("Voice", aloud, lambda: _check_voice(aloud)),
            _part("Model", aloud, lambda: _check_model(settings, aloud)),
            _part("Microphone", aloud, lambda: _check_microphone(settings, aloud)),
        ]
        passed[0] = passed[0] and not aloud.broke_down
        if all(passed):
            aloud.say("All is well.")
            return EXIT_OK
        aloud.say(f"{passed.count(False)} of {len(passed)} parts failed.")
        return EXIT_FAILED


def _part(name: str, aloud: _Aloud, check: Callable[[], str]) -> bool:
    try:
        verdict = check()
    except CharleyError as error:
        aloud.say(f"{name} failed: {error}")
        return False
    aloud.say(f"{name}: {verdict}")
    return True


def _check_voice(aloud: _Aloud) -> str:
    aloud.open()
    aloud.note(f"Speaker {aloud.speaker_name}.")
    return "this is Charley."


def _check_model(settings: Settings, aloud: _Aloud) -> str:
    began_s = time.perf_counter()
    recogniser = open_recogniser(settings)
    took_s = time.perf_counter() - began_s
    script = read_script(settings)
    fit_vocabulary(script, settings, recogniser)
    words = {word for grammar in script.grammars.values() for word in grammar.words}
    aloud.note(f"Model {recogniser.folder} took {took_s:.2f} seconds to load.")
    return f"it knows all {len(words)} words that are listened for."


def _check_microphone(settings: Settings, aloud: _Aloud) -> str:
    with closing(SounddeviceMicrophone(settings.audio.input_device)) as first:
        first.read()
    aloud.say(f"Now say something, as from the pillow. I listen for {LISTEN_S:.0f} seconds.")
    with closing(SounddeviceMicrophone(settings.audio.input_device)) as microphone:
        for _ in range(round(SETTLING_S / BLOCK_S)):
            microphone.read()
        blocks = [microphone.read() for _ in range(round(LISTEN_S / BLOCK_S))]
        name = microphone.name
    found = check_sound(np.concatenate(blocks), voiced=_voiced(blocks))
    aloud.note(f"Microphone {name}: {found.numbers}.")
    if found.fault is not None:
        what, _, remedy = found.fault.partition(". ")
        raise CheckError(what, remedy=remedy)
    return "I heard a voice." if found.voiced else "I heard the room, and nobody speaking."


def _voiced(blocks: list[Samples]) -> bool:
    gate = SileroGate()
    return sum(gate.probability(block) > 0.5 for block in blocks) * BLOCK_S > 0.2


class _Aloud:
    """Prints, and says aloud as long as that works."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._synthesizer = Pyttsx3Synthesizer()
        self._speaker: SounddeviceSpeaker | None = None
        self.broke_down = False

    @property
    def speaker_name(self) -> str:
        """The speaker's name; empty before :meth:`open`."""
        return "" if self._speaker is None else self._speaker.name

    def open(self) -> None:
        """Open the speaker, and render a line to see that it can be done. Raises CharleyError."""
        self._render("This is Charley.")
        self._speaker = SounddeviceSpeaker(self._settings.audio.output_device)
        self._speaker.set_gain(self._settings.voice.volume_db)

    @staticmethod
    def note(text: str) -> None:
        """Print what is of use, but not worth hearing: names and numbers."""
        print(text, flush=True)

    def say(self, text: str) -> None:
        """Print a line, and say it if there is a speaker."""
        print(text, flush=True)
        if self._speaker is not None:
            try:
                self._play(self._speaker, self._render(text))
            except CharleyError as error:
                print(f"Voice failed: {error}", flush=True)
                self._speaker.close()
                self._speaker = None
                self.broke_down = True

    def close(self) -> None:
        """Let speaker and speech engine go."""
        if self._speaker is not None:
            self._speaker.close()
        self._synthesizer.close()

    def _render(self, text: str) -> Clip:
        # Not through the library of clips: nothing here is worth keeping on disk.
        return self._synthesizer.render(text, self._settings.voice.style)

    @staticmethod
    def _play(speaker: SounddeviceSpeaker, clip: Clip) -> None:
        length = len(clip.samples) + samples_of(0.2)
        speaker.play(Track((Placement(0, clip, "check"),), length))
        give_up_s = time.monotonic() + clip.duration_s + _ROOM_S
        while speaker.position is not None:
            if time.monotonic() > give_up_s:
                raise SpeakerError(
                    f"The speaker {speaker.name!r} plays too slowly",
                    remedy="Choose another one: charley devices",
                )
            time.sleep(BLOCK_S)
