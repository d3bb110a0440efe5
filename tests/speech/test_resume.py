import re

import numpy as np
import pytest

from tests.shipped import SCRIPT
from voice.audio.samples import Clip, Placement, Samples, Track, level_dbfs, samples_of, silence
from voice.speech.clip_library import ClipLibrary
from voice.speech.resume import rest_of, sentence_starts
from voice.speech.timeline import CHIME_KEY

LOUD = np.full(samples_of(0.5), 4000, np.int16)
REST = silence(0.3)
BREATH = silence(0.05)


def sound(*parts: Samples) -> Samples:
    return np.concatenate(parts)


def test_a_line_of_three_sentences_is_split_at_its_two_longest_pauses() -> None:
    samples = sound(LOUD, REST, LOUD, BREATH, LOUD, REST, LOUD)
    first = len(LOUD) + len(REST)
    second = first + 2 * len(LOUD) + len(BREATH) + len(REST)
    found = sentence_starts("Sit up. Pull, gently. Hold.", samples)
    assert found[0] == 0
    assert np.abs(np.array(found[1:]) - [first, second]).max() <= samples_of(0.01)


def test_a_line_whose_sentences_run_on_starts_over() -> None:
    assert sentence_starts("Sit up. Hold.", sound(LOUD, BREATH, LOUD)) == (0,)


def test_a_single_sentence_starts_at_its_beginning() -> None:
    assert sentence_starts("Hold, and breathe.", sound(LOUD, REST, LOUD)) == (0,)


def test_the_silence_around_a_line_splits_nothing() -> None:
    assert sentence_starts("Sit up. Hold.", sound(REST, LOUD, BREATH, LOUD, REST)) == (0,)


@pytest.mark.slow
def test_every_sentence_that_charley_says_is_found(clips: ClipLibrary) -> None:
    several = 0
    for line in SCRIPT.lines.values():
        # A line that leads up to the next ends in a colon.
        sentences = len(re.findall(r"[.?!](?:\s|$)|:$", line.text))
        samples = clips.clip(line.text).samples
        starts = sentence_starts(line.text, samples)
        assert len(starts) == sentences, line.text
        several += sentences > 1
        for start in starts[1:]:
            before, after = samples[start - samples_of(0.1) : start], samples[start:][:1600]
            assert level_dbfs(before) < -55.0 < level_dbfs(after), line.text
    assert several > 20


A = Clip(sound(LOUD, REST, LOUD))
B = Clip(LOUD)
TEXT = {"a": "Sit up. Hold.", "b": "Good."}


def track() -> Track:
    second = len(A.samples) + 100
    placements = (
        Placement(0, Clip(LOUD[:50]), CHIME_KEY),
        Placement(0, A, "a"),
        Placement(second, B, "b"),
    )
    return Track(placements, second + len(B.samples))


@pytest.mark.parametrize("position", [0, 100, len(LOUD)])
def test_a_line_cut_in_its_first_sentence_starts_over_without_the_tone(
    position: int,
) -> None:
    rest = rest_of(track(), position, TEXT.__getitem__)
    assert [(p.offset, p.key) for p in rest.placements] == [(0, "a"), (len(A.samples) + 100, "b")]
    assert rest.length == track().length
    assert np.array_equal(rest.placements[0].clip.samples, A.samples)


def test_a_line_cut_in_its_second_sentence_resumes_with_that_one() -> None:
    start = sentence_starts(TEXT["a"], A.samples)[1]
    rest = rest_of(track(), start + 200, TEXT.__getitem__)
    assert np.array_equal(rest.placements[0].clip.samples, A.samples[start:])
    assert rest.placements[1].offset == len(A.samples) + 100 - start
    assert rest.length == track().length - start


def test_speech_cut_between_two_lines_resumes_with_the_next() -> None:
    rest = rest_of(track(), len(A.samples) + 50, TEXT.__getitem__)
    assert [(p.offset, p.key) for p in rest.placements] == [(0, "b")]
    assert rest.length == len(B.samples)


def test_after_the_last_word_nothing_is_left() -> None:
    rest = rest_of(track(), track().length, TEXT.__getitem__)
    assert (rest.placements, rest.length) == ((), 0)
