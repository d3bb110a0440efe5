"""What a rehearsal leaves behind, and what it reads from files."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voice.audio.normalise import voiced_level_dbfs
from voice.audio.samples import RATE_HZ, Clip, tone
from voice.content.script import LineKey
from voice.dialogue.actions import ListenId, Say, UtteranceId
from voice.dialogue.events import SpeechHeard
from voice.errors import CharleyError, RehearsalError
from voice.ports import VoiceStyle
from voice.simulation.report import Said, action_entry, event_entry, said_entry, write_report
from voice.simulation.scenario import Expectation, Reply, RoomSettings, Scenario
from voice.simulation.scenario_audio import noise_of, voices_of


def test_a_line_of_the_transcript_is_plain() -> None:
    assert str(Said(125.9, "Sleeper", "not yet")) == "2:05 Sleeper: not yet"


def test_a_report_writes_three_files(tmp_path: Path) -> None:
    sound = np.array([[1, -2], [3, -4]], np.int16)
    said = Said(1.5, "Charley", "Now.")
    entries = [
        event_entry(SpeechHeard(1.0, ListenId(4), "no", doubtful=True, began_at_s=0.5)),
        action_entry(1.0, Say(UtteranceId(5), (LineKey("hold_starts"),))),
        said_entry(said, "hold_starts"),
        said_entry(Said(2.0, "Sleeper", "no")),
    ]
    folder = tmp_path / "new" / "folder"
    write_report(folder, sound, ["A night", str(said)], entries)
    with wave.open(str(folder / "conversation.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE_HZ)
        assert file.readframes(9) == sound.tobytes()
    assert (folder / "transcript.txt").read_text() == "A night\n0:01 Charley: Now.\n"
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert lines[0].pop("diary")["lately"] == 0
    assert lines[0] == {
        "kind": "event",
        "name": "SpeechHeard",
        "at_s": 1.0,
        "listen": 4,
        "words": "no",
        "doubtful": True,
        "voice_status": {
            "signal_quality": "well",
            "volume": "usual",
            "rate": "usual",
            "other_voice": True,
            "other_rates": True,
        },
        "began_at_s": 0.5,
    }
    assert lines[1]["name"] == "Say"
    assert lines[1]["lines"] == ["hold_starts"]
    assert lines[2]["line"] == "hold_starts"
    assert "line" not in lines[3]


def test_an_unwritable_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RehearsalError, match="--out"):
        write_report(tmp_path / "file", np.zeros((0, 2), np.int16), [], [])


def scenario(*replies: Reply, room: RoomSettings | None = None) -> Scenario:
    return Scenario("x", Expectation(), reply=replies, room=room or RoomSettings())


def spoken(_text: str, _style: VoiceStyle) -> Clip:
    return Clip(tone(200.0, 0.5, -3.0))


def test_recordings_are_heard_at_the_same_level_as_words(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "no.flac", np.stack([tone(300.0, 1.0, -40.0)] * 2, axis=1), 44_100)
    said, recorded, silent = (
        Reply(to="a", says="no"),
        Reply(to="b", recording="no.flac"),
        Reply(to="c"),
    )
    voices = voices_of(scenario(said, recorded, silent), tmp_path, spoken)
    assert set(voices) == {said, recorded}
    for voice in voices.values():
        assert voiced_level_dbfs((voice * 32_768).astype(np.int16)) == pytest.approx(-24.0, abs=0.2)
    assert len(voices[recorded]) == pytest.approx(16_000 * RATE_HZ / 44_100, abs=2)


def test_a_recording_can_be_the_rooms_noise(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "fan.wav", np.tile(tone(100.0, 1.0, -20.0), 3), RATE_HZ)
    room = RoomSettings(noise_recording="fan.wav", noise_dbfs=-50.0)
    noise = noise_of(scenario(room=room), tmp_path, np.random.default_rng(0))
    assert noise is not None
    assert 20 * np.log10(np.sqrt(np.mean(noise**2))) == pytest.approx(-50.0, abs=0.1)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"no sound at all", "cannot be read as sound"),
        (np.zeros(20_000, np.int16), "contains no sound"),
        (tone(100.0, 0.2, -20.0), "too short"),
    ],
)
def test_an_unusable_recording_is_named(
    tmp_path: Path, content: bytes | np.ndarray, told: str
) -> None:
    path = tmp_path / "noise.wav"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        soundfile.write(path, content, RATE_HZ)
    room = RoomSettings(noise_recording="noise.wav")
    with pytest.raises(CharleyError, match=told) as caught:
        noise_of(scenario(room=room), tmp_path, np.random.default_rng(0))
    assert "noise.wav" in str(caught.value)
