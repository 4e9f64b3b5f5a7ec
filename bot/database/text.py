"""What no database would take as text."""

from __future__ import annotations


def storable(value: str) -> str:
    """Return the string; raises ValueError where no database would take it."""
    if "\x00" in value:
        raise ValueError("must not contain the character U+0000")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must not contain half of a surrogate pair") from None
    return value
