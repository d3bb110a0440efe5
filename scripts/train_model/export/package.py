"""Assembles the model folder that libvosk loads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scripts.train_model.export.graph import build_graph
from scripts.train_model.export.kaldi import write_model
from scripts.train_model.lang.costs import GraphCosts
from scripts.train_model.lang.lexicon import Lexicon, write_lexicon
from voice.app.model_sums import write_sums

if TYPE_CHECKING:
    from scripts.train_model.model.network import Network

LEXICON = "lexicon.txt"

_MFCC_CONF = """\
--sample-frequency=16000
--use-energy=false
--num-mel-bins=40
--num-ceps=40
--low-freq=20
--high-freq=7600
--allow-downsample=true
--dither=0
"""

# Phone-level determinisation explodes on the phone loop of "[unk]": thirty times
# slower; a lattice beam of 8 takes three times the work of 6 for the same reason.
# The lattice is determinised as it grows, by default at frames with up to 200 active
# tokens: on muffled talk that costs up to a second and 30 MB at once; with up to 20, it
# gives the same n-best list in a tenth of that.
# The scores are likelihoods already, hence the acoustic scale of 1.
_MODEL_CONF = """\
--min-active=200
--max-active=3000
--beam=13
--lattice-beam=6
--acoustic-scale=1.0
--frame-subsampling-factor=3
--phone-determinize=false
--determinize-max-active=20
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=0.5
--endpoint.rule3.min-trailing-silence=0.75
--endpoint.rule4.min-trailing-silence=1.0
"""


def write_configuration(model: Path) -> None:
    """Write ``conf/``."""
    folder = model / "conf"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mfcc.conf").write_text(_MFCC_CONF, encoding="utf-8")
    (folder / "model.conf").write_text(_MODEL_CONF, encoding="utf-8")


def write_package(
    model: Path, network: Network, lexicon: Lexicon, costs: GraphCosts, n_bytes: int = 2
) -> None:
    """Write a whole model folder; the network's priors must be folded in."""
    from scripts.train_model.export.affine import to_nnet3

    write_model(model / "am" / "final.mdl", to_nnet3(network, n_bytes))
    write_configuration(model)
    write_lexicon(model / LEXICON, lexicon)
    build_graph(model, lexicon, costs)
    write_sums(model)
