"""Puts dry windows of audio into bedrooms during training, on the training device.

Every window gets a random room, noises with talk among them, the hiss or hum of something
steady, a microphone's colour and a level. It works on waveforms, so that rooms are
real convolutions and noises real sums; the last steps, a longer or shorter vocal tract and
SpecAugment, work on the resulting log-mel energies.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from scripts.train_model.dataset.audio import SAMPLE_RATE_HZ
from scripts.train_model.dataset.mel import (
    ENERGY_FLOOR,
    FFT_SAMPLES,
    FILTER_BANK,
    HOP_SAMPLES,
    N_BINS,
    POVEY_WINDOW,
    PREEMPHASIS,
    WINDOW_SAMPLES,
)
from scripts.train_model.model.augment import WARPS, warp_matrix

_QUIET = 1e-10
_LOUD_WITHIN = 0.01
"""Frames within 20 dB of the loudest count for the level of speech, as in evaluation."""
_LOUD_FRAME = 320


@dataclass(frozen=True, slots=True)
class Setting:
    """How often and how strongly windows are changed. Shares are of windows."""

    room_share: float = 0.65
    noise_share: float = 0.6
    second_noise_share: float = 0.4
    snr_db: tuple[float, float] = (0.0, 28.0)
    steady_share: float = 0.4
    steady_snr_db: tuple[float, float] = (0.0, 28.0)
    level_db: tuple[float, float] = (-48.0, -8.0)
    hiss_db: tuple[float, float] = (-95.0, -62.0)
    colour_db: float = 3.0
    narrow_share: float = 0.15
    warp_share: float = 0.5
    time_mask_share: float = 0.5
    bin_mask_share: float = 0.4


class Scenes:
    """Turns windows of audio into log-mel windows; one seed gives one sequence."""

    def __init__(self, rooms: Tensor, seed: int, device: torch.device, setting: Setting) -> None:
        self._setting = setting
        self._device = device
        self._random = torch.Generator(device).manual_seed(seed)
        self._rooms = rooms.to(device)
        self._warps = torch.stack([warp_matrix(factor) for factor in WARPS]).to(device)
        self._window = torch.from_numpy(POVEY_WINDOW).to(device)
        self._bank = torch.from_numpy(FILTER_BANK).to(device)

    def __call__(self, speech: Tensor, noises: Tensor, is_noise: Tensor) -> Tensor:
        """Map waveforms to log-mel, shape (batch, n_frames, N_BINS).

        ``speech`` has shape (batch, n_samples), ``noises`` (batch, 2, n_samples); the rows
        of ``is_noise`` hold no speech: there, ``speech`` holds noise itself.
        """
        setting = self._setting
        count, length = speech.shape
        power = _loud_power(speech)
        speech = speech * (0.1 / power.sqrt())[:, None]
        # Speech has a power of 0.01 from here on.
        noise = 0.1 * self._gain(setting.snr_db, count)[:, None] * self._mixed(noises)
        noise = noise * self._chance(setting.noise_share, count)[:, None]
        size = 1 << (length + self._rooms.shape[1] - 1).bit_length()
        heard = torch.fft.rfft(speech, size) * self._in_rooms(count, size)
        heard = heard + torch.fft.rfft(noise, size) * self._colour(count, size, 1.0)
        steady = 0.1 * self._gain(setting.steady_snr_db, count)
        steady = steady * self._chance(setting.steady_share, count)
        heard = heard + self._steady(count, size, steady)
        heard = heard * self._colour(count, size, 1.0) * self._band(count, size)
        wave = torch.fft.irfft(heard, size)[:, :length]
        level = 10.0 ** (self._between(setting.level_db, count) / 20.0)
        # A room for noise alone may be that silent.
        level = torch.where(is_noise, level * 0.5, level)
        hiss = 10.0 ** (self._between(setting.hiss_db, count) / 20.0)
        wave = 10.0 * level[:, None] * wave + hiss[:, None] * self._normal(count, length)
        return self._masked(self._warped(self.log_mel(wave.clamp(-1.0, 1.0)), is_noise))

    def log_mel(self, wave: Tensor) -> Tensor:
        """What ``mel.log_mel`` computes, for a batch, shape (batch, n_frames, N_BINS)."""
        frames = (wave * 32768.0).unfold(1, WINDOW_SAMPLES, HOP_SAMPLES)
        frames = frames - frames.mean(dim=2, keepdim=True)
        previous = torch.cat([frames[:, :, :1], frames[:, :, :-1]], dim=2)
        spectrum = torch.fft.rfft((frames - PREEMPHASIS * previous) * self._window, FFT_SAMPLES)
        power = spectrum.real.square() + spectrum.imag.square()
        return torch.log((power @ self._bank).clamp(min=ENERGY_FLOOR))

    def state_dict(self) -> Mapping[str, Any]:
        """The random state."""
        return {"random": self._random.get_state()}

    def load_state_dict(self, state_dict: dict[str, Any], /) -> None:
        """Continue from a saved state."""
        self._random.set_state(state_dict["random"])

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self._random, device=self._device)

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self._random, device=self._device)

    def _between(self, limits: tuple[float, float], count: int) -> Tensor:
        return limits[0] + (limits[1] - limits[0]) * self._uniform(count)

    def _chance(self, share: float, count: int) -> Tensor:
        return self._uniform(count) < share

    def _gain(self, snr_db: tuple[float, float], count: int) -> Tensor:
        """Amplitude of noise relative to speech of amplitude 1."""
        return 10.0 ** (-self._between(snr_db, count) / 20.0)

    def _mixed(self, noises: Tensor) -> Tensor:
        """One or two noises with a total amplitude of 1."""
        noises = noises / noises.square().mean(2, keepdim=True).clamp(min=_QUIET).sqrt()
        count = len(noises)
        second = self._chance(self._setting.second_noise_share, count) * self._uniform(count)
        mixed = noises[:, 0] + second[:, None] * noises[:, 1]
        return mixed / (1.0 + second.square()).sqrt()[:, None]

    def _in_rooms(self, count: int, size: int) -> Tensor:
        choice = (self._uniform(count) * len(self._rooms)).long()
        responses = torch.fft.rfft(self._rooms[choice], size)
        inside = self._chance(self._setting.room_share, count)
        return torch.where(inside[:, None], responses, torch.ones_like(responses))

    def _colour(self, count: int, size: int, strength: float) -> Tensor:
        """A smooth gain over frequency, shape (count, size // 2 + 1)."""
        basis = _basis(size, self._device)
        decibels = strength * self._setting.colour_db * self._normal(count, len(basis)) @ basis
        return 10.0 ** (decibels / 20.0)

    def _steady(self, count: int, size: int, amplitude: Tensor) -> Tensor:
        """A fan, rain, a road: the spectrum of noise of one colour throughout the window."""
        shape = self._colour(count, size, 3.0)
        shape = shape / shape.square().mean(1, keepdim=True).sqrt()
        bins = shape.shape[1]
        noise = torch.complex(self._normal(count, bins), self._normal(count, bins))
        return noise * shape * (amplitude * math.sqrt(size / 2.0))[:, None]

    def _band(self, count: int, size: int) -> Tensor:
        """The narrow band of a tiny capsule or a telephone, for some windows."""
        hz = torch.linspace(0, SAMPLE_RATE_HZ / 2, size // 2 + 1, device=self._device)
        low_hz = self._between((80.0, 350.0), count)[:, None]
        high_hz = self._between((3000.0, 7000.0), count)[:, None]
        band = 1.0 / (1.0 + (low_hz / (hz + 1.0)) ** 6) / (1.0 + (hz / high_hz) ** 12)
        narrow = self._chance(self._setting.narrow_share, count)
        return torch.where(narrow[:, None], band, torch.ones_like(band))

    def _warped(self, frames: Tensor, is_noise: Tensor) -> Tensor:
        count = len(frames)
        plain = WARPS.index(1.0)
        choice = (self._uniform(count) * len(WARPS)).long()
        warped = self._chance(self._setting.warp_share, count) & ~is_noise
        return torch.bmm(frames, self._warps[torch.where(warped, choice, plain)])

    def _masked(self, frames: Tensor) -> Tensor:
        """SpecAugment: mask a stretch of time and a band with the mean, in some windows."""
        count, n_frames, _ = frames.shape
        mean = frames.mean(dim=(1, 2), keepdim=True)
        time = self._stretch(count, n_frames, 12, self._setting.time_mask_share)
        bins = self._stretch(count, N_BINS, 6, self._setting.bin_mask_share)
        return torch.where(time[:, :, None] | bins[:, None, :], mean, frames)

    def _stretch(self, count: int, length: int, longest: int, share: float) -> Tensor:
        first = (self._uniform(count) * length).long()
        wide = 1 + (self._uniform(count) * longest).long()
        place = torch.arange(length, device=self._device)
        hidden = (place >= first[:, None]) & (place < (first + wide)[:, None])
        return hidden & self._chance(share, count)[:, None]


@functools.cache
def _basis(size: int, device: torch.device) -> Tensor:
    """Four slow cosines over warped frequency, as in hearing, the slowest strongest."""
    hz = torch.linspace(0, SAMPLE_RATE_HZ / 2, size // 2 + 1, device=device)
    place = torch.log1p(hz / 700.0)
    place = place / place[-1]
    orders = torch.arange(1, 5, device=device)
    return torch.cos(math.pi * orders[:, None] * place) / orders[:, None].sqrt()


def _loud_power(wave: Tensor) -> Tensor:
    """Mean power of the 20 ms frames within 20 dB of the loudest, shape (batch,)."""
    powers = wave.unfold(1, _LOUD_FRAME, _LOUD_FRAME).square().mean(2)
    loud = powers >= powers.amax(1, keepdim=True) * _LOUD_WITHIN
    return ((powers * loud).sum(1) / loud.sum(1)).clamp(min=_QUIET)
