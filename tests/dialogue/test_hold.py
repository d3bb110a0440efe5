"""Holds: cues are exact to the sample, never overlap, and are never lost at the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.audio.samples import RATE_HZ
from voice.content.script import LineKey
from voice.dialogue.hold import (
    LAST_COUNT,
    LONGEST_S,
    SHORTEST_S,
    Hold,
    count_line,
    lay_out,
    required_lines,
    spoken_time_left,
    time_left_line,
)

LENGTHS = st.floats(SHORTEST_S, LONGEST_S, allow_nan=False)
OPENING = (LineKey("opening_a"), LineKey("opening_b"))


def clip_lengths(seconds: float) -> dict[LineKey, int]:
    return dict.fromkeys([*required_lines(), *OPENING], round(seconds * RATE_HZ))


def test_thirty_seconds_are_counted_down_at_sensible_points() -> None:
    told = [(cue.at_s, cue.line) for cue in Hold(30.0).cues()]
    assert told == [
        (10.0, "left_20"),
        (20.0, "left_10"),
        (25.0, "count_5"),
        (26.0, "count_4"),
        (27.0, "count_3"),
        (28.0, "count_2"),
        (29.0, "count_1"),
    ]


@given(LENGTHS)
def test_every_cue_tells_the_truth(length_s: float) -> None:
    for cue in Hold(length_s).cues():
        left_s = int(cue.line.split("_")[1])
        assert cue.at_s + left_s == pytest.approx(length_s)
        assert cue.at_s >= 0.0


@given(LENGTHS)
def test_cues_come_in_order_and_end_with_the_last_count(length_s: float) -> None:
    cues = Hold(length_s).cues()
    assert [c.at_s for c in cues] == sorted(c.at_s for c in cues)
    counted = [c.line for c in cues if c.line.startswith("count_")]
    expected = [count_line(n) for n in range(LAST_COUNT, 0, -1) if n <= length_s]
    assert counted == expected


@given(LENGTHS, st.floats(0.1, 3.0), st.booleans())
def test_nothing_overlaps_except_a_count_longer_than_its_second(
    length_s: float, clip_s: float, opened: bool
) -> None:
    hold = Hold(length_s, OPENING if opened else ())
    lengths = clip_lengths(clip_s)
    placed = lay_out(hold, lengths, RATE_HZ)
    ends = 0
    for line in placed:
        if not line.line.startswith("count_"):
            assert line.offset >= ends
        ends = line.offset + lengths[line.line]
    counts = [p for p in placed if p.line.startswith("count_")]
    assert len(counts) == sum(c.line.startswith("count_") for c in hold.cues())
    first = min((c.offset for c in counts), default=round(length_s * RATE_HZ))
    assert all(p.offset + lengths[p.line] <= first for p in placed if p not in counts)


@given(LENGTHS)
def test_cues_fall_on_their_exact_sample(length_s: float) -> None:
    for placed in lay_out(Hold(length_s), clip_lengths(0.1), RATE_HZ):
        left_s = int(placed.line.split("_")[1])
        assert abs(placed.offset - (length_s - left_s) * RATE_HZ) <= 0.5


def test_an_opening_is_said_at_once_and_cues_give_way_to_it() -> None:
    placed = lay_out(Hold(30.0, OPENING), clip_lengths(6.0), RATE_HZ)
    assert [p.line for p in placed[:2]] == list(OPENING)
    assert placed[0].offset == 0
    assert "left_20" not in [p.line for p in placed]


@given(LENGTHS, st.floats(0.0, 1000.0))
def test_the_time_left_never_grows_and_never_vanishes(length_s: float, elapsed_s: float) -> None:
    left_s = Hold(length_s).left_s(elapsed_s)
    assert SHORTEST_S <= left_s <= length_s
    assert left_s == pytest.approx(max(SHORTEST_S, length_s - elapsed_s))


@given(LENGTHS, st.lists(st.floats(0.0, 20.0), max_size=5))
def test_pauses_keep_the_time_left(length_s: float, stretches: list[float]) -> None:
    """A paused hold takes as long in total as one that is not paused."""
    left_s, held_s = length_s, 0.0
    for stretch_s in stretches:
        if left_s - stretch_s <= SHORTEST_S:
            break
        left_s = Hold(left_s).left_s(stretch_s)
        held_s += stretch_s
    assert left_s + held_s == pytest.approx(length_s)


@given(st.floats(0.0, 2 * LONGEST_S))
def test_any_time_left_has_a_line_that_says_it(left_s: float) -> None:
    seconds = spoken_time_left(left_s)
    assert time_left_line(seconds) in required_lines()
    assert abs(seconds - min(max(left_s, 1.0), LONGEST_S)) <= 2.5


@pytest.mark.parametrize("length_s", [0.0, 0.99, -5.0, LONGEST_S + 0.01, float("nan")])
def test_a_hold_outside_the_limits_is_refused(length_s: float) -> None:
    with pytest.raises(ValueError, match="is outside"):
        Hold(length_s)
