"""Merging two that are one: what goes where, and what is refused."""

from typing import Any

import pytest
from msgspec import structs

from shared.aliases import Alias, alias_id
from shared.errors import Refused
from shared.history import AssetHistory, PastVisit, history_id
from shared.ink_claims import InkClaim
from shared.kinds import REGISTRY, TABLES
from shared.merging import FILLED, NAMING, ROWS_MAX
from shared.people import Subscription
from shared.records import Record, State, home
from shared.registry import Outcome, Reach
from shared.return_case import ReturnCase
from shared.site import Asset, Customer, Site
from shared.tasks import Conflict
from shared.ticket import Ticket
from tests.shared.company import (
    ASSET,
    CUSTOMER,
    DORA,
    ELSEWHERE,
    NOW,
    ORDER,
    OTHER_ASSET,
    SITE,
    TICKET,
    act,
    done,
    ident,
    only,
    refusal,
    refused,
    state,
)

TWIN = Customer(
    id=ident("twin"),
    name="陈小姐",
    type="person",
    phone="139 0000 1111",
    former_names=("陈太", "陈美玲"),
)
BESIDE = Site(
    id=ident("beside"),
    customer_id=CUSTOMER.id,
    address="桂月路 1 号",
    time_zone="Asia/Shanghai",
    contact_name="Li",
    contact_phone="111",
)
SPARE = Asset(id=ident("spare"), site_id=SITE.id, name="Pump 2", model="P1", serial="S-1")


def merging(noun: str, gone: Record, stays: Record, alias: str | None = None) -> Any:
    said = act(f"{noun}.merge", {"into": stays.id}, on=(noun, gone.id), by=DORA)
    return structs.replace(said, alias=alias)


def test_a_customer_goes_with_all_that_is_theirs_and_leaves_a_name() -> None:
    claim = InkClaim(id="ink", customer_id=TWIN.id, work_order_id=ORDER.id, group_id="g")
    follows = Subscription(
        id=ident("follows"), person_id=DORA.id, stream=f"customer:{TWIN.id}", reason="wo:1"
    )
    theirs = (
        structs.replace(ELSEWHERE, customer_id=TWIN.id),
        structs.replace(TICKET, customer_id=TWIN.id),
        structs.replace(ORDER, customer_id=TWIN.id),
        claim,
        follows,
    )
    outcome = done(state(TWIN, *theirs), merging("customer", TWIN, CUSTOMER))
    assert outcome.removed == (TWIN, follows)
    assert only(outcome, Customer) == structs.replace(
        CUSTOMER, phone=TWIN.phone, former_names=("陈小姐", "陈太")
    )
    moved = [one for one in outcome.rows if getattr(one, "customer_id", None)]
    assert [type(one).__name__ for one in moved] == ["Site", "Ticket", "WorkOrder", "InkClaim"]
    assert {getattr(one, "customer_id", None) for one in moved} == {CUSTOMER.id}
    followed = only(outcome, Subscription)
    assert (followed.stream, followed.reason) == (f"customer:{CUSTOMER.id}", "wo:1")
    assert only(outcome, Alias) == Alias(
        id=alias_id(("customer", TWIN.id)),
        noun="customer",
        merged_id=TWIN.id,
        into_id=CUSTOMER.id,
        home_noun="customer",
        home_id=CUSTOMER.id,
        name="陈小姐",
        phone="139 0000 1111",
        was={
            "name": "陈小姐",
            "type": "person",
            "phone": "139 0000 1111",
            "former_names": ["陈太", "陈美玲"],
        },
        by=DORA.id,
        at=NOW + 1000,
    )


def test_a_return_and_what_stands_in_place_of_another_follow_a_merge_of_machines() -> None:
    """R-RET-06: what became of a machine can be followed whichever name it has."""
    twin = structs.replace(SPARE, id=ident("twin"), gone="returned", gone_on="2026-11-20")
    before = structs.replace(SPARE, id=ident("before"), serial="S-0", replaced_by=twin.id)
    case = ReturnCase(
        id=ident("case"),
        ticket_id=TICKET.id,
        asset_id=before.id,
        new_asset_id=twin.id,
        wish="exchange",
        step="done",
        asked_at=1,
        asked_by=DORA.id,
    )
    rows = state(SPARE, twin, before, case)
    outcome = done(rows, merging("asset", twin, SPARE))
    assert only(outcome, ReturnCase) == structs.replace(case, new_asset_id=SPARE.id)
    machines = {one.id: one for one in outcome.rows if isinstance(one, Asset)}
    assert machines == {
        SPARE.id: structs.replace(SPARE, gone="returned", gone_on="2026-11-20"),
        before.id: structs.replace(before, replaced_by=SPARE.id),
    }


@pytest.mark.parametrize("turned", [False, True])
def test_a_machine_is_not_merged_with_the_one_that_it_was_exchanged_for(turned: bool) -> None:
    old = structs.replace(SPARE, id=ident("old"), gone="exchanged", replaced_by=SPARE.id)
    pair = (SPARE, old) if turned else (old, SPARE)
    assert refusal(state(SPARE, old), merging("asset", *pair)) == ("exchanged", "args.into")


def test_a_site_goes_with_its_machines_and_what_is_open_about_it() -> None:
    machine = structs.replace(OTHER_ASSET, site_id=BESIDE.id)
    open_one = Conflict(
        id=ident("c"), home_noun="site", home_id=BESIDE.id, field="contact_name", rule="x", at=1
    )
    older = Alias(
        id=alias_id(("asset", ident("older"))),
        noun="asset",
        merged_id=ident("older"),
        into_id=machine.id,
        home_noun="site",
        home_id=BESIDE.id,
        by=DORA.id,
        at=1,
    )
    outcome = done(state(BESIDE, machine, open_one, older), merging("site", BESIDE, SITE))
    assert outcome.removed == (BESIDE,)
    assert only(outcome, Asset) == structs.replace(machine, site_id=SITE.id)
    assert only(outcome, Conflict) == structs.replace(open_one, home_id=SITE.id)
    kept, new = sorted(
        (one for one in outcome.rows if isinstance(one, Alias)), key=lambda one: one.noun
    )
    assert kept == structs.replace(older, home_id=SITE.id)
    assert (new.merged_id, new.into_id, home(new)) == (BESIDE.id, SITE.id, ("site", SITE.id))
    after = only(outcome, Site)
    assert (after.contact_name, after.contact_phone, after.address) == ("Li", "111", SITE.address)


def test_a_contact_is_not_put_together_of_two_people() -> None:
    here = structs.replace(SITE, contact_name="Wang")
    outcome = done(state(here, BESIDE), merging("site", BESIDE, here))
    assert [one for one in outcome.rows if isinstance(one, Site)] == []


def remembering(asset: Asset, *ended: int) -> AssetHistory:
    visits = tuple(
        PastVisit(
            id=ident(f"v{at}"),
            work_order_id=ORDER.id,
            person_id=DORA.id,
            ended_at=at,
            outcome="done",
        )
        for at in ended
    )
    return AssetHistory(
        id=history_id(asset.id), site_id=asset.site_id, asset_id=asset.id, visits=visits
    )


def test_a_machine_remembers_what_both_did() -> None:
    here = state(SPARE, remembering(ASSET, 5, 3, 1), remembering(SPARE, 6, 4, 2))
    outcome = done(here, merging("asset", SPARE, ASSET))
    past = only(outcome, AssetHistory)
    assert (past.id, past.asset_id) == (history_id(ASSET.id), ASSET.id)
    assert [one.ended_at for one in past.visits] == [6, 5, 4, 3, 2]
    assert [type(one) for one in outcome.removed] == [Asset, AssetHistory]
    assert only(outcome, Asset).serial == "S-1"


def test_a_machine_without_a_past_takes_the_other_s() -> None:
    outcome = done(state(SPARE, remembering(SPARE, 2)), merging("asset", SPARE, ASSET))
    past = only(outcome, AssetHistory)
    assert (past.id, past.asset_id, len(past.visits)) == (history_id(ASSET.id), ASSET.id, 1)


def test_a_ticket_for_a_machine_follows_it() -> None:
    ticket = structs.replace(TICKET, asset_id=SPARE.id)
    outcome = done(state(SPARE, ticket), merging("asset", SPARE, ASSET))
    assert only(outcome, Ticket) == structs.replace(ticket, asset_id=ASSET.id)


@pytest.mark.parametrize(
    ("noun", "gone", "stays", "told"),
    [
        ("customer", CUSTOMER, CUSTOMER, ("into_itself", "args.into")),
        ("customer", CUSTOMER, SITE, ("unknown_subject", "args.into")),
        ("customer", SITE, CUSTOMER, ("unknown_subject", "on")),
        ("site", SITE, ELSEWHERE, ("apart", "args.into")),
        ("asset", ASSET, OTHER_ASSET, ("apart", "args.into")),
    ],
)
def test_what_cannot_be_one_is_refused(noun: str, gone: Any, stays: Any, told: Any) -> None:
    assert refusal(state(), merging(noun, gone, stays)) == told


def test_merging_again_is_no_news_and_into_another_one_is_refused() -> None:
    again = merging("customer", CUSTOMER, CUSTOMER, alias=TWIN.id)
    assert done(state(), again) == Outcome(merged=True)
    elsewhere = refused(state(TWIN), merging("customer", CUSTOMER, TWIN, alias=ident("x")))
    assert (elsewhere.code, elsewhere.params) == ("merged_meanwhile", {"id": CUSTOMER.id})


def test_more_than_one_act_may_move_is_refused() -> None:
    many = [
        structs.replace(TICKET, id=ident(f"t{one}"), customer_id=TWIN.id)
        for one in range(ROWS_MAX + 1)
    ]
    answer = refused(state(TWIN, *many), merging("customer", TWIN, CUSTOMER))
    assert (answer.code, answer.params) == ("too_many", {"limit": ROWS_MAX})


@pytest.mark.parametrize(
    ("kind", "on"), [("asset.correct", ("asset", ASSET.id)), ("master.put", ("asset", ASSET.id))]
)
def test_a_whole_row_under_an_old_id_is_not_written_over_the_one_that_stays(
    kind: str, on: tuple[str, str]
) -> None:
    row = {"model": "Another"}
    args = row if kind == "asset.correct" else {"row": {**row, "site_id": SITE.id, "name": "x"}}
    said = structs.replace(act(kind, args, on=on, by=DORA), alias=SPARE.id)
    answer = REGISTRY.kinds[kind].reduce(state(), said)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.params) == ("merged_meanwhile", {"id": ASSET.id})


@pytest.mark.parametrize("noun", NAMING)
def test_all_that_names_a_thing_by_a_field_of_its_own_follows(noun: str) -> None:
    """Facts of a job keep the id they were recorded under; everything else is in the table."""
    recorded = {"Reading", "Photo", "TakenItem"}
    naming = {
        kind.__name__
        for kind in TABLES.values()
        if f"{noun}_id" in kind.__struct_fields__ and kind.__name__ not in recorded
    }
    told = {kind.__name__ for kind, name in NAMING[noun] if name == f"{noun}_id"}
    assert naming == told


# What the one that stays always says itself.
OWN = {
    "customer": {"name", "type", "former_names"},
    "site": {"customer_id", "address", "time_zone"},
    "asset": {"site_id", "name", "model"},
}


@pytest.mark.parametrize("noun", FILLED)
def test_whatever_the_one_that_stays_may_leave_unsaid_is_taken_over(noun: str) -> None:
    names = {name for line in FILLED[noun] for name in line}
    assert names == set(TABLES[noun].__struct_fields__) - {"id", "version"} - OWN[noun]


@pytest.mark.parametrize(
    ("noun", "links", "touches", "refs"),
    [
        ("customer", {}, [], ["Customer", "Customer"]),
        ("site", {"customer_id": ident("c")}, [("customer", ident("c"))], ["Site", "Site"]),
        ("site", {}, [], ["Site", "Site"]),
        (
            "asset",
            {"site_id": ident("s")},
            [("site", ident("s"))],
            ["Asset", "Asset", "AssetHistory"],
        ),
    ],
)
def test_both_and_what_they_belong_to_are_held(
    noun: str, links: Any, touches: Any, refs: Any
) -> None:
    rule = REGISTRY.kinds[f"{noun}.merge"]
    reach = Reach(on=(noun, ident("a")), args=rule.args(into=ident("b")), links=links)
    assert list(rule.touches(reach)) == [(noun, ident("b")), *touches]
    assert [kind.__name__ for kind, _ in rule.refs(reach)] == refs


def test_rows_of_other_things_stay_as_they_are() -> None:
    known = State([*state().all(Customer), TWIN])
    outcome = done(known, merging("customer", TWIN, CUSTOMER))
    assert sorted(type(one).__name__ for one in outcome.rows) == ["Alias", "Customer"]
