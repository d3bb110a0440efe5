import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.audio.normalise import LEVEL_LUFS
from voice.audio.samples import RATE_HZ, Clip, level_dbfs, peak_dbfs, samples_of
from voice.content.script import LineKey
from voice.dialogue.hold import LONGEST_S, SHORTEST_S, Hold, count_line
from voice.speech.timeline import (
    CHIME,
    CHIME_KEY,
    SpokenLine,
    hold_track,
    lines_of_hold,
    utterance_track,
)


def sound(length: int, value: int = 1_000) -> Clip:
    return Clip(np.full(length, value, np.int16))


LINES = [SpokenLine(LineKey(f"line_{n}"), sound(1_000 * n), pause_s=0.25) for n in (3, 1, 2)]


def test_lines_follow_each_other_with_a_pause() -> None:
    track = utterance_track(LINES)
    assert [p.key for p in track.placements] == ["line_3", "line_1", "line_2"]
    assert [p.offset for p in track.placements] == [0, 3_000 + 4_000, 7_000 + 1_000 + 4_000]
    assert track.length == 12_000 + 2_000


def test_a_line_may_leave_a_gap_to_speak_in() -> None:
    asking = SpokenLine(LineKey("asking"), sound(1_000), pause_s=2.0)
    track = utterance_track([asking, LINES[0]])
    assert track.placements[1].offset == 1_000 + 2 * RATE_HZ


def test_the_chime_lies_under_the_first_word_and_does_not_delay_it() -> None:
    track = utterance_track(LINES, with_chime=True)
    assert track.placements[0].key == CHIME_KEY
    assert track.placements[0].offset == 0
    assert track.placements[1].offset == 0


def test_a_chime_alone_is_heard_to_its_end() -> None:
    track = utterance_track([], with_chime=True)
    assert track.length == len(CHIME.samples)


def test_nothing_to_say_takes_no_time() -> None:
    assert utterance_track([]).length == 0


def test_the_chime_is_soft_and_gone_once_speech_is_under_way() -> None:
    sounding = CHIME.samples
    assert level_dbfs(sounding) < LEVEL_LUFS - 6.0
    assert peak_dbfs(sounding) < LEVEL_LUFS + 1.0
    assert peak_dbfs(sounding[samples_of(0.3) :]) < -50.0


holds = st.builds(
    Hold,
    length_s=st.floats(SHORTEST_S, LONGEST_S),
    opening=st.lists(st.sampled_from([LineKey("go"), LineKey("breathe")]), max_size=2).map(tuple),
)


@settings(deadline=None)  # a busy machine is not the code's fault
@given(plan=holds, length=st.integers(100, 3 * RATE_HZ))
def test_a_hold_lasts_to_the_sample_and_counts_on_the_sample(plan: Hold, length: int) -> None:
    track = hold_track(plan, {key: sound(length) for key in lines_of_hold(plan)})

    assert track.length == samples_of(plan.length_s)
    offsets = {p.key: p.offset for p in track.placements}
    for number in range(1, 6):
        if number <= plan.length_s:
            exact = (plan.length_s - number) * RATE_HZ
            assert abs(offsets[count_line(number)] - exact) <= 0.5 + 1e-6
    ends = [p.offset + len(p.clip.samples) for p in track.placements]
    assert all(end <= p.offset for end, p in zip(ends, track.placements[1:], strict=False))
    assert all(end <= track.length for end in ends)


def test_an_overlong_number_is_cut_with_a_fade() -> None:
    plan = Hold(5.0)
    track = hold_track(plan, {key: sound(RATE_HZ + 500) for key in lines_of_hold(plan)})
    for placed in track.placements:
        assert len(placed.clip.samples) == RATE_HZ
        assert placed.clip.samples[0] == 1_000
        assert abs(int(placed.clip.samples[-1])) < 5
