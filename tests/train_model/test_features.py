"""Features, noises and effects: shapes, scales and labels."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the extra 'train' is not installed")

from scripts.corpus.noises import NOISES
from scripts.train_model.dataset import effects
from scripts.train_model.dataset.alignment import Segment
from scripts.train_model.dataset.audio import SAMPLE_RATE_HZ, resample, rms, to_pcm16
from scripts.train_model.dataset.mel import (
    LOG_MEL_TO_MFCC,
    MFCC_TO_LOG_MEL,
    N_BINS,
    WHITE_NOISE,
    log_mel,
    mfcc,
    n_frames,
)
from scripts.train_model.dataset.store import labels
from scripts.train_model.lang.phones import PHONE_INDEX


def _noise(duration_s: float, level: float = 0.1) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(0, level, round(duration_s * SAMPLE_RATE_HZ)).astype(np.float32)


def test_only_whole_windows_make_frames() -> None:
    assert [n_frames(n) for n in (0, 399, 400, 559, 560)] == [0, 0, 1, 1, 2]
    assert log_mel(_noise(1.0)).shape == (98, N_BINS)


def test_mfcc_can_be_inverted() -> None:
    assert np.allclose(LOG_MEL_TO_MFCC @ MFCC_TO_LOG_MEL, np.eye(N_BINS), atol=1e-9)
    samples = _noise(0.5)
    assert np.allclose(mfcc(samples) @ MFCC_TO_LOG_MEL, log_mel(samples), atol=1e-3)


def test_white_noise_has_the_expected_energies() -> None:
    found = np.log(np.exp(log_mel(_noise(20.0, level=1.0))).mean(axis=0))
    assert np.allclose(found, WHITE_NOISE, atol=0.15)


def test_a_tone_peaks_in_its_own_bin() -> None:
    time_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    peaks = [
        int(log_mel(np.sin(2 * np.pi * hz * time_s).astype(np.float32)).mean(axis=0).argmax())
        for hz in (200.0, 700.0, 2000.0, 5000.0)
    ]
    assert peaks == sorted(peaks)
    assert len(set(peaks)) == 4


def test_labels_follow_speed_and_leading_silence() -> None:
    segments = (Segment("SIL", 0, 10), Segment("N", 10, 10), Segment("OW", 20, 20))
    phone, start = labels(segments, 60, speed=2.0, shift=5)
    n, ow = 1 + PHONE_INDEX["N"], 1 + PHONE_INDEX["OW"]
    assert [phone[9], phone[10], phone[15], phone[26]] == [0, n, ow, 0]
    assert np.flatnonzero(start).tolist() == [5, 10, 15]


@pytest.mark.parametrize("kind", sorted(NOISES))
def test_noises_have_full_level_and_length(kind: str) -> None:
    sound = NOISES[kind](np.random.default_rng(3), 2.0)
    assert len(sound) == 2 * SAMPLE_RATE_HZ
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("effect", [effects.whisper, effects.groggy, effects.cheap_microphone])
def test_effects_keep_the_length(effect: object) -> None:
    samples = _noise(0.7)
    changed = effect(samples, np.random.default_rng(1))  # type: ignore[operator]
    assert len(changed) == len(samples)
    assert np.isfinite(changed).all()
    assert not np.allclose(changed, samples)


def test_rooms_keep_length_and_power() -> None:
    rng = np.random.default_rng(2)
    samples = _noise(0.5)
    wet = effects.in_room(samples, effects.synthetic_room(rng), rng)
    assert len(wet) == len(samples)
    assert rms(wet) == pytest.approx(rms(samples), rel=0.01)


def test_speed_shortens_and_resampling_keeps_time() -> None:
    assert len(effects.change_speed(_noise(1.0), 1.25)) == SAMPLE_RATE_HZ * 4 // 5
    assert len(resample(_noise(1.0), 8000)) == 2 * SAMPLE_RATE_HZ


def test_loud_samples_are_clipped_not_wrapped() -> None:
    assert to_pcm16(np.array([2.0, -2.0], np.float32)).tolist() == [32767, -32768]
