"""A driver of pyttsx3 for Hibari, which speaks naturally on one core and without a network.

pyttsx3 loads a driver by the name of a module of its package ``pyttsx3.drivers``; the worker
adds the folder of this file to that package. So this file runs inside the worker alone, and
imports nothing of Charley.

Law: nothing is ever fetched or sent. Hibari would download a voice that is not on this machine;
here only those can be chosen that are.
"""

from __future__ import annotations

import os
import wave
from typing import Any, Final

# Some versions of ONNX Runtime report their use to their makers, over the network, unless told
# before they are loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import numpy.typing as npt
from hibari import SAMPLE_RATE, Hibari, dsp
from hibari.voices import DEFAULT, VOICES, voice_path
from pyttsx3.voice import Voice

UNHURRIED_WPM: Final = 180.0
"""Hibari's own rate, on the scale of espeak-ng: at the usual 150 all that Charley says takes
93 % of the time that it takes there. A sound lasts a whole number of steps, so no rate is exact."""

USUAL_PITCH: Final = 50.0
"""The pitch of the voice itself, as espeak-ng has it in pyttsx3."""

REST_S: Final = 0.4
"""The rest between two sentences at Hibari's own rate. By itself it would leave 0.7 s."""

EDGE_S: Final = 0.05
"""What is kept of the silence around a sentence."""

FLOOR: Final = 10.0 ** (-50.0 / 20.0)
"""Sound this far below the peak is silence."""

SEED: Final = 0
"""Of the noise in an s or f: a line sounds the same whenever it is rendered."""

_Floats = npt.NDArray[np.float32]


def buildDriver(proxy: Any) -> HibariDriver:  # noqa: N802 - pyttsx3 calls it by this name
    """Make the driver, as pyttsx3 asks for it."""
    return HibariDriver(proxy)


class HibariDriver:
    """The part of a pyttsx3 driver that Charley needs: lines into files.

    Every command is carried out before the call returns, so there is never anything to wait
    for or to stop.
    """

    def __init__(self, proxy: Any) -> None:
        self._proxy = proxy
        self._engine = Hibari(DEFAULT)
        self._words_per_minute = UNHURRIED_WPM
        self._pitch = 1.0

    def destroy(self) -> None:
        """Do nothing: there is nothing to release."""

    def startLoop(self) -> None:  # noqa: N802 - pyttsx3's name
        """Report that nothing is pending."""
        self._proxy.setBusy(False)

    def endLoop(self) -> None:  # noqa: N802 - pyttsx3's name
        """End the loop, which is over when :meth:`startLoop` returns."""

    def stop(self) -> None:
        """Do nothing: every line is complete before the next command."""

    def say(self, text: str) -> None:
        """Refuse: Charley plays through a stream of its own."""
        raise NotImplementedError(f"this driver only writes files; not said: {text!r}")

    def save_to_file(self, text: str, filename: str) -> None:
        """Write the text, spoken, as a WAV file: 24 kHz, mono, 16 bit."""
        self._proxy.setBusy(True)
        self._proxy.notify("started-utterance")
        sound = np.rint(np.clip(self._speak(text), -1.0, 1.0) * 32_767.0).astype("<i2")
        with wave.open(filename, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes(sound.tobytes())
        self._proxy.notify("finished-utterance", completed=True)
        self._proxy.setBusy(False)

    def getProperty(self, name: str) -> object:  # noqa: N802 - pyttsx3's name
        """A property by pyttsx3's name; voices are those that are on this machine."""
        match name:
            case "voices":
                return [
                    Voice(key, key, [known["language"]], known["gender"])
                    for key, known in VOICES.items()
                    if _is_here(key)
                ]
            case "voice":
                return self._engine.voice
            case "rate":
                return round(self._words_per_minute)
            case "pitch":
                return round(USUAL_PITCH * (1.0 + float(np.log2(self._pitch))))
            case "volume":
                return 1.0
            case _:
                raise KeyError(name)

    def setProperty(self, name: str, value: Any) -> None:  # noqa: N802 - pyttsx3's name
        """Set voice, rate (words a minute) or pitch (0 to 100, an octave below to one above)."""
        match name:
            case "voice" if value != self._engine.voice:
                if not _is_here(value):
                    raise ValueError(f"there is no voice {value!r} on this machine")
                self._engine = Hibari(value)
            case "voice":
                pass
            case "rate":
                self._words_per_minute = float(value)
            case "pitch":
                self._pitch = 2.0 ** (float(value) / USUAL_PITCH - 1.0)
            case _:
                raise KeyError(name)

    def _speak(self, text: str) -> _Floats:
        speed = self._words_per_minute / UNHURRIED_WPM
        noise = np.random.default_rng(SEED)
        spoken: list[_Floats] = []
        for phonemes in self._engine.phonemize(text):
            if not any(map(str.isalpha, phonemes)):
                continue  # nothing but marks, of which the network would make a breath
            if spoken:
                spoken.append(np.zeros(round(REST_S / speed * SAMPLE_RATE), np.float32))
            spoken.append(_without_edges(self._sentence(phonemes, speed, noise)))
        return np.concatenate(spoken) if spoken else np.zeros(0, np.float32)

    def _sentence(self, phonemes: str, speed: float, noise: np.random.Generator) -> _Floats:
        """One sentence, at the current pitch."""
        engine = self._engine
        asked = {
            "ids": np.asarray([engine.ids(phonemes)], np.int64),
            "speed": np.asarray([speed], np.float32),
        }
        *spectra, pitch_hz = (found[0] for found in engine.sess.run(None, asked))
        # Here the pulses are still apart from the vowels that they sound: these stay what they are.
        sound: _Floats = dsp.synth(*spectra, pitch_hz * np.float32(self._pitch), noise)
        return sound


def _is_here(voice: str) -> bool:
    try:
        voice_path(voice, download_missing=False)
    except (FileNotFoundError, ValueError):
        return False
    return True


def _without_edges(sound: _Floats) -> _Floats:
    """The sentence without most of the silence around it."""
    size = np.abs(sound)
    loud = np.flatnonzero(size > FLOOR * size.max(initial=0.0))
    if not len(loud):
        return sound[:0]
    edge = round(EDGE_S * SAMPLE_RATE)
    return sound[max(0, int(loud[0]) - edge) : int(loud[-1]) + 1 + edge]
