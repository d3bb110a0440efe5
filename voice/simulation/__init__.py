"""The room simulation."""
