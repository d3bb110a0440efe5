"""When the sleeper speaks, to the sample."""

from __future__ import annotations

import numpy as np
import pytest

from voice.audio.samples import BLOCK_SAMPLES, RATE_HZ
from voice.simulation.acoustics import Wave
from voice.simulation.scenario import Reply
from voice.simulation.simulated_user import SimulatedUser

VOICE = np.full(800, 0.5, np.float32)


def sleeper(*replies: Reply, told: list[tuple[float, str]] | None = None) -> SimulatedUser:
    voices: dict[Reply, Wave] = {
        reply: VOICE for reply in replies if reply.says is not None or reply.recording is not None
    }
    heard = told if told is not None else []
    return SimulatedUser(replies, voices, told=lambda at_s, words: heard.append((at_s, words)))


def spoken(who: SimulatedUser, start: int, count: int) -> list[int]:
    """The first samples of everything said from ``start`` on."""
    sound = np.concatenate(
        [
            np.zeros(BLOCK_SAMPLES, np.float32) if said is None else said
            for said in (
                who.speech(at, BLOCK_SAMPLES) for at in range(start, start + count, BLOCK_SAMPLES)
            )
        ]
    )
    edges = np.flatnonzero(np.diff(np.concatenate([[0.0], sound])) > 0)
    return [start + int(edge) for edge in edges]


def test_the_first_words_come_at_their_time() -> None:
    told: list[tuple[float, str]] = []
    who = sleeper(Reply(at_s=1.0, wait_s=0.25, says="hey charley"), told=told)
    assert not who.is_done
    assert spoken(who, 0, 3 * RATE_HZ) == [20_000]
    assert told == [(1.25, "hey charley")]
    assert who.is_done


def test_an_answer_is_timed_from_the_end_of_what_charley_says() -> None:
    who = sleeper(Reply(to="ask_*", wait_s=0.5, says="no"))
    who.line_begun("ask_swollen", 1_000)
    assert who.is_done
    who.fell_silent(("chime", "ask_swollen"), 30_000)
    assert spoken(who, 30_000 // 512 * 512, 20_000) == [38_000]


def test_talking_over_a_line_is_timed_from_its_first_sample() -> None:
    who = sleeper(Reply(over="advice_*", wait_s=0.5, says="stop"))
    who.fell_silent(("advice_urgent",), 100)
    assert who.is_done
    who.line_begun("advice_urgent", 4_321)
    assert spoken(who, 4_096, 20_480) == [4_321 + 8_000]


def test_a_reply_can_be_timed_within_the_second_hold() -> None:
    who = sleeper(Reply(hold=2, wait_s=8.0, says="it's gone"))
    who.hold_begun(0)
    assert who.is_done
    who.hold_begun(5_120)
    assert spoken(who, 5_120, 9 * RATE_HZ) == [5_120 + 8 * RATE_HZ]


def test_replies_are_taken_in_order_and_used_up() -> None:
    told: list[tuple[float, str]] = []
    who = sleeper(
        Reply(to="ask_a", wait_s=0, says="yes"),
        Reply(to="ask_*", wait_s=0, says="no", times=2),
        Reply(to="*", wait_s=0, says="what", times="always"),
        told=told,
    )
    for number, key in enumerate(["ask_b", "ask_a", "ask_a", "ask_a", "other"]):
        at = number * 2_048
        who.fell_silent((key,), at)
        spoken(who, at, 2_048)
    assert [words for _, words in told] == ["no", "yes", "no", "what", "what"]


def test_silence_is_a_reply_too() -> None:
    who = sleeper(Reply(to="ask_a"), Reply(to="ask_a", wait_s=0, says="no"))
    who.fell_silent(("ask_a",), 0)
    assert who.is_done
    who.fell_silent(("ask_a",), 0)
    assert spoken(who, 0, 1_024) == [0]


def test_the_sleeper_never_says_two_things_at_once() -> None:
    who = sleeper(
        Reply(at_s=0.01, wait_s=0, says="one"),
        Reply(at_s=0.02, wait_s=0, says="two"),
        Reply(at_s=0.0, wait_s=0, says="three"),
    )
    sound = np.concatenate(
        [x for x in (who.speech(at, 512) for at in range(0, 4_096, 512)) if x is not None]
    )
    assert sound.max() == 0.5
    assert np.count_nonzero(sound) == 3 * len(VOICE)


@pytest.mark.parametrize("key", ["ask_Swollen", "swollen", "ask"])
def test_patterns_match_the_whole_key(key: str) -> None:
    who = sleeper(Reply(to="ask_[a-z]*", says="no"))
    who.fell_silent((key,), 0)
    assert who.is_done


def test_a_recording_is_reported_by_its_name() -> None:
    told: list[tuple[float, str]] = []
    who = sleeper(Reply(at_s=0.0, wait_s=0.0, recording="no.wav"), told=told)
    spoken(who, 0, 1_024)
    assert told == [(0.0, "(recording no.wav)")]
