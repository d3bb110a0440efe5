import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voice.audio.samples import Samples, samples_of
from voice.devices.playback_reference import SLACK_S, PlaybackReference

BLOCK = 512
SLACK = samples_of(SLACK_S)


def counting(start: int, count: int) -> Samples:
    return (np.arange(start, start + count) % 30_000 + 1).astype(np.int16)


@given(st.lists(st.integers(0, 640), min_size=30, max_size=60))
def test_sound_written_in_gulps_is_read_in_order_without_a_gap(gulps: list[int]) -> None:
    tape, written = PlaybackReference(), 0
    read: list[Samples] = []
    for gulp in gulps:
        while written < BLOCK * len(read) + BLOCK + gulp - 320:
            tape.write(counting(written, 128))
            written += 128
        read.append(tape.read(BLOCK))
    heard = np.concatenate(read)
    sounding = heard[np.flatnonzero(heard)[0] :]
    assert np.array_equal(sounding, counting(0, len(sounding)))
    assert len(heard) - len(sounding) <= SLACK + BLOCK


def test_a_reader_that_has_lost_sound_continues_with_the_newest() -> None:
    tape = PlaybackReference()
    tape.write(counting(0, 16_000))
    read = tape.read(BLOCK)
    assert int(read[0]) == 16_000 - BLOCK - SLACK + 1


def test_a_busy_reader_finds_all_that_was_played_while_blocks_waited() -> None:
    tape = PlaybackReference()
    for start in range(0, 16_000, 128):
        tape.write(counting(start, 128))
    waiting = 16_000 // BLOCK
    read = [tape.read(BLOCK, (waiting - 1 - n) * BLOCK) for n in range(waiting)]
    heard = np.concatenate(read)[SLACK:]
    assert np.array_equal(heard, counting(0, len(heard)))


def test_a_speaker_that_is_fed_further_ahead_is_read_later() -> None:
    tape = PlaybackReference()
    tape.begin(0.2)
    tape.write(np.zeros(16_000, np.int16))
    tape.read(BLOCK)
    tape.write(counting(0, BLOCK))
    silent = 0
    while not tape.read(1)[0]:
        silent += 1
    assert abs(silent - samples_of(0.16)) <= 1


def test_drift_is_made_up_for_in_silence() -> None:
    tape = PlaybackReference()
    tape.write(np.zeros(4000, np.int16))
    tape.read(BLOCK)
    tape.write(counting(0, BLOCK))
    silent = 0
    while not tape.read(1)[0]:
        silent += 1
    assert silent <= SLACK


@given(st.lists(st.integers(0, 1280), max_size=90))
def test_bursts_in_silence_leave_the_echo_where_it_was(bursts: list[int]) -> None:
    """Asleep, the microphone is read in batches, of which its own buffer may still hold some."""
    assert silence_before_sound(bursts) == silence_before_sound([])


def silence_before_sound(bursts: list[int]) -> int:
    """How far the reader is behind, after silence in which the writer was ahead now and then."""
    tape, ahead = PlaybackReference(), 0
    for burst in [0] * 40 + bursts + [0]:
        tape.write(np.zeros(max(0, BLOCK + burst - ahead), np.int16))
        ahead = max(burst, ahead - BLOCK)
        tape.read(BLOCK)
    while ahead > 0:
        tape.read(min(BLOCK, ahead))
        ahead -= BLOCK
    tape.write(counting(0, 4 * BLOCK))
    silent = 0
    while not tape.read(1)[0]:
        silent += 1
    return silent


def test_a_device_that_asks_for_nothing_leaves_silence() -> None:
    assert not PlaybackReference().read(BLOCK).any()
    starved = PlaybackReference()
    starved.read(10 * BLOCK)
    starved.write(counting(0, BLOCK))
    assert np.count_nonzero(starved.read(BLOCK + SLACK)) == BLOCK


@given(st.integers(2, 8))
def test_a_late_device_shifts_the_echo_once_and_only_by_its_lateness(
    late: int,
) -> None:
    tape, written = PlaybackReference(), 0
    distances = []
    for step in range(300):
        # Now and then, in the middle of sound, it asks late and then for everything it missed.
        if step % 30 < 30 - late:
            tape.write(counting(written, (step + 1) * BLOCK - written))
            written = (step + 1) * BLOCK
        read = tape.read(BLOCK)
        if read.all():
            distances.append((step * BLOCK + 1 - int(read[0])) % 30_000)
    assert sorted(set(distances)) == [SLACK, late * BLOCK]
    assert distances == sorted(distances)
