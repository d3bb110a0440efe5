import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.audio.mixer import CEILING_DBFS, CUT_FADE_S, GAIN_GLIDE_S, Mixer
from voice.audio.samples import Clip, Placement, Samples, Track, samples_of

LENGTH = 3_000
FADE = samples_of(CUT_FADE_S)
GLIDE = samples_of(GAIN_GLIDE_S)


def steady(value: int, length: int = LENGTH) -> Track:
    return Track((Placement(0, Clip(np.full(length, value, np.int16)), "steady"),), length)


def steepest_step(samples: Samples) -> int:
    return int(np.abs(np.diff(samples.astype(np.int32))).max())


@settings(deadline=None)  # a busy machine is not the code's fault
@given(
    counts=st.lists(st.integers(1, 700), min_size=1, max_size=12),
    offsets=st.lists(st.integers(0, LENGTH), max_size=5),
    seed=st.integers(0, 2**16),
)
def test_a_track_comes_out_sample_for_sample_however_it_is_pulled(
    counts: list[int], offsets: list[int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    clips = [Clip(rng.integers(-900, 900, 400).astype(np.int16)) for _ in offsets]
    placed = tuple(Placement(o, c, "line") for o, c in zip(offsets, clips, strict=True))
    track = Track(placed, LENGTH + 400)
    mixer = Mixer()
    mixer.play(track)

    pulled = np.concatenate([mixer.pull(count) for count in counts])

    assert np.array_equal(pulled, track.render(0, sum(counts)))
    done = sum(counts)
    assert mixer.position == (None if done >= track.length else done)


def test_nothing_plays_before_the_first_track_or_after_the_last() -> None:
    mixer = Mixer()
    positions = [mixer.position]
    assert not mixer.pull(100).any()
    mixer.play(steady(1_000))
    positions.append(mixer.position)
    mixer.pull(LENGTH)
    positions.append(mixer.position)
    assert not mixer.pull(100).any()
    assert positions == [None, 0, None]


def test_an_empty_track_is_over_at_once() -> None:
    mixer = Mixer()
    mixer.play(Track((), 0))
    assert mixer.position is None


def test_a_track_counts_as_playing_until_its_last_sample_has_been_heard() -> None:
    mixer = Mixer(drain=500)
    mixer.play(steady(1_000))
    mixer.pull(LENGTH)
    assert mixer.position == LENGTH
    mixer.pull(499)
    assert mixer.position == LENGTH
    mixer.pull(1)
    assert mixer.position is None


def test_halting_fades_out_in_time_and_without_a_click() -> None:
    mixer = Mixer()
    mixer.play(steady(12_800))
    before = mixer.pull(1_000)
    mixer.halt()
    after = mixer.pull(1_000)
    assert mixer.position is None
    assert steepest_step(np.concatenate((before, after))) <= 12_800 // FADE + 1
    assert not after[FADE:].any()


def test_a_new_track_starts_on_its_first_sample_while_the_old_one_fades() -> None:
    mixer = Mixer()
    mixer.play(steady(6_400))
    mixer.pull(1_000)
    new = Track((Placement(FADE, Clip(np.full(100, 500, np.int16)), "new"),), 1_000)
    mixer.play(new)
    assert mixer.position == 0
    out = mixer.pull(1_000)
    assert out[0] == 6_400
    assert np.array_equal(out[FADE:], new.render(FADE, 1_000 - FADE))


def test_cutting_off_a_fading_track_still_leaves_no_click() -> None:
    mixer = Mixer()
    mixer.play(steady(6_400))
    heard = [mixer.pull(500)]
    for _ in range(3):
        mixer.play(Track((), 900))
        heard.append(mixer.pull(FADE // 4))
    heard.append(mixer.pull(500))
    assert steepest_step(np.concatenate(heard)) <= 6_400 // FADE + 1
    assert not heard[-1][FADE:].any()


def test_gain_glides_during_a_track_and_jumps_in_silence() -> None:
    mixer = Mixer()
    mixer.set_gain(-20.0)
    mixer.play(steady(10_000))
    assert mixer.pull(1)[0] == 1_000
    mixer.set_gain(0.0)
    glided = mixer.pull(GLIDE)
    assert glided[-1] == 10_000
    assert steepest_step(glided) <= 10_000 // GLIDE + 1
    assert (mixer.pull(100) == 10_000).all()


def test_loud_sound_is_limited_below_full_scale_and_never_wraps() -> None:
    mixer = Mixer()
    mixer.set_gain(12.0)
    mixer.play(steady(20_000))
    assert mixer.pull(100) == pytest.approx(32_768 * 10 ** (CEILING_DBFS / 20), abs=1)
