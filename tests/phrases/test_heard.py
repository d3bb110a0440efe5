"""The table of what people say, spoken by six voices through the whole listening chain.

What must hold: nothing is taken at once for a no, a yes, relief or a goodbye unless it is one;
and danger in the words of frightened people is heard as danger, at once or to be confirmed.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.listening.conftest import WAKE_PHRASES, at_level, in_room
from tests.phrases.table import NOTHING, Said, read_table
from tests.shipped import SCRIPT
from voice.app.paths import models_folder
from voice.audio.frame import Frame
from voice.audio.samples import BLOCK_S, BLOCK_SAMPLES, Samples, from_float, resample
from voice.content.interpret import understand
from voice.content.script import GrammarKey, Script, is_no, is_sign
from voice.dialogue.actions import Listen, ListenId
from voice.engines.silero_vad import SileroGate
from voice.engines.vosk_recogniser import VoskRecogniser
from voice.listening.decision import Verdict
from voice.listening.grammar_fitting import Vocabulary, fit_script
from voice.listening.listener import Ears, HeardUtterance
from voice.listening.offline import name_of

VOICES: Mapping[str, tuple[str, ...]] = {
    "American": ("espeak-ng", "-v", "en-us", "-s", "140", "--stdout"),
    "English, a woman": ("espeak-ng", "-v", "en-gb+f2", "-s", "150", "--stdout"),
    "Scottish": ("espeak-ng", "-v", "en-gb-scotland", "-s", "140", "--stdout"),
    "slt": ("flite", "-voice", "slt", "-o", "/dev/stdout", "-t"),
    "awb": ("flite", "-voice", "awb", "-o", "/dev/stdout", "-t"),
    "rms": ("flite", "-voice", "rms", "-o", "/dev/stdout", "-t"),
}

GRAVE = frozenset({"yes", "no", "gone", "goodbye"})
"""Meanings that nothing else may be taken for at once; nor for the denial of a sign."""

DANGER_FLOOR = 0.90
RIGHT_FLOOR = 0.80


@dataclass(frozen=True)
class Outcome:
    """What a spoken line was taken for; the name is None if Charley asks again or heard nothing."""

    name: str | None
    at_once: bool
    words: str
    is_sign: bool
    denies: bool

    def __str__(self) -> str:
        how = "at once" if self.at_once else "doubtfully"
        return f"{self.name} {how} ({self.words!r})" if self.name else f"nothing ({self.words!r})"


Heard = Mapping[tuple[Said, str], Outcome]


def spoken_by(voice: str, text: str, folder: Path) -> Samples:
    """``text`` in one of the voices, at -20 dBFS; the engine's output is kept in ``folder``."""
    command = (*VOICES[voice], text)
    path = folder / f"{hashlib.sha256(repr(command).encode()).hexdigest()[:24]}.wav"
    if not path.exists():
        made = subprocess.run(command, check=True, capture_output=True, timeout=30)
        path.write_bytes(made.stdout)
    sound, rate_hz = soundfile.read(io.BytesIO(path.read_bytes()), dtype="float32")
    samples = resample(from_float(sound), rate_hz)
    loud = np.flatnonzero(np.abs(samples.astype(int)) > 0.02 * np.abs(samples.astype(int)).max())
    return at_level(samples[loud[0] : loud[-1]], -20.0)


class Chain:
    """Listens to one spoken line after another, as Charley does at the bedside."""

    def __init__(self, script: Script, recogniser: VoskRecogniser) -> None:
        self._script = script
        self._recogniser = recogniser
        self._vocabulary: Vocabulary = fit_script(script, WAKE_PHRASES, recogniser.knows)

    def hear(self, said: Said, sound: Samples) -> Outcome:
        told: list[HeardUtterance] = []
        ears = Ears(SileroGate(), self._recogniser, self._vocabulary, on_utterance=told.append)
        ears.listen(Listen(ListenId(1), said.grammar, None))
        for number in range(len(sound) // BLOCK_SAMPLES):
            block = sound[number * BLOCK_SAMPLES : (number + 1) * BLOCK_SAMPLES]
            ears.hear(Frame(block, (number + 1) * BLOCK_S))
            if any(u.decision.verdict in (Verdict.ACCEPTED, Verdict.DOUBTFUL) for u in told):
                break
        return self._outcome(said, told)

    def _outcome(self, said: Said, told: list[HeardUtterance]) -> Outcome:
        if not told:
            return Outcome(None, at_once=False, words="", is_sign=False, denies=False)
        decision = told[-1].decision
        words = decision.words or next((r.words for r in told[-1].evidence.n_best), "")
        believed = decision.verdict in (Verdict.ACCEPTED, Verdict.DOUBTFUL)
        understood = understand(self._script.grammars[said.grammar], decision.words, said.asked)
        if not believed or understood is None or not (understood.whole or understood.signs):
            return Outcome(None, at_once=False, words=words, is_sign=False, denies=False)
        return Outcome(
            name_of(understood.meaning),
            at_once=decision.verdict is Verdict.ACCEPTED,
            words=words,
            is_sign=is_sign(understood.meaning),
            denies=is_no(understood.meaning),
        )


@pytest.fixture(scope="module")
def heard(request: pytest.FixtureRequest) -> Heard:
    folder = request.config.cache.mkdir("phrases")
    script = SCRIPT
    chain = Chain(script, VoskRecogniser(models_folder() / "charley-en"))
    return hear_all(read_table(), chain.hear, folder)


def hear_all(
    table: tuple[Said, ...], hear: Callable[[Said, Samples], Outcome], folder: Path
) -> Heard:
    found = {}
    for said in table:
        call = "hey charley " if said.grammar is GrammarKey.WAKE else ""
        for voice in VOICES:
            sound = spoken_by(voice, f"{call}{said.words}", folder)
            found[said, voice] = hear(said, in_room(0.5, sound, 1.2))
    return found


def told(outcomes: Mapping[tuple[Said, str], Outcome]) -> str:
    return "\n".join(f"{said}, {voice}: {found}" for (said, voice), found in outcomes.items())


@pytest.mark.slow
@pytest.mark.xdist_group("what is heard")
def test_nothing_grave_is_heard_at_once_unless_it_was_said(heard: Heard) -> None:
    wrong = {
        key: found
        for key, found in heard.items()
        if found.at_once
        and (found.name in GRAVE or found.denies)
        and found.name not in key[0].meanings
    }
    assert not wrong, told(wrong)


@pytest.mark.slow
@pytest.mark.xdist_group("what is heard")
def test_danger_is_heard_as_danger_or_asked_about(heard: Heard, script: Script) -> None:
    signs = {q.key for q in script.questions}
    danger = {key: found for key, found in heard.items() if signs & set(key[0].meanings)}
    missed = {key: found for key, found in danger.items() if not found.is_sign}
    share = 1.0 - len(missed) / len(danger)
    assert share >= DANGER_FLOOR, f"{share:.3f} of {len(danger)}\n{told(missed)}"


@pytest.mark.slow
@pytest.mark.xdist_group("what is heard")
def test_harmless_speech_is_not_taken_for_danger_at_once(heard: Heard, script: Script) -> None:
    signs = {q.key for q in script.questions}
    wrong = {
        key: found
        for key, found in heard.items()
        if found.is_sign and found.at_once and not signs & set(key[0].meanings)
    }
    assert not wrong, told(wrong)


@pytest.mark.slow
@pytest.mark.xdist_group("what is heard")
def test_most_lines_are_heard_as_meant(heard: Heard) -> None:
    missed = {
        key: found for key, found in heard.items() if (found.name or NOTHING) not in key[0].meanings
    }
    share = 1.0 - len(missed) / len(heard)
    assert share >= RIGHT_FLOOR, f"{share:.3f} of {len(heard)}\n{told(missed)}"
