"""The contract's import format: what is taken, what is refused and where."""

from __future__ import annotations

import copy

import pytest

from bot.errors import ImportRejected
from bot.scheduling.notice_tables import notice
from bot.scheduling.tables import calendar_day, crew, crew_shift, crew_window, hub, orders, visit
from tests.scheduling import world as w

EXAMPLE = {
    "hubs": [{"hub_id": "SH-PD", "name": "浦东服务网点", "adcodes": ["310115"]}],
    "crews": [
        {
            "crew_id": "C01",
            "hub_id": "SH-PD",
            "name": "王师傅组",
            "phone": "13800000001",
            "members": 2,
            "skills": ["split_ac", "high_altitude"],
            "shifts": [w.shift("2026-11-21"), w.shift("2026-11-22")],
        }
    ],
    "orders": [
        {
            "order_no": "2811234567890123456",
            "merchant": "海尔官方旗舰店",
            "consumer": {"consumer_id": "tb_1001", "name": "李女士", "phone": "13912345678"},
            "address": {
                "adcode": "310115",
                "text": "上海市浦东新区锦绣路1000弄3号602室",
                "floor": 6,
                "elevator": False,
            },
            "items": [
                {
                    "sku": "KFR-35GW",
                    "name": "海尔1.5匹挂机空调",
                    "brand": "海尔",
                    "category": "split_ac",
                    "quantity": 1,
                }
            ],
            "tracking": [
                {
                    "at": "2026-11-19T08:00:00+08:00",
                    "code": "arrived_hub",
                    "text": "已到达浦东服务网点",
                    "location": "上海浦东",
                }
            ],
            "visits": [w.visit_at(where=w.window("2026-11-22"), crew_id="C01")],
        }
    ],
}


async def test_the_contracts_example_is_taken_without_a_warning(world):
    report = await world.scheduling.import_document(EXAMPLE)
    assert report.counts == {"hubs": 1, "crews": 1, "orders": 1, "merchants": 0}
    assert report.warnings == ()
    stored = await world.scheduling.api_order("2811234567890123456")
    example = EXAMPLE["orders"][0]
    assert {key: stored[key] for key in example} == example
    assert stored["site"] == {"floor": 6, "elevator": False}
    assert (await world.ledger())[("C01", w.at("2026-11-22", "09:00"))] == (180, 0, w.AC_MINUTES)


async def test_a_visit_without_a_shift_is_kept_off_the_roster(world):
    sample = copy.deepcopy(EXAMPLE)
    del sample["crews"][0]["shifts"][1]
    report = await world.scheduling.import_document(sample)
    assert [x["path"] for x in report.warnings] == ["$.orders[0].visits[0]"]
    stored = await world.scheduling.api_order("2811234567890123456")
    assert stored["visits"][0]["window_start"] == "2026-11-22T09:00:00+08:00"


async def test_a_shift_that_comes_later_is_charged_with_the_visit(world):
    await world.take(w.order(visits=[w.visit_at()]), crews=[w.crew(shifts=[])])
    await world.take()
    assert (await world.ledger())[("C1", w.at(w.DAY, "09:00"))] == (180, 0, w.AC_MINUTES)


@pytest.mark.parametrize("document", ["example", "overbooked", "off the roster"])
async def test_the_same_file_twice_changes_nothing(world, document):
    sample = {
        "example": EXAMPLE,
        "overbooked": w.document(
            *(w.order(f"O{n}", visits=[w.visit_at(f"V{n}")]) for n in range(3))
        ),
        "off the roster": w.document(
            w.order(visits=[w.visit_at(where=w.window("2026-12-24"))]),
        ),
    }[document]
    tables = (hub, crew, crew_shift, crew_window, orders, visit)
    await world.scheduling.import_document(sample)
    before = [await world.rows(table) for table in tables]
    await world.scheduling.import_document(sample)
    assert [await world.rows(table) for table in tables] == before
    await world.ledger_is_sound()


def _set(path, value):
    def change(sample):
        *way, last = path
        for step in way:
            sample = sample[step]
        sample[last] = value

    return change


def _append(path, value):
    def change(sample):
        for step in path:
            sample = sample[step]
        sample.append(value)

    return change


def _owned_by(hub_owner, crew_owner):
    def change(sample):
        sample["hubs"][0]["provider"] = hub_owner
        sample["crews"][0]["provider"] = crew_owner

    return change


VISIT = ("orders", 0, "visits", 0)
FAULTS = [
    (_set(("crews", 0, "hub_id"), "NO"), "$.crews[0].hub_id"),
    (_set((*VISIT, "crew_id"), "NO"), "$.orders[0].visits[0].crew_id"),
    (_set((*VISIT, "crew_id"), None), "$.orders[0].visits[0].crew_id"),
    (
        _set((*VISIT, "window_end"), "2026-11-22T08:00:00+08:00"),
        "$.orders[0].visits[0].window_end",
    ),
    (_set((*VISIT, "window_end"), None), "$.orders[0].visits[0].window_end"),
    (
        _set((*VISIT, "window_start"), "2026-11-22T09:00:00"),
        "$.orders[0].visits[0].window_start",
    ),
    (_set((*VISIT, "status"), "maybe"), "$.orders[0].visits[0].status"),
    (_set((*VISIT, "status"), "unscheduled"), "$.orders[0].visits[0].crew_id"),
    (_set(("crews", 0, "shifts", 1, "end"), "08:00"), "$.crews[0].shifts[1].end"),
    (
        _set(("crews", 0, "shifts", 1, "capacity_minutes"), -1),
        "$.crews[0].shifts[1].capacity_minutes",
    ),
    (
        _append(("crews", 0, "shifts"), w.shift("2026-11-21", "11:00", "15:00")),
        "$.crews[0].shifts[2]",
    ),
    (_set(("crews", 0, "skills", 1), "magic"), "$.crews[0].skills[1]"),
    (_set(("crews", 0, "wage"), 1), "$.crews[0].wage"),
    (_set(("orders", 0, "tracking", 0, "text"), "a\0"), "$.orders[0].tracking[0].text"),
    (_set(("orders", 0, "items", 0, "brand"), "\ud800"), "$.orders[0].items[0].brand"),
    (_set(("orders", 0, "items"), []), "$.orders[0].items"),
    (_set(("orders", 0, "items", 0, "category"), "piano"), "$.orders[0].items[0].category"),
    (_set(("orders", 0, "items", 0, "quantity"), 0), "$.orders[0].items[0].quantity"),
    (_set(("orders", 0, "address", "adcode"), "31"), "$.orders[0].address.adcode"),
    (_set(("hubs", 0, "adcodes"), "310115"), "$.hubs[0].adcodes"),
    (_append(("hubs",), EXAMPLE["hubs"][0]), "$.hubs[1].hub_id"),
    (_owned_by("日日顺", "安得"), "$.crews[0].provider"),
    (_append(("orders",), {**EXAMPLE["orders"][0], "visits": []}), "$.orders[1].order_no"),
    (
        _append(("orders", 0, "visits"), EXAMPLE["orders"][0]["visits"][0] | {"visit_id": "V2"}),
        "$.orders[0].visits[1].status",
    ),
]


@pytest.mark.parametrize(("break_it", "path"), FAULTS, ids=[path for _, path in FAULTS])
async def test_a_fault_is_named_by_its_path_and_nothing_is_taken(world, break_it, path):
    sample = copy.deepcopy(EXAMPLE)
    break_it(sample)
    with pytest.raises(ImportRejected) as refused:
        await world.scheduling.import_document(sample)
    assert path in [fault["path"] for fault in refused.value.facts["faults"]]
    assert await world.rows(hub) == []


async def test_every_fault_is_named_at_once(world):
    sample = copy.deepcopy(EXAMPLE)
    sample["crews"][0]["hub_id"] = sample["orders"][0]["visits"][0]["crew_id"] = "NO"
    with pytest.raises(ImportRejected) as refused:
        await world.scheduling.import_document(sample)
    paths = {fault["path"] for fault in refused.value.facts["faults"]}
    assert paths == {"$.crews[0].hub_id", "$.orders[0].visits[0].crew_id"}


async def test_a_visit_of_another_order_is_refused(world):
    await world.take(w.order("O1", visits=[w.visit_at()]))
    with pytest.raises(ImportRejected) as refused:
        await world.take(w.order("O2", visits=[w.visit_at()]))
    assert refused.value.facts["faults"][0]["path"] == "$.orders[0].visits[0].visit_id"


async def test_a_second_live_visit_beside_a_stored_one_is_refused(world):
    await world.take(w.order(visits=[w.visit_at("V1")]))
    with pytest.raises(ImportRejected) as refused:
        await world.take(w.order(visits=[w.visit_at("V2")]))
    assert refused.value.facts["faults"][0]["path"] == "$.orders[0].visits[0].status"


async def test_known_ids_are_updated(world):
    await world.take(w.order(visits=[w.visit_at()]))
    later = w.window(start="12:00", end="15:00")
    await world.take(
        w.order(visits=[w.visit_at(where=later)], address={"floor": 9}),
        crews=[w.crew(name="李师傅组", shifts=[w.shift(end="15:00", capacity=360)])],
    )
    (stored,) = await world.scheduling.orders(w.OWNER)
    assert (stored.floor, stored.visits[0].window) == (9, later)
    assert stored.visits[0].crew.name == "李师傅组"
    assert [used for _, _, used in (await world.ledger()).values()] == [0, w.AC_MINUTES]


async def test_a_shifts_hours_may_change_under_a_booked_visit(world):
    await world.take(w.order(visits=[w.visit_at(where=w.window(start="10:00"))]))
    report = await world.take(crews=[w.crew(shifts=[w.shift(start="10:00", capacity=120)])])
    assert report.warnings == ()
    assert await world.ledger() == {("C1", w.at(w.DAY, "10:00")): (120, 0, w.AC_MINUTES)}
    report = await world.take(crews=[w.crew(shifts=[w.shift(start="18:00", end="21:00")])])
    assert [x["path"] for x in report.warnings] == ["$.crews[0]"]
    assert await world.ledger() == {("C1", w.at(w.DAY, "18:00")): (180, 0, 0)}


async def test_visits_beyond_a_windows_capacity_are_accepted_with_a_warning(world):
    report = await world.take(*(w.order(f"O{n}", visits=[w.visit_at(f"V{n}")]) for n in range(3)))
    assert [x["path"] for x in report.warnings] == [
        "$.orders[1].visits[0]",
        "$.orders[2].visits[0]",
    ]
    ((_, overrun, used),) = (await world.ledger()).values()
    assert (overrun, used) == (135, 315)


async def test_a_capacity_cut_below_what_is_booked_is_accepted_with_a_warning(world):
    await world.take(w.order(visits=[w.visit_at()]))
    report = await world.take(crews=[w.crew(shifts=[w.shift(capacity=60)])])
    assert [x["path"] for x in report.warnings] == ["$.crews[0].shifts[0]"]
    assert await world.ledger() == {("C1", w.at(w.DAY, "09:00")): (60, 45, w.AC_MINUTES)}


async def test_a_crew_of_another_provider_at_a_stored_hub_is_refused(world):
    await world.take(hubs=[{**w.hub(), "provider": "日日顺"}])
    with pytest.raises(ImportRejected) as refused:
        await world.take(hubs=[], crews=[w.crew(provider="安得")])
    assert [x["path"] for x in refused.value.facts["faults"]] == ["$.crews[0].provider"]


async def test_an_order_keeps_its_provider_until_a_file_says_otherwise(world):
    await world.take(w.order(provider="安得"))
    assert (await world.scheduling.api_order("O1"))["provider"] == "安得"
    await world.take(w.order())
    assert "provider" not in await world.scheduling.api_order("O1")


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"date": "2026-02-30", "kind": "blackout"}, "date"),
        ({"kind": "blackout"}, "date"),
        ({"date": "2026-11-26", "kind": "holiday"}, "kind"),
        ({"date": "2026-11-26"}, "kind"),
        ({"date": "2026-11-26", "kind": "stress", "capacity_factor": 1.1}, "capacity_factor"),
        ({"date": "2026-11-26", "kind": "stress", "capacity_factor": -0.1}, "capacity_factor"),
        ({"date": "2026-11-26", "kind": "blackout", "capacity_factor": 0.5}, "capacity_factor"),
        ({"date": "2026-11-26", "kind": "blackout", "hub_id": "NO"}, "hub_id"),
        ({"date": "2026-11-26", "kind": "blackout", "why": "snow"}, "why"),
        ({"date": "2026-11-25", "kind": "stress"}, "date"),
    ],
)
async def test_a_fault_of_the_calendar_is_named_by_its_path(world, entry, field):
    good = {"date": "2026-11-25", "kind": "blackout"}
    with pytest.raises(ImportRejected) as refused:
        await world.scheduling.import_document({"calendar": [good, entry]})
    assert [fault["path"] for fault in refused.value.facts["faults"]] == [f"$.calendar[1].{field}"]
    assert await world.rows(calendar_day) == []


async def test_visits_that_begin_with_a_window_and_within_it_share_its_minutes(world):
    within = w.visit_at("V2", w.window(start="10:00"))
    report = await world.take(
        w.order("O2", visits=[within]), w.order("O1", visits=[w.visit_at("V1")])
    )
    assert [x["path"] for x in report.warnings] == ["$.orders[0].visits[0]"]
    assert await world.ledger() == {("C1", w.at(w.DAY, "09:00")): (180, 30, 2 * w.AC_MINUTES)}
    await world.ledger_is_sound()


async def test_visits_that_are_new_are_reminded_of_in_their_time(world):
    await world.take(*(w.order(f"O{n}", visits=[w.visit_at(f"V{n}")]) for n in range(3)))
    kinds = [(row["visit_id"], row["kind"]) for row in await world.rows(notice)]
    assert sorted(kinds) == [(f"V{n}", kind) for n in range(3) for kind in ("late", "reminder")]
