"""Finds lost sound devices again, in the background, while Charley goes on.

A device that has come back is seen only after all streams have been closed and the
sound library has looked round anew. So first the lost device alone is tried, and
where that is in vain, the other is done without for a moment: the speaker only while
nothing is to be heard from it.

While nobody has spoken for a while, the speaker rests: a stream that runs on silence
costs more of the processor than all the listening. It is roused when a voice begins, and
once a minute to see that it is still there.

The library may also hang for good inside any of its calls (a sound server that was
started anew is enough). Nothing within the process cures that: ``hung`` is called.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from voice.devices.reconnecting_microphone import ReconnectingMicrophone
from voice.devices.reconnecting_speaker import ReconnectingSpeaker, SpeakerDevice
from voice.errors import CharleyError, MicrophoneError, SpeakerError
from voice.ports import Microphone

RETRY_S: Final = 2.0
RETRY_LATER_S: Final = 15.0
LATER_S: Final = 60.0
"""Tried often to begin with, then seldom: each try interrupts the device that is left."""

RESCAN_S: Final = 1.5
"""So long nothing must be to be heard for the speaker to be done without."""

HUNG_S: Final = 15.0
"""A single call into the sound library that takes so long will not return."""

REST_AFTER_S: Final = 10.0
"""The speaker rests once it has not been wanted for this long."""

RESTS_S: Final = 60.0
"""How often a speaker that rests is roused, to see that it is still there."""

MUTE_TRIES: Final = 6
"""So often a microphone may be opened and give nothing before all is begun anew."""

_LOG: Final = logging.getLogger(__name__)
_T = TypeVar("_T")


class Devices(Protocol):
    """Opens the devices that the settings name."""

    def open_microphone(self) -> Microphone:
        """Raises MicrophoneError where it is not there."""
        ...

    def open_speaker(self) -> SpeakerDevice:
        """Raises SpeakerError where it is not there."""
        ...

    def rescan(self) -> None:
        """Take note of devices that came or went. Nothing may be open. Raises CharleyError."""
        ...


class DeviceSupervisor:
    """Watches both devices, and mends what can be mended.

    ``clock`` tells seconds that never go back; ``start`` runs a function in the
    background; ``hung`` begins the process anew, and does not return. ``mended``
    counts the devices that were opened.
    """

    def __init__(
        self,
        devices: Devices,
        microphone: ReconnectingMicrophone,
        speaker: ReconnectingSpeaker,
        *,
        clock: Callable[[], float],
        start: Callable[[Callable[[], None]], None],
        hung: Callable[[], None],
    ) -> None:
        self._devices = devices
        self._microphone = microphone
        self._speaker = speaker
        self._clock = clock
        self._start = start
        self._hung = hung
        self._lost_at_s: float | None = None
        self._tried_at_s: float | None = None
        self._calling_since_s: float | None = None
        self._nothing_since_s: float | None = None
        self._wanted_at_s = clock()
        self._resting_since_s: float | None = None
        self._working = False
        self._mute_tries = 0
        self._told: set[str] = set()
        self._lent: set[str] = set()
        self.mended = 0

    def watch(self, *, wanted: bool) -> None:
        """Look after the devices; to be called with every block. Never waits.

        ``wanted``: the speaker is in use, or will be in a moment.
        """
        now_s = self._clock()
        if wanted:
            self._wanted_at_s = now_s
        self._speaker.update()
        if not (self._microphone.away and self._speaker.away):
            self._nothing_since_s = None
        elif self._nothing_since_s is None:
            self._nothing_since_s = now_s
        since_s = self._calling_since_s
        hangs = since_s is not None and now_s - since_s >= HUNG_S
        if hangs or self._mute_tries >= MUTE_TRIES:
            self._hung()
        if self._working:
            return
        if not (self._microphone.away or self._speaker.away):
            self._lost_at_s = self._tried_at_s = None
            self._told.clear()
            self._rest_or_rouse(now_s)
            return
        if self._lost_at_s is None:
            self._lost_at_s = now_s
        if self._tried_at_s is not None:
            often = now_s - self._lost_at_s < LATER_S
            if now_s - self._tried_at_s < (RETRY_S if often else RETRY_LATER_S):
                return
        self._tried_at_s = now_s
        self._do(self._mend)

    def _rest_or_rouse(self, now_s: float) -> None:
        wanted = now_s - self._wanted_at_s < REST_AFTER_S
        since_s = self._resting_since_s
        if since_s is None and not wanted:
            self._resting_since_s = now_s
            self._do(lambda: self._call(self._speaker.rest))
        elif since_s is not None and (wanted or now_s - since_s >= RESTS_S):
            self._resting_since_s = None
            self._do(lambda: self._call(self._speaker.rouse))

    def _do(self, work: Callable[[], None]) -> None:
        """Work in the background, one thing at a time."""

        def at_work() -> None:
            try:
                work()
            finally:
                self._working = False

        self._working = True
        self._start(at_work)

    @property
    def nothing_for_s(self) -> float:
        """How long there has been neither microphone nor speaker, in seconds; 0 where there is."""
        return 0.0 if self._nothing_since_s is None else self._clock() - self._nothing_since_s

    def _mend(self) -> None:
        try:
            self._close(*self._microphone.broken(), *self._speaker.broken())
            if not self._open_lost() and self._do_without_both():
                self._call(self._devices.rescan)
                self._open_lost()
        except CharleyError as error:
            self._tell(error)

    def _do_without_both(self) -> bool:
        """Close whatever is left, if that can be done now."""
        if not (self._speaker.away or self._speaker.spare_for(RESCAN_S)):
            return False
        microphone, speaker = self._microphone.lend(), self._speaker.lend()
        self._lent = {"microphone"} if microphone else set()
        self._lent |= {"speaker"} if speaker else set()
        self._close(microphone, speaker)
        return True

    def _close(self, *devices: Microphone | SpeakerDevice | None) -> None:
        for device in devices:
            if device is not None:
                self._call(device.close)

    def _open_lost(self) -> bool:
        """Open what is away. Returns whether both devices are there now."""
        for name, away, open_it in (
            ("microphone", self._microphone.away, self._open_microphone),
            ("speaker", self._speaker.away, self._open_speaker),
        ):
            if away:
                try:
                    open_it()
                except CharleyError as error:
                    self._lent.discard(name)  # It has gone too.
                    self._tell(error)
        return not (self._microphone.away or self._speaker.away)

    def _open_microphone(self) -> None:
        microphone = self._call(self._devices.open_microphone)
        try:
            self._call(microphone.read)  # It is there when it sends something.
        except MicrophoneError:
            self._mute_tries += 1
            self._call(microphone.close)
            raise
        self._mute_tries = 0
        self._microphone.give(microphone)
        self._welcome("microphone")

    def _open_speaker(self) -> None:
        speaker = self._call(self._devices.open_speaker)
        try:
            self._call(speaker.settle)
        except SpeakerError:
            self._call(speaker.close)
            raise
        self._resting_since_s = None
        self._speaker.give(speaker)
        self._welcome("speaker")

    def _welcome(self, device: str) -> None:
        self.mended += 1
        if device in self._lent:
            self._lent.discard(device)  # It had not gone.
        else:
            _LOG.warning("The %s is there again.", device)

    def _call(self, deed: Callable[[], _T]) -> _T:
        """Call into the sound library, which may never return."""
        self._calling_since_s = self._clock()
        try:
            return deed()
        finally:
            self._calling_since_s = None

    def _tell(self, error: CharleyError) -> None:
        """Put a fault into the log; not again with every try."""
        if error.what not in self._told:
            self._told.add(error.what)
            _LOG.warning("%s. Charley keeps trying.", error.what.rstrip("."))
