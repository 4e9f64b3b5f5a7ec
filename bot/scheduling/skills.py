"""Skills as bits, so that one comparison in the database finds the crews that have them all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

# The position is the bit: append only, or stored masks change their meaning.
SKILLS = (
    "refrigerator",
    "washing_machine",
    "dryer",
    "split_ac",
    "central_ac",
    "tv",
    "electric_water_heater",
    "gas_water_heater",
    "range_hood",
    "gas_hob",
    "dishwasher",
    "oven",
    "water_purifier",
    "freezer",
    "furniture",
    "fitness_equipment",
    "high_altitude",
    "gas",
    "electrical",
    "heavy_carry",
)
_BITS = {skill: 1 << position for position, skill in enumerate(SKILLS)}


def mask(skills: Iterable[str]) -> int:
    """Return the skills as one number. Raises KeyError for a skill of no bit."""
    bits = 0
    for skill in skills:
        bits |= _BITS[skill]
    return bits


def valid_on(day: date, bits: int, licences: dict[str, str]) -> int:
    """Return the skills of a mask whose licence, if they have one, has not ended by the day."""
    ended = [skill for skill, last in licences.items() if last < day.isoformat()]
    return bits & ~mask(ended)


def names(bits: int) -> tuple[str, ...]:
    """Return the skills of a mask."""
    return tuple(skill for skill, bit in _BITS.items() if bits & bit)
