"""What a person who measures can do wrong."""

from __future__ import annotations

from voice.errors import CharleyError


class EvaluationError(CharleyError):
    """A manifest, folder or package that is missing, or an option that cannot be."""
