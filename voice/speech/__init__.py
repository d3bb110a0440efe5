"""The room speech."""
