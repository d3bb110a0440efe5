"""The live session: read a block, process it, look after the devices."""

from __future__ import annotations

import logging
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn, Protocol

import numpy as np

from voice.app.assembly import Components, assemble
from voice.app.assistant import Assistant, Observer
from voice.app.conversation_marker import FILE as MARKER_FILE
from voice.app.conversation_marker import LASTS_S, ConversationMarker, Interrupted
from voice.app.device_notices import Hearing, Notices
from voice.app.night_memory import FILE as NIGHT_FILE
from voice.app.night_memory import NightMemory
from voice.app.paths import carer_folder, state_folder
from voice.app.settings import Settings
from voice.app.systemd_notify import Heartbeat, SystemdNotifier
from voice.app.voice_preferences import FILE as VOICE_FILE
from voice.app.voice_preferences import VoicePreferences
from voice.audio.samples import BLOCK_SAMPLES, Samples
from voice.carer.event_socket import FILE as SOCKET_FILE
from voice.carer.event_socket import StatusSender
from voice.carer.reporter import CarerReporter
from voice.content.script import LineKey, Script
from voice.devices.claim import Claim
from voice.devices.reconnecting_microphone import ReconnectingMicrophone
from voice.devices.reconnecting_speaker import ReconnectingSpeaker
from voice.devices.recorder import Recorder
from voice.devices.sounddevice_devices import SounddeviceDevices
from voice.devices.sounddevice_microphone import SounddeviceMicrophone
from voice.devices.sounddevice_speaker import SounddeviceSpeaker
from voice.devices.sounddevice_streams import quiet_for_good
from voice.devices.supervisor import DeviceSupervisor, EchoPath
from voice.dialogue.diary import NO_DIARY
from voice.dialogue.line_keys import RECORDING, WAS_AWAY
from voice.dialogue.state_prompts import Context
from voice.dialogue.states import Asleep
from voice.diary.keeper import DiaryKeeper
from voice.diary.store import FILE as DIARY_FILE
from voice.errors import MicrophoneError

BOTH_LOST_S: Final = 60.0
"""A service that has had neither device for this long is restarted in a new sandbox."""

LOCK_FILE: Final = "lock"
"""Its name in the state folder: locked while a Charley process keeps its state there."""

_LOG: Final = logging.getLogger(__name__)

OpenDevices = tuple[SounddeviceMicrophone, SounddeviceSpeaker]


class Watcher(Observer, Protocol):
    """An observer that also follows each line as it begins."""

    def line(self, at_s: float, key: LineKey) -> None:
        """A line begins."""
        ...


@dataclass(frozen=True)
class LiveOptions:
    """How to run a live session. ``watcher`` makes an observer of what is heard and said.

    ``leave`` is asked at every block whether to stop. ``listens`` is called once Charley
    listens.
    """

    leave: Callable[[], bool]
    listens: Callable[[Components, Recorder | None], None]
    watcher: Callable[[Script], Watcher] | None = None
    record: Path | None = None
    was_away: bool = False


def open_devices(devices: SounddeviceDevices) -> OpenDevices:
    """Open microphone and loudspeaker. Raises MicrophoneError, SpeakerError and InUseError."""
    speaker = devices.open_speaker()
    try:
        return devices.open_microphone(), speaker
    except BaseException:
        speaker.close()
        raise


def run_night(
    options: LiveOptions,
    settings: Settings,
    devices: SounddeviceDevices,
    opened: OpenDevices | None,
) -> None:
    """Listen and talk until ``options.leave`` says to stop; wait for devices if ``opened`` is None.

    Raises InUseError if another Charley keeps its state in the same folder.
    """
    own_stderr = quiet_for_good()
    state = state_folder()
    with ExitStack() as stack:
        stack.enter_context(closing(devices))
        speaker = ReconnectingSpeaker(opened[1] if opened else None, time.monotonic)
        stack.enter_context(closing(speaker))
        stack.enter_context(closing(Claim(f"The folder {state}", state / LOCK_FILE)))
        parts = stack.enter_context(closing(assemble(settings)))
        heard = opened[0] if opened else None
        parts.clips.load_all(line.text for line in parts.script.lines.values())
        if parts.missing_lines():
            # Audio captured during rendering would be processed late, so close the microphone.
            if heard is not None:
                heard.close()
            parts.render()
            heard = devices.open_microphone() if opened else None
        microphone = ReconnectingMicrophone(heard, MonotonicClock())
        stack.enter_context(closing(microphone))
        recorder = Recorder(options.record) if options.record is not None else None
        if recorder is not None:
            stack.enter_context(closing(recorder))
        kept = stack.enter_context(
            closing(VoicePreferences(state / VOICE_FILE, settings.voice, parts.speech.usual))
        )
        marker = stack.enter_context(closing(ConversationMarker(state / MARKER_FILE)))
        memory = stack.enter_context(closing(NightMemory(state / NIGHT_FILE)))
        # Without a diary its file is not even opened.
        diary = DiaryKeeper(state / DIARY_FILE) if settings.general.diary else None
        if diary is not None:
            stack.enter_context(closing(diary))
        carer = None
        if settings.carer.on:
            sender = stack.enter_context(closing(StatusSender(carer_folder() / SOCKET_FILE)))
            carer = report_to(sender, parts, diary)
        session = LiveSession(parts, devices, microphone, speaker, own_stderr)
        session.listen(options, kept, memory, marker, recorder, diary=diary, carer=carer)


def report_to(sender: StatusSender, parts: Components, diary: DiaryKeeper | None) -> CarerReporter:
    """What tells the bridge of a session with these parts."""
    context = Context(parts.script, parts.settings.general.hold_s)
    summary = (lambda: NO_DIARY) if diary is None else diary.summary
    return CarerReporter(context, sender.send, summary, secrets.token_hex(4))


class LiveSession:
    """One assistant on devices that may disappear and return."""

    def __init__(
        self,
        parts: Components,
        devices: SounddeviceDevices,
        microphone: ReconnectingMicrophone,
        speaker: ReconnectingSpeaker,
        own_stderr: int,
    ) -> None:
        self._parts = parts
        self._microphone = microphone
        self._speaker = speaker
        self._own_stderr = own_stderr
        self._notifier = SystemdNotifier()
        self._broken_off: Interrupted | None = None
        self._supervisor = DeviceSupervisor(
            devices,
            microphone,
            speaker,
            clock=time.monotonic,
            start=_in_background,
            restart=self._restart_process,
        )

    def listen(
        self,
        options: LiveOptions,
        kept: VoicePreferences,
        memory: NightMemory,
        marker: ConversationMarker,
        recorder: Recorder | None,
        *,
        diary: DiaryKeeper | None,
        carer: CarerReporter | None,
    ) -> None:
        """Listen until told to stop. Raises MicrophoneError if a service has no devices."""
        parts, microphone = self._parts, self._microphone
        played = PlayedBlock()
        watcher = options.watcher(parts.script) if options.watcher else None
        observers: Iterable[Observer] = () if watcher is None else (watcher,)
        on_line = None if watcher is None else watcher.line
        self._assistant = assistant = parts.assistant(
            self._speaker,
            observers,
            reference=played,
            on_line=on_line,
            kept=kept,
            memory=memory,
            diary=diary,
            carer=carer,
        )
        assistant.start()
        model = parts.recogniser.folder.name
        heartbeat = Heartbeat(self._notifier, f"Listening, with the model {model}.")
        options.listens(parts, recorder)
        if recorder is not None:
            assistant.notice(RECORDING, aloud=True)
        interrupted = marker.interrupted
        self._broken_off = interrupted if interrupted and interrupted.broken_off else None
        away = options.was_away or interrupted is not None
        notices = Notices(was_away=away and self._broken_off is None)
        while not options.leave():
            block = microphone.read()
            played.samples = self._speaker.take_played()
            if recorder is not None:
                recorder.take(block, played.samples)
            if carer is not None:
                carer.hears = self._hearing is Hearing.SOUND
            assistant.step(block, deaf=notices.excuses_silence(assistant.now_s))
            self._offer_to_go_on(assistant)
            if self._broken_off is None:
                marker.note(assistant.state)
            self._give_notice(notices, assistant)
            self._look_after_devices()
            heartbeat.beat()
        marker.forget()

    def _give_notice(self, notices: Notices, assistant: Assistant) -> None:
        line = notices.due(assistant.now_s, self._hearing, asleep=self._asleep)
        # A user whose conversation was interrupted is awake.
        if line is not None and assistant.notice(line, aloud=line == WAS_AWAY):
            notices.said(assistant.now_s, line)

    def _offer_to_go_on(self, assistant: Assistant) -> None:
        """Offer to resume an interrupted conversation, once the answer can be heard."""
        interrupted = self._broken_off
        if interrupted is None or interrupted.broken_off is None:
            return
        waited_s = interrupted.ago_s + assistant.now_s
        if not self._asleep or waited_s > LASTS_S:
            self._broken_off = None
        elif self._hearing is Hearing.SOUND and not assistant.mouth.output.sounding:
            self._broken_off = None
            assistant.resume(interrupted.broken_off, interrupted.lasted_s + assistant.now_s)

    @property
    def _hearing(self) -> Hearing:
        if self._microphone.lost:
            return Hearing.NOTHING
        return Hearing.ONLY_SILENCE if self._microphone.mute else Hearing.SOUND

    @property
    def _asleep(self) -> bool:
        return isinstance(self._assistant.state, Asleep)

    def _look_after_devices(self) -> None:
        sounding = self._speaker.position is not None
        engaged = sounding or not self._asleep or self._assistant.hearing
        self._microphone.unhurried = not engaged
        match self._supervisor.watch(speaker_wanted=engaged):
            case EchoPath.NEW:
                self._assistant.reset_echo_path()
            case EchoPath.SHIFTED:
                self._assistant.doubt_echo_delay()
            case EchoPath.SAME:
                pass
        if self._notifier.supervised and self._supervisor.both_lost_s > BOTH_LOST_S:
            # The sandbox may still show the socket of a sound server that has gone; a new
            # sandbox will not.
            raise MicrophoneError(
                "No microphone and no speaker for a minute",
                remedy="Check that the sound server is running.",
            )

    def _restart_process(self) -> NoReturn:
        """Replace this process with a new one: the sound library has hung for good."""
        _LOG.error("the sound library hangs; Charley restarts itself")
        again = [word for word in sys.orig_argv[1:] if word not in ("--wait", "--resumed")]
        again += ["--wait"] if self._asleep else ["--wait", "--resumed"]
        os.dup2(self._own_stderr, 2)
        os.execv(sys.executable, [sys.executable, *again])  # noqa: S606 - no shell is wanted


class PlayedBlock:
    """The far-end reference of the present block: taken once, and used by all who need it."""

    def __init__(self) -> None:
        self.samples: Samples = np.zeros(BLOCK_SAMPLES, np.int16)

    def take_played(self) -> Samples:
        """The block."""
        return self.samples


class MonotonicClock:
    """The clock of the machine, which never goes back."""

    def now_s(self) -> float:
        """Seconds on a monotonic clock."""
        return time.monotonic()

    def wait_s(self, duration_s: float) -> None:
        """Wait for that long."""
        time.sleep(duration_s)


def _in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="charley-devices", daemon=True).start()
