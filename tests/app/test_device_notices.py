"""When Charley says that it cannot hear, and how that fits into what it says anyway."""

from __future__ import annotations

import itertools

import pytest

from tests.app.night import QUIET, Night
from tests.fakes import ScriptedClock, ScriptedSpeaker, Tones
from tests.shipped import SCRIPT
from voice.app.device_notices import (
    AGAIN_S,
    ASLEEP_S,
    AWAKE_S,
    PATIENCE_S,
    WELL_S,
    Hearing,
    Notices,
)
from voice.audio.samples import BLOCK_S, RATE_HZ, Track, level_dbfs, tone
from voice.content.script import LineKey
from voice.dialogue.actions import HoldId, Say, StartHold, UtteranceId
from voice.dialogue.events import HoldFinished, SilenceHeard
from voice.dialogue.hold import Hold
from voice.dialogue.line_keys import CANNOT_HEAR, HEAR_YOU_NOW, ONLY_SILENCE, WAS_AWAY
from voice.dialogue.states import AskingIfGone, Asleep
from voice.speech.clip_library import ClipLibrary
from voice.speech.player import Mouth
from voice.speech.settings import SpeechSettings


class Ears:
    """Deaf and asleep at times; each notice is said as soon as it is due."""

    def __init__(self, *, was_away: bool = False) -> None:
        self.notices = Notices(was_away=was_away)
        self.now_s = 0.0
        self.said: list[tuple[float, LineKey]] = []

    def go_on(self, duration_s: float, hearing: Hearing, *, asleep: bool) -> None:
        until_s = self.now_s + duration_s
        while self.now_s < until_s:
            line = self.notices.due(self.now_s, hearing, asleep=asleep)
            if line is not None:
                self.notices.said(self.now_s, line)
                self.said.append((self.now_s, line))
            self.now_s += 0.25


def test_ears_that_hear_are_not_mentioned() -> None:
    ears = Ears()
    ears.go_on(100.0, Hearing.SOUND, asleep=True)
    ears.go_on(100.0, Hearing.SOUND, asleep=False)
    assert ears.said == []


def test_in_a_conversation_deafness_and_recovery_are_announced_once_each() -> None:
    ears = Ears()
    ears.go_on(10.0, Hearing.NOTHING, asleep=False)
    ears.go_on(10.0, Hearing.SOUND, asleep=False)
    assert ears.said == [(AWAKE_S, CANNOT_HEAR), (10.0 + WELL_S, HEAR_YOU_NOW)]


def test_a_moment_of_deafness_is_not_announced() -> None:
    ears = Ears()
    ears.go_on(AWAKE_S, Hearing.NOTHING, asleep=False)
    ears.go_on(10.0, Hearing.SOUND, asleep=False)
    ears.go_on(ASLEEP_S, Hearing.NOTHING, asleep=True)
    ears.go_on(10.0, Hearing.SOUND, asleep=True)
    assert ears.said == []


def test_while_asleep_deafness_is_announced_once_and_recovery_never() -> None:
    ears = Ears()
    ears.go_on(10 * ASLEEP_S, Hearing.NOTHING, asleep=True)
    ears.go_on(10.0, Hearing.SOUND, asleep=True)
    ears.go_on(10.0, Hearing.SOUND, asleep=False)
    assert ears.said == [(ASLEEP_S, CANNOT_HEAR)]


def test_a_loose_contact_is_not_announced_all_the_time() -> None:
    ears = Ears()
    for _ in range(60):
        ears.go_on(2.0, Hearing.NOTHING, asleep=False)
        ears.go_on(2.0, Hearing.SOUND, asleep=False)
    told = [at_s for at_s, line in ears.said if line == CANNOT_HEAR]
    assert 2 <= len(told) <= 1 + 240.0 / AGAIN_S
    assert all(b - a >= AGAIN_S for a, b in itertools.pairwise(told))


def test_a_muted_microphone_is_announced_as_muted() -> None:
    ears = Ears()
    ears.go_on(2 * ASLEEP_S, Hearing.ONLY_SILENCE, asleep=True)
    ears.go_on(10.0, Hearing.NOTHING, asleep=True)
    ears.go_on(10.0, Hearing.SOUND, asleep=False)
    assert ears.said == [
        (ASLEEP_S, ONLY_SILENCE),
        (2 * ASLEEP_S + 10.0 + WELL_S, HEAR_YOU_NOW),
    ]


def test_having_been_away_is_announced_once() -> None:
    ears = Ears(was_away=True)
    ears.go_on(100.0, Hearing.SOUND, asleep=True)
    assert ears.said == [(0.0, WAS_AWAY)]


def test_silence_is_excused_while_charley_is_deaf_but_not_forever() -> None:
    ears = Ears()
    assert not ears.notices.excuses_silence(0.0)
    ears.go_on(PATIENCE_S, Hearing.NOTHING, asleep=False)
    assert ears.notices.excuses_silence(PATIENCE_S - 1.0)
    assert not ears.notices.excuses_silence(PATIENCE_S)
    ears.go_on(1.0, Hearing.SOUND, asleep=False)
    assert not ears.notices.excuses_silence(PATIENCE_S + 1.0)


# Through the mouth.


class Told:
    def __init__(self) -> None:
        self.clock = ScriptedClock()
        self.speaker = ScriptedSpeaker()
        self.lines: list[LineKey] = []
        settings = SpeechSettings()
        clips = ClipLibrary(Tones(1.0), None, settings.style)
        self.mouth = Mouth(
            self.speaker, clips, SCRIPT, settings, lambda _at_s, key: self.lines.append(key)
        )

    @property
    def track(self) -> Track:
        played = [what for name, what in self.speaker.told if name == "play"]
        assert isinstance(played[-1], Track)
        return played[-1]


@pytest.fixture
def told() -> Told:
    return Told()


def test_a_notice_in_silence_is_said_and_ends_without_an_event(told: Told) -> None:
    assert told.mouth.notice(CANNOT_HEAR)
    told.speaker.play_on(0.5, told.clock)
    assert told.mouth.poll(0.5) == ()
    assert told.mouth.output.sounding
    assert not told.mouth.notice(HEAR_YOU_NOW)  # one after the other
    told.speaker.play_on(2.0, told.clock)
    assert told.mouth.poll(2.5) == ()
    assert told.lines == [CANNOT_HEAR]
    assert told.mouth.notice(HEAR_YOU_NOW, -12.0)
    loud, soft = (level_dbfs(tone(440.0, 1.0, -12.0)), level_dbfs(told.track.render(0, RATE_HZ)))
    assert loud - soft == pytest.approx(12.0, abs=0.1)


def test_a_notice_never_cuts_off_a_sentence(told: Told) -> None:
    told.mouth.say(Say(UtteranceId(1), (LineKey("good_night"),)))
    assert not told.mouth.notice(CANNOT_HEAR)
    told.mouth.pause()
    assert not told.mouth.notice(CANNOT_HEAR)


def test_a_notice_fits_into_a_gap_in_a_count_that_goes_on(told: Told) -> None:
    told.mouth.start_hold(StartHold(HoldId(7), Hold(30.0)))
    whole = told.track
    told.speaker.play_on(9.5, told.clock)
    assert not told.mouth.notice(CANNOT_HEAR)  # half a second before "twenty seconds left"
    told.speaker.play_on(3.0, told.clock)
    assert told.mouth.poll(12.5) == ()
    assert told.mouth.notice(CANNOT_HEAR)
    later = [(p.offset / RATE_HZ + 12.5, p.key) for p in told.track.placements[1:]]
    assert later == [
        (p.offset / RATE_HZ, p.key) for p in whole.placements if p.offset > 12.5 * RATE_HZ
    ]
    told.speaker.play_on(17.4, told.clock)
    assert told.mouth.poll(29.9) == ()
    told.speaker.play_on(0.2, told.clock)
    assert told.mouth.poll(30.1) == (HoldFinished(30.1, HoldId(7)),)
    assert told.lines.count(CANNOT_HEAR) == 1
    assert not told.mouth.output.busy


def test_a_hold_that_has_just_ended_leaves_no_room_for_a_notice(told: Told) -> None:
    told.mouth.start_hold(StartHold(HoldId(7), Hold(5.0)))
    told.speaker.play_on(6.0, told.clock)
    assert not told.mouth.notice(CANNOT_HEAR)


# Through the whole assistant.


def loudest(night: Night, duration_s: float) -> float:
    """The level of the loudest block that is played meanwhile."""
    levels = []
    for _ in range(round(duration_s / BLOCK_S)):
        levels.append(level_dbfs(night.speaker.pass_block()))
        night.assistant.step(QUIET)
    return max(levels)


def test_silence_is_not_an_answer_while_charley_is_deaf() -> None:
    night = Night()
    night.say("hey charley")
    night.until(lambda: isinstance(night.assistant.state, AskingIfGone))
    night.until_quiet()
    asked = night.assistant.state
    for _ in range(round(60.0 / BLOCK_S)):
        night.speaker.pass_block()
        night.assistant.step(QUIET, deaf=True)
    assert night.assistant.state is asked
    assert not night.heard(SilenceHeard)
    night.until(lambda: bool(night.heard(SilenceHeard)), 30.0)


def test_a_notice_changes_nothing_and_is_soft_while_charley_sleeps() -> None:
    night = Night()
    assert isinstance(night.assistant.state, Asleep)
    assert night.assistant.notice(CANNOT_HEAR)
    soft = loudest(night, 3.0)
    assert night.assistant.notice(CANNOT_HEAR, aloud=True)
    loud = loudest(night, 3.0)
    assert loud - soft == pytest.approx(8.0, abs=0.5)
    assert isinstance(night.assistant.state, Asleep)
    assert night.events == []
    night.say("hey charley")
    assert not isinstance(night.assistant.state, Asleep)
