"""Adds words to a model by their phones, without training.

``python -m scripts.train_model.export.add_word models/charley-en "mabel M EY B AH L"``

Each word comes with its phones from the CMU Pronouncing Dictionary; an existing
word gets an additional pronunciation. Only the graph is rebuilt, in seconds, with
OpenFst's tools (Debian package ``libfst-tools``).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from scripts.train_model.export.graph import build_graph
from scripts.train_model.export.openfst import OpenFstError
from scripts.train_model.export.package import LEXICON
from scripts.train_model.lang.costs import GraphCosts
from scripts.train_model.lang.lexicon import (
    Lexicon,
    LexiconError,
    merge,
    parse_pronunciation,
    read_lexicon,
    write_lexicon,
)
from voice.app.model_sums import write_sums


def parse_word(entry: str) -> Lexicon:
    """Read one entry such as "mabel M EY B AH L".

    Raises:
        LexiconError: there is no word or a phone is unknown.
    """
    word, _, phones = entry.strip().partition(" ")
    return {word.lower(): (parse_pronunciation(phones),)}


def add_words(model: Path, entries: Iterable[str], costs: GraphCosts) -> int:
    """Add words to the model folder and return its vocabulary size.

    Raises:
        LexiconError: an entry or the model's lexicon is invalid.
        OpenFstError: the graph could not be compiled.
    """
    lexicon = merge(read_lexicon(model / LEXICON), *map(parse_word, entries))
    build_graph(model, lexicon, costs)
    write_lexicon(model / LEXICON, lexicon)
    write_sums(model)
    return len(lexicon)


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="model folder")
    parser.add_argument("entries", nargs="+", help='a word and its phones, "mabel M EY B AH L"')
    parser.add_argument("--unknown", type=float, default=GraphCosts().unknown)
    given = parser.parse_args()
    try:
        count = add_words(given.model, given.entries, GraphCosts(unknown=given.unknown))
    except (LexiconError, OpenFstError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{given.model} knows {count} words")
    return 0


if __name__ == "__main__":
    sys.exit(main())
