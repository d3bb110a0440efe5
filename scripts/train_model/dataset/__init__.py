"""The data: clips of recorded and synthetic speech, with their phones, as features.

In: recordings, voices, rooms and noises. Out: stores and packs that training draws from.
Law: what is held out for measuring never enters.
"""
