"""From weights to the folder that libvosk loads, and back.

In: weights, lexicon and costs. Out: `final.mdl`, the decoding graph and the configuration.
Law: what Kaldi computes from it is what the network computed.
"""
