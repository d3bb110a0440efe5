"""A night in OVOS: the skill in the harness that OVOS's skills are tested with (ovoscope).

Skill, intent parser, converse and stop services are OVOS's own. Only the clock is set by
hand, and speech takes as long as it would in a typed conversation. Runs where OVOS is installed.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Sequence
from functools import partial
from typing import Final

from ovos_bus_client.message import Message
from ovos_bus_client.session import SessionManager
from ovoscope import MiniCroft, get_minicroft

from voice.dialogue.in_text import WORD_S
from voice.diary.keeper import DiaryKeeper
from voice.ovos.conversation import _Counting, _Saying
from voice.ovos.skill import CharleySkill
from voice.simulation.typed import INTO_HOLD_S, QUIET_S, REACTION_S

SKILL_ID: Final = "leg-cramp.charley"

PATIENCE_S: Final = 20.0
"""How long OVOS may take for an utterance, in real seconds."""


class SetClock:
    """A clock that shows what it was set to."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def now_s(self) -> float:
        return self.at_s

    def wait(self, changed: threading.Condition, timeout_s: float | None) -> None:  # noqa: ARG002
        changed.wait()  # only what happens is worth waking for: time does not pass by itself


class Night:
    """One skill in one OVOS, a loudspeaker on the set clock, and a person with replies."""

    def __init__(self) -> None:
        self.clock = SetClock()
        self.said: list[tuple[str, float | None]] = []
        """Each text, and how many seconds into a hold it was given to OVOS."""
        self.played: list[str] = []
        """Each text that was not cut off."""
        self.folder = tempfile.TemporaryDirectory()
        self._nights = 0
        os.environ["CHARLEY_STATE"] = f"{self.folder.name}/state"
        os.environ["CHARLEY_CACHE"] = f"{self.folder.name}/cache"
        self.speech_ends_s: float | None = None
        self.speech: Message | None = None
        self.croft: MiniCroft = get_minicroft(
            [],
            extra_skills={
                SKILL_ID: partial(CharleySkill, clock=self.clock, diary=DiaryKeeper(None))
            },
        )
        self.croft.bus.on("speak", self._speak)
        self.croft.bus.on("mycroft.audio.speech.stop", self._silence)
        self.handled = threading.Event()
        for name in ("ovos.utterance.handled", f"{SKILL_ID}.stop.response"):
            self.croft.bus.on(name, self._handled)
        loader = self.croft.plugin_skills[SKILL_ID]
        self.skill: CharleySkill = loader.instance

    def begin_another(self) -> None:
        """Begin another night, with nothing remembered, in the OVOS that runs already."""
        SessionManager.reset_default_session()
        self._nights += 1
        os.environ["CHARLEY_STATE"] = f"{self.folder.name}/state {self._nights}"
        self.said, self.played = [], []
        self.speech_ends_s, self.speech = None, None
        with self.skill._changed:
            self.skill._memory.close()
            self.clock.at_s = 0.0
            self.skill._diary = DiaryKeeper(None)
            self.skill._begin()

    def close(self) -> None:
        """End the skill and its OVOS; the next night begins with a session of its own."""
        self.skill.shutdown()
        self.skill.default_shutdown()
        self.croft.stop()
        SessionManager.reset_default_session()
        self.folder.cleanup()

    def _handled(self, message: Message | None = None) -> None:  # noqa: ARG002
        self.handled.set()

    # The loudspeaker ------------------------------------------------------------------------

    def _speak(self, message: Message) -> None:
        text = message.data["utterance"]
        doing = self.skill._conversation._doing
        into_s = self.clock.at_s - doing.started_s if isinstance(doing, _Counting) else None
        self.said.append((text, into_s))
        self.speech = message
        self.speech_ends_s = self.clock.at_s + WORD_S * len(text.split())
        self.croft.bus.emit(message.forward("recognizer_loop:audio_output_start"))

    def _silence(self, message: Message | None = None) -> None:
        if message is None and self.speech is not None:
            self.played.append(self.speech.data["utterance"])
        speech, self.speech, self.speech_ends_s = self.speech, None, None
        if speech is not None:
            self.croft.bus.emit(speech.forward("recognizer_loop:audio_output_end"))

    # Time -----------------------------------------------------------------------------------

    @property
    def next_s(self) -> float | None:
        times = (self.skill._conversation.due_s, self.speech_ends_s)
        return min((time for time in times if time is not None), default=None)

    def step(self) -> None:
        """Let time pass until the next thing happens."""
        at_s = self.next_s
        assert at_s is not None
        self.clock.at_s = max(self.clock.at_s, at_s)
        if self.speech_ends_s is not None and self.speech_ends_s <= self.clock.at_s:
            self._silence()
        else:
            with self.skill._changed:
                self.skill._conversation.tick(self.clock.at_s)

    def until(self, at_s: float) -> bool:
        """Let time pass; return False if the conversation moved on by itself first."""
        before = self.skill._conversation._doing, self.skill._conversation._listening
        while (next_s := self.next_s) is not None and next_s <= at_s:
            self.step()
            if (self.skill._conversation._doing, self.skill._conversation._listening) != before:
                return False
        self.clock.at_s = max(self.clock.at_s, at_s)
        return True

    # The person -----------------------------------------------------------------------------

    def say(self, words: str, context: dict[str, object] | None = None) -> None:
        """Say it to OVOS, and wait until OVOS has handled it."""
        self.handled.clear()
        data = {"utterances": [words], "lang": "en-US"}
        self.croft.bus.emit(Message("recognizer_loop:utterance", data, context))
        assert self.handled.wait(PATIENCE_S), f"OVOS did not handle {words!r}"

    def live_through(self, replies: Sequence[str]) -> None:
        """Hold a conversation in the time that a typed one would take."""
        left = list(replies)
        asked_of: object = None
        while True:
            conversation = self.skill._conversation
            doing = conversation._doing
            stopping = conversation._stop_at_s is not None
            if stopping or isinstance(doing, _Saying) or doing is asked_of is not None:
                self.step()
            elif not left:
                return
            elif doing is not None:
                asked_of = doing
                words = left.pop(0)
                into_s = min(INTO_HOLD_S, doing.action.plan.length_s / 2)
                if words and self.until(doing.started_s + into_s):
                    self.say(words)
                elif words:
                    left.insert(0, words)
            else:
                self._reply(left)

    def _reply(self, left: list[str]) -> None:
        conversation = self.skill._conversation
        words, now_s = left.pop(0), self.clock.at_s
        if words:
            if self.until(now_s + REACTION_S + WORD_S * len(words.split())):
                self.say(words)
            else:
                left.insert(0, words)
            return
        patience_s = conversation._listening.patience_s
        waits = patience_s is not None and conversation._patient
        self.until(now_s + (patience_s if patience_s is not None and waits else QUIET_S))
