"""What we know of each appliance: its names, its needs, what installing it takes.

Read from `data/catalogue/*.yml`, one file a group of categories; README there tells the shape.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent / "data" / "catalogue"
_NO_CATEGORIES = {"brands.yml", "shared.yml"}


@dataclass(frozen=True)
class SiteQuestion:
    """One thing to know about the home before a visit: `fact` is the site key it fills.

    Where it is `required`, nothing can be booked before it is known.
    """

    fact: str
    question: str
    required: bool = False


@dataclass(frozen=True)
class Heavy:
    """A piece of more than `over_kg` kilograms takes a crew of at least `members`."""

    over_kg: float
    members: int


@dataclass(frozen=True)
class Category:
    """One appliance category of the contract.

    `minutes` is the work of one visit for one piece (integer, at most 180); `extra_skills`
    are needed beside the category's own; `members` is the smallest crew, `heavy` the one for
    heavy pieces; `carried` says whether stairs without a lift need `heavy_carry`.
    """

    category: str
    name: str
    names: tuple[str, ...]
    minutes: int
    members: int
    heavy: Heavy | None
    extra_skills: tuple[str, ...]
    carried: bool
    questions: tuple[SiteQuestion, ...]
    needs: tuple[str, ...]
    steps: str
    duration: str


@dataclass(frozen=True)
class Catalogue:
    """All categories by their contract name, and brands by every way they are written.

    `shared` has the names that several categories share, each with those categories.
    """

    categories: dict[str, Category]
    brands: dict[str, str]
    shared: dict[str, frozenset[str]] = field(default_factory=dict)

    def meant(self, text: str, category: str | None) -> frozenset[str]:
        """Return the categories that `text`, read as naming `category`, may speak of.

        Where it names none, those of a shared name in it; none where it has no such name.
        """
        meant = {category} if category else set()
        for name, categories in self.shared.items():
            if name in text and (category is None or category in categories):
                meant |= categories
        return frozenset(meant)


@cache
def load(folder: Path = ROOT) -> Catalogue:
    """Read the catalogue. Raises KeyError or ValueError on a file that is not as documented."""
    categories = {}
    for path in sorted(folder.glob("*.yml")):
        if path.name in _NO_CATEGORIES:
            continue
        for name, row in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            categories[name] = _category(name, row)
    brands = _read(folder / "brands.yml")
    return Catalogue(
        categories,
        {alias: brand for brand, aliases in brands.items() for alias in (brand, *aliases)},
        {name: frozenset(shared) for name, shared in _read(folder / "shared.yml").items()},
    )


def _read(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _category(name: str, row: dict) -> Category:  # type: ignore[type-arg]
    return Category(
        category=name,
        name=row["name"],
        names=tuple(row["names"]),
        minutes=int(row["minutes"]),
        members=int(row.get("members", 1)),
        heavy=Heavy(**row["heavy"]) if "heavy" in row else None,
        extra_skills=tuple(row.get("extra_skills", ())),
        carried=bool(row.get("carried", False)),
        questions=tuple(SiteQuestion(**q) for q in row.get("questions", ())),
        needs=tuple(row["needs"]),
        steps=row["steps"],
        duration=row["duration"],
    )
