"""Sound as numbers: samples in, samples out.

Law: pure, except for :mod:`voice.audio.files`. Knows no device and no clock.
Everything inside Charley is 16 kHz, mono, int16; other formats are converted at the edges.
"""
