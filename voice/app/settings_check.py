"""Finds settings that are allowed but would not work, before a night begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final

from voice.app.assembly import choose_model, fit_vocabulary, open_recogniser, open_recordings
from voice.app.dialogue_assembly import read_script
from voice.app.settings import Settings
from voice.content.script import Script
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.errors import CharleyError

_ANY_WORD: Final = "one"


def problems(settings: Settings) -> Iterator[CharleyError]:
    """Everything that would not work at a start: prompts, wake phrases, model and voice are tried.

    Microphone and loudspeaker are not: they may be plugged in later, and
    `charley check` tests them.
    """
    parts: list[Callable[[], object]] = [lambda: _try_voice(settings)]
    try:
        script = read_script(settings)
    except CharleyError as error:
        yield error
        parts.insert(0, lambda: open_recogniser(choose_model(settings)))
    else:
        parts.insert(0, lambda: _try_model(settings, script))
        parts.append(lambda: open_recordings(settings, script))
    for part in parts:
        try:
            part()
        except CharleyError as error:
            yield error


def _try_model(settings: Settings, script: Script) -> None:
    fit_vocabulary(script, settings, open_recogniser(choose_model(settings)))


def _try_voice(settings: Settings) -> None:
    """Render a word. Raises SynthesisError.

    The natural voice takes seconds to load, so it is tried only if it is asked for. Otherwise
    espeak-ng is tried, which speaks in its place wherever it fails.
    """
    with closing(Pyttsx3Synthesizer(settings.voice.engine or "espeak")) as synthesizer:
        synthesizer.render(_ANY_WORD, settings.voice.style)
