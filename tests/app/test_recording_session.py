"""A reader records the lines, and Charley plays them: real gate, recogniser, voices, files."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.shipped import SCRIPT
from voice.app.assembly import Components, assemble, open_speech
from voice.app.recording_session import TRIES, RecordingSession
from voice.app.settings import Settings
from voice.audio.loudness import loudness_lufs
from voice.audio.normalise import LEVEL_LUFS, finish
from voice.audio.samples import (
    BLOCK_SAMPLES,
    RATE_HZ,
    Samples,
    gain,
    samples_of,
    silence,
)
from voice.content.script import LineKey
from voice.dialogue.hold import Hold, count_line
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.engines.silero_vad import SileroGate
from voice.errors import VoicePackError
from voice.ports import Recogniser, VoiceStyle
from voice.speech.settings import SpeechSettings
from voice.speech.timeline import hold_track, lines_of_hold
from voice.speech.voice_pack import INDEX, VoicePack

READER = VoiceStyle("en-gb-x-rp", 140)
FIVE = count_line(5)
LINES = (LineKey("well_done"), FIVE, LineKey("still_there"))


@pytest.fixture(scope="module")
def engine() -> Iterator[Pyttsx3Synthesizer]:
    made = Pyttsx3Synthesizer()
    yield made
    made.close()


class Reader:
    """A reader who says what is asked for, unless given something else to say.

    Prompter and microphone in one: what is said decides what is heard next.
    """

    def __init__(self, engine: Pyttsx3Synthesizer, *instead: Samples | str) -> None:
        self.shown: list[str] = []
        self.told: list[str] = []
        self.closed = 0
        self._engine = engine
        self._instead = list(instead)
        self._sound = silence(0.0)
        self._at = 0

    def show(self, text: str) -> None:
        self.shown.append(text)

    def explain(self, text: str) -> None:
        self.told.append(text)

    def say(self, text: str) -> None:
        said = self._instead.pop(0) if self._instead else text
        if isinstance(said, str):
            said = self.voice(said)
        self._sound = np.concatenate((silence(0.8), said, silence(60.0)))
        noise = np.random.default_rng(1).normal(scale=4.0, size=len(self._sound))
        self._sound = self._sound + noise.astype(np.int16)
        self._at = 0

    def voice(self, text: str, style: VoiceStyle = READER) -> Samples:
        return gain(self._engine.render(text, style).samples, -3.0)

    def open(self) -> Reader:
        return self

    def read(self) -> Samples:
        self._at += BLOCK_SAMPLES
        return self._sound[self._at - BLOCK_SAMPLES : self._at]

    def close(self) -> None:
        self.closed += 1


def session(reader: Reader, folder: Path, recogniser: Recogniser) -> RecordingSession:
    return RecordingSession(
        VoicePack(folder, SCRIPT.lines.values()),
        SCRIPT,
        reader,
        open_microphone=reader.open,
        gate=SileroGate(),
        recogniser=recogniser,
    )


def pack_in(folder: Path) -> VoicePack:
    return VoicePack(folder, SCRIPT.lines.values())


def test_a_take_is_kept_trimmed_and_levelled(
    engine: Pyttsx3Synthesizer, parts: Components, tmp_path: Path
) -> None:
    reader = Reader(engine)
    progress = session(reader, tmp_path, parts.recogniser).record(LINES)
    assert (progress.kept, progress.left, progress.deserted) == (3, 0, False)
    assert reader.told == []
    assert reader.closed == 3
    pack = pack_in(tmp_path)
    assert set(pack.recorded) == set(LINES)
    for key in LINES:
        take = pack.load(SCRIPT.text(key))
        assert take is not None
        assert loudness_lufs(take) == pytest.approx(LEVEL_LUFS, abs=0.3)
        read = finish(reader.voice(SCRIPT.text(key)))
        assert len(take) / RATE_HZ == pytest.approx(len(read) / RATE_HZ, abs=0.15)


def test_a_misread_line_is_asked_for_again(
    engine: Pyttsx3Synthesizer, parts: Components, tmp_path: Path
) -> None:
    reader = Reader(engine, "Where did I put my glasses, I wonder, and the tea?")
    progress = session(reader, tmp_path, parts.recogniser).record([LineKey("still_there")])
    assert reader.told == ["I heard something else. Once more, please."]
    assert progress.kept == 1


def test_a_number_longer_than_its_second_is_asked_for_again(
    engine: Pyttsx3Synthesizer, parts: Components, tmp_path: Path
) -> None:
    reader = Reader(engine, "Five, and then nothing for a while.")
    progress = session(reader, tmp_path, parts.recogniser).record([FIVE])
    (told,) = reader.told
    assert "longer than a second" in told
    assert progress.kept == 1


def test_a_reader_far_too_soft_or_too_loud_is_told_so(
    engine: Pyttsx3Synthesizer, parts: Components, tmp_path: Path
) -> None:
    reader = Reader(engine)
    text = SCRIPT.text(LineKey("well_done"))
    reader._instead = [gain(reader.voice(text), -26.0), gain(reader.voice(text), 24.0)]
    session(reader, tmp_path, parts.recogniser).record([LineKey("well_done")])
    soft, loud = reader.told
    assert "very soft" in soft
    assert "clipped" in loud
    assert pack_in(tmp_path).recorded == ("well_done",)


def test_the_session_ends_if_nobody_speaks(
    engine: Pyttsx3Synthesizer, parts: Components, tmp_path: Path
) -> None:
    reader = Reader(engine, *[silence(1.0)] * TRIES)
    progress = session(reader, tmp_path, parts.recogniser).record(LINES)
    assert progress.deserted
    assert pack_in(tmp_path).missing == tuple(SCRIPT.lines)


def test_a_reader_may_stop_and_continue_another_day(
    engine: Pyttsx3Synthesizer, parts: Components, tmp_path: Path
) -> None:
    class Leaving(Reader):
        def show(self, text: str) -> None:
            super().show(text)
            if text == "Kept.":
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session(Leaving(engine), tmp_path, parts.recogniser).record(LINES)
    pack = pack_in(tmp_path)
    assert pack.recorded == (LINES[0],)
    left = [key for key in LINES if key in pack.missing]
    assert left == list(LINES[1:])
    session(Reader(engine), tmp_path, parts.recogniser).record(left)
    assert set(pack_in(tmp_path).recorded) == set(LINES)


def recorded(folder: Path, engine: Pyttsx3Synthesizer, *keys: LineKey) -> VoicePack:
    pack = pack_in(folder)
    for key in keys:
        pack.keep(key, engine.render(SCRIPT.text(key), READER).samples)
    return pack


def test_charley_plays_the_takes_and_an_engine_speaks_the_rest(
    engine: Pyttsx3Synthesizer, tmp_path: Path
) -> None:
    pack = recorded(tmp_path, engine, *LINES)
    settings = Settings(voice=SpeechSettings(engine="espeak", pack=str(tmp_path)))
    with closing(assemble(settings)) as parts:
        text, other = SCRIPT.text(LINES[0]), SCRIPT.text(LineKey("good_night"))
        take = pack.load(text)
        assert take is not None
        assert np.array_equal(parts.clips.clip(text).samples, take)
        spoken = parts.speech.others["espeak"]
        engine_says = parts.clips.clip(other)
        assert engine_says.duration_s == pytest.approx(spoken.clip(other).duration_s, abs=0.01)
        assert text not in parts.clips.missing([text, "Something new."])
        assert len(spoken.clip(text).samples) != len(take)


def test_a_changed_text_makes_its_take_stale_with_a_warning(
    engine: Pyttsx3Synthesizer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recorded(tmp_path, engine, *LINES)
    index = tmp_path / INDEX
    index.write_text(index.read_text().replace(SCRIPT.text(FIVE), "Cinq."))
    settings = Settings(voice=SpeechSettings(engine="espeak", pack=str(tmp_path)))
    with caplog.at_level(logging.WARNING), closing(open_speech(settings, SCRIPT)) as speech:
        assert "the words of 1 recorded lines have changed" in caplog.text
        assert f"charley voice record {tmp_path}" in caplog.text
        clip = speech.clips.clip(SCRIPT.text(FIVE))
        usual = speech.others["espeak"].clip(SCRIPT.text(FIVE))
        assert clip.duration_s == pytest.approx(usual.duration_s, abs=0.01)
    pack = pack_in(tmp_path)
    assert pack.stale == (FIVE,)
    assert FIVE in pack.missing


def test_a_line_with_a_damaged_take_is_spoken_by_the_engine(
    engine: Pyttsx3Synthesizer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pack = recorded(tmp_path, engine, *LINES)
    path = tmp_path / f"{FIVE}.wav"
    path.write_bytes(b"RIFF and nothing more")
    with caplog.at_level(logging.WARNING):
        assert pack.load(SCRIPT.text(FIVE)) is None
    assert "an engine speaks that line" in caplog.text
    assert not pack.holds(SCRIPT.text(FIVE))
    assert FIVE in pack_in(tmp_path).missing


@pytest.mark.parametrize("content", ["{", '["five"]', '{"count_5": 5}'])
def test_a_damaged_list_of_takes_is_reported(tmp_path: Path, content: str) -> None:
    (tmp_path / INDEX).write_text(content)
    with pytest.raises(VoicePackError, match="cannot be read") as caught:
        pack_in(tmp_path)
    assert "charley voice record" in caught.value.remedy


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    settings = Settings(voice=SpeechSettings(pack=str(tmp_path / "nowhere")))
    with pytest.raises(VoicePackError, match="there is no folder") as caught:
        open_speech(settings, SCRIPT)
    assert "charley voice record" in caught.value.remedy


@pytest.mark.parametrize("reader", ["espeak", "natural", "slow"])
def test_the_numbers_of_a_count_keep_to_their_seconds_in_any_voice(
    reader: str, engine: Pyttsx3Synthesizer, tmp_path: Path
) -> None:
    plan = Hold(6.0)
    keys = lines_of_hold(plan)
    if reader == "slow":
        # A drawl was put there by hand, which Charley would not have accepted.
        for key in recorded(tmp_path, engine, *keys).recorded:
            drawl = engine.render(SCRIPT.text(key), VoiceStyle("en-gb-x-rp", 40)).samples
            pack_in(tmp_path).keep(key, drawl)
        voice = SpeechSettings(engine="espeak", pack=str(tmp_path))
    elif reader == "natural":
        pytest.importorskip("hibari", reason="the extra 'natural' is not installed")
        voice = SpeechSettings(engine="natural")
    else:
        voice = SpeechSettings(engine="espeak")
    with closing(open_speech(Settings(voice=voice), SCRIPT)) as speech:
        track = hold_track(plan, {key: speech.clips.clip(SCRIPT.text(key)) for key in keys})
    begun = {placed.key: placed for placed in track.placements}
    for number in range(1, 6):
        placed = begun[count_line(number)]
        assert placed.offset == samples_of(6.0 - number)
        assert len(placed.clip.samples) <= samples_of(1.0)
    assert track.length == samples_of(6.0)
