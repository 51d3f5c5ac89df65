"""Master data is written row by row, checked field by field."""

from typing import Any

import pytest

from shared.checklist import Checklist
from shared.kinds import REGISTRY
from shared.parts import Location
from shared.people import Person
from shared.registry import Act, Outcome, Reach, Ref, by
from shared.site import Site
from tests.shared.company import (
    ANN,
    ASSET,
    CHECKLIST,
    CUSTOMER,
    DORA,
    FILTER,
    SITE,
    VAN,
    act,
    done,
    ident,
    only,
    refusal,
    state,
)

TECH = {"login": "cat", "name": "Cat", "roles": ["technician"]}
CAT = ("person", ident("cat"))


def putting(noun: str, identity: str, row: dict[str, Any]) -> Act:
    return act("master.put", {"row": row}, on=(noun, identity), by=DORA)


def test_a_new_row_is_written_whole() -> None:
    row = {"customer_id": CUSTOMER.id, "address": "江州市 1 号", "time_zone": "Asia/Urumqi"}
    outcome = done(state(), putting("site", ident("new"), row))
    assert outcome == Outcome(
        rows=(
            Site(
                id=ident("new"),
                customer_id=CUSTOMER.id,
                address="江州市 1 号",
                time_zone="Asia/Urumqi",
            ),
        )
    )


def test_a_row_takes_the_place_of_the_one_with_its_id() -> None:
    row = {"number": "F-2", "en": "F", "zh": "滤", "type": "generic", "unit": "piece"}
    (written,) = done(state(), putting("part", FILTER.id, row)).rows
    assert (written.id, getattr(written, "number", "")) == (FILTER.id, "F-2")


def test_inner_rows_are_checked_too() -> None:
    items = [{"code": "a", "type": "number", "en": "A", "zh": "甲", "low": 1}]
    row = {"en": "Check", "zh": "检测", "items": items}
    written = only(done(state(), putting("checklist", CHECKLIST.id, row)), Checklist)
    assert [(item.code, item.low, item.high) for item in written.items] == [("a", 1, None)]
    bad = {**row, "items": [{"code": "A!", "type": "number", "en": "A", "zh": "甲"}]}
    assert refusal(state(), putting("checklist", CHECKLIST.id, bad)) == ("wrong_value", "args.row")


@pytest.mark.parametrize(
    ("noun", "row", "code", "field"),
    [
        ("person", {**TECH, "colour": "red"}, "unknown_field", "args.row.colour"),
        ("person", {**TECH, "id": ident("x")}, "unknown_field", "args.row.id"),
        ("person", {**TECH, "version": 3}, "unknown_field", "args.row.version"),
        ("person", {"login": "cat"}, "wrong_value", "args.row"),
        ("person", {**TECH, "roles": ["king"]}, "wrong_value", "args.row"),
        ("person", {**TECH, "login": "Cat!"}, "wrong_value", "args.row"),
        (
            "site",
            {"customer_id": ident("none"), "address": "x", "time_zone": "UTC"},
            "unknown_subject",
            "args.row.customer_id",
        ),
        (
            "asset",
            {"site_id": ident("none"), "name": "x", "model": "y"},
            "unknown_subject",
            "args.row.site_id",
        ),
    ],
)
def test_a_row_that_cannot_be_says_where(
    noun: str, row: dict[str, Any], code: str, field: str
) -> None:
    assert refusal(state(), putting(noun, ident("new"), row)) == (code, field)


def test_a_login_is_one_persons() -> None:
    taken = putting("person", ident("new"), {**TECH, "login": "ann"})
    assert refusal(state(), taken) == ("already_exists", "args.row.login")
    assert (Person, by("login", "ann")) in reach_of(taken)
    again = putting("person", ANN.id, {**TECH, "login": "ann"})
    assert only(done(state(), again), Person).login == "ann"


def reach_of(act: Act) -> set[Ref]:
    """The rows that the rule asks for."""
    rule = REGISTRY.kinds["master.put"]
    return set(rule.refs(Reach(on=act.on, args=act.args, links={})))


def test_an_asset_stands_at_a_site() -> None:
    row = {"site_id": SITE.id, "name": "Pump", "model": "P-2", "delivered_on": "2026-01-31"}
    outcome = done(state(), putting("asset", ASSET.id, row))
    assert (len(outcome.rows), outcome.emits) == (1, ())


def follows(outcome: Outcome) -> list[tuple[str, Any, Any]]:
    assert {emit.on for emit in outcome.emits} == {CAT}
    return [(emit.name, emit.args["stream"], emit.args["reason"]) for emit in outcome.emits]


def test_everybody_follows_the_catalog_and_a_driver_the_van() -> None:
    first = done(state(), putting(*CAT, {**TECH, "van_id": VAN.id}))
    assert follows(first) == [
        ("subscribe", "catalog", "person"),
        ("subscribe", f"stock:{VAN.id}", "van"),
    ]


def test_a_driver_who_changes_vans_follows_the_new_one_only() -> None:
    before = Person(id=CAT[1], login="cat", name="Cat", roles=("technician",), van_id=VAN.id)
    new = ident("new van")
    other = Location(id=new, code="V9", en="Van 9", zh="九号车", type="van")
    unknown = putting(*CAT, {**TECH, "van_id": ident("no van")})
    assert refusal(state(before), unknown) == ("unknown_subject", "args.row.van_id")
    assert follows(done(state(before, other), putting(*CAT, {**TECH, "van_id": new}))) == [
        ("subscribe", "catalog", "person"),
        ("unsubscribe", f"stock:{VAN.id}", "van"),
        ("subscribe", f"stock:{new}", "van"),
    ]
    assert follows(done(state(before), putting(*CAT, TECH))) == [
        ("subscribe", "catalog", "person"),
        ("unsubscribe", f"stock:{VAN.id}", "van"),
    ]
    assert follows(done(state(before), putting(*CAT, {**TECH, "van_id": VAN.id}))) == [
        ("subscribe", "catalog", "person"),
        ("subscribe", f"stock:{VAN.id}", "van"),
    ]


@pytest.mark.parametrize(
    "items",
    [
        [{"code": "a", "type": "text", "en": "A", "zh": "甲"}] * 2,
        [{"code": "a", "type": "number", "en": "A", "zh": "甲", "low": 2, "high": 1}],
    ],
)
def test_a_checklist_that_contradicts_itself_is_refused(items: list[dict[str, object]]) -> None:
    row = {"en": "List", "zh": "清单", "items": items}
    asked = putting("checklist", ident("list"), row)
    assert refusal(state(), asked) == ("wrong_value", "args.row.items")


def test_a_photo_that_a_checklist_asks_for_is_not_called_like_one_of_its_items() -> None:
    item = {"code": "a", "type": "text", "en": "A", "zh": "甲"}
    slot = {"code": "a", "en": "A", "zh": "甲"}
    row = {"en": "List", "zh": "清单", "items": [item], "photos": [slot]}
    asked = putting("checklist", ident("list"), row)
    assert refusal(state(), asked) == ("wrong_value", "args.row.items")
    other = {**row, "photos": [{**slot, "code": "b", "required": True}]}
    written = only(done(state(), putting("checklist", ident("list"), other)), Checklist)
    assert [one.code for one in written.photos] == ["b"]
