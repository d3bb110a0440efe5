"""What to do about the two devices, block after block: reopen, rescan, suspend or restart. Pure.

:func:`step` takes the state and what was observed, and returns the next state and the
commands that :mod:`voice.devices.supervisor` carries out. Laws of this file:

- One job at a time. The next one waits for the outcome of the last.
- A lost device is first opened again by itself. A device that was plugged in is listed only
  after a rescan, for which both have to be closed: so a rescan follows a reopening that was
  not enough, and the speaker is never closed for it while it has something to say.
- Each try may interrupt the other device, so tries become rare after a while.
- An unused speaker is suspended: a stream of silence costs more of the processor than all the
  listening. It is resumed when it is wanted, even while the microphone is lost, and now and
  then to see whether it is still there.
- A call that does not return cannot be helped within the process, which is then restarted.
- A fault is reported once for each time that a device was lost.
- Time is an argument, in seconds that never go back.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Final

RETRY_S: Final = 2.0
"""Time from one try to the next at first."""

RETRY_LATER_S: Final = 15.0
"""The same, once a device has been lost for :data:`LATER_S`."""

LATER_S: Final = 60.0

RESCAN_S: Final = 1.5
"""Close the speaker for a rescan only if it will be silent for at least this long."""

HUNG_S: Final = 15.0
"""A single call into the sound library that takes this long will not return."""

SUSPEND_AFTER_S: Final = 10.0
"""The speaker is suspended once it has not been wanted for this long."""

SUSPENDED_S: Final = 60.0
"""A suspended speaker is resumed after this long, to see whether it is still there."""

SILENT_OPENS: Final = 6
"""Restart the process after this many opens in a row of a microphone that delivered nothing."""


class Role(enum.Enum):
    """What a device is for."""

    MICROPHONE = "microphone"
    SPEAKER = "speaker"


BOTH: Final = frozenset(Role)


@dataclass(frozen=True)
class Reopen:
    """Close what has failed, and open these devices."""

    roles: frozenset[Role]


@dataclass(frozen=True)
class Rescan:
    """Close both devices, have all devices listed again, and open both."""


@dataclass(frozen=True)
class Suspend:
    """Stop the stream of the speaker."""


@dataclass(frozen=True)
class Resume:
    """Let the stream of the speaker run again."""


Job = Reopen | Rescan | Suspend | Resume
"""What takes a while, and is done in the background."""


@dataclass(frozen=True)
class Report:
    """Put this into the log."""

    text: str


@dataclass(frozen=True)
class RestartProcess:
    """Begin again with a new process: nothing else brings the sound library back."""


Command = Job | Report | RestartProcess


@dataclass(frozen=True)
class Outcome:
    """How a job ended."""

    opened: frozenset[Role] = frozenset()
    faults: tuple[str, ...] = ()
    """What was wrong with devices that could not be opened."""
    refused: frozenset[Role] = frozenset()
    """Devices that could not be opened although that was tried."""
    silent_microphone: bool = False
    """The microphone could be opened, and delivered nothing."""


@dataclass(frozen=True)
class Observations:
    """What can be seen of the devices at one block."""

    lost: frozenset[Role] = frozenset()
    speaker_wanted: bool = False
    """It is in use, or will be in a moment."""
    speaker_silent: bool = True
    """Nothing will be heard from it for :data:`RESCAN_S`."""
    call_s: float = 0.0
    """How long the present call into the sound library has taken; 0 without one."""
    outcome: Outcome | None = None
    """The outcome of the job, at the block that follows its end."""


@dataclass(frozen=True)
class State:
    """What the policy remembers. ``speaker_wanted_at_s`` begins as the time of the start."""

    speaker_wanted_at_s: float
    job: Job | None = None
    lost_since_s: float | None = None
    tried_at_s: float | None = None
    both_lost_since_s: float | None = None
    suspended_since_s: float | None = None
    silent_opens: int = 0
    closed_for_rescan: frozenset[Role] = frozenset()
    """Devices that were closed while they worked, so that their return is no news."""
    reported: frozenset[str] = frozenset()

    def both_lost_s(self, now_s: float) -> float:
        """How long there has been neither microphone nor speaker, in seconds; 0 if there is."""
        return 0.0 if self.both_lost_since_s is None else now_s - self.both_lost_since_s


def step(state: State, now_s: float, seen: Observations) -> tuple[State, tuple[Command, ...]]:
    """The state after one block, and what to do. Call it with every block."""
    ended = state.job if seen.outcome is not None else None
    state, reports = _take_outcome(state, seen.outcome)
    state = _take_notice(state, now_s, seen)
    if seen.call_s >= HUNG_S or state.silent_opens >= SILENT_OPENS:
        return state, (*reports, RestartProcess())
    if state.job is not None:
        return state, reports
    state, job = _next_job(state, now_s, seen, ended)
    if job is None:
        return state, reports
    return replace(state, job=job), (*reports, job)


def _take_outcome(state: State, outcome: Outcome | None) -> tuple[State, tuple[Report, ...]]:
    if outcome is None:
        return state, ()
    faults = [fault for fault in dict.fromkeys(outcome.faults) if fault not in state.reported]
    returned = [role for role in Role if role in outcome.opened - state.closed_for_rescan]
    silent_opens = 0 if Role.MICROPHONE in outcome.opened else state.silent_opens
    state = replace(
        state,
        job=None,
        suspended_since_s=None if Role.SPEAKER in outcome.opened else state.suspended_since_s,
        silent_opens=silent_opens + outcome.silent_microphone,
        closed_for_rescan=state.closed_for_rescan - outcome.opened - outcome.refused,
        reported=state.reported.union(faults),
    )
    reports = [Report(f"{fault.rstrip('.')}. Charley keeps trying.") for fault in faults]
    reports += [Report(f"The {role.value} is there again.") for role in returned]
    return state, tuple(reports)


def _take_notice(state: State, now_s: float, seen: Observations) -> State:
    """Note when devices were lost and when the speaker was wanted."""
    if seen.speaker_wanted:
        state = replace(state, speaker_wanted_at_s=now_s)
    both_since_s = None
    if seen.lost == BOTH:
        both_since_s = now_s if state.both_lost_since_s is None else state.both_lost_since_s
    return replace(state, both_lost_since_s=both_since_s)


def _next_job(
    state: State, now_s: float, seen: Observations, ended: Job | None
) -> tuple[State, Job | None]:
    """The job to begin now, if any; ``ended`` is the one whose outcome has just come."""
    suspended = state.suspended_since_s is not None and Role.SPEAKER not in seen.lost
    if suspended and seen.speaker_wanted:
        return replace(state, suspended_since_s=None), Resume()
    if not seen.lost:
        return _suspend_or_resume(
            replace(state, lost_since_s=None, tried_at_s=None, reported=frozenset()), now_s
        )
    if state.lost_since_s is None:
        state = replace(state, lost_since_s=now_s)
    if isinstance(ended, Reopen):
        if Role.SPEAKER in seen.lost or seen.speaker_silent:
            return replace(state, closed_for_rescan=BOTH - seen.lost), Rescan()
        return state, None
    if not _try_is_due(state, now_s):
        return state, None
    return replace(state, tried_at_s=now_s), Reopen(seen.lost)


def _suspend_or_resume(state: State, now_s: float) -> tuple[State, Job | None]:
    """Both devices are there."""
    since_s = state.suspended_since_s
    if since_s is None and now_s - state.speaker_wanted_at_s >= SUSPEND_AFTER_S:
        return replace(state, suspended_since_s=now_s), Suspend()
    if since_s is not None and now_s - since_s >= SUSPENDED_S:
        return replace(state, suspended_since_s=None), Resume()
    return state, None


def _try_is_due(state: State, now_s: float) -> bool:
    lost_s = 0.0 if state.lost_since_s is None else now_s - state.lost_since_s
    wait_s = RETRY_S if lost_s < LATER_S else RETRY_LATER_S
    return state.tried_at_s is None or now_s - state.tried_at_s >= wait_s
