"""Who brings something in or wants to be told of something."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Party:
    """A holder of a token or of a secret. `merchants` None: everybody's orders are theirs."""

    name: str
    merchants: frozenset[str] | None = None
