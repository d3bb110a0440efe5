"""Train Charley's own small acoustic model and package it in Vosk's format.

Run ``python -m scripts.train_model --help``. In the order of a recipe:

1. ``lang``     phones, words, texts, and the costs of words
2. ``dataset``  recorded and synthesised speech, phone times, features
3. ``model``    the network: cross-entropy on frames, then lattice-free MMI
4. ``export``   Kaldi's nnet3 file, the decoding graph, the folder
5. ``measure``  libvosk on held-out people, and the model card
"""
