"""Finds settings that are allowed but would not work, before a night begins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Final

from voice.app.assembly import choose_model, fit_vocabulary, open_recogniser
from voice.app.dialogue_assembly import read_script
from voice.app.settings import Settings
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.errors import CharleyError

_ANY_WORD: Final = "one"


def problems(settings: Settings) -> Iterator[CharleyError]:
    """Everything that would make a start fail: prompts, model, wake phrases and voice are tried.

    Microphone and loudspeaker are not: they may be plugged in later, and
    `charley check` tests them.
    """
    for part in (_check_content_and_model, _check_voice):
        try:
            part(settings)
        except CharleyError as error:
            yield error


def _check_content_and_model(settings: Settings) -> None:
    script = read_script(settings)
    fit_vocabulary(script, settings, open_recogniser(choose_model(settings)))


def _check_voice(settings: Settings) -> None:
    with closing(Pyttsx3Synthesizer()) as synthesizer:
        synthesizer.render(_ANY_WORD, settings.voice.style)
