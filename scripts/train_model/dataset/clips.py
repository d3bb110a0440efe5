"""Clips with their words: the common format of recorded and synthesised speech.

A clip list is a tab-separated file: path, words, set.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scripts.progress import progress
from scripts.train_model.dataset.audio import rms, write_audio
from scripts.train_model.dataset.synthesis import SynthesisError, VoiceSampler, speak
from scripts.train_model.lang.texts import TextSampler


@dataclass(frozen=True, slots=True)
class Clip:
    """A speech file with its words; ``set`` names where it comes from."""

    path: Path
    words: str
    set: str


def write_clips(path: Path, clips: Iterable[Clip]) -> None:
    """Write a clip list; the file appears completely or not at all."""
    part = path.with_suffix(".part")
    part.write_text(
        "".join(f"{clip.path}\t{clip.words}\t{clip.set}\n" for clip in clips), encoding="utf-8"
    )
    part.replace(path)


def read_clips(path: Path) -> tuple[Clip, ...]:
    """Read a clip list."""
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(Clip(Path(file), words, name) for file, words, name in rows)


def synthesise_clips(
    texts: TextSampler, voices: VoiceSampler, count: int, folder: Path
) -> tuple[Clip, ...]:
    """Speak ``count`` drawn texts into FLAC files under ``folder``.

    Existing files are kept, so an interrupted run resumes where it
    stopped. Texts that an engine cannot speak are left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clips: list[Clip] = []
    for number in progress("synthesis", range(count)):
        words, voice = texts.draw(), voices.draw()
        path = folder / f"{number:06d}.flac"
        if not path.exists():
            try:
                samples = speak(words, voice)
            except SynthesisError:
                continue
            write_audio(path, samples * (0.1 / rms(samples)))
        clips.append(Clip(path, words, "synthesised"))
    return tuple(clips)
