"""What we know of each appliance: its names, its needs, what installing it takes.

Read from `data/catalogue/*.yml`, one file a group of categories; README there tells the shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent / "data" / "catalogue"


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
    """All categories by their contract name, and brands by every way they are written."""

    categories: dict[str, Category]
    brands: dict[str, str]


@cache
def load(folder: Path = ROOT) -> Catalogue:
    """Read the catalogue. Raises KeyError or ValueError on a file that is not as documented."""
    categories = {}
    for path in sorted(folder.glob("*.yml")):
        if path.name == "brands.yml":
            continue
        for name, row in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            categories[name] = _category(name, row)
    brands = yaml.safe_load((folder / "brands.yml").read_text(encoding="utf-8"))
    return Catalogue(
        categories,
        {alias: brand for brand, aliases in brands.items() for alias in (brand, *aliases)},
    )


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
