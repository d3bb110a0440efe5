"""Measures a model folder through libvosk, as the assistant uses it.

In: a model folder, and recordings of held-out people. Out: figures and the model card.
"""
