"""Augmentation of features during training, so that no window is seen twice.

Log-mel energies make it cheap: microphone colour and level are sums, a
longer vocal tract a shift along the mel axis, and noise an addition of powers
(phases are taken as independent).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from scripts.train_model.dataset.mel import FRAME_RATE_HZ, N_BINS, WHITE_NOISE

_NEPERS_PER_DB = math.log(10.0) / 10.0
WARPS = (0.88, 0.91, 0.94, 0.97, 1.0, 1.03, 1.06, 1.09, 1.12)
#: Log-mel energy of digital silence: Kaldi's floor.
_QUIET = -15.9
_WHITE = torch.from_numpy(WHITE_NOISE)
# : Loudness of white noise at full scale, which is the 0 dB reference.
_FULL_SCALE = float(torch.logsumexp(_WHITE, 0)) - math.log(N_BINS)


@dataclass(frozen=True, slots=True)
class Strength:
    """How often and how strongly windows are changed."""

    noise_share: float = 0.7
    snr_db: tuple[float, float] = (-4.0, 26.0)
    level_db: tuple[float, float] = (-52.0, -6.0)
    hiss_db: tuple[float, float] = (-100.0, -62.0)
    colour: float = 1.0
    warp_share: float = 0.85
    mask_share: float = 0.6
    steady_share: float = 0.4
    steady_snr_db: tuple[float, float] = (-2.0, 24.0)
    room_share: float = 0.5
    reverberation_s: tuple[float, float] = (0.15, 0.8)
    direct_db: tuple[float, float] = (-2.0, 14.0)


class Augmenter:
    """Changes batches of log-mel windows, shape (batch, n_frames, N_BINS)."""

    def __init__(self, strength: Strength, generator: torch.Generator) -> None:
        self._strength = strength
        self._generator = generator
        self._warps = torch.stack([warp_matrix(factor) for factor in WARPS])
        self._cosines = _smooth_basis()

    def __call__(self, speech: Tensor, noise: Tensor, is_noise: Tensor) -> Tensor:
        """Mix ``speech`` with ``noise``; rows of ``is_noise`` keep only the noise."""
        strength = self._strength
        batch = speech.shape[0]
        device = speech.device
        speech = self._in_rooms(self._coloured(self._warped(speech)))
        noise = self._coloured(noise)
        speech_level = _loudness(speech)
        wanted = self._between(strength.level_db, batch) * _NEPERS_PER_DB + _FULL_SCALE
        wanted = wanted.to(device)
        speech = speech + (wanted - speech_level)[:, None, None]
        snr = self._between(strength.snr_db, batch).to(device) * _NEPERS_PER_DB
        noise = noise + (wanted - snr * (~is_noise) - _loudness(noise))[:, None, None]
        noisy = self._chance(strength.noise_share, batch).to(device) | is_noise
        noise = torch.where(noisy[:, None, None], noise, torch.full_like(noise, _QUIET))
        speech = torch.where(is_noise[:, None, None], torch.full_like(speech, _QUIET), speech)
        hiss = self._between(strength.hiss_db, batch).to(device) * _NEPERS_PER_DB
        flicker = 0.5 * torch.randn(speech.shape, generator=self._generator).to(device)
        floor = torch.maximum(hiss[:, None, None] + _WHITE.to(device), self._steady(wanted))
        floor = floor + flicker
        mixed = torch.logaddexp(torch.logaddexp(speech, noise), floor)
        return self._masked(mixed)

    def state_dict(self) -> Mapping[str, Any]:
        """The random state that changes are drawn from."""
        return {"random": self._generator.get_state()}

    def load_state_dict(self, state_dict: dict[str, Any], /) -> None:
        """Continue from a saved state."""
        self._generator.set_state(state_dict["random"])

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self._generator)

    def _between(self, limits: tuple[float, float], count: int) -> Tensor:
        return limits[0] + (limits[1] - limits[0]) * self._uniform(count)

    def _chance(self, share: float, count: int) -> Tensor:
        return self._uniform(count) < share

    def _warped(self, speech: Tensor) -> Tensor:
        batch = speech.shape[0]
        plain = WARPS.index(1.0)
        choice = (self._uniform(batch) * len(WARPS)).long()
        choice = torch.where(self._chance(self._strength.warp_share, batch), choice, plain)
        return torch.bmm(speech, self._warps[choice].to(speech.device))

    def _coloured(self, frames: Tensor) -> Tensor:
        count = frames.shape[0]
        weights = torch.randn((count, len(self._cosines)), generator=self._generator)
        colour = self._strength.colour * weights @ self._cosines
        return frames + colour.to(frames.device)[:, None, :]

    def _steady(self, level: Tensor) -> Tensor:
        """A fan, rain, a road: noise of constant colour and level throughout some windows."""
        batch = level.shape[0]
        snr = self._between(self._strength.steady_snr_db, batch) * _NEPERS_PER_DB
        weights = torch.randn((batch, len(self._cosines)), generator=self._generator)
        colour = 1.5 * self._strength.colour * weights @ self._cosines
        noise = colour + _WHITE
        loudness = torch.logsumexp(noise, dim=1) - math.log(N_BINS)
        noise = noise + (level.cpu() - snr - loudness)[:, None]
        chosen = self._chance(self._strength.steady_share, batch)
        noise = torch.where(chosen[:, None], noise, torch.full_like(noise, _QUIET))
        return noise[:, None, :].to(level.device)

    def _in_rooms(self, speech: Tensor) -> Tensor:
        """Add reverberation to some windows: a tail that decays as in a room.

        A tail falls by 60 dB in ``reverberation_s``; its total is
        ``direct_db`` below the direct sound.
        """
        batch = speech.shape[0]
        rt60_s = self._between(self._strength.reverberation_s, batch)
        decay = 10.0 ** (-6.0 / (FRAME_RATE_HZ * rt60_s))
        below = 10.0 ** (-self._between(self._strength.direct_db, batch) / 10.0)
        wet = below * (1.0 - decay) / decay
        wet = wet * self._chance(self._strength.room_share, batch)
        decay, wet = decay.to(speech.device)[:, None], wet.to(speech.device)[:, None]
        power = torch.exp(speech)
        tail = torch.zeros_like(power[:, 0])
        ringing = [power[:, 0]]
        for frame in range(1, power.shape[1]):
            tail = decay * (tail + power[:, frame - 1])
            ringing.append(power[:, frame] + wet * tail)
        return torch.log(torch.stack(ringing, dim=1).clamp(min=1e-30))

    def _masked(self, frames: Tensor) -> Tensor:
        """Mask a short stretch of some windows with their mean."""
        batch, count, _ = frames.shape
        first = (self._uniform(batch) * count).long()
        length = 2 + (self._uniform(batch) * 10).long()
        place = torch.arange(count)
        hidden = (place >= first[:, None]) & (place < (first + length)[:, None])
        hidden &= self._chance(self._strength.mask_share, batch)[:, None]
        mean = frames.mean(dim=(1, 2), keepdim=True)
        return torch.where(hidden.to(frames.device)[:, :, None], mean, frames)


def _loudness(frames: Tensor) -> Tensor:
    """Log energy of the loud frames of each window: the 92nd percentile."""
    energy = torch.logsumexp(frames, dim=2) - math.log(N_BINS)
    return torch.quantile(energy, 0.92, dim=1)


def warp_matrix(factor: float) -> Tensor:
    """Matrix that reads bin ``i * factor`` by linear interpolation."""
    matrix = torch.zeros(N_BINS, N_BINS)
    for index in range(N_BINS):
        place = min(index * factor, N_BINS - 1.0)
        low = int(place)
        share = place - low
        matrix[low, index] += 1.0 - share
        matrix[min(low + 1, N_BINS - 1), index] += share
    return matrix


def _smooth_basis() -> Tensor:
    """Four slow cosines along the mel axis, the slowest strongest."""
    place = (torch.arange(N_BINS, dtype=torch.float32) + 0.5) / N_BINS
    orders = torch.arange(1, 5, dtype=torch.float32)
    return torch.cos(math.pi * orders[:, None] * place) / orders[:, None].sqrt()
