"""Measures how fast and how small Charley is."""
