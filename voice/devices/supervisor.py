"""Finds lost sound devices again, in the background, while Charley goes on.

What to do and when is decided by :mod:`voice.devices.recovery_policy`, with every block.
Here it is carried out. Laws of this file:

- Whatever may take a while, or never return, is one job on a thread in the background. The
  job touches the sound library and nothing else; all that :class:`ReconnectingMicrophone`
  and :class:`ReconnectingSpeaker` go through happens on the thread that calls
  :meth:`DeviceSupervisor.watch`, so neither of them needs a lock.
- Two things pass between the threads: the result of a job, through a queue, and the time at
  which the present call into the library began, which one thread writes and one reads.
"""

from __future__ import annotations

import enum
import logging
import queue
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar, assert_never

from voice.devices.reconnecting_microphone import ReconnectingMicrophone
from voice.devices.reconnecting_speaker import ReconnectingSpeaker, SpeakerDevice
from voice.devices.recovery_policy import (
    BOTH,
    RESCAN_S,
    Command,
    Job,
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
from voice.errors import CharleyError, MicrophoneError, SpeakerError
from voice.ports import Microphone

_LOG: Final = logging.getLogger(__name__)
_T = TypeVar("_T")


class Devices(Protocol):
    """Opens the devices that the settings name."""

    def open_microphone(self) -> Microphone:
        """Raises MicrophoneError where it is missing."""
        ...

    def open_speaker(self) -> SpeakerDevice:
        """Raises SpeakerError where it is missing."""
        ...

    def rescan(self) -> None:
        """List all devices again. None may be open. Raises CharleyError."""
        ...


class EchoPath(enum.Enum):
    """Whether the path from the loudspeaker to the microphone has changed."""

    SAME = "unchanged"
    SHIFTED = "the loudspeaker's stream was restarted, so the echo's delay may have changed"
    NEW = "a device was opened"


class DeviceSupervisor:
    """Watches both devices, and brings back those that are lost.

    ``clock`` tells seconds that never go back; ``start`` runs a function in the background;
    ``restart`` begins again with a new process, and does not return.
    """

    def __init__(
        self,
        devices: Devices,
        microphone: ReconnectingMicrophone,
        speaker: ReconnectingSpeaker,
        *,
        clock: Callable[[], float],
        start: Callable[[Callable[[], None]], None],
        restart: Callable[[], None],
    ) -> None:
        self._microphone = microphone
        self._speaker = speaker
        self._clock = clock
        self._restart = restart
        self._worker = _Worker(devices, clock, start)
        self._state = State(speaker_wanted_at_s=clock())

    def watch(self, *, speaker_wanted: bool) -> EchoPath:
        """Look after the devices; call it with every block. Never waits.

        ``speaker_wanted``: the speaker is in use, or will be in a moment. Returns whether
        the echo path has changed since the last block.
        """
        self._speaker.update()
        result = self._worker.take_result()
        if result is not None:
            self._attach(result)
        seen = Observations(
            lost=self._lost,
            speaker_wanted=speaker_wanted,
            speaker_silent=self._speaker.silent_for(RESCAN_S),
            call_s=self._worker.call_s,
            outcome=None if result is None else result.outcome,
        )
        self._state, commands = step(self._state, self._clock(), seen)
        for command in commands:
            self._carry_out(command)
        if result is None:
            return EchoPath.SAME
        if result.outcome.opened:
            return EchoPath.NEW
        return EchoPath.SHIFTED if result.resumed else EchoPath.SAME

    @property
    def both_lost_s(self) -> float:
        """How long there has been neither microphone nor speaker, in seconds; 0 if there is."""
        return self._state.both_lost_s(self._clock())

    @property
    def _lost(self) -> frozenset[Role]:
        lost = {Role.MICROPHONE: self._microphone.lost, Role.SPEAKER: self._speaker.lost}
        return frozenset(role for role, is_lost in lost.items() if is_lost)

    def _attach(self, result: _Result) -> None:
        if result.microphone is not None:
            self._microphone.attach(result.microphone)
        if result.speaker is not None:
            self._speaker.attach(result.speaker)
        if result.failed_speaker is not None:
            self._speaker.lose(*result.failed_speaker)

    def _carry_out(self, command: Command) -> None:
        match command:
            case Report():
                _LOG.warning("%s", command.text)
            case RestartProcess():
                self._restart()
            case _:
                to_close: list[Microphone | SpeakerDevice | None] = []
                to_close += self._microphone.take_failed()
                to_close += self._speaker.take_failed()
                if isinstance(command, Rescan):
                    to_close += (self._microphone.detach(), self._speaker.detach())
                self._worker.begin(command, to_close, self._speaker.device)


@dataclass
class _Result:
    """What a job has come to so far: devices for the other thread, and what went wrong."""

    microphone: Microphone | None = None
    speaker: SpeakerDevice | None = None
    failed_speaker: tuple[SpeakerDevice, SpeakerError] | None = None
    refused: set[Role] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    silent_microphone: bool = False
    resumed: bool = False

    @property
    def outcome(self) -> Outcome:
        """The same for the policy."""
        opened = {Role.MICROPHONE: self.microphone, Role.SPEAKER: self.speaker}
        return Outcome(
            opened=frozenset(role for role, device in opened.items() if device is not None),
            refused=frozenset(self.refused),
            faults=tuple(self.faults),
            silent_microphone=self.silent_microphone,
        )


class _Worker:
    """Does one job at a time in the background.

    :meth:`begin`, :meth:`take_result` and :attr:`call_s` are for the thread that watches.
    """

    def __init__(
        self,
        devices: Devices,
        clock: Callable[[], float],
        start: Callable[[Callable[[], None]], None],
    ) -> None:
        self._devices = devices
        self._clock = clock
        self._start = start
        self._results: queue.SimpleQueue[_Result] = queue.SimpleQueue()
        self._call_began_s: float | None = None

    def begin(
        self,
        job: Job,
        to_close: Iterable[Microphone | SpeakerDevice | None],
        speaker: SpeakerDevice | None,
    ) -> None:
        """Begin a job, by closing these devices; ``speaker`` is to be suspended or resumed."""
        result = _Result()

        def work() -> None:
            try:
                self._do(job, to_close, speaker, result)
            finally:
                self._results.put(result)

        self._start(work)

    def take_result(self) -> _Result | None:
        """The result of the job, once; None while there is none."""
        try:
            return self._results.get_nowait()
        except queue.Empty:
            return None

    @property
    def call_s(self) -> float:
        """How long the present call into the sound library has taken; 0 without one."""
        began_s = self._call_began_s
        return 0.0 if began_s is None else self._clock() - began_s

    def _do(
        self,
        job: Job,
        to_close: Iterable[Microphone | SpeakerDevice | None],
        speaker: SpeakerDevice | None,
        result: _Result,
    ) -> None:
        for device in to_close:
            if device is not None:
                self._call(device.close)
        match job:
            case Reopen():
                self._open(job.roles, result)
            case Rescan():
                try:
                    self._call(self._devices.rescan)
                except CharleyError as error:
                    result.faults.append(error.what)
                else:
                    self._open(BOTH, result)
            case Suspend():
                if speaker is not None:
                    self._call(speaker.suspend)
            case Resume():
                if speaker is not None:
                    self._resume(speaker, result)
            case _:
                assert_never(job)

    def _open(self, roles: frozenset[Role], result: _Result) -> None:
        for role, open_it in (
            (Role.MICROPHONE, self._open_microphone),
            (Role.SPEAKER, self._open_speaker),
        ):
            if role in roles:
                try:
                    open_it(result)
                except CharleyError as error:
                    result.refused.add(role)
                    result.faults.append(error.what)

    def _open_microphone(self, result: _Result) -> None:
        microphone = self._call(self._devices.open_microphone)
        try:
            self._call(microphone.read)  # It works once it has delivered something.
        except MicrophoneError:
            result.silent_microphone = True
            self._call(microphone.close)
            raise
        result.microphone = microphone

    def _open_speaker(self, result: _Result) -> None:
        speaker = self._call(self._devices.open_speaker)
        try:
            self._call(speaker.settle)
        except SpeakerError:
            self._call(speaker.close)
            raise
        result.speaker = speaker

    def _resume(self, speaker: SpeakerDevice, result: _Result) -> None:
        try:
            self._call(speaker.resume)
        except SpeakerError as error:
            result.failed_speaker = (speaker, error)
        else:
            result.resumed = True

    def _call(self, deed: Callable[[], _T]) -> _T:
        """Call into the sound library, which may never return."""
        self._call_began_s = self._clock()
        try:
            return deed()
        finally:
            self._call_began_s = None
