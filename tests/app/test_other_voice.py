"""Asking for another voice: what Charley says, in which voice, and what it remembers."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.app.night import Night
from tests.dialogue.walking import Talk
from tests.fakes import Tones
from tests.shipped import SCRIPT
from voice.app.assembly import Components
from voice.app.rehearsals import prepare
from voice.app.voice_preferences import FILE, VoicePreferences
from voice.audio.samples import Samples
from voice.content.script import LineKey
from voice.dialogue.actions import AdjustRate, ChangeVoice, ListenId
from voice.dialogue.events import SpeechHeard
from voice.dialogue.states import Holding
from voice.dialogue.voice_status import VoiceStatus
from voice.simulation.scenario import Expectation, Reply, Scenario
from voice.speech.clip_library import ClipLibrary
from voice.speech.settings import SpeechSettings

USUAL = SpeechSettings()
OTHER_S = 0.7


def night() -> Night:
    """A user in a stretch, with a Charley that has a second, slower voice."""
    made = Night(others={"slow": ClipLibrary(Tones(OTHER_S), None, USUAL.style)})
    made.say("hey charley")
    made.until_holding()
    made.pass_time(1.0)
    return made


def length_of_a_line(made: Night) -> float:
    return made.speaker.tracks[-1].placements[0].clip.duration_s


def test_the_next_line_uses_the_other_voice_and_the_stretch_goes_on() -> None:
    made = night()
    assert length_of_a_line(made) == pytest.approx(0.3)
    made.say("another voice")
    assert ChangeVoice() in made.actions
    assert made.said()[-1] == "voice_changed"
    assert length_of_a_line(made) == pytest.approx(OTHER_S)
    assert isinstance(made.assistant.state, Holding)


def test_the_rate_is_kept_and_the_first_voice_follows_the_last() -> None:
    made = night()
    made.say("faster")
    made.say("another voice")
    assert made.assistant.mouth.words_per_minute == 170
    assert length_of_a_line(made) == pytest.approx(OTHER_S)
    made.say("change your voice")
    assert made.assistant.mouth.words_per_minute == 170
    assert length_of_a_line(made) == pytest.approx(0.3)
    assert made.actions.count(AdjustRate(+1)) == 1


def test_it_says_so_if_there_is_no_other_voice() -> None:
    made = Night()
    made.say("hey charley")
    made.until_holding()
    made.pass_time(1.0)
    made.say("another voice")
    assert made.said()[-1] == "only_voice"
    assert ChangeVoice() not in made.actions


def test_asking_for_it_during_the_questions_is_not_an_answer() -> None:
    talk = Talk()
    talk.to_hold()
    talk.hear("it's gone")
    asked = talk.said[-1]
    heard = SpeechHeard(
        talk.at_s,
        ListenId(talk.turn_id),
        "another voice",
        voice_status=VoiceStatus(other_voice=False),
    )
    talk.tell(heard)
    assert talk.said == ("only_voice", asked)
    assert talk.hear("another voice")[0] == ChangeVoice()
    assert talk.said == ("voice_changed", asked)


def test_the_voice_is_kept_until_another_is_requested_or_set(tmp_path: Path) -> None:
    path = tmp_path / FILE
    with closing(VoicePreferences(path, USUAL, "natural")) as kept:
        assert kept.voice == ""
        kept.keep(-4.0, 170, "espeak")
    assert VoicePreferences(path, USUAL, "natural").voice == "espeak"
    # The setting has changed since.
    assert VoicePreferences(path, USUAL, "espeak").voice == ""
    assert VoicePreferences(path, USUAL, "espeak").words_per_minute == 170
    with closing(VoicePreferences(path, USUAL, "natural")) as kept:
        kept.keep(-4.0, 170, "")
    assert VoicePreferences(path, USUAL, "natural").voice == ""


def test_a_voice_that_is_gone_falls_back_to_the_usual_one() -> None:
    made = night()
    made.assistant.mouth.speak_as(0.0, 150, "gone since")
    made.say("how long")
    assert length_of_a_line(made) == pytest.approx(0.3)


def contains(sound: Samples, clip: Samples) -> bool:
    """Whether a recording contains the clip, sample for sample except for its level."""
    size = 1 << (len(sound) + len(clip)).bit_length()
    spectrum = np.fft.rfft(sound.astype(np.float64), size)
    alike = np.fft.irfft(spectrum * np.conj(np.fft.rfft(clip.astype(np.float64), size)), size)
    at = int(np.abs(alike[: len(sound) - len(clip)]).argmax())
    return bool(np.corrcoef(sound[at : at + len(clip)], clip)[0, 1] > 0.99)


@pytest.mark.slow
def test_the_real_ears_hear_it_and_the_real_engines_speak(natural: Components) -> None:
    scenario = Scenario(
        title="Another voice",
        expect=Expectation(),
        reply=(
            Reply(at_s=2.0, says="hey charley"),
            Reply(hold=1, wait_s=4.0, says="another voice"),
            Reply(hold=2, wait_s=4.0, says="stop"),
        ),
        time_limit_s=60.0,
    )
    rehearsal = prepare(natural, scenario, Path())
    outcome = rehearsal.run()
    assert "voice_changed" in outcome.lines
    changed = natural.speech.others["espeak"].render(SCRIPT.text(LineKey("voice_changed")))
    before = natural.clips.render(SCRIPT.text(LineKey("get_ready")))
    assert contains(rehearsal.sound[:, 0], changed.samples)
    assert contains(rehearsal.sound[:, 0], before.samples)
