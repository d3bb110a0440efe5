"""Synthesised sounds of a bedroom at night, none of them speech.

The training data has no recordings of snoring and the like, so these sounds are
built from a source (pulses, noise or both), resonances and an envelope, all drawn at
random within the bounds that the literature on snoring and breathing sounds
gives (pulse rates of 20 to 250 Hz, most energy below 2 kHz, cycles of 2 to 6 s).
Each function returns about ``duration_s`` of audio with peak 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from voice.audio.samples import RATE_HZ as SAMPLE_RATE_HZ

Array = npt.NDArray[np.float64]
Samples = npt.NDArray[np.float32]
Rng = np.random.Generator


def random_noise(rng: Rng, duration_s: float) -> Samples:
    """One sound of a random kind."""
    kinds = list(NOISES.values())
    return kinds[int(rng.integers(len(kinds)))](rng, duration_s)


def snoring(rng: Rng, duration_s: float) -> Samples:
    """Breath cycles: a rattling or tonal intake, a softer outflow, a pause."""
    out = np.zeros(_count(duration_s))
    start = int(rng.uniform(0, 0.8) * SAMPLE_RATE_HZ)
    pulse_hz = rng.choice([rng.uniform(20, 60), rng.uniform(50, 130), rng.uniform(100, 260)])
    resonances = _resonances(rng, low_hz=120, high_hz=2600, count=int(rng.integers(2, 5)))
    breathy = rng.uniform(0.05, 1.2)
    while start < len(out):
        intake_s = rng.uniform(0.35, 1.7)
        source = _pulses(rng, intake_s, pulse_hz * rng.uniform(0.85, 1.2))
        source = source + breathy * rng.normal(size=len(source)) * 0.3
        flutter = 1 + rng.uniform(0, 0.8) * np.sin(
            2 * np.pi * rng.uniform(8, 35) * _time(len(source)) + rng.uniform(0, 6)
        )
        snore = _resonate(source * flutter, resonances) * _swell(len(source), rng)
        _add(out, _unit(snore) * rng.uniform(0.5, 1.0), start)
        start += len(snore) + int(rng.uniform(0.05, 0.6) * SAMPLE_RATE_HZ)
        if rng.random() < 0.7:
            out_breath = _breath(rng, rng.uniform(0.4, 1.4))
            _add(out, out_breath * rng.uniform(0.02, 0.4), start)
            start += len(out_breath)
        start += int(rng.uniform(0.1, 1.8) * SAMPLE_RATE_HZ)
    return _finished(out)


def breathing(rng: Rng, duration_s: float) -> Samples:
    """Audible breath through mouth or nose, in and out."""
    out = np.zeros(_count(duration_s))
    start = int(rng.uniform(0, 0.5) * SAMPLE_RATE_HZ)
    while start < len(out):
        breath = _breath(rng, rng.uniform(0.3, 1.8))
        _add(out, breath * rng.uniform(0.3, 1.0), start)
        start += len(breath) + int(rng.uniform(0.05, 1.2) * SAMPLE_RATE_HZ)
    return _finished(out)


def rustling(rng: Rng, duration_s: float) -> Samples:
    """Sheets and pillows: bursts of bright, uneven noise."""
    out = np.zeros(_count(duration_s))
    for _ in range(int(rng.integers(2, 14))):
        length = _count(rng.uniform(0.05, 0.9))
        grain = rng.normal(size=length) * np.abs(_smooth(rng.normal(size=length), 80)) * 12
        tilted = _shape(grain, rng, low_hz=rng.uniform(100, 1500), high_hz=rng.uniform(2500, 8000))
        _add(out, _unit(tilted * _swell(length, rng)) * rng.uniform(0.2, 1), _place(rng, out))
    return _finished(out)


def coughing(rng: Rng, duration_s: float) -> Samples:
    """Coughs and throat clearing: a burst, then a falling, half-voiced tail."""
    out = np.zeros(_count(duration_s))
    start = int(rng.uniform(0, 1.0) * SAMPLE_RATE_HZ)
    resonances = _resonances(rng, low_hz=300, high_hz=3800, count=4)
    voiced = rng.uniform(0, 1)
    while start < len(out):
        length_s = rng.uniform(0.15, 0.55)
        noise = rng.normal(size=_count(length_s))
        pulses = _pulses(rng, length_s, rng.uniform(90, 350))[: len(noise)]
        source = noise * 0.4 + voiced * pulses
        decay = np.exp(-_time(len(noise)) / rng.uniform(0.04, 0.2))
        attack = np.minimum(1.0, _time(len(noise)) / rng.uniform(0.003, 0.03))
        cough = _resonate(source, resonances) * decay * attack
        _add(out, _unit(cough) * rng.uniform(0.4, 1), start)
        start += _count(rng.choice([rng.uniform(0.25, 0.6), rng.uniform(0.8, 3)]))
    return _finished(out)


def sneezing(rng: Rng, duration_s: float) -> Samples:
    """An intake of breath, a voiced rise, and a long bright burst."""
    out = np.zeros(_count(duration_s))
    start = int(rng.uniform(0, max(0.1, duration_s - 2)) * SAMPLE_RATE_HZ)
    intake = _breath(rng, rng.uniform(0.2, 0.9)) * rng.uniform(0.05, 0.4)
    _add(out, intake, start)
    start += len(intake)
    vowel_s = rng.uniform(0.05, 0.4)
    vowel = _resonate(_pulses(rng, vowel_s, rng.uniform(120, 420)), _resonances(rng, 400, 2800, 3))
    _add(out, _unit(vowel * _swell(len(vowel), rng)) * rng.uniform(0, 0.9), start)
    start += int(len(vowel) * rng.uniform(0.5, 1))
    length = _count(rng.uniform(0.15, 0.7))
    burst = _shape(rng.normal(size=length), rng, rng.uniform(500, 2500), rng.uniform(5000, 8000))
    burst *= np.exp(-_time(length) / rng.uniform(0.05, 0.3))
    _add(out, _unit(burst), start)
    return _finished(out)


def groaning(rng: Rng, duration_s: float) -> Samples:
    """Moans, grunts and yawns: one drifting vowel with no consonant around it."""
    out = np.zeros(_count(duration_s))
    start = int(rng.uniform(0, 0.8) * SAMPLE_RATE_HZ)
    while start < len(out):
        length_s = rng.uniform(0.25, 2.2)
        source = _pulses(rng, length_s, rng.uniform(70, 330), drift=rng.uniform(0.02, 0.3))
        source = source + rng.uniform(0, 0.3) * rng.normal(size=len(source))
        moan = _resonate(source, _resonances(rng, 250, 2600, 3)) * _swell(len(source), rng)
        _add(out, _unit(moan) * rng.uniform(0.3, 1), start)
        start += len(source) + _count(rng.uniform(0.4, 2.5))
    return _finished(out)


def knocking(rng: Rng, duration_s: float) -> Samples:
    """Bed creaks, taps, steps, a glass put down, a clock."""
    out = np.zeros(_count(duration_s))
    resonances = _resonances(rng, 60, 6000, int(rng.integers(1, 5)), width=0.03)
    period_s = rng.uniform(0.25, 1.2)
    regular = rng.random() < 0.4
    start = _place(rng, out) // 4
    while start < len(out):
        length = _count(rng.uniform(0.03, 0.3))
        hit = rng.normal(size=length) * np.exp(-_time(length) / rng.uniform(0.002, 0.05))
        _add(out, _unit(_resonate(hit, resonances)) * rng.uniform(0.3, 1), start)
        start += _count(period_s if regular else rng.exponential(0.5) + 0.03)
    return _finished(out)


def humming(rng: Rng, duration_s: float) -> Samples:
    """Fans, fridges, mains hum, traffic, music-like tones."""
    length = _count(duration_s)
    time = _time(length)
    out = _shape(rng.normal(size=length), rng, 20, rng.uniform(150, 6000)) * rng.uniform(0, 1)
    if rng.random() < 0.6:
        base_hz = rng.choice([50.0, 60.0, rng.uniform(80, 900)])
        for harmonic in range(1, int(rng.integers(2, 9))):
            level = rng.uniform(0, 1) / harmonic
            out += level * np.sin(2 * np.pi * base_hz * harmonic * time + rng.uniform(0, 6))
    slow = 1 + rng.uniform(0, 0.6) * np.sin(2 * np.pi * rng.uniform(0.1, 3) * time)
    return _finished(out * slow)


NOISES: dict[str, Callable[[Rng, float], Samples]] = {
    "snoring": snoring,
    "snoring_again": snoring,
    "breathing": breathing,
    "rustling": rustling,
    "coughing": coughing,
    "sneezing": sneezing,
    "groaning": groaning,
    "knocking": knocking,
    "humming": humming,
}


def _count(duration_s: float) -> int:
    return max(1, int(duration_s * SAMPLE_RATE_HZ))


def _time(length: int) -> Array:
    return np.arange(length) / SAMPLE_RATE_HZ


def _place(rng: Rng, out: Array) -> int:
    return int(rng.integers(0, len(out)))


def _add(out: Array, sound: Array, start: int) -> None:
    end = min(len(out), start + len(sound))
    if end > start:
        out[start:end] += sound[: end - start]


def _unit(sound: Array) -> Array:
    return np.asarray(sound / (np.abs(sound).max() + 1e-9))


def _finished(out: Array) -> Samples:
    return _unit(out).astype(np.float32)


def _smooth(values: Array, width: int) -> Array:
    return np.convolve(values, np.hanning(width) / (width / 2), mode="same")


def _swell(length: int, rng: Rng) -> Array:
    """A rise and a fall, with the peak somewhere in the middle."""
    peak = rng.uniform(0.2, 0.8)
    place = np.linspace(0, 1, length)
    rise = np.sin(np.pi / 2 * np.clip(place / peak, 0, 1))
    fall = np.sin(np.pi / 2 * np.clip((1 - place) / (1 - peak), 0, 1))
    return np.asarray((rise * fall) ** rng.uniform(0.4, 1.5))


def _pulses(rng: Rng, duration_s: float, rate_hz: float, drift: float = 0.12) -> Array:
    """A train of pulses whose rate wanders; between a buzz and a rattle."""
    length = _count(duration_s)
    wander = np.interp(
        np.arange(length), np.linspace(0, length, 8), rng.normal(0, drift, 8)
    ) + rng.normal(0, 0.02)
    phase = np.cumsum(rate_hz * np.exp(wander)) / SAMPLE_RATE_HZ
    jitter = rng.uniform(0, 0.15) * _smooth(rng.normal(size=length), 200)
    sharpness = rng.uniform(3, 25)
    return np.asarray(np.exp(sharpness * (np.cos(2 * np.pi * (phase + jitter)) - 1)))


def _resonances(
    rng: Rng, low_hz: float, high_hz: float, count: int, width: float = 0.12
) -> list[tuple[float, float, float]]:
    """Draw (centre_hz, bandwidth_hz, gain) on a logarithmic scale."""
    centres = np.exp(rng.uniform(np.log(low_hz), np.log(high_hz), count))
    return [
        (float(c), float(c * rng.uniform(width / 2, 3 * width)), float(rng.uniform(0.2, 1)))
        for c in centres
    ]


def _resonate(source: Array, resonances: list[tuple[float, float, float]]) -> Array:
    spectrum = np.fft.rfft(source)
    hz = np.fft.rfftfreq(len(source), 1 / SAMPLE_RATE_HZ)
    gain = np.full(len(hz), 0.01)
    for centre_hz, bandwidth_hz, level in resonances:
        gain += level / (1 + ((hz - centre_hz) / bandwidth_hz) ** 2)
    return np.asarray(np.fft.irfft(spectrum * gain, len(source)))


def _shape(source: Array, rng: Rng, low_hz: float, high_hz: float) -> Array:
    """Band-limit with soft edges and a random tilt."""
    spectrum = np.fft.rfft(source)
    hz = np.fft.rfftfreq(len(source), 1 / SAMPLE_RATE_HZ) + 1.0
    gain = (hz / 1000.0) ** rng.uniform(-1.2, 0.4)
    gain = gain / (1 + (low_hz / hz) ** 4) / (1 + (hz / high_hz) ** 4)
    return _unit(np.asarray(np.fft.irfft(spectrum * gain, len(source))))


def _breath(rng: Rng, duration_s: float) -> Array:
    length = _count(duration_s)
    noise = _shape(rng.normal(size=length), rng, rng.uniform(100, 900), rng.uniform(1500, 7000))
    coloured = _resonate(noise, _resonances(rng, 300, 4500, 3, width=0.3))
    return _unit(coloured * _swell(length, rng))
