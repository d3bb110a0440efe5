"""A whole night through the real loop, many times faster than real time: ``scripts/soak``."""
