"""How well the margins of libvosk's n-best list separate right answers from wrong ones.

``python -m scripts.train_model.measure.margins --model models/charley-en --data DIR``

With ``SetMaxAlternatives`` libvosk scores several hypotheses for a clip. The margin is
the score of the best one that is a single phrase of the grammar, minus the score of the
best other one: another phrase, "[unk]", or several phrases. An acceptance rule can
require it, beyond "[unk]" merely losing.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from scripts.corpus.manifest import MANIFEST, read_manifest
from scripts.train_model.dataset.audio import Samples, read_audio
from scripts.train_model.measure.accuracy import SEVEN, in_noise, recorded_groups
from scripts.train_model.measure.vosk_decoder import Alternative, VoskDecoder, alternatives

N_ALTERNATIVES = 8
THRESHOLDS = (-4.0, -2.0, 0.0, 1.0, 2.0, 3.0, 4.0, 6.0)
# : Stands for "no other hypothesis within the lattice beam".
_ALONE = 99.0


def margin(ways: Sequence[Alternative], phrases: Sequence[str]) -> tuple[str, float]:
    """The best phrase of the grammar among ``ways``, and its margin; ("", 0) if there is none."""
    phrase = next((way for way in ways if way.text in phrases), None)
    if phrase is None:
        return "", 0.0
    rivals = [way.score for way in ways if way.text != phrase.text]
    return phrase.text, phrase.score - max(rivals) if rivals else _ALONE


def margins(
    ear: VoskDecoder, phrases: Sequence[str], clips: Sequence[tuple[str, Samples]]
) -> list[tuple[str, str, float]]:
    """What was said, what was recognised, and the margin, for each clip."""
    recogniser = ear.recogniser(phrases)
    recogniser.SetMaxAlternatives(N_ALTERNATIVES)
    return [(said, *margin(alternatives(recogniser, samples), phrases)) for said, samples in clips]


def rows(name: str, found: Sequence[tuple[str, str, float]]) -> str:
    """One Markdown row: right and wrong answers in % at each threshold."""
    cells = []
    for threshold in THRESHOLDS:
        heard = [(said, text) for said, text, value in found if text and value >= threshold]
        right = sum(said == text for said, text in heard)
        share = 100.0 / max(len(found), 1)
        cells.append(f"{right * share:.1f} / {(len(heard) - right) * share:.1f}")
    return f"| {name} | {len(found)} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="model folder")
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.tsv")
    arguments = parser.parse_args()
    ear = VoskDecoder(arguments.model)
    recordings = read_manifest(arguments.data / MANIFEST)
    held_out = [r for r in recordings if r.held_out]
    groups = recorded_groups(held_out)
    rooms = [read_audio(r.path) for r in recordings if r.set_name == "rooms"]
    household = [read_audio(r.path) for r in held_out if r.set_name == "noise"]
    if rooms and household:
        groups |= in_noise(groups, household, rooms, 10.0)
    print("right / wrong answers in % of clips, by least margin\n")
    print(f"| clips | n | {' | '.join(f'{t:g}' for t in THRESHOLDS)} |")
    print("|" + "---|" * (len(THRESHOLDS) + 2))
    for name, clips in groups.items():
        print(rows(name, margins(ear, SEVEN, clips)), flush=True)


if __name__ == "__main__":
    main()
