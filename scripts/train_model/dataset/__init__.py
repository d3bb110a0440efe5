"""The data: clips of recorded and synthetic speech, with their phones, as features.

In: recordings, voices, rooms and noises. Out: stores and packs that training draws from.
Law: nothing held out for measuring gets in.
"""
