"""How loud Charley may be at night: soft at first, tones below words, never full scale."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

from voice.app.assembly import Components
from voice.audio.mixer import CEILING_DBFS, KNEE_DBFS, Mixer
from voice.audio.normalise import voiced_level_dbfs
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
from voice.simulation.room import Acoustics, Room
from voice.simulation.simulated_user import SimulatedUser
from voice.speech.clip_library import FALLBACK_TONE
from voice.speech.player import QUIETLY_DB, Mouth
from voice.speech.settings import LOUDEST_DB
from voice.speech.timeline import SOFT_START_DB, SOFT_START_S, chime, soft_start

ROUNDING_DB = 0.001


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
def test_no_line_comes_out_at_full_scale_even_at_the_loudest(parts: Components) -> None:
    for line in parts.script.lines.values():
        out = played(parts.clips.render(line.text).samples, LOUDEST_DB)
        assert peak_dbfs(out) <= CEILING_DBFS + ROUNDING_DB, line.key


@pytest.mark.slow
@pytest.mark.usefixtures("rendered")
def test_tones_are_softer_than_words(parts: Components) -> None:
    spoken = [parts.clips.render(line.text).samples for line in parts.script.lines.values()]
    words = [voiced_level_dbfs(samples) for samples in spoken]
    loudest_of_chime = max(
        level_dbfs(piece) for piece in np.array_split(chime(), len(chime()) // samples_of(0.02))
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
    sound[: len(chime())] -= chime()
    first = level_dbfs(sound[:start].astype(np.int16))
    second = level_dbfs(sound[second_at : second_at + start].astype(np.int16))
    assert second - first == pytest.approx(-SOFT_START_DB * 5 / 6, abs=2.0)
    assert np.array_equal(sound[second_at : second_at + len(clip)], clip)


def test_what_nobody_may_be_awake_for_is_said_in_a_lower_voice(parts: Components) -> None:
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


def test_what_is_below_the_knee_comes_out_as_it_is() -> None:
    below = tone(300.0, 1.0, KNEE_DBFS - 0.1)
    assert np.array_equal(played(below, 0.0), below)


def test_the_loudest_that_can_be_asked_for_is_bent_and_not_broken() -> None:
    full = (np.sin(np.linspace(0.0, 400.0, RATE_HZ)) * (FULL_SCALE - 1)).astype(np.int16)
    out = played(full, LOUDEST_DB)
    assert peak_dbfs(out) <= CEILING_DBFS + ROUNDING_DB
    assert np.array_equal(np.sign(out), np.sign(full))
    # A louder sample never comes out softer.
    order = np.argsort(np.abs(full.astype(np.int32)))
    assert (np.diff(np.abs(out.astype(np.int32))[order]) >= 0).all()
