"""A model's hearing test: whether it recognises a few rendered words.

Checksums show whether the files are intact. This shows whether the model works, whatever
its checksums say. It takes a few seconds, so it runs in `charley check`, and at a start only
if these files have never passed it on this machine.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Final

from voice.app.examination import LoadedModel, Spoken, count, hear
from voice.app.examination_material import VOICES, Kind, Sound, phrases_by_meaning
from voice.app.model_sums import fingerprint
from voice.app.paths import cache_folder
from voice.content.script import Answer, Command, GrammarKey, Meaning, Script, is_sign
from voice.engines.command_voices import Engine
from voice.errors import ModelError, SynthesisError

MEANINGS: Final[tuple[tuple[GrammarKey, Meaning], ...]] = (
    (GrammarKey.ANSWER, Answer.YES),
    (GrammarKey.ANSWER, Answer.NO),
    (GrammarKey.ANSWER, Answer.UNSURE),
    (GrammarKey.HOLD, Command.STOP),
    (GrammarKey.HOLD, Command.GONE),
)
"""The shortest phrase of each is tried in every voice."""

TRIED_VOICES: Final = tuple(v for v in VOICES if v.engine is Engine.ESPEAK)[:2]
"""A male and a female voice; espeak-ng is installed wherever Charley can speak."""

LEAST_RIGHT: Final = 0.75
"""An intact model recognises nearly all of them, a damaged one hardly any."""

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class HearingTest:
    """How many rendered words were recognised correctly, and how many taken for others."""

    words: int
    right: int
    taken: int

    @property
    def passed(self) -> bool:
        """Whether the model is good enough to use."""
        return self.taken == 0 and self.right >= LEAST_RIGHT * self.words

    def __str__(self) -> str:
        wrong = f", and {self.taken} taken for something else" if self.taken else ""
        return f"{self.right} of {self.words} rendered words recognised{wrong}"


def try_hearing(model: LoadedModel, script: Script) -> HearingTest:
    """Run the hearing test. Raises SynthesisError without espeak-ng."""
    heard, _ = hear(model, tuple(_sounds(script)), Spoken(), lambda _: None)
    figures = count(heard, model)
    return HearingTest(figures.words, figures.right, figures.taken)


def require_hearing(model: LoadedModel, script: Script, folder: Path) -> None:
    """Run the hearing test, unless these files have passed it here. Raises ModelError."""
    passed_before = cache_folder() / "hearing" / fingerprint(folder)[:16]
    if passed_before.exists():
        return
    try:
        found = try_hearing(model, script)
    except SynthesisError as error:
        _LOG.warning("the hearing test of the model was skipped: %s", error)
        return
    if not found.passed:
        raise deaf(folder, found)
    try:
        passed_before.parent.mkdir(parents=True, exist_ok=True)
        passed_before.touch()
    except OSError as error:
        # If the folder cannot be written, the test just runs again next time.
        _LOG.info("the result of the hearing test could not be saved: %s", error)


def deaf(folder: Path, found: HearingTest) -> ModelError:
    """The error for a model that loads but does not recognise speech."""
    return ModelError(
        f"the model {folder} does not recognise speech: {found}",
        remedy="Verify its files (charley models verify), or choose another model.",
    )


def _sounds(script: Script) -> Iterator[Sound]:
    for key, meaning in MEANINGS:
        words = phrases_by_meaning(script.grammars[key])[meaning][0]
        for voice in TRIED_VOICES:
            yield Sound(Kind.WORD, key, words, meaning, voice=voice)
    # And each danger sign that wakes Charley, with the voices taking turns.
    phrases = phrases_by_meaning(script.grammars[GrammarKey.HOLD])
    signs = [meaning for meaning in phrases if is_sign(meaning) and meaning.wakes]
    for sign, voice in zip(signs, cycle(TRIED_VOICES), strict=False):
        yield Sound(Kind.WORD, GrammarKey.HOLD, phrases[sign][0], sign, voice=voice)
