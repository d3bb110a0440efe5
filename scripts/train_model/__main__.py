"""The command line of training: ``python -m scripts.train_model --help``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from voice.errors import CharleyError


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.train_model",
        description="Train the small acoustic model and write a folder that vosk can load.",
        epilog="Stages whose result is in the work folder are skipped; delete a result to "
        "make it again. A graphics card is used if PyTorch finds one. Needs the extra 'train' "
        "and the programs espeak-ng, flite and libfst-tools.",
    )
    parser.add_argument("--out", type=Path, required=True, help="model folder to write")
    parser.add_argument("--data", type=Path, help="recordings with a manifest.tsv")
    parser.add_argument(
        "--work", type=Path, help="folder for the stages' results (default: OUT.work)"
    )
    parser.add_argument(
        "--prompts", type=Path, default=Path("prompts/en"), help="folder with listening.toml"
    )
    parser.add_argument(
        "--minutes", type=float, default=480, help="wall-clock time for training alone"
    )
    parser.add_argument("--clips", type=int, default=16_000, help="synthesised clips to make")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--unknown", type=float, default=None, help='cost of "[unk]": higher accepts more words'
    )
    return parser.parse_args(arguments)


def main() -> int:
    """Train; return the exit status."""
    given = parse()
    try:
        from scripts.train_model.lang.costs import GraphCosts
        from scripts.train_model.pipeline import Pipeline
        from scripts.train_model.recipe import Recipe
    except ImportError as error:
        print(f"{error}: install the extra 'train'", file=sys.stderr)
        return 2
    costs = GraphCosts() if given.unknown is None else GraphCosts(unknown=given.unknown)
    work = given.work or given.out.with_name(given.out.name + ".work")
    recipe = Recipe(
        work=work,
        out=given.out,
        data=given.data,
        prompts=given.prompts if given.prompts.is_dir() else None,
        minutes=given.minutes,
        seed=given.seed,
        n_synthesised=given.clips,
        costs=costs,
    )
    try:
        Pipeline(recipe).run()
    except CharleyError as error:
        print(f"train_model: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
