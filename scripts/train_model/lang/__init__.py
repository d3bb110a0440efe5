"""The language: phones, words and what they cost.

In: the prompts and a dictionary. Out: lexicon, vocabulary and texts to be spoken.
Law: needs no sound and no PyTorch.
"""
