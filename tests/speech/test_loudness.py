"""How loud Charley may be at night: soft at first, tones below words, never full scale."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import numpy as np
import pyloudnorm
import pytest

from tests.shipped import SCRIPT
from voice.app.assembly import Components, open_speech
from voice.app.settings import Settings
from voice.audio.loudness import BLOCK_S, HOP_S
from voice.audio.mixer import CEILING_DBFS, KNEE_DBFS, Mixer
from voice.audio.normalise import LEVEL_LUFS, voiced_level_dbfs
from voice.audio.presence import FROM_HZ, MOST_LIFT_DB, TO_HZ
from voice.audio.samples import (
    FULL_SCALE,
    RATE_HZ,
    Clip,
    Placement,
    Samples,
    Track,
    level_dbfs,
    peak_dbfs,
    samples_of,
    tone,
)
from voice.content.script import LineKey
from voice.dialogue.actions import Say, UtteranceId
from voice.ports import EngineName
from voice.simulation.room import Acoustics, Room
from voice.simulation.simulated_user import SimulatedUser
from voice.speech.clip_library import FALLBACK_TONE
from voice.speech.player import QUIETLY_DB, Mouth
from voice.speech.settings import LOUDEST_DB, SpeechSettings
from voice.speech.timeline import CHIME, SOFT_START_DB, SOFT_START_S, soft_start

ROUNDING_DB = 0.001
BLOCK, HOP = samples_of(BLOCK_S), samples_of(HOP_S)


def empty_room() -> Room:
    nobody = SimulatedUser((), {}, lambda _at_s, _words: None)
    return Room(nobody, Acoustics(), None, np.random.default_rng(1))


def played(samples: Samples, gain_db: float) -> Samples:
    mixer = Mixer()
    mixer.set_gain(gain_db)
    mixer.play(Track((Placement(0, Clip(samples), "any"),), len(samples)))
    return mixer.pull(len(samples))


@pytest.mark.slow
@pytest.mark.usefixtures("rendered")
def test_no_line_reaches_full_scale_even_at_the_loudest(parts: Components) -> None:
    for line in parts.script.lines.values():
        out = played(parts.clips.render(line.text).samples, LOUDEST_DB)
        assert peak_dbfs(out) <= CEILING_DBFS + ROUNDING_DB, line.key


@pytest.mark.slow
@pytest.mark.usefixtures("rendered")
def test_tones_are_softer_than_words(parts: Components) -> None:
    spoken = [parts.clips.render(line.text).samples for line in parts.script.lines.values()]
    words = [voiced_level_dbfs(samples) for samples in spoken]
    loudest_of_chime = max(
        level_dbfs(piece)
        for piece in np.array_split(CHIME.samples, len(CHIME.samples) // samples_of(0.02))
    )
    assert loudest_of_chime <= min(words) - 3.0
    assert voiced_level_dbfs(FALLBACK_TONE.samples) < min(words)


@pytest.mark.slow
def test_the_first_words_after_a_wake_start_softly_and_the_next_do_not(parts: Components) -> None:
    room = empty_room()
    line = LineKey("calf_pull")
    clip = parts.clips.render(parts.script.text(line)).samples
    with closing(Mouth(room, parts.clips, parts.script, parts.settings.voice)) as mouth:
        mouth.say(Say(UtteranceId(1), (line, line), chime=True))
        for _ in range(round((2 * len(clip) + RATE_HZ) / 512)):
            room.read()
    sound = room.recording()[:, 0].astype(np.float64)
    second_at = len(clip) + samples_of(parts.settings.voice.pause_s)
    start = samples_of(SOFT_START_S / 3)
    # The chime lies under the first line; take it out.
    sound[: len(CHIME.samples)] -= CHIME.samples
    first = level_dbfs(sound[:start].astype(np.int16))
    second = level_dbfs(sound[second_at : second_at + start].astype(np.int16))
    assert second - first == pytest.approx(-SOFT_START_DB * 5 / 6, abs=2.0)
    assert np.array_equal(sound[second_at : second_at + len(clip)], clip)


def test_consonants_survive_being_turned_down_for_the_night(parts: Components) -> None:
    line = LineKey("still_there")
    above_db: list[float] = []
    for volume_db in (0.0, -12.0):
        room = empty_room()
        settings = replace(parts.settings.voice, volume_db=volume_db)
        with closing(Mouth(room, parts.clips, parts.script, settings)) as mouth:
            mouth.say(Say(UtteranceId(1), (line,)))
            for _ in range(250):
                room.read()
        if not volume_db:  # at the usual volume, a line is what was rendered
            clip = parts.clips.clip(SCRIPT.text(line)).samples
            assert np.array_equal(room.recording()[: len(clip), 0], clip)
        power = np.abs(np.fft.rfft(room.recording()[:, 0].astype(np.float64))) ** 2
        hz = np.fft.rfftfreq(2 * len(power) - 2, 1.0 / RATE_HZ)
        consonants, vowels = power[hz > TO_HZ].sum(), power[hz < FROM_HZ].sum()
        above_db.append(10.0 * float(np.log10(consonants / vowels)))
    assert above_db[1] - above_db[0] == pytest.approx(MOST_LIFT_DB, abs=0.5)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["espeak", "natural"])
def test_all_lines_are_equally_loud(engine: EngineName) -> None:
    if engine == "natural":
        pytest.importorskip("hibari", reason="the extra 'natural' is not installed")
    with closing(open_speech(Settings(voice=SpeechSettings(engine=engine)), SCRIPT)) as speech:
        for line in SCRIPT.lines.values():
            clip = speech.clips.render(line.text)
            samples = clip.samples.astype(np.float64) / FULL_SCALE
            # The library counts the remainder at the end as a whole block; EBU R128 leaves it out.
            whole = max(len(samples) - len(samples) % HOP, min(len(samples), BLOCK))
            block_s = min(whole, BLOCK) / RATE_HZ
            meter = pyloudnorm.Meter(RATE_HZ, filter_class="DeMan", block_size=block_s)
            lufs = meter.integrated_loudness(samples[:whole])
            assert lufs == pytest.approx(LEVEL_LUFS, abs=0.3), line.key


def test_a_line_that_nobody_may_be_awake_for_is_said_in_a_lower_voice(parts: Components) -> None:
    line = LineKey("quiet_now")
    said: list[Samples] = []
    for quietly in (False, True):
        room = empty_room()
        with closing(Mouth(room, parts.clips, parts.script, parts.settings.voice)) as mouth:
            mouth.say(Say(UtteranceId(1), (line,), quietly=quietly))
            for _ in range(100):
                room.read()
        said.append(room.recording()[:, 0])
    assert level_dbfs(said[1]) - level_dbfs(said[0]) == pytest.approx(QUIETLY_DB, abs=0.1)


def test_a_soft_start_loses_no_word_and_ends_at_the_usual_level() -> None:
    steady = tone(200.0, 3.0, -6.0)[RATE_HZ : 2 * RATE_HZ]
    out = soft_start(Clip(steady)).samples
    begins = level_dbfs(out[:800]) - level_dbfs(steady[:800])
    assert begins == pytest.approx(SOFT_START_DB, abs=1.0)
    assert np.array_equal(out[samples_of(SOFT_START_S) :], steady[samples_of(SOFT_START_S) :])
    assert len(soft_start(Clip(steady[:100])).samples) == 100
    assert len(soft_start(Clip(steady[:0])).samples) == 0


def test_sound_below_the_knee_is_left_as_it_is() -> None:
    below = tone(300.0, 1.0, KNEE_DBFS - 0.1)
    assert np.array_equal(played(below, 0.0), below)


def test_the_loudest_possible_sound_is_bent_and_not_broken() -> None:
    full = (np.sin(np.linspace(0.0, 400.0, RATE_HZ)) * (FULL_SCALE - 1)).astype(np.int16)
    out = played(full, LOUDEST_DB)
    assert peak_dbfs(out) <= CEILING_DBFS + ROUNDING_DB
    assert np.array_equal(np.sign(out), np.sign(full))
    # A louder sample never comes out softer.
    order = np.argsort(np.abs(full.astype(np.int32)))
    assert (np.diff(np.abs(out.astype(np.int32))[order]) >= 0).all()
