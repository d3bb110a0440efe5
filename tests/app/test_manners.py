"""How Charley behaves at night: what is kept, how loud it is, when it holds back."""

from __future__ import annotations

import gc
import json
import logging
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.dialogue.walking import Talk
from tests.shipped import SCRIPT
from voice.app.assembly import Components
from voice.app.night_memory import FILE as NIGHT_FILE
from voice.app.night_memory import NightMemory
from voice.app.rehearsals import prepare
from voice.app.voice_preferences import FILE, VoicePreferences, forget
from voice.content.script import Answer, Level, Meaning, QuestionKey, Statement
from voice.dialogue.actions import ListenId, Say
from voice.dialogue.events import SpeechHeard, WakeHeard
from voice.dialogue.night import Night
from voice.dialogue.states import Asleep, OpenFloor
from voice.dialogue.voice_status import Change, SignalQuality, VoiceStatus, change
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.listening.decision import Decision, Verdict
from voice.listening.refractory import Refractory
from voice.listening.settings import ListeningSettings
from voice.ports import VoiceStyle
from voice.simulation.noise import NoiseKind
from voice.simulation.room import Acoustics, Room
from voice.simulation.scenario import Expectation, Reply, RoomSettings, Scenario, SleeperVoice
from voice.simulation.simulated_user import SimulatedUser
from voice.speech.clip_library import ClipLibrary
from voice.speech.player import Mouth
from voice.speech.settings import SpeechSettings

USUAL = SpeechSettings()


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClipLibrary]:
    with closing(Pyttsx3Synthesizer()) as synthesizer:
        yield ClipLibrary(synthesizer, tmp_path_factory.mktemp("speech"), USUAL.style)


def empty_room() -> Room:
    nobody = SimulatedUser((), {}, lambda _at_s, _words: None)
    return Room(nobody, Acoustics(), None, np.random.default_rng(1))


def say(path: Path, volume_db: float, rate: int, settings: SpeechSettings = USUAL) -> None:
    with closing(VoicePreferences(path, settings)) as kept:
        kept.keep(volume_db, rate)


def kept_in(path: Path, settings: SpeechSettings = USUAL) -> tuple[float, int]:
    kept = VoicePreferences(path, settings)
    return kept.volume_db, kept.words_per_minute


def test_settings_made_by_voice_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state" / FILE
    assert kept_in(path) == (0.0, 150)
    say(path, -8.0, 130)
    assert kept_in(path) == (-8.0, 130)
    assert [p.name for p in path.parent.iterdir()] == [FILE]


def test_the_mouth_reports_settings_made_by_voice_and_starts_from_them(
    tmp_path: Path, clips: ClipLibrary
) -> None:
    path = tmp_path / FILE
    with closing(VoicePreferences(path, USUAL)) as kept:
        mouth = Mouth(empty_room(), clips, SCRIPT, USUAL, on_voice=kept.keep)
        with closing(mouth):
            mouth.adjust_volume(-2)
            mouth.adjust_rate(-1)
    kept = VoicePreferences(path, USUAL)
    told: list[tuple[float, int, str]] = []
    mouth = Mouth(empty_room(), clips, SCRIPT, USUAL, on_voice=lambda *said: told.append(said))
    with closing(mouth):
        mouth.speak_as(kept.volume_db, kept.words_per_minute)
        assert (mouth.volume_db, mouth.words_per_minute) == (-8.0, 130)
        assert told == []
        mouth.adjust_volume(+1)
        assert told == [(-4.0, 130, "")]


def test_the_latest_setting_counts_whether_spoken_or_written(tmp_path: Path) -> None:
    path = tmp_path / FILE
    say(path, -8.0, 130)
    assert kept_in(path, SpeechSettings(volume_db=-2.0)) == (-2.0, 130)
    assert kept_in(path, SpeechSettings(words_per_minute=170)) == (-8.0, 170)
    say(path, 2.0, 170, SpeechSettings(words_per_minute=170))
    assert kept_in(path, SpeechSettings(words_per_minute=170)) == (2.0, 170)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b'{"volume_db":40,"words_per_minute":150,"set_volume_db":0,"set_words_per_minute":150}',
        b'{"volume_db": -8.0}',
    ],
)
def test_a_damaged_file_is_tolerated(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / FILE
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert kept_in(path) == (0.0, 150)
    assert len(caplog.records) == 1
    say(path, -4.0, 150)
    assert kept_in(path) == (-4.0, 150)


def test_an_unwritable_folder_is_tolerated(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    path = tmp_path / "state" / FILE
    with caplog.at_level(logging.WARNING):
        say(path, -8.0, 130)
    assert "unreadable; the settings made by voice are lost" in caplog.text
    assert "could not save the volume, rate and voice set by voice" in caplog.text


def test_a_hanging_disk_keeps_nobody_waiting(tmp_path: Path) -> None:
    path = tmp_path / FILE
    os.mkfifo(tmp_path / f"{FILE}.new")  # a writer waits for a reader
    kept = VoicePreferences(path, USUAL)
    done = threading.Event()

    def change_and_leave() -> None:
        for volume_db in (-4.0, -8.0, -12.0):
            kept.keep(volume_db, 150)
        kept.close()
        done.set()

    threading.Thread(target=change_and_leave, daemon=True).start()
    assert done.wait(10.0)
    assert not path.exists()
    # Let the thread go, so that it does not outlive the test.
    reader = os.open(tmp_path / f"{FILE}.new", os.O_RDONLY | os.O_NONBLOCK)
    os.close(reader)


def test_settings_made_by_voice_can_be_forgotten(tmp_path: Path) -> None:
    path = tmp_path / FILE
    say(path, -8.0, 130)
    assert forget(path)
    assert not forget(path)
    assert kept_in(path) == (0.0, 150)


def test_the_command_forgets_settings_made_by_voice(tmp_path: Path) -> None:
    say(tmp_path / FILE, -8.0, 130)

    def command() -> str:
        return subprocess.run(
            [sys.executable, "-m", "voice.cli", "config", "--forget-voice"],
            env={**os.environ, "CHARLEY_STATE": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert command() == "Forgotten.\n"
    assert command() == "Nothing had been set by voice.\n"


def test_the_file_names_what_it_holds(tmp_path: Path) -> None:
    say(tmp_path / FILE, -8.0, 130)
    assert json.loads((tmp_path / FILE).read_text()) == {
        "volume_db": -8.0,
        "words_per_minute": 130,
        "set_volume_db": 0.0,
        "set_words_per_minute": 150,
    }


CHECKS = [
    (VoiceStatus(), ("i_hear_you", "speak_as_usual")),
    (VoiceStatus(SignalQuality.SOFT_VOICE), ("hear_soft_voice", "speak_as_usual")),
    (VoiceStatus(SignalQuality.LOUD_ROOM, volume=Change.LESS), ("hear_loud_room", "speak_softly")),
    (VoiceStatus(SignalQuality.CLIPPED, rate=Change.MORE), ("hear_clipped", "speak_fast")),
    (
        VoiceStatus(SignalQuality.WELL, Change.MORE, Change.LESS),
        ("i_hear_you", "speak_loudly", "speak_slowly"),
    ),
]


@pytest.mark.parametrize(("voice_status", "answer"), CHECKS)
def test_the_night_check_says_how_charley_hears_and_speaks(
    voice_status: VoiceStatus, answer: tuple[str, ...]
) -> None:
    talk = Talk()
    talk.tell(WakeHeard(1.0, ListenId(talk.turn_id), "can you hear me", voice_status=voice_status))
    assert isinstance(talk.state, Asleep)
    assert talk.said == answer


def test_a_night_check_within_a_conversation_returns_to_it() -> None:
    talk = Talk()
    talk.wake("what about quinine")
    heard = SpeechHeard(
        2.0,
        ListenId(talk.turn_id),
        "can you hear me",
        voice_status=VoiceStatus(SignalQuality.SOFT_VOICE),
    )
    talk.tell(heard)
    assert isinstance(talk.state, OpenFloor)
    assert talk.said == ("hear_soft_voice", "speak_as_usual", "anything_else")


def test_a_change_is_relative_to_the_usual() -> None:
    assert [change(now, 150) for now in (130, 150, 170)] == [
        Change.LESS,
        Change.USUAL,
        Change.MORE,
    ]


def ask(parts: Components, level_dbfs: float, noise_dbfs: float) -> tuple[str, ...]:
    """What Charley answers to "can you hear me?", through the real ears in a room."""
    scenario = Scenario(
        title="The night check",
        expect=Expectation(),
        reply=(Reply(at_s=3.0, says="hey charley can you hear me"),),
        voice=SleeperVoice(level_dbfs=level_dbfs),
        room=RoomSettings(noise=NoiseKind.PINK, noise_dbfs=noise_dbfs),
        time_limit_s=15.0,
    )
    return prepare(parts, scenario, Path()).run().lines


@pytest.mark.slow
def test_the_ears_tell_a_loud_room_from_a_soft_voice(parts: Components) -> None:
    assert ask(parts, -24.0, -66.0)[:2] == ("i_hear_you", "speak_as_usual")
    assert ask(parts, -55.0, -82.0)[:1] == ("hear_soft_voice",)
    assert ask(parts, -16.0, -36.0)[:1] == ("hear_loud_room",)


def test_the_whole_assistant_starts_from_the_saved_night(parts: Components, tmp_path: Path) -> None:
    path = tmp_path / NIGHT_FILE
    with closing(NightMemory(path)) as memory:
        memory.keep(Night(Level.URGENT, no_standing=True), now_s=60.0)
    with closing(NightMemory(path)) as memory:
        room = empty_room()
        begun = parts.assistant(room, reference=room, memory=memory).state
    assert isinstance(begun, Asleep)
    assert (begun.night.level, begun.night.no_standing) == (Level.URGENT, True)
    assert begun.night.at_s == pytest.approx(-60.0, abs=5.0)
    unkept = parts.assistant(room, reference=room).state
    assert unkept == Asleep()


@pytest.mark.slow
@pytest.mark.parametrize("wait_s", [0.5, 3.0])
def test_a_user_who_calls_again_because_it_hurts_is_heard(parts: Components, wait_s: float) -> None:
    scenario = Scenario(
        title="It hurts again",
        expect=Expectation(wakes=2),
        reply=(
            Reply(at_s=2.0, says="hey charley"),
            Reply(hold=1, wait_s=3.0, says="stop"),
            Reply(to="ask_relief", says="stop"),
            Reply(to="quiet_still", wait_s=wait_s, says="hey charley"),
        ),
        time_limit_s=90.0,
    )
    assert prepare(parts, scenario, Path()).run().wakes == 2


def after_a_conversation(ended_s: float = 10.0) -> Refractory:
    """Charley was awake and has said its last word."""
    refractory = Refractory(ListeningSettings(), wake_margin=4.0)
    refractory.listening(asleep=True)
    refractory.listening(asleep=False)
    refractory.listening(asleep=True)
    refractory.pass_time(ended_s - 1.0, busy=True)
    refractory.pass_time(ended_s, busy=False)
    refractory.pass_time(ended_s + 0.5, busy=False)
    return refractory


def call(margin: float, words: str = "", meaning: Meaning | None = None) -> Decision:
    return Decision(Verdict.ACCEPTED, words, meaning, margin, 0)


def test_after_a_conversation_a_call_must_be_beyond_doubt_or_come_twice() -> None:
    assert after_a_conversation().believes(call(20.0), "hey charley", 12.0)
    assert after_a_conversation().believes(call(20.0, "my foot"), "hey charley my foot", 12.0)
    refractory = after_a_conversation()
    assert not refractory.believes(call(4.5), "hey charley", 12.0)
    assert refractory.believes(call(4.5), "hey charley", 14.0)


def test_a_single_word_is_easily_said_by_chance() -> None:
    refractory = after_a_conversation()
    assert not refractory.believes(call(20.0, "my foot"), "charley my foot", 12.0)
    assert refractory.believes(call(20.0), "charley", 14.0)


def test_the_refractory_period_ends_after_some_seconds() -> None:
    assert after_a_conversation().believes(call(4.5), "hey charley", 16.1)
    assert not after_a_conversation().believes(call(4.5), "hey charley", 15.9)


def test_a_danger_sign_is_never_held_back() -> None:
    sign = Statement(QuestionKey("chest_pain"), Answer.YES, sign=True, wakes=True)
    danger = call(4.1, "chest pain", sign)
    assert after_a_conversation().believes(danger, "chest pain", 12.0)


def test_before_any_conversation_nothing_is_held_back() -> None:
    refractory = Refractory(ListeningSettings(), wake_margin=4.0)
    refractory.listening(asleep=True)
    refractory.pass_time(1.0, busy=False)
    assert refractory.believes(call(4.0), "charley", 1.0)
    # A reply to a user who only asked whether they can be heard is not a conversation.
    refractory.listening(asleep=True)
    refractory.pass_time(5.0, busy=True)
    assert refractory.believes(call(4.0), "charley", 5.5)


def test_a_false_wake_gets_one_line_in_a_lower_voice_then_silence() -> None:
    talk = Talk()
    talk.to_hold()
    talk.held()
    talk.silence()
    talk.silence()
    (said,) = (action for action in talk.actions if isinstance(action, Say))
    assert (said.lines, said.quietly) == (("quiet_now",), True)
    assert isinstance(talk.state, Asleep)


def test_only_one_rate_besides_the_usual_one_is_kept_in_memory(clips: ClipLibrary) -> None:
    made: list[weakref.ref[ClipLibrary]] = []

    class Watched(ClipLibrary):
        def with_style(self, style: VoiceStyle) -> ClipLibrary:
            other = clips.with_style(style)
            made.append(weakref.ref(other))
            return other

    usual = Watched(clips._synthesizer, None, USUAL.style)
    with closing(Mouth(empty_room(), usual, SCRIPT, USUAL)) as mouth:
        for steps in (-1, -1, +1, +1, +1):
            mouth.adjust_rate(steps)
        assert mouth.words_per_minute == 170
    gc.collect()
    assert [ref().style.words_per_minute for ref in made if ref() is not None] == [170]  # type: ignore[union-attr]
