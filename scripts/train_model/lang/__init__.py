"""The language: phones, words and their costs.

In: the prompts and a dictionary. Out: lexicon, vocabulary and texts to be spoken.
Law: it needs neither audio nor PyTorch.
"""
