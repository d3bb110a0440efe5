"""A whole night through the real loop, many times faster than it goes by: ``scripts/soak``."""
