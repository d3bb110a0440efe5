"""The physics of the simulated room."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.audio.mixer import CUT_FADE_S
from voice.audio.samples import (
    BLOCK_SAMPLES,
    RATE_HZ,
    Clip,
    Placement,
    Samples,
    Track,
    level_dbfs,
    samples_of,
    tone,
)
from voice.simulation.acoustics import PropagationPath, Wave, as_wave, room_response
from voice.simulation.noise import Loop, NoiseKind, looped, make_noise
from voice.simulation.room import Acoustics, Room

CLICK = np.zeros(1_000, np.int16)
CLICK[0] = 20_000


class Nobody:
    """An empty bed that notes what it hears, and can be given a voice."""

    def __init__(self, voice: Wave | None = None, at: int = 0) -> None:
        self.begun: list[tuple[str, int]] = []
        self.silent: list[tuple[tuple[str, ...], int]] = []
        self._voice, self._at = voice, at

    def line_begun(self, key: str, at: int) -> None:
        self.begun.append((key, at))

    def fell_silent(self, keys: tuple[str, ...], at: int) -> None:
        self.silent.append((keys, at))

    def speech(self, start: int, count: int) -> Wave | None:
        if self._voice is None or not self._at - count < start < self._at + len(self._voice):
            return None
        padded = np.zeros(count, np.float32)
        for i in range(count):
            if 0 <= start + i - self._at < len(self._voice):
                padded[i] = self._voice[start + i - self._at]
        return padded


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def room(occupant: Nobody | None = None, noise: Wave | None = None, **acoustics: float) -> Room:
    return Room(occupant or Nobody(), Acoustics(**acoustics), noise, rng())


def track(*clips: tuple[int, str, Samples], length: int | None = None) -> Track:
    placements = tuple(Placement(at, Clip(samples), key) for at, key, samples in clips)
    ends = max(at + len(samples) for at, _, samples in clips)
    return Track(placements, ends if length is None else length)


def listen(where: Room, blocks: int) -> Samples:
    return np.concatenate([where.read() for _ in range(blocks)])


@given(delay=st.integers(0, 5_000), gain_db=st.integers(-40, 0), cut=st.integers(1, 4))
def test_a_click_arrives_on_its_sample_at_its_level(delay: int, gain_db: int, cut: int) -> None:
    where = room(echo_delay_s=delay / RATE_HZ, echo_gain_db=float(gain_db))
    listen(where, cut)
    where.play(track((100, "click", CLICK)))
    heard = listen(where, 14)
    assert np.flatnonzero(heard).tolist() == [100 + delay]
    assert heard[100 + delay] == pytest.approx(20_000 * 10 ** (gain_db / 20), abs=1)


@pytest.mark.slow
def test_there_is_no_drift_in_ten_minutes() -> None:
    where = room(echo_delay_s=0.0, echo_gain_db=0.0)
    offsets = [second * RATE_HZ + 17 for second in range(0, 600, 10)]
    where.play(track(*((at, "tick", CLICK[:1]) for at in offsets)))
    blocks = 600 * RATE_HZ // BLOCK_SAMPLES + 1
    assert np.flatnonzero(listen(where, blocks)).tolist() == offsets
    assert where.clock == blocks * BLOCK_SAMPLES


def test_an_empty_quiet_room_is_digital_silence() -> None:
    assert not listen(room(), 20).any()


def close(found: Wave, expected: npt.NDArray[np.floating], *, rel: float, within: float) -> bool:
    """Like pytest.approx, which takes a minute for what numpy compares instantly."""
    allowed = np.maximum(within, rel * np.abs(expected))
    return len(found) == len(expected) and bool((np.abs(found - expected) <= allowed).all())


@given(length=st.integers(2, 4_000), split=st.integers(0, 2_000), seed=st.integers(0, 9))
def test_a_path_convolves_a_stream_as_if_it_were_whole(length: int, split: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    response = random.standard_normal(length).astype(np.float32)
    sound = np.zeros(4 * BLOCK_SAMPLES, np.float32)
    sound[split:] = random.standard_normal(len(sound) - split)
    path = PropagationPath(response, delay_samples=33)
    arrived: list[Wave] = []
    for at in range(0, 20 * BLOCK_SAMPLES, BLOCK_SAMPLES):
        block = sound[at : at + BLOCK_SAMPLES]
        got = path.carry(block if block.any() else None)
        arrived.append(np.zeros(BLOCK_SAMPLES, np.float32) if got is None else got)
    expected = np.zeros(20 * BLOCK_SAMPLES)
    whole = np.convolve(sound, response)
    expected[33 : 33 + len(whole)] = whole[: len(expected) - 33]
    assert close(np.concatenate(arrived), expected, rel=1e-6, within=2e-3)


@given(blocks=st.lists(st.booleans(), min_size=1, max_size=40), gain_db=st.floats(-20, 20))
def test_a_path_is_linear_in_gain_whatever_the_silences(blocks: list[bool], gain_db: float) -> None:
    response = room_response(0.2, 3.0, rng())
    plain, louder = PropagationPath(response), PropagationPath(response, gain_db=gain_db)
    random = rng()
    for sounding in blocks:
        block = random.standard_normal(BLOCK_SAMPLES).astype(np.float32) if sounding else None
        one, other = plain.carry(block), louder.carry(block)
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert close(other, one * 10 ** (gain_db / 20), rel=1e-3, within=1e-3)


def test_sound_never_arrives_before_it_is_made() -> None:
    with pytest.raises(ValueError, match="never arrives before"):
        PropagationPath(np.ones(1, np.float32), delay_samples=-1)


@pytest.mark.parametrize("reverberation_s", [0.2, 0.5, 1.0])
def test_reverberation_falls_by_sixty_db_in_its_time(reverberation_s: float) -> None:
    response = room_response(reverberation_s, 0.0, rng()).astype(np.float64)
    assert response[0] == 1.0
    assert float(np.sum(response[1:] ** 2)) == pytest.approx(1.0, rel=0.01)
    energy = np.cumsum(response[::-1] ** 2)[::-1]
    level = 10 * np.log10(energy[RATE_HZ // 100 :] / energy[RATE_HZ // 100])
    fallen_20_db = int(np.argmax(level < -20)) / RATE_HZ
    assert 3 * fallen_20_db == pytest.approx(reverberation_s, rel=0.12)


def test_a_dry_room_has_no_tail() -> None:
    assert room_response(0.0, 6.0, rng()).tolist() == [1.0]


def test_the_sleeper_is_heard_undelayed_and_adds_to_the_echo() -> None:
    voice = np.full(700, 0.25, np.float32)
    where = room(Nobody(voice, at=600), echo_delay_s=0.0, echo_gain_db=0.0)
    where.play(track((0, "long", np.full(2_000, 1_000, np.int16))))
    heard = listen(where, 5)
    assert (heard[:600] == 1_000).all()
    assert (heard[600:1_300] == 1_000 + 8_192).all()
    assert (heard[1_300:2_000] == 1_000).all()


def test_the_microphone_clips_instead_of_wrapping() -> None:
    where = room(Nobody(np.full(900, 0.9, np.float32)), echo_delay_s=0.0, echo_gain_db=0.0)
    where.play(track((0, "loud", np.full(900, 30_000, np.int16))))
    assert (listen(where, 1) == 32_767).all()


def test_lines_are_reported_on_their_samples() -> None:
    nobody = Nobody()
    where = room(nobody)
    listen(where, 2)
    where.play(track((0, "a", CLICK), (1_200, "b", CLICK[:300]), length=9_000))
    listen(where, 20)
    start = 2 * BLOCK_SAMPLES
    assert nobody.begun == [("a", start), ("b", start + 1_200)]
    assert nobody.silent == [(("a", "b"), start + 1_500)]


def test_the_position_counts_to_the_end_and_is_none_afterwards() -> None:
    where = room()
    assert where.position is None
    where.play(track((0, "a", CLICK), length=1_200))
    positions: list[int | None] = []
    for _ in range(4):
        positions.append(where.position)
        where.read()
    assert positions == [0, 512, 1_024, None]


def test_a_track_that_is_cut_off_fades_and_never_reports_its_end() -> None:
    nobody = Nobody()
    where = room(nobody, echo_gain_db=0.0, echo_delay_s=0.0)
    where.play(track((0, "hum", tone(210.0, 2.0, -6.0))))
    before = listen(where, 20)
    where.halt()
    after = listen(where, 4)
    assert where.position is None
    assert after[0] != 0
    assert not after[samples_of(CUT_FADE_S) :].any()
    steps = np.abs(np.diff(np.concatenate([before[-BLOCK_SAMPLES:], after]).astype(int)))
    assert steps.max() <= 1.2 * np.abs(np.diff(before[-BLOCK_SAMPLES:].astype(int))).max()
    assert nobody.silent == []


def test_the_next_track_starts_with_the_next_block_and_cuts_the_last() -> None:
    nobody = Nobody()
    where = room(nobody, echo_gain_db=0.0, echo_delay_s=0.0)
    where.play(track((0, "first", np.full(5_000, 800, np.int16))))
    where.read()
    where.play(track((0, "second", CLICK)))
    assert where.read()[0] == 20_000 + 800
    assert nobody.begun == [("first", 0), ("second", BLOCK_SAMPLES)]


def test_gain_glides_and_then_stays() -> None:
    where = room(echo_gain_db=0.0, echo_delay_s=0.0)
    where.play(track((0, "flat", np.full(20_000, 4_000, np.int16))))
    where.read()
    where.set_gain(6.0)
    gliding, steady = where.read(), where.read()
    assert gliding[0] < 4_020
    assert (np.diff(gliding.astype(int)) >= 0).all()
    assert steady == pytest.approx(np.full(512, 4_000 * 10 ** (6 / 20)), abs=1)


def test_the_recording_holds_both_sides() -> None:
    assert room().recording().shape == (0, 2)
    where = room(noise=make_noise(NoiseKind.PINK, -50.0, rng()), echo_delay_s=0.0)
    where.play(track((5, "click", CLICK)))
    heard = listen(where, 6)
    sides = where.recording()
    assert sides.shape == (6 * BLOCK_SAMPLES, 2)
    assert np.flatnonzero(sides[:, 0]).tolist() == [5]
    assert np.array_equal(sides[:, 1], heard)


@pytest.mark.parametrize("kind", [NoiseKind.WHITE, NoiseKind.PINK, NoiseKind.SNORING])
def test_a_noise_has_its_level_and_no_seam(kind: NoiseKind) -> None:
    period = make_noise(kind, -40.0, rng())
    assert period is not None
    loop = Loop(period)
    once = np.concatenate([b for b in (loop.next_block() for _ in range(1_250)) if b is not None])
    assert np.array_equal(once, period)
    assert level_dbfs((once * 32_768).astype(np.int16)) == pytest.approx(-40.0, abs=0.1)
    again = loop.next_block()
    assert again is not None
    assert np.array_equal(again, period[:BLOCK_SAMPLES])
    assert np.abs(period[0] - period[-1]) < 6 * np.std(np.diff(period)) + 1e-6


def test_a_noise_is_the_same_for_the_same_seed() -> None:
    noises = [make_noise(NoiseKind.SNORING, -40.0, np.random.default_rng(n)) for n in (1, 1, 2)]
    one, same, other = (noise for noise in noises if noise is not None)
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_without_noise_there_is_nothing_to_hear() -> None:
    assert make_noise(NoiseKind.NONE, -40.0, rng()) is None
    assert Loop(None).next_block() is None


def test_pink_noise_falls_by_three_db_an_octave() -> None:
    period = make_noise(NoiseKind.PINK, -40.0, rng())
    assert period is not None
    power = np.abs(np.fft.rfft(period)) ** 2
    hz = np.fft.rfftfreq(len(period), 1 / RATE_HZ)
    bands = [power[(hz >= low) & (hz < 2 * low)].mean() for low in (250, 500, 1_000, 2_000)]
    steps = np.diff(10 * np.log10(bands))
    assert steps == pytest.approx([-3.0] * 3, abs=0.3)


def test_a_recording_loops_without_a_jump() -> None:
    sound = as_wave(tone(110.0, 5.0, -10.0))[: 4 * RATE_HZ + 123]
    loop = Loop(looped(sound))
    blocks = [block for block in (loop.next_block() for _ in range(400)) if block is not None]
    steps = np.abs(np.diff(np.concatenate(blocks)))
    assert steps.max() <= 2.0 * np.abs(np.diff(sound)).max()
