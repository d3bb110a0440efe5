"""Measures a model folder through libvosk on held-out people.

``python -m scripts.train_model.measure.accuracy --model models/charley-en --data DIR``
prints the tables of the model card. A clip counts as answered if exactly one
word of the grammar is recognised in it and no "[unk]"; this is the model alone,
without voice gate or acceptance rule.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.corpus.manifest import MANIFEST, Recording, Role, read_manifest
from scripts.train_model.dataset.audio import SAMPLE_RATE_HZ, Samples, read_audio, rms, speech_rms
from scripts.train_model.dataset.effects import in_room
from scripts.train_model.dataset.synthesis import SynthesisError, held_out_voices, speak
from scripts.train_model.measure import card
from scripts.train_model.measure.vosk_decoder import VoskDecoder, Word, answer, padded

SEVEN = ("yes", "no", "stop", "repeat", "help", "left", "right")
YES_NO = ("yes", "no")
WAKE_PHRASES = ("alexa", "smart mirror", "computer")

# : Enough to tell 5 from 10 % of misses; all of them would take most of the time.
MOST_WAKE_CLIPS = 120

# : Phrases with hardly any recordings, spoken by the held-out engine.
SYNTHETIC_PHRASES = (
    "help", "again", "better", "it's gone", "gone", "foot", "calf", "thigh", "louder", "quieter",
    "slower", "faster", "pause", "longer", "how long", "goodbye", "go back", "not sure",
    "i don't know", "it hurts more", "hey charley", "chest pain", "painkillers", "magnesium",
)  # fmt: skip


@dataclass(slots=True)
class Tally:
    """Counts of one row of a table."""

    n: int = 0
    right: int = 0
    refused: int = 0
    duration_s: float = 0.0
    wrong: Counter[str] | None = None

    def add(self, expected: str, heard: str, duration_s: float) -> None:
        """Count one clip; ``expected`` is empty if nothing should be heard."""
        self.n += 1
        self.duration_s += duration_s
        if heard == expected and heard:
            self.right += 1
        elif not heard:
            self.refused += 1
        else:
            self.wrong = self.wrong or Counter()
            self.wrong[heard] += 1

    @property
    def n_wrong(self) -> int:
        """Clips answered with something else."""
        return self.n - self.right - self.refused

    def row(self, name: str, *, expects: bool) -> str:
        """One Markdown row; ``expects`` tells whether there is a right answer."""
        share = 100.0 / max(self.n, 1)
        wrong = ", ".join(f"{k} {v}" for k, v in (self.wrong or Counter()).most_common(4))
        right = f"{self.right * share:.1f} | {self.refused * share:.1f}" if expects else "- | -"
        a_minute = self.n_wrong / max(self.duration_s, 1e-9) * 60
        return (
            f"| {name} | {self.n} | {right} | {self.n_wrong * share:.1f} | {a_minute:.2f} "
            f"| {wrong} |"
        )


TABLE_HEAD = (
    "| clips | n | right % | refused % | wrong % | wrong a minute | heard as |\n"
    "|---|---|---|---|---|---|---|"
)


def grammar_table(
    ear: VoskDecoder, grammar: Sequence[str], groups: dict[str, list[tuple[str, Samples]]]
) -> list[str]:
    """Rows for every group; a group's clips come with the phrase said, or ""."""
    listen = ear.listen_for(grammar)
    rows: list[str] = []
    for name, clips in groups.items():
        tally = Tally()
        for said, samples in clips:
            expected = said if said in grammar else ""
            tally.add(expected, answer(listen(samples)), len(samples) / SAMPLE_RATE_HZ)
        expects = any(said in grammar for said, _ in clips)
        if clips and not (clips[0][0] in SEVEN and not expects):
            rows.append(tally.row(name, expects=expects))
    return rows


def recorded_groups(recordings: Iterable[Recording]) -> dict[str, list[tuple[str, Samples]]]:
    """Held-out recordings by group."""
    groups: dict[str, list[tuple[str, Samples]]] = {name: [] for name in SEVEN}
    for recording in recordings:
        name, said = _group(recording)
        if name:
            groups.setdefault(name, []).append((said, read_audio(recording.path)))
    return {name: clips for name, clips in groups.items() if clips}


def _group(recording: Recording) -> tuple[str, str]:
    label = recording.label
    if recording.set_name == "commands":
        if label in SEVEN:
            return label, label
        if label == "_unknown":
            return "unknown words", ""
        if label == "_silence":
            return "silence", ""
        return "up, down, go, on, off", ""
    if recording.set_name == "an4":
        if label in SEVEN:
            return f"{label} (an4)", label
        return "an4, other talk", ""
    if recording.set_name in {"orders", "read"}:
        return recording.set_name, ""
    if recording.set_name == "noise":
        return f"noise: {label}", ""
    return "", ""


def in_noise(
    groups: dict[str, list[tuple[str, Samples]]],
    noises: Sequence[Samples],
    rooms: Sequence[Samples],
    snr_db: float,
) -> dict[str, list[tuple[str, Samples]]]:
    """The same words in a measured room with household noise at ``snr_db``."""
    rng = np.random.default_rng(5)
    out: dict[str, list[tuple[str, Samples]]] = {}
    for name in SEVEN:
        if name not in groups:
            continue
        for said, samples in groups[name]:
            wet = padded(in_room(samples, rooms[int(rng.integers(len(rooms)))], rng))
            noise = noises[int(rng.integers(len(noises)))]
            noise = np.resize(noise, max(len(noise), len(wet) + 1))
            start = int(rng.integers(len(noise) - len(wet)))
            piece = noise[start : start + len(wet)]
            gain = speech_rms(wet) / rms(piece) * 10 ** (-snr_db / 20)
            out.setdefault(f"{name} at {snr_db:.0f} dB", []).append((said, wet + gain * piece))
    return out


def synthetic_groups() -> dict[str, list[tuple[str, Samples]]]:
    """Phrases in the held-out voices."""
    clips: list[tuple[str, Samples]] = []
    for phrase in SYNTHETIC_PHRASES:
        for voice in held_out_voices():
            try:
                clips.append((phrase, speak(phrase, voice)))
            except SynthesisError:
                continue
    return {"phrases, unheard voice": clips}


def wake_rows(
    ear: VoskDecoder, phrase: str, recordings: Sequence[Recording], foreign: Sequence[Recording]
) -> list[str]:
    """Misses and false alarms of one wake phrase at several confidences."""
    listen = ear.listen_for([phrase])
    clips = [r for r in recordings if r.set_name == "keywords" and r.label == phrase]
    clips = clips[:: max(1, len(clips) // MOST_WAKE_CLIPS)]
    scores = [_wake_score(listen(read_audio(r.path)), phrase) for r in clips]
    alarms = [_wake_score(listen(read_audio(r.path)), phrase) for r in foreign]
    hours = sum(r.duration_s for r in foreign) / 3600
    rows = []
    for threshold in (0.0, 0.9, 0.97, 0.999):
        missed = 100 * float(np.mean([score < threshold for score in scores]))
        false = sum(score >= threshold for score in alarms)
        rows.append(
            f"| {phrase} ({len(clips)}) | {threshold} | {missed:.1f} | {false} in {hours:.2f} h |"
        )
    return rows


def _wake_score(words: Sequence[Word], phrase: str) -> float:
    """The best lowest confidence over all occurrences of ``phrase``, or -1."""
    parts = phrase.split()
    places = range(len(words) - len(parts) + 1)
    found = [
        min(w.confidence for w in words[i : i + len(parts)])
        for i in places
        if [w.text for w in words[i : i + len(parts)]] == parts
    ]
    return max(found, default=-1.0)


def cost_row(ear: VoskDecoder, recordings: Sequence[Recording]) -> str:
    """Load time, memory, and processor time per second of speech, if there is speech."""
    listen = ear.listen_for(SEVEN)
    audio = [read_audio(r.path) for r in recordings if r.role is Role.RUNNING][:30]
    began = time.process_time()
    for samples in audio:
        listen(samples)
    cpu_s = time.process_time() - began
    seconds = sum(len(samples) for samples in audio) / SAMPLE_RATE_HZ
    a_second = f"{cpu_s / seconds:.4f} s of one core a second of speech; " if seconds else ""
    resident_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"load {ear.load_s:.3f} s; {a_second}"
        f"peak resident memory of the measuring process {resident_mb:.0f} MB"
    )


def tables(model: Path, data: Path) -> str:
    """Every table of the card, as Markdown."""
    ear = VoskDecoder(model)
    recordings = read_manifest(data / MANIFEST)
    held_out = [r for r in recordings if r.held_out]
    groups = recorded_groups(held_out)
    rooms = [read_audio(r.path) for r in recordings if r.set_name == "rooms"]
    household = [read_audio(r.path) for r in held_out if r.set_name == "noise"]
    noisy = in_noise(groups, household, rooms, 10.0) if household and rooms else {}
    lines = ["### Seven words and [unk] in the grammar", "", TABLE_HEAD]
    lines += grammar_table(ear, SEVEN, {**groups, **noisy})
    lines += ["", "### Yes, no and [unk] in the grammar", "", TABLE_HEAD]
    lines += grammar_table(ear, YES_NO, groups)
    lines += ["", f"### {len(SYNTHETIC_PHRASES)} phrases, a synthesiser never trained on", ""]
    lines += [TABLE_HEAD, *grammar_table(ear, SYNTHETIC_PHRASES, synthetic_groups())]
    lines += ["", "### Wake phrases", "", "| phrase | confidence | missed % | false alarms |"]
    lines.append("|---|---|---|---|")
    foreign = [r for r in held_out if r.set_name in {"orders", "read"}]
    said = {r.label for r in held_out if r.role is Role.KEYWORD}
    for phrase in WAKE_PHRASES:
        if phrase in said:
            lines += wake_rows(ear, phrase, held_out, foreign)
    lines += ["", "### Cost", "", cost_row(ear, held_out)]
    return "\n".join(lines)


def main() -> None:
    """Print every table, and update the card on request."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="model folder")
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.tsv")
    parser.add_argument("--card", action="store_true", help="update the tables in the model card")
    arguments = parser.parse_args()
    text = tables(arguments.model, arguments.data)
    print(text)
    if arguments.card:
        card.insert_figures(arguments.model / card.CARD, text)


if __name__ == "__main__":
    main()
