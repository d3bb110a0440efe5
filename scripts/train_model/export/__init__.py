"""From weights to the folder that libvosk loads, and back.

In: weights, lexicon and costs. Out: `final.mdl`, the decoding graph and the configuration.
Law: Kaldi computes from it exactly what the network computed.
"""
