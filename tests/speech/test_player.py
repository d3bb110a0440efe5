"""The mouth, with the real engine and a test speaker that keeps what it plays."""

import time
from collections.abc import Iterator

import numpy as np
import pytest

from tests.fakes import RecordingSpeaker
from tests.shipped import SCRIPT
from voice.audio.samples import BLOCK_S, BLOCK_SAMPLES, RATE_HZ, Samples, level_dbfs
from voice.content.script import LineKey, Script
from voice.dialogue.actions import HoldId, Say, StartHold, UtteranceId
from voice.dialogue.events import Event, HoldFinished, UtteranceFinished
from voice.dialogue.hold import Hold, count_line
from voice.ports import USUAL_VOICE, VoiceStyle
from voice.speech.clip_library import ClipLibrary
from voice.speech.player import Mouth
from voice.speech.settings import FASTEST_WPM, LOUDEST_DB, SLOWEST_WPM, SOFTEST_DB, SpeechSettings
from voice.speech.timeline import CHIME

FIVE, FOUR = count_line(5), count_line(4)


class Bedside:
    """A mouth, its speaker and its clock."""

    def __init__(self, clips: ClipLibrary, script: Script, settings: SpeechSettings) -> None:
        self.script = script
        self.clips = clips
        self.speaker = RecordingSpeaker()
        self.lines: list[tuple[float, LineKey]] = []
        self.events: list[Event] = []
        self.sounding: list[bool] = []
        self.now_s = 0.0
        self.mouth = Mouth(
            self.speaker, clips, script, settings, lambda at, key: self.lines.append((at, key))
        )

    def live(self, duration_s: float) -> None:
        for _ in range(round(duration_s / BLOCK_S)):
            self.speaker.pass_block()
            self.now_s += BLOCK_S
            self.events += self.mouth.poll(self.now_s)
            self.sounding.append(self.mouth.output.sounding)

    def live_until_silent(self) -> None:
        while self.speaker.position is not None:
            self.live(BLOCK_S)

    def duration_s(self, *keys: LineKey) -> float:
        return sum(self.clips.clip(self.script.text(key)).duration_s for key in keys)


@pytest.fixture(scope="module")
def script() -> Script:
    return SCRIPT


@pytest.fixture
def bedside(clips: ClipLibrary, script: Script) -> Iterator[Bedside]:
    made = Bedside(clips, script, SpeechSettings())
    yield made
    made.mouth.close()


def say(*keys: LineKey, chime: bool = False, utterance: int = 1) -> Say:
    return Say(UtteranceId(utterance), keys, chime)


def where(samples: Samples, clip: Samples) -> int:
    """The sample at which the clip begins in the recording, by cross-correlation."""
    size = 1 << (len(samples) + len(clip)).bit_length()
    found = np.fft.irfft(np.fft.rfft(samples, size) * np.conj(np.fft.rfft(clip, size)), size)
    return int(found[: len(samples)].argmax())


def test_an_utterance_is_said_and_its_lines_and_end_are_reported_once(bedside: Bedside) -> None:
    states = []
    bedside.mouth.say(say(FIVE, FOUR))
    states.append((bedside.mouth.output.busy, bedside.mouth.output.sounding))
    bedside.live(4.0)
    states.append((bedside.mouth.output.busy, bedside.mouth.output.sounding))
    assert states == [(True, True), (False, False)]
    (finished,) = bedside.events
    expected_s = bedside.duration_s(FIVE, FOUR) + SpeechSettings().pause_s
    assert isinstance(finished, UtteranceFinished)
    assert finished.utterance == 1
    assert finished.at_s == pytest.approx(expected_s, abs=BLOCK_S)
    assert [key for _, key in bedside.lines] == [FIVE, FOUR]
    assert [at for at, _ in bedside.lines] == pytest.approx(
        [BLOCK_S, bedside.duration_s(FIVE) + SpeechSettings().pause_s], abs=BLOCK_S
    )


def test_the_first_sample_comes_at_once_with_or_without_the_chime(bedside: Bedside) -> None:
    five = bedside.clips.clip(bedside.script.text(FIVE)).samples
    bedside.mouth.say(say(FIVE))
    bedside.live_until_silent()
    assert where(bedside.speaker.played, five) == 0

    other = Bedside(bedside.clips, bedside.script, SpeechSettings())
    other.mouth.say(say(FIVE, chime=True))
    other.live_until_silent()
    behind = len(CHIME.samples)
    assert where(other.speaker.played, five[behind:]) == behind
    assert not np.array_equal(other.speaker.played[:800], bedside.speaker.played[:800])
    assert [key for _, key in other.lines] == [FIVE]


def test_a_new_utterance_cuts_off_the_old_one_which_is_never_reported(bedside: Bedside) -> None:
    bedside.mouth.say(say(FIVE, FOUR, utterance=1))
    bedside.live(0.2)
    bedside.mouth.say(say(FOUR, utterance=2))
    bedside.live(3.0)
    assert [e.utterance for e in bedside.events if isinstance(e, UtteranceFinished)] == [2]
    assert [key for _, key in bedside.lines] == [FIVE, FOUR]


def test_hushing_gives_silence_at_once_and_no_event(bedside: Bedside) -> None:
    bedside.mouth.say(say(FIVE, FOUR))
    bedside.live(0.2)
    bedside.mouth.hush()
    assert not bedside.mouth.output.busy
    assert not bedside.mouth.output.sounding
    before = len(bedside.speaker.played)
    bedside.live(2.0)
    assert bedside.events == []
    assert not bedside.speaker.played[before + RATE_HZ // 100 :].any()


def test_an_empty_utterance_finishes_with_the_next_block(bedside: Bedside) -> None:
    bedside.mouth.say(say())
    bedside.live(BLOCK_S)
    assert [type(e) for e in bedside.events] == [UtteranceFinished]
    assert bedside.mouth.poll(bedside.now_s) == ()


@pytest.mark.parametrize("length_s", [1.0, 5.0, 12.34567, 30.0, 60.0])
@pytest.mark.parametrize("rate_steps", [0, -3, 4])
def test_a_hold_counts_to_within_a_sample_and_lasts_its_time(
    length_s: float, rate_steps: int, bedside: Bedside
) -> None:
    bedside.mouth.adjust_rate(rate_steps)
    bedside.mouth.start_hold(StartHold(HoldId(7), Hold(length_s)))
    assert not bedside.mouth.output.busy
    bedside.live_until_silent()
    (finished,) = bedside.events
    assert finished == HoldFinished(bedside.now_s, HoldId(7))
    assert bedside.now_s == pytest.approx(length_s, abs=BLOCK_S)
    played = bedside.speaker.played
    (track,) = bedside.speaker.tracks
    assert track.length == round(length_s * RATE_HZ)
    counted = [p for p in track.placements if p.key.startswith("count_")]
    assert len(counted) == min(5, int(length_s))
    for placed in counted:
        exact = (length_s - int(placed.key.removeprefix("count_"))) * RATE_HZ
        second = played[max(0, placed.offset - 4_000) : placed.offset + RATE_HZ]
        heard = where(second, placed.clip.samples) + max(0, placed.offset - 4_000)
        assert abs(heard - exact) <= 1.0


def test_charley_is_not_sounding_in_the_gaps_of_a_hold(bedside: Bedside) -> None:
    bedside.mouth.start_hold(StartHold(HoldId(1), Hold(8.0)))
    bedside.live_until_silent()
    spoken = sum(len(p.clip.samples) for p in bedside.speaker.tracks[0].placements)
    share = sum(bedside.sounding) / len(bedside.sounding)
    assert spoken / (8 * RATE_HZ) <= share <= spoken / (8 * RATE_HZ) + 0.06
    for sounding, start in zip(
        bedside.sounding, range(0, len(bedside.speaker.played), BLOCK_SAMPLES), strict=False
    ):
        block = bedside.speaker.played[start : start + BLOCK_SAMPLES]
        assert sounding or level_dbfs(block) < -45.0


def test_the_opening_of_a_hold_is_reported_with_its_lines(bedside: Bedside) -> None:
    bedside.mouth.start_hold(StartHold(HoldId(1), Hold(30.0, (FOUR,))))
    bedside.live_until_silent()
    assert [key for _, key in bedside.lines] == [
        FOUR,
        *("left_20", "left_10"),
        *(count_line(n) for n in (5, 4, 3, 2, 1)),
    ]


def test_louder_and_quieter_stay_within_limits(bedside: Bedside) -> None:
    levels = []
    for steps in (0, 1, -3):
        bedside.mouth.adjust_volume(steps)
        start = len(bedside.speaker.played) if bedside.now_s else 0
        bedside.mouth.say(say(FIVE))
        bedside.live(bedside.duration_s(FIVE))
        levels.append(level_dbfs(bedside.speaker.played[start:]))
    assert levels[1] - levels[0] == pytest.approx(4.0, abs=0.2)
    assert levels[2] - levels[1] == pytest.approx(-12.0, abs=0.2)
    bedside.mouth.adjust_volume(99)
    assert bedside.mouth.volume_db == LOUDEST_DB
    bedside.mouth.adjust_volume(-99)
    assert bedside.mouth.volume_db == SOFTEST_DB


def test_the_volume_setting_applies_from_the_first_line(clips: ClipLibrary, script: Script) -> None:
    heard = []
    for volume_db in (0.0, -10.0):
        bedside = Bedside(clips, script, SpeechSettings(volume_db=volume_db))
        bedside.mouth.say(say(FIVE))
        bedside.live_until_silent()
        heard.append(level_dbfs(bedside.speaker.played))
    assert heard[0] - heard[1] == pytest.approx(10.0, abs=0.1)


def test_the_loudest_volume_never_clips(bedside: Bedside) -> None:
    bedside.mouth.adjust_volume(9)
    bedside.mouth.say(say(FIVE, FOUR, chime=True))
    bedside.live_until_silent()
    assert int(np.abs(bedside.speaker.played.astype(np.int32)).max()) < 32_767


def test_slower_and_faster_apply_from_the_next_line_within_limits(bedside: Bedside) -> None:
    lengths = []
    for steps in (0, -2, 4):
        bedside.mouth.adjust_rate(steps)
        bedside.mouth.say(say(FIVE))
        lengths.append(bedside.speaker.tracks[-1].length)
    assert lengths[2] < lengths[0] < lengths[1]
    bedside.mouth.adjust_rate(99)
    assert bedside.mouth.words_per_minute == FASTEST_WPM
    bedside.mouth.adjust_rate(1)
    assert bedside.mouth.words_per_minute == FASTEST_WPM
    bedside.mouth.adjust_rate(-99)
    assert bedside.mouth.words_per_minute == SLOWEST_WPM


def test_after_a_rate_change_other_lines_are_rendered_in_the_background(
    bedside: Bedside,
) -> None:
    faster = bedside.clips.with_style(VoiceStyle(USUAL_VOICE, 170))
    texts = [bedside.script.text(key) for key in list(bedside.script.lines)[:5]]
    assert len(faster.missing(texts)) == 5
    bedside.mouth.adjust_rate(1)
    deadline = time.monotonic() + 30.0
    while faster.missing(texts) and time.monotonic() < deadline:
        time.sleep(0.01)  # another thread is at work, which takes no clock from the test
    assert not faster.missing(texts)
    bedside.mouth.close()
    left = faster.missing(line.text for line in bedside.script.lines.values())
    bedside.mouth.close()
    assert faster.missing(line.text for line in bedside.script.lines.values()) == left


def test_everything_is_said_even_without_a_listener_for_lines(
    clips: ClipLibrary, script: Script
) -> None:
    speaker = RecordingSpeaker()
    mouth = Mouth(speaker, clips, script, SpeechSettings())
    mouth.say(say(FIVE))
    for _ in range(60):
        speaker.pass_block()
    assert mouth.poll(1.0) == (UtteranceFinished(1.0, UtteranceId(1)),)
