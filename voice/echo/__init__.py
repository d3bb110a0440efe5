"""The room echo."""
