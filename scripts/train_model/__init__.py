"""Train Charley's own small acoustic model and package it in Vosk's format.

Run ``python -m scripts.train_model --help``. In the order of a recipe:

1. ``lang``     phones, words, texts, and what a word costs
2. ``dataset``  speech recorded and synthesised, phone times, features
3. ``model``    the network: cross-entropy on frames, then lattice-free MMI
4. ``export``   Kaldi's nnet3 file, the decoding graph, the folder
5. ``measure``  libvosk on people whom training did not hear, and the model card
"""
