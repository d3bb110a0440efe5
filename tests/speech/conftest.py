"""Charley's own voice, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.speech.clip_library import ClipLibrary
from voice.speech.settings import SpeechSettings


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClipLibrary]:
    """All lines in the usual style, rendered as they are needed into a folder of their own."""
    folder: Path = tmp_path_factory.mktemp("speech")
    with closing(Pyttsx3Synthesizer(time_limit_s=30.0)) as engine:
        yield ClipLibrary(engine, folder, SpeechSettings().style)
