"""The network and how it is trained: cross-entropy, lattice-free MMI, averaging, tuning.

In: stores or a pack. Out: weights.
Law: a run that was stopped goes on to the same weights.
"""
