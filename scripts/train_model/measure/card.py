"""Writes the model card: what the model is, its training data, and its accuracy."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Mapping
from pathlib import Path

from scripts.train_model.recipe import COPIES, FRAME_SHARES, SEQUENCE_SHARES, Recipe

CARD = "MODEL_CARD.md"
ATTRIBUTION = "ATTRIBUTION.md"

_DATA = Path(__file__).parents[1] / "data"
_FIGURES_BEGIN = "<!-- figures: printed by scripts.train_model.measure.accuracy -->"
_FIGURES_END = "<!-- end of figures -->"


def write_card(recipe: Recipe, n_weights: int, hours: Mapping[str, float], n_words: int) -> None:
    """Write card and attribution to the model folder; figures are added later."""
    rows = "\n".join(
        f"| {name} | {hours[name]:.1f} | {COPIES.get(name, 2)} | {FRAME_SHARES[name]:.0%} "
        f"| {SEQUENCE_SHARES[name]:.0%} |"
        for name in FRAME_SHARES
        if name in hours
    )
    shape = recipe.shape
    text = f"""# Model card: charley-en

A small English acoustic model in Vosk's format for short answers and commands,
with runtime grammars. Written on {dt.datetime.now(dt.UTC).date().isoformat()} by
`python -m scripts.train_model` (seed {recipe.seed}).

- **For:** plainly spoken words of a known list, by a person in bed, 1 to 3 m from
  the microphone. **Not for:** dictation, or a decision on one word without asking again.
- **Network:** factorised TDNN, {n_weights / 1e6:.2f} million weights, {shape.width} wide,
  bottleneck {shape.bottleneck}, {shape.context * 10} ms of context on either side, one output
  every 30 ms, 79 classes. Weights are stored in 16 bits.
- **Training:** cross-entropy, then lattice-free MMI against the words of the domain and
  a loop of all phones; at most {recipe.minutes:.0f} minutes of wall-clock time together.
- **Vocabulary:** {n_words} words: all that the assistant listens for, common English words,
  first names. `lexicon.txt` lists their sounds; `scripts.train_model.export.add_word` adds more.
- **"[unk]":** a loop of all phones; entering it costs {recipe.costs.unknown:g}.
- **Licences:** see `{ATTRIBUTION}`.

## Data

Hours as stored, with all copies (other speed, room, microphone, whisper, mumbling);
noise, level, colour and vocal tract change again in every window.

| set | hours | copies | share of windows, frames | share, sequences |
|---|---|---|---|---|
{rows}

Held out, by a hash of the speaker or source: one in five of each set; all of "alexa"
and "smart mirror"; the voice "kal" of flite and festival.

## Figures

{_FIGURES_BEGIN}
{_FIGURES_END}

{(_DATA / "card_notes.md").read_text(encoding="utf-8").strip()}
"""
    recipe.out.mkdir(parents=True, exist_ok=True)
    (recipe.out / CARD).write_text(text, encoding="utf-8")
    shutil.copyfile(_DATA / "attribution.md", recipe.out / ATTRIBUTION)


def insert_figures(path: Path, tables: str) -> None:
    """Replace the figures of a card.

    Raises:
        ValueError: the card has no place for figures.
    """
    text = path.read_text(encoding="utf-8")
    if _FIGURES_BEGIN not in text or _FIGURES_END not in text:
        raise ValueError(f"{path} has no place for figures")
    head = text.partition(_FIGURES_BEGIN)[0]
    tail = text.partition(_FIGURES_END)[2]
    path.write_text(
        f"{head}{_FIGURES_BEGIN}\n{tables.strip()}\n{_FIGURES_END}{tail}", encoding="utf-8"
    )
