"""``charley check``: whether Charley and the user understand each other; aloud and in print.

It is made for people with low vision: it says everything it finds, a soft tone tells when
to speak, and the last sentence is the one thing to change.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Final, TypeVar

import numpy as np

from voice.app.assembly import choose_model, fit_margins, load_model
from voice.app.check_advice import FAINT_DB, Trial, advice, told_of_echo, told_of_room
from voice.app.dialogue_assembly import read_script
from voice.app.examination import LoadedModel
from voice.app.hearing_test import deaf, try_hearing
from voice.app.settings import Settings, load_settings
from voice.app.trial import hear_word
from voice.audio.samples import BLOCK_S, Samples
from voice.carer.settings import what_is_sent
from voice.cli.aloud import Aloud
from voice.cli.main import EXIT_FAILED, EXIT_OK, Subparsers
from voice.cli.output import print_json
from voice.content.script import Answer, GrammarKey
from voice.devices.sounddevice_microphone import SounddeviceMicrophone
from voice.errors import CharleyError
from voice.listening.signal_quality import SoundCheck, check_sound

ROOM_S: Final = 3.0
PATIENCE_S: Final = 8.0
"""How long to wait for a word."""

SETTLING_S: Final = 0.3
"""Skip this much: a microphone often starts with a click, or the end of Charley's tone."""

_Result = TypeVar("_Result")


class CheckError(CharleyError):
    """A part of the check that failed."""


@dataclass
class _Found:
    """Everything that was found, for output as JSON."""

    parts: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    room: SoundCheck | None = None
    echo: SoundCheck | None = None
    trials: list[Trial] = field(default_factory=list)
    advice: str | None = None


def add_parser(subparsers: Subparsers) -> None:
    """Add ``check``."""
    parser = subparsers.add_parser(
        "check",
        description=(
            "Test voice, model and microphone: Charley says aloud what it does, asks you to say"
            " three things after a tone, says how it heard them, and ends with what to change."
            " It takes about a minute."
        ),
    )
    parser.add_argument(
        "--no-questions",
        action="store_true",
        help="do not ask for words, when no one is there to speak",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print JSON, for programs; the rest goes to stderr",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Test each part, even if another fails; fail if any part does."""
    settings = load_settings()
    found = _Found()
    with closing(Aloud(settings, sys.stderr if args.json else sys.stdout)) as aloud:
        check = _Check(settings, aloud, found)
        check.part("Voice", check.voice)
        candidate = check.part("Model", check.model)
        check.part("Microphone", lambda: check.microphone(None if args.no_questions else candidate))
        if aloud.broke_down and "Voice" not in found.failed:
            found.failed.append("Voice")
        aloud.say(_last_words(found))
    if args.json:
        print_json(asdict(found) | {"passed": not found.failed})
    return EXIT_FAILED if found.failed else EXIT_OK


def _last_words(found: _Found) -> str:
    if not found.failed:
        return "All is well. There is nothing to change."
    parts = " and ".join(part.lower() for part in found.failed)
    return f"Not all is well: look at the {parts}. {found.advice or ''}".strip()


class _Check:
    def __init__(self, settings: Settings, aloud: Aloud, found: _Found) -> None:
        self._settings = settings
        self._aloud = aloud
        self._found = found

    def part(self, name: str, check: Callable[[], _Result]) -> _Result | None:
        """Run one part of the check, and say if it fails."""
        try:
            result = check()
        except CharleyError as error:
            self._found.failed.append(name)
            self._found.parts[name] = str(error)
            self._found.advice = self._found.advice or error.remedy
            self._aloud.say(f"{name} failed: {error}")
            return None
        self._found.parts[name] = "passed"
        return result

    def voice(self) -> None:
        """Open the speaker and introduce Charley."""
        self._aloud.open()
        self._aloud.note(f"Speaker {self._aloud.speaker_name}.")
        self._aloud.say("This is Charley. I am testing my voice, my ears and your microphone.")
        if self._settings.carer.on:
            self._aloud.say(what_is_sent(self._settings.carer))

    def model(self) -> LoadedModel:
        """Load the model, and run its hearing test."""
        choice = choose_model(self._settings)
        settings = fit_margins(self._settings, choice.margin_scale)
        script = read_script(settings)
        candidate = load_model(settings, choice.folder, script)
        hearing = try_hearing(candidate, script)
        self._aloud.note(f"Model {choice.folder}: {hearing}. {choice.why}")
        if not hearing.passed:
            raise deaf(choice.folder, hearing)
        self._aloud.say("My ears know all the words that I listen for.")
        return candidate

    def microphone(self, candidate: LoadedModel | None) -> None:
        """Listen to the room, to Charley's own voice, and to three phrases from the user."""
        found, aloud = self._found, self._aloud
        with closing(SounddeviceMicrophone(self._settings.audio.input_device)) as microphone:
            aloud.note(f"Microphone {microphone.name}.")
        aloud.say(f"Now please be silent for {ROOM_S:.0f} seconds, while I listen to the room.")
        found.room = room = self._listen(ROOM_S)
        aloud.note(f"Room: {room.numbers}.")
        if room.fault is not None:
            what, _, remedy = room.fault.partition(". ")
            raise CheckError(what, remedy=remedy)
        aloud.say(told_of_room(room))
        found.echo = echo = self._hear_itself()
        aloud.say(told_of_echo(room, echo))
        if candidate is not None:
            found.trials = [
                self._ask(candidate, room, asked, key) for asked, key in self._questions()
            ]
        found.advice = advice(room, echo, found.trials)
        if found.advice is not None:
            what = "The microphone does not hear you well enough"
            raise CheckError(what, remedy=found.advice)

    def _questions(self) -> Iterator[tuple[str, GrammarKey]]:
        yield Answer.YES.value, GrammarKey.ANSWER
        yield Answer.NO.value, GrammarKey.ANSWER
        yield self._settings.general.wake_phrases[0], GrammarKey.WAKE

    def _ask(self, candidate: LoadedModel, room: SoundCheck, asked: str, key: GrammarKey) -> Trial:
        self._aloud.say(f"After the tone, please say: {asked}.")
        self._aloud.tone()
        with closing(SounddeviceMicrophone(self._settings.audio.input_device)) as microphone:
            for _ in _blocks(microphone, SETTLING_S):
                pass
            self._aloud.note("Listening.")
            blocks = _blocks(microphone, PATIENCE_S)
            quiet_dbfs = room.loudest_dbfs + FAINT_DB
            trial = hear_word(candidate, key, asked, blocks, quiet_dbfs)
        self._aloud.say(trial.told(room.floor_dbfs))
        if trial.sound is not None:
            self._aloud.note(f"{asked}: {trial.sound.numbers}.")
        return trial

    def _listen(self, duration_s: float) -> SoundCheck:
        with closing(SounddeviceMicrophone(self._settings.audio.input_device)) as microphone:
            for _ in _blocks(microphone, SETTLING_S):
                pass
            return check_sound(np.concatenate(list(_blocks(microphone, duration_s))), voiced=False)

    def _hear_itself(self) -> SoundCheck:
        with closing(SounddeviceMicrophone(self._settings.audio.input_device)) as microphone:
            heard: list[Samples] = []

            def listen() -> None:
                heard.append(microphone.read())

            self._aloud.say("Now I am listening to myself.", meanwhile=listen)
            return check_sound(np.concatenate(heard or [microphone.read()]), voiced=False)


def _blocks(microphone: SounddeviceMicrophone, duration_s: float) -> Iterator[Samples]:
    for _ in range(round(duration_s / BLOCK_S)):
        yield microphone.read()
