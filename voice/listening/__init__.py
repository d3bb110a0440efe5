"""Blocks of sound in, events out: what was said, unclear, or silence.

In: a block of the microphone, its time on the audio clock, and the grammar that is listened
for. Out: the events of :mod:`voice.dialogue.events`.

Law: time is counted in blocks and never read from a clock. An utterance is accepted, doubted
or refused by the one rule of :mod:`voice.listening.acceptance`, and what is doubtful is never
passed on as certain.
"""
