"""Who brings something in or wants to be told of something."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Party:
    """A holder of a token or of a secret. `merchants` None: everybody's orders are theirs."""

    name: str
    merchants: frozenset[str] | None = None

    def may_see(self, merchant: str) -> bool:
        """Whether a merchant's orders are theirs."""
        return self.merchants is None or merchant in self.merchants
