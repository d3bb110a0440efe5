"""Opens the microphone and the loudspeaker that the settings name, as often as needed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from voice.devices.claim import Claim, InUseError
from voice.devices.sounddevice_microphone import SounddeviceMicrophone
from voice.devices.sounddevice_speaker import SounddeviceSpeaker
from voice.devices.sounddevice_streams import rescan

_LONGEST_NAME: Final = 100


class SounddeviceDevices:
    """The :class:`voice.devices.supervisor.Devices` of a real machine.

    ``microphone`` and ``speaker`` are each an index, a part of a name, or None for the
    default one. Each device is claimed by a file in ``lock_folder``, so that no other Charley
    uses it; None claims nothing.
    """

    def __init__(
        self,
        microphone: str | int | None,
        speaker: str | int | None,
        lock_folder: Path | None = None,
    ) -> None:
        self._microphone = microphone
        self._speaker = speaker
        self._lock_folder = lock_folder
        self._claims: dict[str, tuple[str, Claim]] = {}
        self._opened_microphone: SounddeviceMicrophone | None = None

    def open_microphone(self) -> SounddeviceMicrophone:
        """The microphone, opened. Raises MicrophoneError, and InUseError."""
        self._opened_microphone = SounddeviceMicrophone(self._microphone)
        self._claim("microphone", self._opened_microphone)
        return self._opened_microphone

    def open_speaker(self) -> SounddeviceSpeaker:
        """The speaker, opened. Raises SpeakerError, and InUseError."""
        speaker = SounddeviceSpeaker(self._speaker, unread=self._unread)
        self._claim("speaker", speaker)
        return speaker

    def rescan(self) -> None:
        """List all devices again; no stream may be open. Raises SpeakerError."""
        rescan()

    def close(self) -> None:
        """Give up the claims, once both devices are closed. Safe to call twice."""
        for _, claim in self._claims.values():
            claim.close()
        self._claims.clear()

    def _claim(self, kind: str, device: SounddeviceMicrophone | SounddeviceSpeaker) -> None:
        before, claim = self._claims.get(kind, ("", None))
        if self._lock_folder is None or before == device.name:
            return
        file = re.sub(r"[^A-Za-z0-9]+", "-", f"{kind}-{device.name}")[:_LONGEST_NAME]
        try:
            claimed = Claim(f"The {kind} {device.name!r}", self._lock_folder / f"{file}.lock")
        except InUseError:
            device.close()
            raise
        self._claims[kind] = (device.name, claimed)
        if claim is not None:
            claim.close()

    def _unread(self) -> int:
        return 0 if self._opened_microphone is None else self._opened_microphone.unread
