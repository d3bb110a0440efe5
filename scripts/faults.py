"""Errors that a person running these tools can cause."""

from __future__ import annotations

from voice.errors import CharleyError


class EvaluationError(CharleyError):
    """A missing manifest, folder or package, or an invalid option."""
