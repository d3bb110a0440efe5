"""The laws of the recovery policy, over nights in which anything may happen to the devices."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.audio.samples import BLOCK_S
from voice.devices.recovery_policy import (
    BOTH,
    HUNG_S,
    LATER_S,
    RETRY_LATER_S,
    RETRY_S,
    SILENT_OPENS,
    SUSPEND_AFTER_S,
    SUSPENDED_S,
    Command,
    Observations,
    Outcome,
    Reopen,
    Report,
    Rescan,
    RestartProcess,
    Resume,
    Role,
    State,
    Suspend,
    step,
)

MICROPHONE = frozenset({Role.MICROPHONE})
SPEAKER = frozenset({Role.SPEAKER})
NOTHING: frozenset[Role] = frozenset()
GONE = "There is no microphone."
MUTE = "The microphone has sent nothing."


@dataclass(frozen=True)
class Stretch:
    """A time of constant conditions: which devices are plugged in, and what is wanted."""

    duration_s: float
    plugged_in: frozenset[Role]
    wanted: bool
    silent: bool
    mute: bool
    job_s: float


@dataclass(frozen=True)
class Moment:
    """One step: what went in, and what came out."""

    now_s: float
    before: State
    seen: Observations
    after: State
    commands: tuple[Command, ...]

    @property
    def jobs(self) -> tuple[Command, ...]:
        return tuple(c for c in self.commands if not isinstance(c, Report | RestartProcess))

    @property
    def reports(self) -> tuple[str, ...]:
        return tuple(c.text for c in self.commands if isinstance(c, Report))


class World:
    """Devices that come and go, and jobs that take a while; records what the policy does."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.state = State(speaker_wanted_at_s=0.0)
        self.opened: frozenset[Role] = BOTH
        self.listed: frozenset[Role] = BOTH
        self.ends_s: float | None = None
        self.moments: list[Moment] = []

    def live(self, stretch: Stretch, block_s: float) -> None:
        until_s = self.now_s + stretch.duration_s
        while self.now_s < until_s:
            self.now_s += block_s
            # A suspended speaker that is pulled out is not missed until it is resumed.
            resting = SPEAKER if self.state.suspended_since_s is not None else NOTHING
            self.opened &= stretch.plugged_in | resting
            outcome = self._outcome(stretch)
            seen = Observations(
                lost=BOTH - self.opened,
                speaker_wanted=stretch.wanted,
                speaker_silent=stretch.silent,
                outcome=outcome,
            )
            before = self.state
            self.state, commands = step(before, self.now_s, seen)
            self.moments.append(Moment(self.now_s, before, seen, self.state, commands))
            if any(isinstance(command, Rescan) for command in commands):
                self.opened = NOTHING
            if self.state.job is not before.job and self.state.job is not None:
                self.ends_s = self.now_s + stretch.job_s
            if RestartProcess() in commands:
                return

    def _outcome(self, stretch: Stretch) -> Outcome | None:
        if self.ends_s is None or self.now_s < self.ends_s:
            return None
        self.ends_s = None
        match self.state.job:
            case Reopen(roles):
                return self._open(roles, stretch)
            case Rescan():
                self.listed = stretch.plugged_in
                return self._open(BOTH, stretch)
            case _:
                return Outcome()

    def _open(self, roles: frozenset[Role], stretch: Stretch) -> Outcome:
        there = roles & self.listed & stretch.plugged_in
        mute = MICROPHONE & there if stretch.mute else NOTHING
        opened = there - mute
        self.opened |= opened
        faults = (*[GONE] * bool(MICROPHONE & (roles - there)), *[MUTE] * bool(mute))
        return Outcome(opened, faults, roles - opened, silent_microphone=bool(mute))


def stretches(*, mute: st.SearchStrategy[bool]) -> st.SearchStrategy[list[Stretch]]:
    return st.lists(
        st.builds(
            Stretch,
            duration_s=st.sampled_from([0.2, 3.0, 20.0, 90.0]),
            plugged_in=st.sampled_from([BOTH, MICROPHONE, SPEAKER, NOTHING]),
            wanted=st.booleans(),
            silent=st.booleans(),
            mute=mute,
            job_s=st.sampled_from([0.05, 0.7, 6.0]),
        ),
        min_size=1,
        max_size=4,
    )


def lived(night: list[Stretch], block_s: float = 0.4) -> list[Moment]:
    world = World()
    for stretch in night:
        world.live(stretch, block_s)
        if world.moments and RestartProcess() in world.moments[-1].commands:
            break
    return world.moments


nights = stretches(mute=st.just(value=False)).map(lived)
mute_nights = stretches(mute=st.booleans()).map(lived)

few = settings(max_examples=50)
"""Each is a night of a few hundred steps."""


@given(nights)
@few
def test_one_job_at_a_time(night: list[Moment]) -> None:
    for moment in night:
        assert len(moment.jobs) <= 1
        if moment.before.job is not None and moment.seen.outcome is None:
            assert moment.after.job is moment.before.job
            assert not moment.jobs


@given(nights)
@few
def test_no_working_device_is_closed_while_it_is_needed(night: list[Moment]) -> None:
    for moment in night:
        if Rescan() in moment.jobs:
            assert moment.seen.lost
            assert moment.seen.speaker_silent or Role.SPEAKER in moment.seen.lost
            # A rescan is worth it only if reopening the device alone has failed.
            assert isinstance(moment.before.job, Reopen)
            assert moment.seen.outcome is not None
        for job in moment.jobs:
            if isinstance(job, Reopen):
                assert job.roles == moment.seen.lost
            if isinstance(job, Suspend):
                assert not moment.seen.lost
                assert not moment.seen.speaker_wanted


@given(nights)
@few
def test_tries_are_frequent_at_first_then_rare_but_never_cease(night: list[Moment]) -> None:
    tried_s = lost_s = None
    for moment in night:
        if not moment.seen.lost and moment.after.job is None:
            tried_s = lost_s = None
        elif moment.seen.lost and lost_s is None:
            lost_s = moment.now_s
        if any(isinstance(job, Reopen) for job in moment.jobs):
            if tried_s is not None and lost_s is not None:
                later = moment.now_s - lost_s >= LATER_S
                assert moment.now_s - tried_s >= (RETRY_LATER_S if later else RETRY_S)
            tried_s = moment.now_s
        if moment.seen.lost and moment.after.job is None:
            assert tried_s is not None
            assert moment.now_s - tried_s < RETRY_LATER_S


@given(nights)
@few
def test_a_wanted_speaker_is_never_left_suspended(night: list[Moment]) -> None:
    for moment in night:
        there = Role.SPEAKER not in moment.seen.lost
        if there and moment.seen.speaker_wanted and moment.after.job is None:
            assert moment.after.suspended_since_s is None
        if Suspend() in moment.jobs:
            assert moment.now_s - moment.after.speaker_wanted_at_s >= SUSPEND_AFTER_S
        since_s = moment.after.suspended_since_s
        if since_s is not None and not moment.seen.lost and moment.after.job is None:
            assert moment.now_s - since_s < SUSPENDED_S


@given(nights)
@few
def test_a_fault_is_reported_once_each_time_a_device_is_lost(
    night: list[Moment],
) -> None:
    reported: set[str] = set()
    for moment in night:
        for text in moment.reports:
            if "keeps trying" in text:
                assert text not in reported
                reported.add(text)
        outcome = moment.seen.outcome
        if outcome is not None and outcome.faults:
            assert {f"{fault.rstrip('.')}. Charley keeps trying." for fault in outcome.faults} <= (
                reported
            )
        if not moment.seen.lost and moment.after.job is None:
            reported.clear()


@given(nights)
@few
def test_only_the_return_of_a_failed_device_is_reported(night: list[Moment]) -> None:
    failed: set[Role] = set()
    working = BOTH
    for moment in night:
        outcome = moment.seen.outcome
        failed |= (working - (BOTH - moment.seen.lost)) - moment.after.closed_for_rescan
        if outcome is not None:
            failed |= outcome.refused
            news = [f"The {role.value} is there again." for role in Role if role in outcome.opened]
            told = [text for text in moment.reports if "there again" in text]
            assert set(told) <= set(news)
            assert {f"The {role.value} is there again." for role in failed & outcome.opened} <= (
                set(told)
            )
            failed -= outcome.opened
        working = NOTHING if Rescan() in moment.jobs else BOTH - moment.seen.lost


@given(mute_nights)
@few
def test_only_a_microphone_that_stays_silent_restarts_the_process(night: list[Moment]) -> None:
    silent = 0
    for moment in night:
        outcome = moment.seen.outcome
        if outcome is not None:
            silent = 0 if Role.MICROPHONE in outcome.opened else silent
            silent += outcome.silent_microphone
        assert (RestartProcess() in moment.commands) is (silent >= SILENT_OPENS)


@given(mute_nights, st.sampled_from([0.0, HUNG_S - BLOCK_S, HUNG_S, 2 * HUNG_S]))
@few
def test_a_hung_call_restarts_the_process_whatever_else_happens(
    night: list[Moment], call_s: float
) -> None:
    for moment in night[:-1]:
        seen = Observations(moment.seen.lost, call_s=call_s)
        _, commands = step(moment.after, moment.now_s + BLOCK_S, seen)
        assert (RestartProcess() in commands) is (call_s >= HUNG_S)
        if call_s >= HUNG_S:
            assert commands == (RestartProcess(),)


@given(nights)
@few
def test_the_time_without_any_device_counts_from_the_first_block(night: list[Moment]) -> None:
    since_s = None
    for moment in night:
        if moment.seen.lost != BOTH:
            since_s = None
        elif since_s is None:
            since_s = moment.now_s
        expected = 0.0 if since_s is None else moment.now_s - since_s
        assert moment.after.both_lost_s(moment.now_s) == expected


@pytest.mark.parametrize("lost", [MICROPHONE, SPEAKER, BOTH])
def test_a_device_plugged_in_again_is_found_on_the_next_try(
    lost: frozenset[Role],
) -> None:
    world = World()
    pulled_out = Stretch(9.0, BOTH - lost, wanted=False, silent=True, mute=False, job_s=0.3)
    world.live(pulled_out, BLOCK_S)
    assert BOTH - world.opened == lost
    world.live(replace(pulled_out, duration_s=RETRY_S + 1.0, plugged_in=BOTH), BLOCK_S)
    assert world.opened == BOTH


def test_a_suspended_speaker_that_is_lost_is_reopened_not_resumed() -> None:
    state = State(0.0, suspended_since_s=20.0)
    _, commands = step(state, 30.0, Observations(SPEAKER, speaker_wanted=True))
    assert commands == (Reopen(SPEAKER),)


def test_a_microphone_that_delivers_resets_the_count_of_silent_opens() -> None:
    state = State(0.0, job=Reopen(MICROPHONE), silent_opens=SILENT_OPENS - 1)
    heard, _ = step(state, 1.0, Observations(outcome=Outcome(opened=MICROPHONE)))
    assert heard.silent_opens == 0


def test_a_wanted_speaker_is_resumed_even_while_the_microphone_is_lost() -> None:
    state = State(0.0, suspended_since_s=20.0)
    after, commands = step(state, 30.0, Observations(MICROPHONE, speaker_wanted=True))
    assert commands == (Resume(),)
    assert after.suspended_since_s is None


def test_a_device_lost_again_is_tried_at_once_and_reported_again() -> None:
    fault = f"{GONE} Charley keeps trying."
    long_lost = State(
        speaker_wanted_at_s=99.0, lost_since_s=0.0, tried_at_s=99.0, reported=frozenset({GONE})
    )
    found, commands = step(long_lost, 99.1, Observations())
    assert commands == ()
    lost, commands = step(found, 99.2, Observations(MICROPHONE))
    assert commands == (Reopen(MICROPHONE),)
    refused = Outcome(faults=(GONE,), refused=MICROPHONE)
    tried, commands = step(
        lost, 99.3, Observations(MICROPHONE, speaker_silent=False, outcome=refused)
    )
    assert commands == (Report(fault),)
    _, commands = step(tried, 99.2 + RETRY_S, Observations(MICROPHONE))
    assert commands == (Reopen(MICROPHONE),)


@pytest.mark.parametrize(("refused", "news"), [(SPEAKER, True), (NOTHING, False)])
def test_a_device_closed_for_a_rescan_is_news_only_if_it_failed_to_reopen(
    refused: frozenset[Role], news: bool
) -> None:
    rescan = State(speaker_wanted_at_s=0.0, job=Rescan(), closed_for_rescan=SPEAKER)
    after, _ = step(rescan, 1.0, Observations(SPEAKER, outcome=Outcome(refused=refused)))
    opened = Observations(outcome=Outcome(opened=SPEAKER))
    _, commands = step(after, 2.0, opened)
    assert (Report("The speaker is there again.") in commands) is news


def test_a_reopened_speaker_is_not_suspended() -> None:
    state = State(0.0, job=Rescan(), suspended_since_s=20.0)
    running, _ = step(state, 30.0, Observations(outcome=Outcome(opened=BOTH), speaker_wanted=True))
    assert running.suspended_since_s is None
    assert running.job is None
