"""The command line: ``python -m scripts.train_model.spotter --help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.corpus.manifest import MANIFEST, Recording, Role, read_manifest
from voice.app.dialogue_assembly import read_script
from voice.app.model_sums import write_sums
from voice.app.settings import Settings
from voice.errors import CharleyError


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        prog="python -m scripts.train_model.spotter",
        description="Train the head of the keyword spotter, the second ear. It learns from the"
        " people of a manifest who are not held out, from natural voices, and from espeak-ng."
        " Needs the extras 'train' and 'spotter'. Takes about half an hour on two cores.",
        epilog="Stop it at any time: run again, it resumes.",
    )
    made.add_argument("--manifest", type=Path, required=True, metavar="M.tsv")
    made.add_argument(
        "--natural",
        type=Path,
        metavar="DIR",
        help="clips made by scripts.train_model.dataset.natural_voices",
    )
    made.add_argument("--out", type=Path, required=True, help="folder of the spotter to write")
    made.add_argument("--work", type=Path, help="folder for the stages (default: OUT.work)")
    made.add_argument("--seed", type=int, default=0)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; return the exit status."""
    given = parser().parse_args(arguments)
    try:
        from scripts.train_model.spotter.dataset import gather, spoken
        from scripts.train_model.spotter.head import train
    except ImportError as error:
        print(f"{error}: install the extra 'train'", file=sys.stderr)
        return 2
    work = given.work or given.out.with_name(given.out.name + ".work")
    try:
        recordings = _taught(given.manifest)
        if given.natural is not None:
            recordings += _taught(given.natural / MANIFEST)
        recordings += spoken(read_script(Settings()), work / "espeak", given.seed)
        examples = gather(recordings, work, given.seed)
        print(f"{len(examples.labels)} utterances of {len(set(examples.speakers))} speakers")
        head, found = train(examples, given.seed)
        given.out.mkdir(parents=True, exist_ok=True)
        head.save(given.out)
        write_sums(given.out)
    except CharleyError as error:
        print(f"spotter: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print("People it has not heard, in quiet, rooms and noise together:")
    for one in found:
        print(
            f"{one.keyword!r}: {one.found} of {one.n} above {one.threshold:.2f}, as one in"
            f" {one.one_in} of all else is"
        )
    return 0


def _taught(manifest: Path) -> list[Recording]:
    return [r for r in read_manifest(manifest) if not r.held_out and r.role is not Role.ROOM]


if __name__ == "__main__":
    sys.exit(main())
