"""A no that is taken back in the same breath: the whole chain on speech, in several voices."""

from __future__ import annotations

import pytest

from tests.listening.conftest import Listener, in_room, spoken
from voice.content.script import GrammarKey
from voice.dialogue.events import Event, SpeechHeard, SpeechUnclear
from voice.listening.settings import ListeningSettings

VOICES = ("en-us", "en-us+f3", "en-us+m3", "en-us+f4", "en-us+m7", "en-gb")
SETTINGS = ListeningSettings()

WITHIN_S = (
    pytest.param(0.1, marks=pytest.mark.slow),
    0.25,
    pytest.param(0.35, marks=pytest.mark.slow),
)
"""Gaps that a no waits for, including the moment before a soft beginning is noticed."""

BEYOND_S = (
    0.6,
    pytest.param(0.9, marks=pytest.mark.slow),
    pytest.param(1.2, marks=pytest.mark.slow),
)
"""Gaps that it does not wait for."""


def heard(listener: Listener, rest: str, gap_s: float, voice: str) -> list[Event]:
    listener.listen(GrammarKey.ANSWER)
    return listener.hear(in_room(0.8, spoken("no", voice), gap_s, spoken(rest, voice), 1.5))


@pytest.mark.parametrize("gap_s", WITHIN_S)
@pytest.mark.parametrize("rest", ["wait, yes", "yes", "my chest hurts"])
def test_a_quick_correction_joins_the_no_and_is_never_a_plain_no(
    listener: Listener, rest: str, gap_s: float
) -> None:
    whole = 0
    for voice in VOICES:
        (event,) = heard(listener, rest, gap_s, voice)
        assert isinstance(event, SpeechHeard | SpeechUnclear), (voice, event)
        if isinstance(event, SpeechHeard):
            # "no wait yes" is a phrase of its own, and a yes.
            assert event.doubtful or event.words == "no wait yes", (voice, event)
            words = event.words.split()
            whole += "no" in words and rest.rsplit(maxsplit=1)[-1] in words
    assert whole >= len(VOICES) - 1


@pytest.mark.parametrize("gap_s", BEYOND_S)
@pytest.mark.parametrize("rest", ["yes", "my chest hurts"])
def test_a_later_correction_is_its_own_utterance_with_its_start_time(
    listener: Listener, rest: str, gap_s: float
) -> None:
    for voice in VOICES:
        no, correction = heard(listener, rest, gap_s, voice)
        assert isinstance(no, SpeechHeard), voice
        assert isinstance(correction, SpeechHeard), voice
        assert no.words == "no"
        # It does not matter which words for chest pain they are.
        assert correction.words == rest or correction.words.startswith("my chest")
        assert correction.began_at_s is not None
        assert -0.2 < correction.began_at_s - no.at_s < SETTINGS.correction_s


def test_a_no_is_reported_when_its_time_is_up(listener: Listener) -> None:
    listener.listen(GrammarKey.ANSWER)
    for voice in VOICES:
        start_s, sound = listener.now_s, spoken("no", voice)
        (event,) = listener.hear(in_room(0.8, sound, 1.5))
        assert isinstance(event, SpeechHeard)
        assert (event.words, event.doubtful) == ("no", False)
        quiet_s = event.at_s - start_s - 0.8 - len(sound) / 16_000
        assert SETTINGS.complete_no_s - 0.1 < quiet_s < SETTINGS.complete_no_s + 0.1


@pytest.mark.parametrize("words", ["yes", "stop", "not sure"])
def test_everything_else_is_reported_almost_at_once(listener: Listener, words: str) -> None:
    listener.listen(GrammarKey.ANSWER)
    for voice in VOICES:
        start_s, sound = listener.now_s, spoken(words, voice)
        (event,) = listener.hear(in_room(0.8, sound, 1.5))
        assert event.at_s - start_s - 0.8 - len(sound) / 16_000 < 0.25
