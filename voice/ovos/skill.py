"""The OVOS skill: OVOS's ears and mouth for :class:`voice.ovos.conversation.Conversation`.

The only file that knows OVOS. Messages arrive on threads of the bus, and the skill has one more
thread, which keeps the time. A lock lets one of them in at a time; none waits while it holds it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from ovos_bus_client.message import Message
from ovos_bus_client.session import SessionManager
from ovos_utils import classproperty
from ovos_utils.process_utils import RuntimeRequirements
from ovos_workshop.skills.converse import ConversationalSkill

from voice.app.dialogue_assembly import build_dialogue, read_script
from voice.app.night_memory import FILE as NIGHT_FILE
from voice.app.night_memory import NightMemory
from voice.app.paths import cache_folder, state_folder
from voice.app.settings import load_settings
from voice.diary.keeper import DiaryKeeper
from voice.diary.store import FILE as DIARY_FILE
from voice.ovos.conversation import SETTLE_S, Conversation
from voice.ovos.intents import call_samples, danger_phrases

CALL: Final = "call.intent"
DANGER: Final = "danger.intent"

_ATTENTION_MIN: Final = 15
"""How long OVOS offers this skill what is said first, unless the conversation ends earlier."""


class Clock(Protocol):
    """The skill's clock."""

    def now_s(self) -> float:
        """Seconds since the clock was made. Never runs backwards."""
        ...

    def wait(self, changed: threading.Condition, timeout_s: float | None) -> None:
        """Wait for a change, at most that many seconds; for ever if None. The lock is held."""
        ...


class MonotonicClock:
    """Real time. It stands still while the machine sleeps."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()

    def now_s(self) -> float:
        """Seconds since the clock was made."""
        return time.monotonic() - self._began_s

    def wait(self, changed: threading.Condition, timeout_s: float | None) -> None:
        """Wait for a change, at most that many seconds."""
        changed.wait(timeout_s)


class CharleySkill(ConversationalSkill):
    """Charley as a skill.

    ``clock`` and ``diary`` are those of the bedside unless given: real time, and the diary on
    disk that the settings allow.
    """

    def __init__(
        self,
        *args: Any,
        clock: Clock | None = None,
        diary: DiaryKeeper | None = None,
        **kwargs: Any,
    ) -> None:
        self._charley_settings = settings = load_settings()
        self._script = script = read_script(settings)
        self._clock = clock or MonotonicClock()
        self._diary = diary
        if diary is None and settings.general.diary:
            self._diary = DiaryKeeper(state_folder() / DIARY_FILE)
        self._changed = threading.Condition(threading.RLock())
        self._closed = False
        self._services = _OvosServices(self)
        self._begin()
        samples = {
            CALL: call_samples(script, settings.general.wake_phrases),
            DANGER: danger_phrases(script),
        }
        folder = cache_folder() / "ovos"
        _write_samples(folder / "locale" / settings.general.language, samples)
        self._ticking = threading.Thread(target=self._keep_time, name="charley-clock", daemon=True)
        super().__init__(*args, resources_dir=str(folder), **kwargs)

    def _begin(self) -> None:
        """Begin asleep, with what is remembered of the night."""
        self._memory = NightMemory(state_folder() / NIGHT_FILE)
        self._conversation = Conversation(
            build_dialogue(self._script, self._charley_settings, self._memory.night),
            self._script,
            self._charley_settings.general.wake_phrases,
            self._services,
            diary=self._diary,
            memory=self._memory,
        )

    @classproperty
    def runtime_requirements(self) -> RuntimeRequirements:
        """No network is needed."""
        return RuntimeRequirements(
            internet_before_load=False,
            network_before_load=False,
            requires_internet=False,
            requires_network=False,
            no_internet_fallback=True,
            no_network_fallback=True,
        )

    def initialize(self) -> None:
        """Register for the reports of OVOS, and start the clock."""
        self.register_intent_file(CALL, self.handle_call)
        self.register_intent_file(DANGER, self.handle_danger)
        for name, report in (
            ("recognizer_loop:audio_output_start", Conversation.speech_began),
            ("recognizer_loop:audio_output_end", Conversation.speech_ended),
            ("recognizer_loop:record_begin", Conversation.recording_began),
            ("recognizer_loop:record_end", Conversation.recording_ended),
            ("recognizer_loop:speech.recognition.unknown", Conversation.nothing_recognised),
        ):
            self.add_event(name, self._reporting(report), speak_errors=False)
        self._ticking.start()

    def shutdown(self) -> None:
        """Stop the clock, and write what is not written yet."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._memory.close()
        if self._diary is not None:
            self._diary.close()

    # What OVOS asks and tells ---------------------------------------------------------------

    def handle_call(self, message: Message) -> None:
        """Wake to words that OVOS's intent parser took for a call."""
        with self._at_now(message) as now_s:
            self._conversation.called(_utterance(message), now_s)

    def handle_danger(self, message: Message) -> None:
        """Wake to words that OVOS's intent parser took for a danger sign."""
        with self._at_now(message) as now_s:
            self._conversation.danger_said(_utterance(message), now_s)

    def can_converse(self, message: Message) -> bool:
        """Whether speech in that session is meant for Charley."""
        with self._changed:
            return self._conversation.awake and _session(message) == _session(
                self._services.heard_in
            )

    def converse(self, message: Message) -> bool:
        """Handle speech, if it was meant for Charley."""
        with self._at_now(message) as now_s:
            return self._conversation.hear(_utterance(message), now_s)

    def can_stop(self, message: Message) -> bool:  # noqa: ARG002 - whoever says it
        """Whether there is anything to stop."""
        with self._changed:
            return self._conversation.awake

    def stop(self) -> bool:
        """Fall silent now; the dialogue's reply follows."""
        with self._changed:
            if self._closed:
                return False
            stopped = self._conversation.stop(self._clock.now_s())
            self._changed.notify_all()
            return stopped

    # The clock ------------------------------------------------------------------------------

    def _keep_time(self) -> None:
        with self._changed:
            while not self._closed:
                due_s, now_s = self._conversation.due_s, self._clock.now_s()
                if due_s is None or due_s > now_s:
                    self._clock.wait(self._changed, None if due_s is None else due_s - now_s)
                    continue
                try:
                    self._conversation.tick(now_s)
                except Exception:
                    # Without a clock nothing is ever said again, so it outlasts whatever fails
                    # when the bus is away.
                    self.log.exception("what was due could not be done")
                    self._clock.wait(self._changed, SETTLE_S)

    @contextlib.contextmanager
    def _at_now(self, message: Message) -> Iterator[float]:
        """Enter the conversation with what came in that message; then do what is due."""
        with self._changed:
            context = {**message.context, "skill_id": self.skill_id}
            self._services.heard_in = Message(message.msg_type, {}, context)
            now_s = self._clock.now_s()
            yield now_s
            self._conversation.tick(now_s)
            self._changed.notify_all()

    def _reporting(self, report: Callable[[Conversation, float], None]) -> Callable[[], None]:
        """A handler that reports an event without content to the conversation."""

        def handler() -> None:
            with self._changed:
                now_s = self._clock.now_s()
                report(self._conversation, now_s)
                self._conversation.tick(now_s)
                self._changed.notify_all()

        return handler


class _OvosServices:
    """Implements :class:`voice.ovos.conversation.Services`.

    ``heard_in`` is the message that last brought words: what is said goes back to where they
    came from. OVOS finds a message among the arguments of the functions that are running.
    """

    def __init__(self, skill: CharleySkill) -> None:
        self._skill = skill
        self.heard_in = Message("charley")

    def speak(self, text: str, *, listen: bool) -> None:
        """Speak, then record if ``listen``."""
        self._speak(self.heard_in, text, listen=listen)

    def fall_silent(self) -> None:
        """Cut OVOS's speech off."""
        self._emit("mycroft.audio.speech.stop", {"skill_id": self._skill.skill_id})

    def adjust_volume(self, steps: int) -> None:
        """Change the volume of everything that OVOS plays."""
        for _ in range(abs(steps)):
            self._emit("mycroft.volume.increase" if steps > 0 else "mycroft.volume.decrease", {})

    def attend(self) -> None:
        """Become the first skill that may converse."""
        self._attend(self.heard_in)

    def release(self) -> None:
        """Give that place up."""
        self._release(self.heard_in)

    def _emit(self, name: str, data: Mapping[str, object]) -> None:
        self._skill.bus.emit(self.heard_in.forward(name, dict(data)))

    # Each has the message as an argument, where OVOS looks for it.

    def _speak(self, message: Message, text: str, *, listen: bool) -> None:  # noqa: ARG002
        self._skill.speak(text, expect_response=listen)

    def _attend(self, message: Message) -> None:  # noqa: ARG002
        self._skill.activate(_ATTENTION_MIN)

    def _release(self, message: Message) -> None:  # noqa: ARG002
        self._skill.deactivate()


def _utterance(message: Message) -> str:
    """The best hypothesis of what was said."""
    return str(message.data.get("utterance") or message.data["utterances"][0])


def _session(message: Message) -> str:
    return str(SessionManager.get(message).session_id)


def _write_samples(folder: Path, samples: Mapping[str, tuple[str, ...]]) -> None:
    """Write intent files as OVOS reads them; at every start, since the content may have changed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in samples.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
