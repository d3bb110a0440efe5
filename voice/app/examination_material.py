"""The material of an examination: spoken words, and how each should be taken.

It consists of the phrases that Charley listens for, from the content itself, and of
near-misses, near-calls and talk from ``models/examination.toml``. Synthetic voices take
turns to say them, in quiet and in a reverberant room with noise. Nothing is a recording,
so the material can be reproduced anywhere.
"""

from __future__ import annotations

import enum
import hashlib
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from voice.audio.samples import BLOCK_SAMPLES, Samples, from_float, gain, samples_of, to_float
from voice.content.script import (
    Answer,
    Grammar,
    GrammarKey,
    Meaning,
    Script,
    is_sign,
)
from voice.engines.command_voices import CommandVoice, Engine
from voice.errors import ConfigError
from voice.simulation.acoustics import Wave, ratio, room_response
from voice.simulation.noise import NoiseKind, make_noise

FILE: Final = "examination.toml"

WORDS_PER_MINUTE: Final = 150
VOICES: Final = (
    CommandVoice(Engine.ESPEAK, "en-us", WORDS_PER_MINUTE),
    CommandVoice(Engine.FLITE, "kal", 160),
    CommandVoice(Engine.ESPEAK, "en-gb-x-rp+f3", WORDS_PER_MINUTE),
    CommandVoice(Engine.FLITE, "slt", 165),
    CommandVoice(Engine.ESPEAK, "en-gb-scotland+m3", 140),
    CommandVoice(Engine.FLITE, "rms", 155),
    CommandVoice(Engine.ESPEAK, "en-us+f2", 165),
    CommandVoice(Engine.FLITE, "awb", 165),
)
"""They take turns; voices whose engine is not installed are left out."""

OF_ANSWERS_AND_SIGNS: Final = 8
"""How many phrases of each answer and of each danger sign are tried: these must not be heard
wrong. A meaning that two grammars share is tried in one."""
OF_OTHERS: Final = 2
"""The most phrases to try for any other meaning."""

CALL_VOICES: Final = 3
"""The number of voices that say each call, in each surrounding; anything else is said by one."""

LEVEL_DB: Final = -6.0
"""Relative to the level at which voices are rendered: a person at arm's length."""

REVERBERATION_S: Final = 0.35
DIRECT_TO_REVERBERANT_DB: Final = 6.0
NOISE_BELOW_VOICE_DB: Final = 15.0
NOISES: Final = (NoiseKind.PINK, NoiseKind.SNORING)

PLAIN_NOISE_S: Final = 20.0
"""Length of each noise on its own, without speech."""

_WAKE_WISHES: Final = 6
"""The number of meanings to try in one breath with each wake phrase."""


class Kind(enum.Enum):
    """How a sound should be taken."""

    WORD = "word"
    """Should be recognised with its meaning."""
    OTHER = "other"
    """Should be rejected in a conversation."""
    CALL = "call"
    """Should wake Charley."""
    NO_CALL = "no_call"
    """Should not wake Charley."""


class Surrounding(enum.Enum):
    """Where a sound is heard."""

    QUIET = "quiet"
    NOISE = "noise"


@dataclass(frozen=True)
class Sound:
    """One test sound. ``text`` is empty for a noise without speech.

    ``expected`` is the meaning of a :attr:`Kind.WORD`, and None for any other kind.
    """

    kind: Kind
    grammar: GrammarKey
    text: str
    expected: Meaning | None = None
    where: Surrounding = Surrounding.QUIET
    voice: CommandVoice | None = None
    noise: NoiseKind | None = None


class Words(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Out-of-grammar speech in one language."""

    near_misses: tuple[str, ...]
    near_calls: tuple[str, ...]
    talk: tuple[str, ...]


def read_words(path: Path, language: str) -> Words:
    """The words of ``examination.toml`` in a language. Raises ConfigError."""
    try:
        tables = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), dict[str, Words])
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: {error}", remedy="Reinstall Charley.") from error
    if language not in tables:
        raise ConfigError(
            f"{path}: no examination material for the language {language!r}",
            remedy=f"Add a table [{language}] like the one for {', '.join(tables)}.",
        )
    return tables[language]


def available_voices() -> tuple[CommandVoice, ...]:
    """The voices whose engine is installed."""
    return tuple(voice for voice in VOICES if voice.engine.installed)


def sounds(
    script: Script,
    wake_phrases: Sequence[str],
    words: Words,
    voices: Sequence[CommandVoice],
    where: Surrounding,
) -> tuple[Sound, ...]:
    """Every sound for that surrounding, in a fixed order.

    In noise, a word is said by another voice than in quiet.
    """
    spoken: list[Sound] = []
    for sound in chain(_awake(script, words), _asleep(script, wake_phrases, words)):
        for _ in range(CALL_VOICES if sound.kind is Kind.CALL else 1):
            number = len(spoken)
            turn = number if where is Surrounding.QUIET else number + len(voices) // 2
            noise = None if where is Surrounding.QUIET else NOISES[number // 2 % len(NOISES)]
            voice = voices[turn % len(voices)]
            spoken.append(replace(sound, where=where, voice=voice, noise=noise))
    if where is Surrounding.QUIET:
        return tuple(spoken)
    plain = [
        Sound(kind, key, "", where=where, noise=noise)
        for noise in (NoiseKind.WHITE, *NOISES)
        for kind, key in ((Kind.OTHER, GrammarKey.ANSWER), (Kind.NO_CALL, GrammarKey.WAKE))
    ]
    return (*spoken, *plain)


def digest(material: Sequence[Sequence[Sound]]) -> str:
    """A hash of this material; examinations can be compared only if their hashes are equal."""
    text = repr((material, LEVEL_DB, REVERBERATION_S, NOISE_BELOW_VOICE_DB))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def phrases_by_meaning(grammar: Grammar) -> dict[Meaning, list[str]]:
    """The phrases of each meaning, those with the fewest words first."""
    found: dict[Meaning, list[str]] = {}
    for phrase in sorted(grammar.listened, key=lambda phrase: len(phrase.words.split())):
        found.setdefault(phrase.meaning, []).append(phrase.words)
    return found


class Room:
    """The surroundings: turns speech into the microphone signal."""

    def __init__(self) -> None:
        rng = np.random.default_rng(7)
        self._response = room_response(REVERBERATION_S, DIRECT_TO_REVERBERANT_DB, rng)
        made = {kind: make_noise(kind, 0.0, rng) for kind in (NoiseKind.WHITE, *NOISES)}
        self._noises = {kind: wave for kind, wave in made.items() if wave is not None}
        self._at = 0

    def heard(self, sound: Sound, spoken: Samples | None) -> Samples:
        """The microphone signal for a sound; ``spoken`` is its rendered text."""
        if spoken is None:
            level = ratio(-23.0 + LEVEL_DB - NOISE_BELOW_VOICE_DB)
            noise = self._piece(sound.noise or NoiseKind.WHITE, samples_of(PLAIN_NOISE_S))
            return from_float(noise * level)
        said = gain(spoken, LEVEL_DB)
        if sound.noise is None:
            return said
        wave = _convolved(to_float(said), self._response)
        voice_rms = float(np.sqrt(np.mean(to_float(said) ** 2)))
        # Noise comes before and after the speech too, as in a room.
        around = samples_of(0.5) // BLOCK_SAMPLES * BLOCK_SAMPLES
        wave = np.pad(wave, around)
        noise = self._piece(sound.noise, len(wave))
        return from_float(wave + noise * (voice_rms * ratio(-NOISE_BELOW_VOICE_DB)))

    def _piece(self, kind: NoiseKind, count: int) -> Wave:
        """The next piece of a noise, RMS 1.0 over its whole period."""
        period = self._noises[kind]
        piece = np.take(period, range(self._at, self._at + count), mode="wrap")
        self._at = (self._at + count) % len(period)
        return piece


def _convolved(wave: Wave, response: Wave) -> Wave:
    count = len(wave) + len(response) - 1
    size = 1 << (count - 1).bit_length()
    product = np.fft.rfft(wave, size) * np.fft.rfft(response, size)
    return np.fft.irfft(product, size)[:count].astype(np.float32)


def _awake(script: Script, words: Words) -> Iterator[Sound]:
    answers, holds = script.grammars[GrammarKey.ANSWER], script.grammars[GrammarKey.HOLD]
    tried: set[Meaning] = set()
    for grammar in (answers, holds):
        for meaning, phrases in phrases_by_meaning(grammar).items():
            if meaning not in tried:
                grave = isinstance(meaning, Answer) or is_sign(meaning)
                for text in _spread(phrases, OF_ANSWERS_AND_SIGNS if grave else OF_OTHERS):
                    yield Sound(Kind.WORD, grammar.key, text, meaning)
            tried.add(meaning)
    for text in (*answers.decoys, *_not_listened_for(answers, words.near_misses), *words.talk):
        yield Sound(Kind.OTHER, answers.key, text)
    for text in (*holds.decoys, *_not_listened_for(holds, words.near_misses)):
        yield Sound(Kind.OTHER, holds.key, text)


def _asleep(script: Script, wake_phrases: Sequence[str], words: Words) -> Iterator[Sound]:
    wake = script.grammars[GrammarKey.WAKE]
    for call in wake_phrases:
        yield Sound(Kind.CALL, wake.key, call)
        for wish, *_ in list(phrases_by_meaning(wake).values())[:_WAKE_WISHES]:
            yield Sound(Kind.CALL, wake.key, f"{call} {wish}")
    others = (*wake.decoys, *words.near_calls, *words.near_misses[::4], *words.talk)
    for text in others:
        if text not in wake_phrases:
            yield Sound(Kind.NO_CALL, wake.key, text)


def _spread(phrases: Sequence[str], most: int) -> list[str]:
    """The first phrase, and others at equal intervals."""
    count = min(most, len(phrases))
    return [phrases[number * len(phrases) // count] for number in range(count)]


def _not_listened_for(grammar: Grammar, texts: Sequence[str]) -> list[str]:
    phrases = {phrase.words for phrase in grammar.listened} | set(grammar.decoys)
    return [text for text in texts if text not in phrases]
