"""The network and its training: cross-entropy, lattice-free MMI, averaging, tuning.

In: stores or a pack. Out: weights.
Law: an interrupted run resumes and reaches the same weights.
"""
