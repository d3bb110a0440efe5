"""Costs of the decoding graph, shared by training and by the graph builder.

Costs are negative natural logarithms of probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GraphCosts:
    """Costs of the paths through the graph.

    ``unknown`` is paid once for entering "[unk]" and ``unknown_phone`` for each of
    its phones, on top of the choice among 39. Raising either makes the model accept
    more as words; lowering makes it refuse more.
    """

    unknown: float = 0.0
    unknown_phone: float = 0.0
    silence: float = 0.7
    word: float = 0.7


# : MMI trains against a slightly costlier "[unk]" than the shipped one, so that the
# : network itself learns to separate words from other speech.
TRAINING_COSTS = GraphCosts(unknown=2.0, unknown_phone=0.5)
