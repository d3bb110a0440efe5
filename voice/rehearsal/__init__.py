"""Rehearsals: the real loop in a simulated room, on a sample clock instead of the wall's."""
