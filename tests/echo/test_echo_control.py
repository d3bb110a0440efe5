"""The echo filter and the canceller, on Charley's own rendered voice in a simulated room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import islice

import numpy as np
import pytest

from voice.app.assembly import Components
from voice.audio.samples import (
    BLOCK_S,
    BLOCK_SAMPLES,
    RATE_HZ,
    Samples,
    blocks_in,
    from_float,
    level_dbfs,
    samples_of,
    silence,
    tone,
)
from voice.echo.adaptive_filter import EchoFilter
from voice.echo.delay_tracking import LOST_S, match
from voice.echo.echo_control import (
    LEARNING_S,
    OWN_FROM,
    SETTLING_S,
    TAIL_S,
    WHOLE_DB,
    AlreadyClean,
    Cleaned,
    EchoControl,
    HalfDuplex,
    Untouched,
)
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.simulation.acoustics import as_wave, room_response
from voice.speech.clip_library import ClipLibrary

DELAY = samples_of(0.06)


@pytest.fixture(scope="module")
def speech(parts: Components) -> Samples:
    """About twenty seconds of Charley's own voice, in whole blocks.

    From an engine of its own: what an engine has said before affects what it says next.
    """
    pieces: list[Samples] = []
    with closing(Pyttsx3Synthesizer()) as synthesizer:
        clips = ClipLibrary(synthesizer, None, parts.settings.voice.style)
        for line in islice(parts.script.lines.values(), 20, 28):
            pieces += [clips.render(line.text).samples, silence(0.2)]
    joined = np.concatenate(pieces)
    return joined[: len(joined) // BLOCK_SAMPLES * BLOCK_SAMPLES]


def in_room(samples: Samples, seed: int = 3) -> Samples:
    """As a microphone beside the loudspeaker hears it: as loud, later, with a room's response."""
    response = room_response(0.3, 8.0, np.random.default_rng(seed))
    size = 1 << (len(samples) + len(response)).bit_length()
    spectrum = np.fft.rfft(as_wave(samples), size) * np.fft.rfft(response, size)
    wet = np.fft.irfft(spectrum, size)[: len(samples)]
    return np.concatenate([np.zeros(DELAY, np.int16), from_float(wet)])[: len(samples)]


def blocks(samples: Samples) -> Iterator[Samples]:
    for start in range(0, len(samples) - BLOCK_SAMPLES + 1, BLOCK_SAMPLES):
        yield samples[start : start + BLOCK_SAMPLES]


def filtered(heard: Samples, played: Samples, follows: int | None = None) -> Samples:
    echo = EchoFilter(follows)
    return np.concatenate(
        [echo.clean(h, p) for h, p in zip(blocks(heard), blocks(played), strict=True)]
    )


def test_the_filter_removes_an_echo_within_seconds(speech: Samples) -> None:
    heard = in_room(speech)
    left = filtered(heard, speech)
    soon, later = slice(2 * RATE_HZ, 5 * RATE_HZ), slice(8 * RATE_HZ, len(left))
    assert level_dbfs(heard[soon]) - level_dbfs(left[soon]) > 10.0
    assert level_dbfs(heard[later]) - level_dbfs(left[later]) > 20.0


def test_a_filter_given_the_delay_learns_sooner(speech: Samples) -> None:
    heard = in_room(speech)
    follows = DELAY // BLOCK_SAMPLES * BLOCK_SAMPLES
    soon = slice(RATE_HZ, 2 * RATE_HZ)
    told, untold = (filtered(heard, speech, told) for told in (follows, None))
    assert level_dbfs(told[soon]) < level_dbfs(untold[soon]) - 3.0


def test_the_filter_leaves_a_voice_at_the_same_time_intact(
    speech: Samples, parts: Components
) -> None:
    voice = np.zeros(len(speech), np.int16)
    word = parts.clips.render("nobody knows").samples
    start = 10 * RATE_HZ
    voice[start : start + len(word)] = word
    left = filtered(in_room(speech) + voice, speech)
    said = slice(start, start + len(word))
    wrong = left[said].astype(float) - voice[said]
    assert level_dbfs(voice[said]) - 20 * np.log10(np.sqrt(np.mean(wrong**2)) / 32768) > 10.0


def test_without_sound_from_the_loudspeaker_nothing_changes() -> None:
    voice = tone(300.0, 2.0, -12.0)
    quiet = np.zeros(len(voice), np.int16)
    heard = voice[: len(voice) // BLOCK_SAMPLES * BLOCK_SAMPLES]
    assert np.abs(filtered(heard, quiet[: len(heard)]).astype(int) - heard).max() <= 1


@pytest.mark.slow
def test_a_match_tells_charleys_own_voice_from_another(speech: Samples, parts: Components) -> None:
    other = parts.clips.render("nobody knows the trouble").samples
    for start in range(RATE_HZ, 9 * RATE_HZ, RATE_HZ):
        played = speech[start - RATE_HZ // 2 : start + RATE_HZ]
        own = in_room(speech)[start : start + RATE_HZ]
        correlation, delay = match(own, played)
        assert correlation > 2 * OWN_FROM
        assert delay == pytest.approx(DELAY, abs=2)
        assert match(other[:RATE_HZ], played)[0] < OWN_FROM
    assert match(other, other[:-1]) == (0.0, 0.0)  # nothing to compare


class Loudspeaker:
    def __init__(self, samples: Samples) -> None:
        self._blocks = blocks(samples)

    def take_played(self) -> Samples:
        return next(self._blocks, np.zeros(BLOCK_SAMPLES, np.int16))


def test_without_a_canceller_or_a_reference_every_block_is_left_alone() -> None:
    block = np.ones(BLOCK_SAMPLES, np.int16)
    assert EchoControl(AlreadyClean).clean(block, None) is Untouched.NO_ECHO
    assert HalfDuplex().clean(block, block) is Untouched.NO_ECHO
    deaf = HalfDuplex()
    deaf.doubt_delay()
    assert not deaf.is_own(1.0)


def test_echo_control_is_idle_before_charley_speaks_and_after_its_echo(
    speech: Samples,
) -> None:
    played = np.concatenate(
        [silence(0.512), speech[: 5 * RATE_HZ // BLOCK_SAMPLES * BLOCK_SAMPLES]]
    )
    guard, loudspeaker = EchoControl(AlreadyClean), Loudspeaker(played)
    given = [
        guard.clean(block, loudspeaker.take_played())
        for block in blocks(np.concatenate([played, silence(3.2)]))
    ]
    sounding = [n for n, block in enumerate(blocks(played)) if block.any()]
    first = next(n for n, cleaned in enumerate(given) if isinstance(cleaned, Cleaned))
    assert given[: sounding[0]] == [Untouched.NO_ECHO] * sounding[0]
    assert set(given[sounding[0] : first]) == {Untouched.LEARNING}
    assert sum(n <= first for n in sounding) * BLOCK_S >= LEARNING_S
    last = max(n for n, cleaned in enumerate(given) if isinstance(cleaned, Cleaned))
    assert set(given[last + 1 :]) == {Untouched.NO_ECHO}
    assert (last - sounding[-1]) * BLOCK_S == pytest.approx(TAIL_S, abs=2 * BLOCK_S)
    assert not guard.under_way


def test_after_a_device_stumbles_echo_control_finds_charley_and_relearns(
    speech: Samples,
) -> None:
    guard, loudspeaker = EchoControl(AlreadyClean), Loudspeaker(speech)
    assert not guard.is_own(1.0)  # nothing has been heard yet
    heard = in_room(speech)
    stumble = 6 * RATE_HZ // BLOCK_SAMPLES * BLOCK_SAMPLES
    late = np.roll(heard, samples_of(0.15))
    before = [guard.clean(block, loudspeaker.take_played()) for block in blocks(heard[:stumble])]
    assert isinstance(before[-1], Cleaned)
    assert not guard.is_own(1.0)
    for block in islice(blocks(late[stumble:]), 20):
        guard.clean(block, loudspeaker.take_played())
    assert guard.is_own(20 * BLOCK_S)
    after = guard.clean(late[stumble : stumble + BLOCK_SAMPLES], loudspeaker.take_played())
    assert after is Untouched.LEARNING


@pytest.mark.parametrize("moved_s", [0.034, 0.0, -0.008])
def test_after_a_stopped_stream_charley_is_deaf_until_the_delay_is_found(
    speech: Samples, moved_s: float
) -> None:
    """Or it would take its own first words for a voice, give way to them, and say them twice."""
    half = len(speech) // BLOCK_SAMPLES // 2 * BLOCK_SAMPLES
    pause = silence(blocks_in(3.2) * BLOCK_S)
    played = np.concatenate([speech[:half], pause, speech[half : 2 * half]])
    heard = in_room(played)
    stopped = half + len(pause) // 2
    heard[stopped:] = np.roll(heard, samples_of(moved_s))[stopped:]
    again = half + len(pause)
    guard = EchoControl(AlreadyClean)
    clean(guard, heard[:stopped], played[:stopped])
    guard.doubt_delay()
    clean(guard, heard[stopped:again], played[stopped:again])
    after = clean(guard, heard[again:], played[again:])
    trusted = next(n for n, cleaned in enumerate(after) if isinstance(cleaned, Cleaned))
    deaf = sum(bool(block.any()) for block in islice(blocks(played[again:]), trusted))
    assert deaf * BLOCK_S <= LOST_S + SETTLING_S + 0.3
    removed_db = [
        level_dbfs(there) - level_dbfs(cleaned.words)
        for there, cleaned in zip(blocks(heard[again:]), after, strict=True)
        if isinstance(cleaned, Cleaned) and level_dbfs(there) > -40.0
    ][: blocks_in(1.0)]
    assert min(removed_db) > 6.0
    assert float(np.median(removed_db)) > WHOLE_DB


def clean(guard: EchoControl, heard: Samples, played: Samples) -> list[Cleaned | Untouched]:
    return [guard.clean(h, p) for h, p in zip(blocks(heard), blocks(played), strict=True)]


def test_the_canceller_removes_nearly_all_of_charleys_voice(speech: Samples) -> None:
    pytest.importorskip("livekit")
    from voice.engines.webrtc_aec import LivekitCanceller  # noqa: PLC0415

    canceller = LivekitCanceller()
    heard = in_room(speech)
    left = np.concatenate(
        [canceller.clean(h, p) for h, p in zip(blocks(heard), blocks(speech), strict=True)]
    )
    later = slice(6 * RATE_HZ, len(left))
    assert level_dbfs(heard[later]) - level_dbfs(left[later]) > 30.0
    with pytest.raises(ValueError, match="512"):
        canceller.clean(heard[:100], speech[:100])


def test_a_soft_consonant_over_charley_is_left_whole_while_the_room_is_new(
    speech: Samples,
) -> None:
    """Or a "stop" said over Charley's first sentence becomes an "up"."""
    pytest.importorskip("livekit")
    from voice.engines.webrtc_aec import LivekitCanceller  # noqa: PLC0415

    draw = np.random.default_rng(5)
    said = slice(62 * BLOCK_SAMPLES, 66 * BLOCK_SAMPLES)  # two seconds into what it says
    for seed in (4, 5, 6):
        heard = in_room(speech, seed)
        hiss = np.diff(draw.standard_normal(said.stop - said.start + 1))
        loudness = 0.7 * np.std(as_wave(heard[said])) / np.std(hiss)
        consonant = from_float(hiss * loudness)
        heard[said] += consonant
        after = clean(EchoControl(LivekitCanceller), heard[: said.stop], speech[: said.stop])
        last = after[-1]
        assert isinstance(last, Cleaned)
        assert level_dbfs(last.words) == pytest.approx(level_dbfs(consonant), abs=6.0)


def test_the_canceller_lags_by_eight_milliseconds_and_loses_nothing() -> None:
    pytest.importorskip("livekit")
    from voice.engines.webrtc_aec import LivekitCanceller  # noqa: PLC0415

    canceller = LivekitCanceller()
    voice = np.concatenate([tone(900.0, 1.0, -12.0), tone(500.0, 1.0, -12.0)])
    voice = voice[: len(voice) // BLOCK_SAMPLES * BLOCK_SAMPLES]
    nothing = np.zeros(BLOCK_SAMPLES, np.int16)
    out = np.concatenate([canceller.clean(block, nothing) for block in blocks(voice)])
    assert len(out) == len(voice)
    found = np.correlate(out[8000:16000].astype(float), voice[7800:15800].astype(float), "same")
    assert level_dbfs(out[8000:]) == pytest.approx(level_dbfs(voice[8000:]), abs=1.5)
    assert found.max() > 0
