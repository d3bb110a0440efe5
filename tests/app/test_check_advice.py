"""What a sound check reports and advises, given levels and words."""

from __future__ import annotations

import pytest

from voice.app.check_advice import Trial, advice, told_of_echo, told_of_room
from voice.listening.signal_quality import SoundCheck


def sound(floor: float, loudest: float, clipped: float = 0.0, *, voiced: bool = True) -> SoundCheck:
    return SoundCheck(floor, loudest, clipped, voiced)


ROOM = sound(-65.0, -60.0, voiced=False)
ECHO = sound(-65.0, -25.0)
SAID = sound(-65.0, -28.0)
WELL = Trial("yes", "yes", doubtful=False, sound=SAID)


@pytest.mark.parametrize(
    ("room", "echo", "trials", "words"),
    [
        (ROOM, ECHO, [WELL], None),
        (ROOM, ECHO, [], None),
        (sound(-120, -120), ECHO, [], "unmute it"),
        (ROOM, ECHO, [Trial("yes", None, doubtful=False, sound=sound(-65, 0, 0.1))], "down"),
        (sound(-35, -30), ECHO, [WELL], "too loud"),
        (ROOM, ECHO, [Trial("yes", None, doubtful=False, sound=None)], "If you did speak"),
        (ROOM, ROOM, [WELL], "Turn the loudspeaker up"),
        (ROOM, ECHO, [Trial("yes", "yes", doubtful=False, sound=sound(-65, -50))], "very soft"),
        (
            sound(-45, -40),
            sound(-45, -20),
            [Trial("yes", "yes", doubtful=False, sound=sound(-45, -38))],
            "barely louder",
        ),
        (ROOM, sound(-65, -5), [WELL], "away from the microphone"),
        (ROOM, ECHO, [WELL, Trial("no", "yes", doubtful=False, sound=SAID)], "Say the words again"),
    ],
)
def test_the_advice_is_one_thing_to_change(
    room: SoundCheck, echo: SoundCheck, trials: list[Trial], words: str | None
) -> None:
    found = advice(room, echo, trials)
    if words is None:
        assert found is None
    else:
        assert found is not None
        assert words in found
        assert found.count(". ") == 0


@pytest.mark.parametrize(
    ("trial", "told"),
    [
        (WELL, "I heard yes, 37 decibels above the room, and clearly."),
        (
            Trial("yes", "yes", doubtful=True, sound=SAID),
            "I heard yes, 37 decibels above the room, but was not sure.",
        ),
        (
            Trial("no", "yes", doubtful=False, sound=SAID),
            "I heard yes instead of no, 37 decibels above the room.",
        ),
        (
            Trial("no", None, doubtful=False, sound=SAID),
            "I heard a voice, 37 decibels above the room, but not the words no.",
        ),
        (Trial("no", None, doubtful=False, sound=None), "I did not hear anyone say no."),
    ],
)
def test_what_was_heard_is_put_in_a_sentence(trial: Trial, told: str) -> None:
    assert trial.told(ROOM.floor_dbfs) == told


def test_room_and_echo_levels_are_put_in_sentences() -> None:
    assert told_of_room(ROOM) == "The noise level of the room is -65 decibels."
    assert told_of_echo(ROOM, ECHO) == "I hear my own voice 40 decibels above the room."
