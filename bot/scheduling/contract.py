"""The contract's import format as models: what is taken, and what is refused with its path."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from bot.database.text import storable

Category = Literal[
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
]
Skill = Category | Literal["high_altitude", "gas", "electrical", "heavy_carry"]
Kind = Literal["delivery", "installation", "delivery_and_installation"]
Status = Literal[
    "unscheduled", "scheduled", "en_route", "in_progress", "completed", "cancelled", "failed"
]
Text = Annotated[str, AfterValidator(storable)]
Id = Annotated[Text, Field(min_length=1, max_length=64)]
Name = Annotated[Text, Field(min_length=1, max_length=255)]


def _whole_minutes(value: time) -> time:
    if value.second or value.microsecond or value.tzinfo:
        raise ValueError("write hours and minutes only, e.g. 09:00")
    return value


Clock = Annotated[time, AfterValidator(_whole_minutes)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hub(_Strict):
    """A service point and the adcodes it serves."""

    hub_id: Id
    name: Name
    adcodes: list[Annotated[str, Field(pattern=r"^\d{6}$")]] = Field(min_length=1)
    provider: Id | None = None


class Shift(_Strict):
    """A crew's working hours on one day."""

    date: date
    start: Clock
    end: Clock
    capacity_minutes: int = Field(ge=0, le=1440)

    @field_validator("end")
    @classmethod
    def _ends_after_start(cls, end: time, so_far: ValidationInfo) -> time:
        if "start" in so_far.data and so_far.data["start"] >= end:
            raise ValueError("a shift must end after it starts")
        return end


class Licence(_Strict):
    """A skill that expires: `valid_until` is the last day."""

    skill: Skill
    valid_until: date | None = None


class Crew(_Strict):
    """A crew, what it may do and when it works."""

    crew_id: Id
    hub_id: Id
    name: Name
    phone: Name
    members: int = Field(default=1, ge=1, le=20)
    skills: list[Skill | Licence]
    shifts: list[Shift] = []
    provider: Id | None = None

    @property
    def licences(self) -> list[Licence]:
        """All skills in the form that can expire."""
        return [s if isinstance(s, Licence) else Licence(skill=s) for s in self.skills]


class Fee(_Strict):
    """One line of a fee table."""

    code: Id
    name: Name
    amount: Decimal = Field(ge=0, max_digits=10, decimal_places=2)
    unit: Name
    condition: Text | None = None
    valid_from: date


class Merchant(_Strict):
    """A merchant with its own fees."""

    merchant: Name
    fees: list[Fee] = []


class Consumer(_Strict):
    """Who ordered."""

    consumer_id: Name
    name: Name
    phone: Annotated[str, Field(pattern=r"^\+?[\d-]{4,20}$")]


class Address(_Strict):
    """Where it goes."""

    adcode: Annotated[str, Field(pattern=r"^\d{6}$")]
    text: Name
    floor: int | None = Field(default=None, ge=-10, le=200)
    elevator: bool | None = None
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)


class Item(_Strict):
    """What was ordered."""

    sku: Name
    name: Name
    brand: Text | None = None
    category: Category
    quantity: int = Field(default=1, ge=1, le=1000)
    weight_kg: float | None = Field(default=None, gt=0)


class TrackingStep(_Strict):
    """A step of the goods' way."""

    at: AwareDatetime
    code: Id
    text: Text
    location: Text | None = None


class Visit(_Strict):
    """An appointment as it stands elsewhere."""

    visit_id: Id
    kind: Kind
    status: Status
    crew_id: Annotated[Id | None, Field(validate_default=True)] = None
    window_start: Annotated[AwareDatetime | None, Field(validate_default=True)] = None
    window_end: Annotated[AwareDatetime | None, Field(validate_default=True)] = None

    # Checks of one field each, so that a fault carries the path of the field to mend.

    @field_validator("crew_id")
    @classmethod
    def _crew_fits_status(cls, crew_id: str | None, so_far: ValidationInfo) -> str | None:
        status = so_far.data.get("status")
        if status == "unscheduled" and crew_id:
            raise ValueError("an unscheduled visit has no crew")
        if status in {"scheduled", "en_route", "in_progress"} and not crew_id:
            raise ValueError(f"a visit that is {status} needs a crew_id")
        return crew_id

    @field_validator("window_start", "window_end")
    @classmethod
    def _window_fits_status(cls, at: datetime | None, so_far: ValidationInfo) -> datetime | None:
        status = so_far.data.get("status")
        if status == "unscheduled" and at:
            raise ValueError("an unscheduled visit has no window")
        if status not in {None, "unscheduled"} and at is None:
            raise ValueError(f"a visit that is {status} needs {so_far.field_name}")
        return at

    @field_validator("window_end")
    @classmethod
    def _window_ends_after_start(
        cls, end: datetime | None, so_far: ValidationInfo
    ) -> datetime | None:
        start = so_far.data.get("window_start")
        if start and end and start >= end:
            raise ValueError("window_end must be after window_start")
        return end


class Order(_Strict):
    """One order."""

    order_no: Id
    merchant: Name
    consumer: Consumer
    address: Address
    items: list[Item] = Field(min_length=1)
    tracking: list[TrackingStep] = []
    visits: list[Visit] = []
    goods_expected_at: AwareDatetime | None = None
    provider: Id | None = None


class CalendarDay(_Strict):
    """A day on which a hub, or every hub, works less (`stress`) or not at all (`blackout`)."""

    date: date
    kind: Literal["blackout", "stress"]
    capacity_factor: float | None = Field(default=None, ge=0, le=1)
    hub_id: Id | None = None

    @field_validator("capacity_factor")
    @classmethod
    def _only_for_stress(cls, factor: float | None, so_far: ValidationInfo) -> float | None:
        if factor and so_far.data.get("kind") == "blackout":
            raise ValueError("nothing is sold on a blackout day; leave capacity_factor out")
        return factor


class Document(_Strict):
    """A whole file."""

    hubs: list[Hub] = []
    crews: list[Crew] = []
    orders: list[Order] = []
    merchants: list[Merchant] = []
    calendar: list[CalendarDay] = []


def path_of(location: tuple[Any, ...]) -> str:
    """Write pydantic's location as a JSON path."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in location]
    return "$" + "".join(steps)


def epoch(at: datetime) -> int:
    """Return epoch seconds."""
    return int(at.timestamp())
