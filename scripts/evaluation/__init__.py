"""Measures how well Charley hears, with the whole listening chain on recordings of a manifest."""
