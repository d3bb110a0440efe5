"""What a rehearsal leaves behind: the sound, the words, and every event.

``conversation.wav`` (stereo, 16 kHz: what Charley plays on the left, what the microphone hears on
the right), ``transcript.txt`` (one line for everything said, plain text) and ``events.jsonl`` (one
JSON object per line, in order of time).
"""

from __future__ import annotations

import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from voice.audio.samples import RATE_HZ, Samples
from voice.dialogue.actions import Action
from voice.dialogue.events import Event
from voice.errors import RehearsalError

Entry = Mapping[str, object]
"""One line of ``events.jsonl``: at least ``at_s`` and ``kind``."""


@dataclass(frozen=True)
class Said:
    """One line of a transcript: when, who, what."""

    at_s: float
    speaker: str
    words: str

    def __str__(self) -> str:
        minutes, seconds = divmod(int(self.at_s), 60)
        return f"{minutes}:{seconds:02d} {self.speaker}: {self.words}"


def event_entry(event: Event) -> Entry:
    """An event as a line of ``events.jsonl``."""
    return {"kind": "event", "name": type(event).__name__, **_plain(event)}


def action_entry(at_s: float, action: Action) -> Entry:
    """An action, and when it was carried out."""
    return {"at_s": at_s, "kind": "action", "name": type(action).__name__, **_plain(action)}


def said_entry(said: Said, key: str | None = None) -> Entry:
    """Something said aloud; ``key``: that of Charley's line."""
    entry = {"at_s": said.at_s, "kind": "said", "speaker": said.speaker, "words": said.words}
    return entry if key is None else {**entry, "line": key}


def write_report(
    folder: Path, sound: Samples, transcript: Sequence[str], entries: Sequence[Entry]
) -> None:
    """Write the three files. Raises RehearsalError if the folder is not writable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_wav(folder / "conversation.wav", sound)
        text = "".join(f"{line}\n" for line in transcript)
        (folder / "transcript.txt").write_text(text, encoding="utf-8")
        lines = b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries)
        (folder / "events.jsonl").write_bytes(lines)
    except OSError as error:
        raise RehearsalError(
            f"{folder}: cannot be written ({error.strerror})",
            remedy="Choose another folder with --out.",
        ) from None


def write_wav(path: Path, sound: Samples) -> None:
    """Write int16 samples, shape (samples, channels), as a WAV file at 16 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(sound.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(sound.astype("<i2").tobytes())


def _plain(thing: Event | Action) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(thing)
    return plain
