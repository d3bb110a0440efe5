"""Copies a record of the dialogue with some of its fields changed. Pure.

``dataclasses.replace`` runs the constructor, which sets every field again. A step of the dialogue
changes a dozen records, and the exhaustive tests take millions of steps. Copying all fields at
once makes those tests 1.7 times as fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import replace  # mypy knows it, and checks the fields
else:

    def replace(record: Any, /, **changes: Any) -> Any:
        """Return a copy of a frozen dataclass with some fields changed.

        Raises TypeError for an unknown field, and whatever its ``__post_init__`` raises.
        """
        kind = type(record)
        if not changes.keys() <= kind.__dataclass_fields__.keys():
            unknown = sorted(changes.keys() - kind.__dataclass_fields__.keys())
            raise TypeError(f"{kind.__name__} has no field {', '.join(unknown)}")
        copy = object.__new__(kind)
        copy.__dict__.update(record.__dict__, **changes)
        check = getattr(copy, "__post_init__", None)
        if check is not None:
            check()
        return copy


__all__ = ["replace"]
