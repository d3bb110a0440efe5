"""What natural voices are to say, and who may say it; the voices themselves are not needed."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("scipy", reason="the extra 'train' is not installed (scipy)")

from scripts.corpus.manifest import MANIFEST, read_manifest
from scripts.train_model.dataset import natural_voices
from scripts.train_model.dataset.audio import Samples
from scripts.train_model.dataset.kokoro import HELD_OUT_VOICES, Kokoro, KokoroError, Style
from scripts.train_model.dataset.natural_voices import (
    Job,
    StyleSampler,
    held_out_jobs,
    spoken_first,
)
from scripts.train_model.lang.prompts import spread_phrases
from voice.content.loader import load_script
from voice.content.script import Meaning

SCRIPT = load_script(Path(__file__).parents[2] / "prompts" / "en")
VOICES = ("af_heart", "am_adam", "bf_alice", "bm_lewis", "jf_alpha", *sorted(HELD_OUT_VOICES))


def test_no_held_out_voice_ever_teaches_alone_or_in_a_mixture() -> None:
    sampler = StyleSampler(VOICES, seed=0)
    styles = [sampler.draw() for _ in range(2000)]
    heard = {s.voice for s in styles} | {s.other for s in styles if s.other}
    assert heard == set(VOICES) - HELD_OUT_VOICES
    assert any(s.other for s in styles)
    assert all(s.voice != s.other for s in styles)


def test_every_meaning_is_measured_on_every_held_out_voice() -> None:
    jobs = held_out_jobs(VOICES, SCRIPT)
    asked = {(job.text, job.style.voice) for job in jobs}
    wanted = {*spoken_first(), *spread_phrases(SCRIPT, natural_voices.HELD_OUT_PER_MEANING)}
    assert asked == set(itertools.product(wanted, HELD_OUT_VOICES))
    assert len({job.file for job in jobs}) == len(jobs)


def test_a_large_family_does_not_crowd_out_a_small_one() -> None:
    # A phrase may mean one thing in one grammar and another in the next.
    meant: dict[str, set[Meaning]] = {}
    for grammar in SCRIPT.grammars.values():
        for phrase in grammar.listened:
            meant.setdefault(phrase.words, set()).add(phrase.meaning)
    every = set().union(*meant.values())
    few = [words for words in spread_phrases(SCRIPT, 2) if words in meant]
    first = few[: len(every)]
    assert set().union(*(meant[words] for words in first)) == every
    plain = Counter(next(iter(meant[words])) for words in few if len(meant[words]) == 1)
    assert max(plain.values()) == 2
    assert set(meant) <= set(spread_phrases(SCRIPT, None))


def test_the_first_phrases_are_made_first() -> None:
    first = spoken_first()
    jobs = held_out_jobs(VOICES, SCRIPT)[: len(first) * len(HELD_OUT_VOICES)]
    assert {job.text for job in jobs} == set(first)
    assert {"yes", "no", "stop", "pause", "how long"} <= set(first)


class _Hummer(Kokoro):
    """Hums everything, and fails on one word: what is tested is the bookkeeping."""

    def __init__(self) -> None:
        self.spoken: list[str] = []

    def speak(self, text: str, style: Style) -> Samples:
        if text == "mute":
            raise KokoroError(f"{style.speaker} gave no sound")
        import numpy as np

        self.spoken.append(text)
        return np.sin(np.arange(24_000) * 0.05).astype(np.float32)


def test_a_stopped_run_continues_where_it_left_off(tmp_path: Path) -> None:
    style = Style("af_heart", "en-us", "am_adam", 0.4, 1.1, ".")
    jobs = [Job(f"{n}.flac", text, style) for n, text in enumerate(("Yes.", "mute", "It's gone"))]
    first, again = _Hummer(), _Hummer()
    natural_voices.make(jobs[:1], first, tmp_path, "natural")
    natural_voices.make(jobs, again, tmp_path, "natural")
    assert (first.spoken, again.spoken) == (["Yes."], ["It's gone"])
    rows = read_manifest(tmp_path / MANIFEST)
    assert [row.text for row in rows] == ["yes", "it's gone"]
    assert [row.speaker for row in rows] == ["af_heart+am_adam@0.4"] * 2
    assert all(row.path.exists() for row in rows)
    assert not any(row.held_out for row in rows)


def test_natural_voices_are_held_out_by_their_set(tmp_path: Path) -> None:
    natural_voices.make(
        [Job("a.flac", "yes", Style("af_bella", "en-us"))], _Hummer(), tmp_path, "natural_held"
    )
    assert [row.held_out for row in read_manifest(tmp_path / MANIFEST)] == [True]


@pytest.mark.parametrize("text", ["2/2", "1", "a/b"])
def test_an_invalid_part_is_refused(text: str) -> None:
    with pytest.raises(SystemExit):
        natural_voices.parser().parse_args(["--voices", "v", "--out", "o", "--part", text])
