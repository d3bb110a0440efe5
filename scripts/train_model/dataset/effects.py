"""Augmentations of one clip's waveform: rooms, microphones, tired voices.

They work on samples and keep the length unless stated otherwise, so that phone
times stay correct. Noise, level and microphone colour are added later, on the
features (see ``augment``).
"""

from __future__ import annotations

import numpy as np
from scipy.signal import fftconvolve

from scripts.train_model.dataset.audio import SAMPLE_RATE_HZ, Samples, rms

Rng = np.random.Generator

_DIRECT_SAMPLES = 60
_STFT_SAMPLES = 512
_STFT_HOP = 128


def change_speed(samples: Samples, factor: float) -> Samples:
    """Play ``factor`` times faster; pitch and formants move too, and the length shrinks."""
    count = int(len(samples) / factor)
    places = np.arange(count) * factor
    return np.asarray(np.interp(places, np.arange(len(samples)), samples), np.float32)


def in_room(samples: Samples, response: Samples, rng: Rng) -> Samples:
    """Convolve with a room's impulse response at a random distance, at equal power."""
    peak = int(np.abs(response).argmax())
    heard = response[max(0, peak - 20) :].copy()
    heard[_DIRECT_SAMPLES:] *= rng.uniform(0.2, 1.1)
    wet = fftconvolve(samples, heard)[: len(samples)]
    return np.asarray(wet * (rms(samples) / rms(wet)), np.float32)


def synthetic_room(rng: Rng) -> Samples:
    """An impulse response: a direct path and noise that decays within 0.1 to 0.6 s."""
    reverberation_s = rng.uniform(0.1, 0.6)
    time_s = np.arange(int(reverberation_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    tail = rng.normal(size=len(time_s)) * np.exp(-6.9 * time_s / reverberation_s)
    tail *= rng.uniform(0.02, 0.18)
    # Walls absorb high frequencies: a moving average over a few samples.
    width = int(rng.integers(1, 5))
    tail = np.convolve(tail, np.ones(width) / width, mode="same")
    tail[: int(rng.uniform(20, 120))] = 0.0
    tail[0] = 1.0
    return tail.astype(np.float32)


def whisper(samples: Samples, rng: Rng) -> Samples:
    """Replace the voice by noise with the same smooth spectrum, as in a whisper."""
    count = len(samples)
    window = np.hanning(_STFT_SAMPLES).astype(np.float32)
    padded = np.pad(samples, (_STFT_SAMPLES, 2 * _STFT_SAMPLES))
    starts = np.arange(0, len(padded) - _STFT_SAMPLES, _STFT_HOP)
    frames = padded[starts[:, None] + np.arange(_STFT_SAMPLES)]
    power = np.abs(np.fft.rfft(frames * window)) ** 2
    width = int(rng.integers(9, 15))
    kernel = np.hanning(width + 2)[1:-1]
    kernel /= kernel.sum()
    envelope = np.sqrt(np.apply_along_axis(np.convolve, 1, power, kernel, mode="same"))
    # Without the glottis the low end weakens.
    hz = np.fft.rfftfreq(_STFT_SAMPLES, 1 / SAMPLE_RATE_HZ)
    envelope *= np.sqrt(hz / (hz + rng.uniform(300, 1200)))
    noise = rng.normal(size=len(padded)).astype(np.float32)
    noise_frames = noise[starts[:, None] + np.arange(_STFT_SAMPLES)]
    shaped = np.fft.irfft(np.fft.rfft(noise_frames * window) * envelope) * window
    out = np.zeros(len(padded))
    for start, frame in zip(starts, shaped, strict=True):
        out[start : start + _STFT_SAMPLES] += frame
    out = out[_STFT_SAMPLES : _STFT_SAMPLES + count]
    return np.asarray(out * (rms(samples) / rms(out.astype(np.float32))), np.float32)


def groggy(samples: Samples, rng: Rng) -> Samples:
    """Mumble: dull, unsteady in level, with a creak; ``speed`` does the slowing down."""
    spectrum = np.fft.rfft(samples)
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE_HZ)
    dull = 1.0 / (1.0 + (hz / rng.uniform(1200, 3500)) ** 2)
    out = np.fft.irfft(spectrum * dull, len(samples))
    time_s = np.arange(len(out)) / SAMPLE_RATE_HZ
    creak_hz, creak = rng.uniform(25, 60), rng.uniform(0.0, 0.6)
    out *= 1.0 - creak * (0.5 + 0.5 * np.sin(2 * np.pi * creak_hz * time_s))
    knots = np.linspace(0, len(out), 6)
    out *= np.exp(np.interp(np.arange(len(out)), knots, rng.normal(0, 0.35, 6)))
    return out.astype(np.float32)


def cheap_microphone(samples: Samples, rng: Rng) -> Samples:
    """Narrow the band like a telephone or a tiny capsule, and overdrive a little."""
    spectrum = np.fft.rfft(samples)
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE_HZ)
    low_hz, high_hz = rng.uniform(80, 350), rng.uniform(3000, 7000)
    band = 1.0 / (1.0 + (low_hz / (hz + 1.0)) ** 6) / (1.0 + (hz / high_hz) ** 12)
    out = np.fft.irfft(spectrum * band, len(samples))
    drive = rng.uniform(0.5, 4.0)
    peak = float(np.abs(out).max()) + 1e-6
    return np.asarray(np.tanh(out / peak * drive) * peak / np.tanh(drive), np.float32)
