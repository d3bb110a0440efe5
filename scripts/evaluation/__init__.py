"""Measures how well Charley hears: the whole listening chain over a manifest of recordings."""
