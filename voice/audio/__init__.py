"""Sound as numbers: samples in, samples out.

Law: pure. Knows no device, file or clock. Everything inside Charley is 16 kHz, mono, int16;
other formats are converted at the edges.
"""
