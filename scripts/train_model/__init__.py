"""Train Charley's own small acoustic model and package it in Vosk's format.

Run ``python -m scripts.train_model --help``. The stages, in order:

1. ``synthesis``    speech by several engines and many voices
2. ``transcripts``  words for recordings that come without them
3. ``alignment``    phone times of every clip
4. ``features``     log-mel features of clips, effects and noises
5. ``frames``       network trained on frame labels (cross-entropy)
6. ``sequences``    network refined by lattice-free MMI
7. ``package``      Kaldi nnet3 file, decoding graph, configuration, card
"""
