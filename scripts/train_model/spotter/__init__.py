"""Trains the keyword spotter: recordings and voices in, the head of the second ear out.

It learns from the people who are not held out, from natural voices and from espeak-ng; in quiet,
in simulated bedrooms, and in household noise and talk.
"""
