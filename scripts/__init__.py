"""Command-line work that is not part of the running assistant."""
