"""Where utterances begin and end, on made-up levels and probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.audio.samples import BLOCK_S, BLOCK_SAMPLES, blocks_in
from voice.content.script import Answer, Command, GrammarKey, Meaning, QuestionKey, Statement
from voice.listening.endpointing import Endpoint, Phase, closing_quiet_s
from voice.listening.level_gate import LevelGate, voice_level_db
from voice.listening.settings import ListeningSettings

SETTINGS = ListeningSettings()
CHEST_PAIN = Statement(QuestionKey("chest_pain"), Answer.YES, sign=True, wakes=True)
Blocks = st.lists(
    st.tuples(st.floats(0, 1), st.floats(-90, 0), st.booleans()), min_size=1, max_size=400
)


def phases(blocks: list[tuple[float, float, bool]], settings: ListeningSettings) -> list[Phase]:
    endpoint = Endpoint(settings)
    found = []
    for probability, level, above_floor in blocks:
        phase = endpoint.hear(probability, level, above_floor=above_floor)
        found.append(phase)
        if phase is Phase.OVER:
            endpoint.reset()
    return found


def test_a_word_begins_continues_and_ends() -> None:
    blocks = [(0.0, -70.0, True)] * 3 + [(0.9, -20.0, True)] * 8 + [(0.0, -70.0, False)] * 30
    found = phases(blocks, SETTINGS)
    onset = blocks_in(SETTINGS.onset_s)
    assert found.index(Phase.SPEECH_START) == 3 + onset - 1
    assert found.index(Phase.ENDPOINT_CANDIDATE) == 11 + blocks_in(SETTINGS.complete_s) - 1
    assert found.index(Phase.OVER) == 11 + blocks_in(SETTINGS.pause_s) - 1


def test_one_block_of_voice_is_not_an_utterance() -> None:
    found = phases([(0.9, -20.0, True), *[(0.0, -70.0, False)] * 40], SETTINGS)
    assert set(found) == {Phase.QUIET}


def test_falling_to_the_rooms_level_ends_a_word_that_the_vad_still_hears() -> None:
    endpoint = Endpoint(SETTINGS)
    for _ in range(5):
        endpoint.hear(0.9, -20.0)
    endpoint.hear(0.9, -70.0, above_floor=False)
    assert not endpoint.sounding


@given(Blocks)
def test_an_utterance_never_lasts_longer_than_allowed(
    blocks: list[tuple[float, float, bool]],
) -> None:
    settings = ListeningSettings(longest_s=2.0)
    length = 0
    for phase in phases(blocks, settings):
        length = 0 if phase in (Phase.QUIET, Phase.OVER) else length + 1
        assert length <= blocks_in(settings.longest_s)


@given(Blocks)
def test_phases_come_in_order(blocks: list[tuple[float, float, bool]]) -> None:
    speaking = False
    for phase in phases(blocks, SETTINGS):
        assert (phase in (Phase.QUIET, Phase.SPEECH_START)) is not speaking
        speaking = phase not in (Phase.QUIET, Phase.OVER)


@given(Blocks)
def test_voice_and_span_never_exceed_the_length(blocks: list[tuple[float, float, bool]]) -> None:
    endpoint = Endpoint(SETTINGS)
    for probability, level, above_floor in blocks:
        phase = endpoint.hear(probability, level, above_floor=above_floor)
        assert 0 <= endpoint.voiced <= max(endpoint.length, 0)
        assert 0 <= endpoint.span <= endpoint.length
        if phase is Phase.OVER:
            endpoint.reset()


def room(level_dbfs: float, seconds: float, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=int(seconds * 16000)) * 32768 * 10 ** (level_dbfs / 20)
    return noise.astype(np.int16).reshape(-1)


def opened(gate: LevelGate, sound: Any) -> list[bool]:
    count = len(sound) // BLOCK_SAMPLES
    blocks = sound[: count * BLOCK_SAMPLES].reshape(count, BLOCK_SAMPLES)
    return [gate.hear(voice_level_db(block)) for block in blocks]


@pytest.mark.parametrize("level_dbfs", [-80.0, -60.0, -45.0])
def test_steady_noise_does_not_open_the_gate(level_dbfs: float) -> None:
    assert not any(opened(LevelGate(SETTINGS), room(level_dbfs, 20.0)))


def test_digital_silence_does_not_open_the_gate() -> None:
    assert not any(opened(LevelGate(SETTINGS), np.zeros(160_000, np.int16)))


def test_mains_hum_does_not_open_the_gate() -> None:
    hum = (800 * np.sin(2 * np.pi * 50 * np.arange(160_000) / 16_000)).astype(np.int16)
    assert sum(opened(LevelGate(SETTINGS), hum + room(-75.0, 10.0))) == 0


def test_a_soft_voice_opens_the_gate_at_once() -> None:
    gate = LevelGate(SETTINGS)
    opened(gate, room(-65.0, 5.0))
    voice = 200 * np.sin(2 * np.pi * 400 * np.arange(BLOCK_SAMPLES) / 16_000)
    assert gate.hear(voice_level_db(voice.astype(np.int16)))


def test_a_fan_that_starts_becomes_part_of_the_floor() -> None:
    gate = LevelGate(SETTINGS)
    opened(gate, room(-70.0, 5.0))
    found = opened(gate, room(-50.0, 15.0, seed=1))
    assert found[0]
    learned_s = 20.0 / SETTINGS.floor_rise_db_per_s + SETTINGS.level_hold_s
    assert not any(found[blocks_in(learned_s) :])


def test_the_floor_does_not_rise_while_someone_is_speaking() -> None:
    gate = LevelGate(SETTINGS)
    gate.hear(-70.0)
    for _ in range(200):
        gate.hear(-30.0, speaking=True)
    assert gate.floor_db == -70.0


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="voice_off"):
        ListeningSettings(voice_on=0.3, voice_off=0.5)
    with pytest.raises(ValueError, match="pause_s"):
        ListeningSettings(complete_s=0.8, pause_s=0.5)
    with pytest.raises(ValueError, match="complete_no_s"):
        ListeningSettings(complete_no_s=0.1)


@pytest.mark.parametrize(
    ("key", "meaning", "quiet_s"),
    [
        (GrammarKey.ANSWER, Answer.NO, SETTINGS.complete_no_s),
        (GrammarKey.RELIEF, Answer.NO, SETTINGS.complete_no_s),
        (GrammarKey.ANSWER, None, SETTINGS.complete_no_s),
        (GrammarKey.ANSWER, Answer.YES, SETTINGS.complete_s),
        (GrammarKey.ANSWER, Answer.UNSURE, SETTINGS.complete_s),
        (GrammarKey.ANSWER, CHEST_PAIN, SETTINGS.complete_s),
        (GrammarKey.HOLD, Command.STOP, SETTINGS.complete_s),
        (GrammarKey.WAKE, None, SETTINGS.wake_s),
        (GrammarKey.WAKE, CHEST_PAIN, SETTINGS.wake_s),
    ],
)
def test_how_much_quiet_ends_a_phrase_depends_on_its_meaning(
    key: GrammarKey, meaning: Meaning | None, quiet_s: float
) -> None:
    assert closing_quiet_s(SETTINGS, key, meaning) == quiet_s


@given(st.floats(0, 60))
def test_a_duration_is_rounded_to_the_nearest_block(duration_s: float) -> None:
    assert abs(blocks_in(duration_s) * BLOCK_S - max(duration_s, BLOCK_S)) <= BLOCK_S / 2 + 1e-9
