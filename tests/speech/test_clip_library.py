"""The clip library on the real engine; an engine that must not be started cannot be."""

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from voice.audio.samples import Clip, Samples, tone
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.errors import SynthesisError
from voice.ports import VoiceStyle
from voice.speech.clip_files import ClipStore
from voice.speech.clip_library import FALLBACK_TONE, ClipLibrary

CHARLEY = VoiceStyle("en-us", 150)
SLOWER = VoiceStyle("en-us", 110)
TEXTS = ["Five.", "Four.", "Three.", "Two.", "One."]


@pytest.fixture(scope="module")
def engine() -> Iterator[Pyttsx3Synthesizer]:
    made = Pyttsx3Synthesizer(time_limit_s=30.0)
    yield made
    made.close()


def no_engine() -> Pyttsx3Synthesizer:
    """An engine whose child cannot be started: any attempt is found out."""
    return Pyttsx3Synthesizer(worker=("/nowhere/worker",))


def cached(clip: Path) -> list[Path]:
    return sorted(clip.glob("*.clip"))


def test_lines_are_rendered_once_and_then_read_without_an_engine(
    engine: Pyttsx3Synthesizer, tmp_path: Path
) -> None:
    steps: list[tuple[int, int]] = []
    first = ClipLibrary(engine, tmp_path, CHARLEY)
    assert first.missing([*TEXTS, *TEXTS]) == tuple(TEXTS)
    assert first.render_all(TEXTS, lambda done, of: steps.append((done, of))) == ()
    assert steps == [(n, 5) for n in range(6)]

    again = ClipLibrary(no_engine(), tmp_path, CHARLEY)
    assert again.missing(TEXTS) == ()
    assert again.render_all(TEXTS, lambda *_: pytest.fail("nothing to do")) == ()
    for text in TEXTS:
        assert np.array_equal(again.render(text).samples, first.render(text).samples)


def test_only_what_is_missing_is_rendered(engine: Pyttsx3Synthesizer, tmp_path: Path) -> None:
    library = ClipLibrary(engine, tmp_path, CHARLEY)
    library.render("Three.")
    assert library.missing(TEXTS) == ("Five.", "Four.", "Two.", "One.")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:0],
        lambda content: content[:10],
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda content: content + b"\0\0",
        lambda content: b"RIFF" + content[4:],
        lambda content: content[:100] + bytes([content[100] ^ 1]) + content[101:],
    ],
)
def test_a_damaged_file_is_rendered_again(
    damage: object, engine: Pyttsx3Synthesizer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = ClipLibrary(engine, tmp_path, CHARLEY).render("Five.")
    (file,) = cached(tmp_path)
    content = file.read_bytes()
    assert callable(damage)
    file.write_bytes(damage(content))

    mended = ClipLibrary(engine, tmp_path, CHARLEY).render("Five.")

    assert abs(len(mended.samples) - len(whole.samples)) < 100
    assert "damaged" in caplog.text
    assert ClipLibrary(no_engine(), tmp_path, CHARLEY).render("Five.").duration_s > 0.2


def test_a_truncated_file_counts_as_missing_before_it_is_read(
    engine: Pyttsx3Synthesizer, tmp_path: Path
) -> None:
    ClipLibrary(engine, tmp_path, CHARLEY).render("Five.")
    (file,) = cached(tmp_path)
    file.write_bytes(file.read_bytes()[:-2])
    assert ClipLibrary(engine, tmp_path, CHARLEY).missing(["Five."]) == ("Five.",)


def test_an_unwritable_folder_is_reported_once_and_memory_serves(
    engine: Pyttsx3Synthesizer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("A file lies where the folder should be.")
    library = ClipLibrary(engine, blocked / "speech", CHARLEY, memory_bytes=1)
    with caplog.at_level(logging.WARNING):
        library.render_all(TEXTS)
    assert sum("cannot save rendered speech in" in r.message for r in caplog.records) == 1
    assert library.missing(TEXTS) == ()
    assert all(library.kept(text) for text in TEXTS)


def test_a_full_disk_leaves_no_partial_file(tmp_path: Path) -> None:
    store = ClipStore(tmp_path)
    (tmp_path / "key.clip").mkdir()  # what is written cannot be moved into place
    store.save("key", np.ones(100, np.int16))
    assert [p.name for p in tmp_path.iterdir()] == ["key.clip"]
    assert not store.writable
    assert store.load("key") is None


def test_without_a_folder_clips_live_in_memory(engine: Pyttsx3Synthesizer) -> None:
    library = ClipLibrary(engine, None, CHARLEY)
    assert library.missing(["Five."]) == ("Five.",)
    clip = library.render("Five.")
    assert library.render("Five.") is clip
    assert library.missing(["Five."]) == ()


def test_memory_is_bounded_while_the_disk_keeps_everything(
    engine: Pyttsx3Synthesizer, tmp_path: Path
) -> None:
    library = ClipLibrary(engine, tmp_path, CHARLEY, memory_bytes=40_000)
    library.render_all(TEXTS)
    first = library.render("Five.")
    for text in TEXTS:
        library.render(text)
    assert library.kept("Five.") is not first
    assert np.array_equal(library.render("Five.").samples, first.samples)
    assert library.render("Five.") is library.render("Five.")


def test_styles_are_kept_apart(engine: Pyttsx3Synthesizer, tmp_path: Path) -> None:
    usual = ClipLibrary(engine, tmp_path, CHARLEY)
    slower = usual.with_style(SLOWER)
    assert slower.render("Three.").duration_s > 1.15 * usual.render("Three.").duration_s
    assert len(cached(tmp_path)) == 2


def test_a_failed_line_becomes_a_tone_is_logged_and_is_not_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    library = ClipLibrary(no_engine(), None, CHARLEY)
    assert library.clip("Five.") is FALLBACK_TONE
    assert library.clip("Five.") is FALLBACK_TONE
    assert [r.levelname for r in caplog.records] == ["ERROR"]
    assert "could not be started" in caplog.text


def test_the_usual_style_stands_in_for_one_that_fails(
    engine: Pyttsx3Synthesizer, tmp_path: Path
) -> None:
    usual = ClipLibrary(engine, tmp_path, CHARLEY)
    five = usual.render("Five.")
    broken = usual.with_style(VoiceStyle("martian", 150))
    assert broken.clip("Five.") is five
    assert broken.clip("Four.") is FALLBACK_TONE


def test_an_engine_that_does_not_work_at_all_is_an_error() -> None:
    with pytest.raises(SynthesisError, match="could not be started"):
        ClipLibrary(no_engine(), None, CHARLEY).render_all(TEXTS)


def test_a_hanging_engine_is_not_asked_again_and_existing_clips_serve(
    engine: Pyttsx3Synthesizer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ClipLibrary(engine, tmp_path, CHARLEY).render("Five.")
    hangs = Pyttsx3Synthesizer(
        time_limit_s=0.2, worker=(sys.executable, "-c", "import time; time.sleep(600)")
    )
    library = ClipLibrary(hangs, tmp_path, CHARLEY)
    assert library.render_all(TEXTS) == tuple(text for text in TEXTS if text != "Five.")
    assert library.clip("Five.") is not FALLBACK_TONE
    assert library.clip("Four.") is FALLBACK_TONE
    live = library.with_style(SLOWER)
    assert live.clip("Five.") is library.clip("Five.")
    assert live.clip("Four.") is FALLBACK_TONE
    hangs.close()
    assert caplog.text.count("failed twice") == 2  # once as they began, once in between


@pytest.mark.parametrize("ahead", [True, False])
def test_another_engine_speaks_what_this_one_cannot(
    ahead: bool, engine: Pyttsx3Synthesizer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spare = ClipLibrary(engine, tmp_path, CHARLEY)
    library = ClipLibrary(no_engine(), tmp_path, VoiceStyle("any", 150), spare=spare)
    if ahead:
        assert library.render_all(TEXTS) == ()
        assert spare.missing(TEXTS) == ()
    for asked in (library, library.with_style(SLOWER)):
        assert asked.clip("Five.") is spare.clip("Five.")
    assert "could not be started" in caplog.text


def test_a_recorded_line_needs_no_engine(tmp_path: Path) -> None:
    class Takes:
        def holds(self, text: str) -> bool:
            return text == "Five."

        def load(self, text: str) -> Samples | None:
            return tone(200.0, 0.4, -10.0) if self.holds(text) else None

    library = ClipLibrary(no_engine(), tmp_path, CHARLEY, takes=Takes())
    assert library.missing(["Five.", "Four."]) == ("Four.",)
    for asked in (library, library.with_style(SLOWER)):
        assert asked.clip("Five.").duration_s == pytest.approx(0.4)
        assert asked.clip("Four.") is FALLBACK_TONE


def test_damaged_clips_are_found_before_the_night_and_rendered_again(
    engine: Pyttsx3Synthesizer, tmp_path: Path
) -> None:
    ClipLibrary(engine, tmp_path, CHARLEY).render_all(TEXTS)
    for path in cached(tmp_path):
        path.write_bytes(path.read_bytes()[:-2] + b"!!")
    library = ClipLibrary(engine, tmp_path, CHARLEY)
    assert library.missing(TEXTS) == ()
    library.load_all(TEXTS)
    assert set(library.missing(TEXTS)) == set(TEXTS)
    assert library.render_all(TEXTS) == ()
    again = ClipLibrary(engine, tmp_path, CHARLEY)
    again.load_all(TEXTS)
    for path in cached(tmp_path):
        path.unlink()
    assert again.missing(TEXTS) == ()  # all in memory: the disk is not needed any more


def test_a_single_line_that_fails_does_not_stop_the_others(
    engine: Pyttsx3Synthesizer, caplog: pytest.LogCaptureFixture
) -> None:
    library = ClipLibrary(engine, None, CHARLEY)
    assert library.render_all(["Five.", "...", "Four."]) == ("...",)
    assert library.missing(["Five.", "Four."]) == ()
    assert "produces no sound" in caplog.text


def test_rendering_stops_when_told_to(engine: Pyttsx3Synthesizer) -> None:
    library = ClipLibrary(engine, None, CHARLEY)
    stop = threading.Event()
    stop.set()
    library.render_all(TEXTS, stop=stop)
    assert library.missing(TEXTS) == tuple(TEXTS)


def test_the_tone_is_a_clip_like_any_other() -> None:
    assert isinstance(FALLBACK_TONE, Clip)
    assert 0.2 < FALLBACK_TONE.duration_s < 1.0
