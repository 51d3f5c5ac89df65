"""Two that are one: what names the one that is gone lands on the one that stays."""

from collections import Counter
from contextlib import suppress
from typing import Any

from server import database, traces
from server.tables import METADATA
from shared.aliases import Alias
from shared.checklist import Reading
from shared.ids import derive
from shared.ops import SYSTEM
from shared.people import Subscription
from shared.photos import Photo
from shared.prices import Contract
from shared.site import Asset, Customer, Site
from shared.tasks import Conflict
from shared.ticket import Ticket
from shared.work_order import WorkOrder
from sync.ports import Outboxed, Replica
from sync.session import Surroundings, converse
from tests.contracts.servers import BookServer, PhoneShelf
from tests.contracts.test_verbs import rows
from tests.proof import picture
from tests.world import ANN, ASSET, CUSTOMER, DORA, SITE, Server, World


def doubled(world: World) -> tuple[str, str, str]:
    """The customer, the site and the machine of the small company, written down once more."""
    person = {"name": "陈静女士", "type": "person", "phone": "139 0000 1111", "language": "zh"}
    customer = world.must(world.office("customer.add", ("customer", ""), person)).id
    place = {
        "customer": customer,
        "address": "Main St. 1",
        "time_zone": "Asia/Shanghai",
        "access_notes": "Ring twice",
        "contact_phone": "111",
    }
    site = world.must(world.office("site.add", ("site", ""), place)).id
    machine = {"site": site, "model": "HP9", "serial": "S-1b", "delivered_on": "2025-03-01"}
    asset = world.must(world.office("asset.add", ("asset", ""), machine)).id
    return customer, site, asset


def merge(world: World, noun: str, gone: str, stays: str) -> Any:
    return world.office(f"{noun}.merge", (noun, gone), {"into": stays})


def merged(world: World) -> tuple[str, str, str]:
    """Both of everything, and the second of each merged into the first."""
    twice = doubled(world)
    for noun, gone, stays in zip(
        ("customer", "site", "asset"), twice, (CUSTOMER, SITE, ASSET), strict=True
    ):
        world.must(merge(world, noun, gone, stays))
    return twice


def streams_of(world: World, person: str) -> set[str]:
    found = rows(world, Subscription, f"tech:{person}")
    return {one.stream for one in found if not one.stream.startswith(("wo:", "ticket:"))}


def test_everything_of_the_one_that_is_gone_is_the_other_s(server: Server) -> None:
    world = World(server)
    customer, site, asset = doubled(world)
    order = world.job(ANN, customer=customer, site=site, asset=asset)
    assert streams_of(world, ANN) == {
        *(f"customer:{customer}", f"site:{site}", "catalog", f"stock:{derive('world', 'van ann')}")
    }
    world.must(merge(world, "customer", customer, CUSTOMER))
    world.must(merge(world, "site", site, SITE))
    world.must(merge(world, "asset", asset, ASSET))
    (job,) = rows(world, WorkOrder, f"wo:{order}")
    (ticket,) = rows(world, Ticket, f"ticket:{job.ticket_id}")
    named = (CUSTOMER, SITE, ASSET)
    assert (job.customer_id, job.site_id, job.asset_id) == named
    assert (ticket.customer_id, ticket.site_id, ticket.asset_id) == named
    (person,) = rows(world, Customer, f"customer:{CUSTOMER}")
    assert (person.name, person.phone, person.former_names) == (
        *("陈静", "13800005678"),
        ("陈静女士",),
    )
    (place,) = rows(world, Site, f"site:{SITE}")
    assert (place.access_notes, place.contact_phone) == ("Ring twice", "13800005678")
    (machine,) = rows(world, Asset, f"site:{SITE}")
    assert (machine.id, machine.serial, machine.delivered_on) == (ASSET, "S-1", "2025-03-01")
    assert streams_of(world, ANN) == {
        *(f"customer:{CUSTOMER}", f"site:{SITE}", "catalog"),
        f"stock:{derive('world', 'van ann')}",
    }
    for stream, kind in ((f"customer:{customer}", Customer), (f"site:{site}", Site)):
        assert rows(world, kind, stream) == []
    aliases = [*rows(world, Alias, f"customer:{CUSTOMER}"), *rows(world, Alias, f"site:{SITE}")]
    assert sorted((one.noun, one.merged_id, one.into_id, one.phone) for one in aliases) == [
        ("asset", asset, ASSET, ""),
        ("customer", customer, CUSTOMER, "139 0000 1111"),
        ("site", site, SITE, "111"),
    ]


def test_an_act_that_names_what_is_gone_lands_on_what_stays(server: Server) -> None:
    world = World(server)
    customer, site, asset = merged(world)
    order = world.job(ANN, customer=customer, site=site, asset=asset)
    (job,) = rows(world, WorkOrder, f"wo:{order}")
    assert (job.customer_id, job.site_id, job.asset_id) == (CUSTOMER, SITE, ASSET)
    more = {"site": site, "model": "KF-35"}
    machine = world.must(world.office("asset.add", ("asset", ""), more)).id
    assert {one.id for one in rows(world, Asset, f"site:{SITE}")} == {ASSET, machine}
    papers = {"model": "Another"}
    late = world.office("asset.correct", ("asset", asset), papers)
    assert (late.verdict, late.code) == ("rejected", "merged_meanwhile")
    assert late.detail["params"] == {"id": ASSET}
    row = {"name": "x", "type": "person"}
    put = world.office("master.put", ("customer", customer), {"row": row}, by=DORA)
    assert put.verdict == "rejected"


def test_merging_twice_is_merging_once_and_never_in_a_circle(server: Server) -> None:
    world = World(server)
    customer, site, asset = merged(world)
    assert merge(world, "customer", customer, CUSTOMER).verdict == "merged"
    round_about = merge(world, "customer", CUSTOMER, customer)
    assert (round_about.verdict, round_about.code) == ("rejected", "into_itself")
    assert merge(world, "site", SITE, SITE).code == "into_itself"
    another = {"name": "别人", "type": "person"}
    third = world.must(world.office("customer.add", ("customer", ""), another)).id
    elsewhere = merge(world, "customer", customer, third)
    assert (elsewhere.code, elsewhere.detail["params"]) == ("merged_meanwhile", {"id": CUSTOMER})
    assert merge(world, "customer", third, site).code == "unknown_subject"
    assert merge(world, "asset", derive("nothing"), asset).code == "unknown_subject"
    world.must(merge(world, "customer", CUSTOMER, third))
    job = world.job(ANN, customer=customer, site=site)
    (order,) = rows(world, WorkOrder, f"wo:{job}")
    assert (order.customer_id, order.site_id) == (third, SITE)
    found = rows(world, Alias, f"customer:{third}")
    assert sorted((one.merged_id, one.into_id) for one in found) == sorted(
        [(customer, third), (CUSTOMER, third)]
    )


def test_sites_of_two_customers_and_machines_at_two_sites_stay_two(server: Server) -> None:
    world = World(server)
    _, site, asset = doubled(world)
    for noun, gone, stays in (("site", site, SITE), ("asset", asset, ASSET)):
        told = merge(world, noun, gone, stays)
        assert (told.verdict, told.code) == ("rejected", "apart")


def at_work(server: Server, phones: PhoneShelf) -> tuple[World, Replica, str, tuple[str, str, str]]:
    """A technician at work at a place that is on file twice."""
    world = World(server)
    twice = doubled(world)
    customer, site, asset = twice
    order = world.job(ANN, customer=customer, site=site, asset=asset)
    phone = world.phone(ANN, phones)
    world.sync(phone)
    world.taps(phone, order, "accept", "depart", "arrive", "start")
    return world, phone, order, twice


def pull(world: World, phone: Replica) -> None:
    """A conversation in which nothing is handed in."""
    around = Surroundings(
        now=lambda: world.clock(phone), name=world.random_name, app="test", pull_only=True
    )
    talking = converse(phone, around)
    request = next(talking)
    with suppress(StopIteration):
        while request.ops == []:
            request = talking.send(world.serve(phone, request))


def test_what_a_phone_recorded_before_lands_where_it_belongs_and_its_streams_follow(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, order, (customer, site, asset) = at_work(server, phones)
    on = ("work_order", order)
    said = (
        ("checklist.answer", {"item": "leaks", "value": "pass", "asset": asset}),
        ("photo.add", picture("plate", asset=asset)),
    )
    for kind, args in said:
        assert isinstance(world.tap(phone, kind, on, args), Outboxed)
    for noun, gone, stays in (
        *(("customer", customer, CUSTOMER), ("site", site, SITE)),
        ("asset", asset, ASSET),
    ):
        world.must(merge(world, noun, gone, stays))
    assert world.sync(phone).verdicts == {"applied": 6}
    (reading,) = rows(world, Reading, f"wo:{order}")
    (photo,) = rows(world, Photo, f"wo:{order}")
    assert (reading.asset_id, photo.asset_id) == (ASSET, ASSET)
    world.sync(phone)
    marks = {one for one in phone.marks() if one.startswith(("customer:", "site:"))}
    assert marks == {f"customer:{CUSTOMER}", f"site:{SITE}"}
    shown = phone.living(("site", SITE), Asset)
    assert [one.id for one in shown] == [ASSET]
    assert [one.name for one in phone.living(("customer", CUSTOMER), Customer)] == ["陈静"]


def test_an_edit_under_the_old_id_that_differs_is_a_conflict_and_one_that_agrees_is_none(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, order, (customer, site, _) = at_work(server, phones)
    said: dict[str, Any] = {"contact_name": ["", "Li"], "access_notes": ["Ring twice", "Knock"]}
    edit = world.tap(phone, "edit", ("site", site), {"fields": said, "work_order": order})
    assert isinstance(edit, Outboxed)
    same = {"contact_phone": ["111", "138 0000 5678"]}
    agreed = world.tap(phone, "edit", ("site", site), {"fields": same, "work_order": order})
    assert isinstance(agreed, Outboxed)
    world.must(merge(world, "customer", customer, CUSTOMER))
    world.must(merge(world, "site", site, SITE))
    assert world.sync(phone).verdicts == {"applied": 4, "conflict": 1, "merged": 1}
    (place,) = rows(world, Site, f"site:{SITE}")
    assert (place.contact_name, place.access_notes, place.contact_phone) == (
        *("Li", "Knock"),
        "13800005678",
    )
    conflicts = rows(world, Conflict, f"site:{SITE}")
    assert sorted((one.field, one.losers[0].value) for one in conflicts) == [
        ("access_notes", "Ring twice"),
        ("contact_name", ""),
    ]
    world.sync(phone)
    assert [one.contact_name for one in phone.living(("site", SITE), Site)] == ["Li"]
    assert f"site:{site}" not in phone.marks()


def test_what_waits_under_the_old_id_is_weighed_on_the_one_that_stays(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, order, (customer, site, _) = at_work(server, phones)
    world.must(merge(world, "customer", customer, CUSTOMER))
    world.must(merge(world, "site", site, SITE))
    notes: dict[str, Any] = {"access_notes": ["Ring twice", "Knock"]}
    edit = world.tap(phone, "edit", ("site", site), {"fields": notes, "work_order": order})
    assert isinstance(edit, Outboxed)
    pull(world, phone)
    (shown,) = phone.living(("site", SITE), Site)
    # As any edit that meets another value it is not shown before the office has judged it.
    assert (shown.id, shown.access_notes, shown.contact_phone) == (
        *(SITE, "Ring twice"),
        "13800005678",
    )
    waiting = [one for one in phone.outgoing(9, 99_999) if one.kind == "edit"]
    assert [(one.verdict, one.refusal) for one in waiting] == [(None, "edited_meanwhile")]
    assert world.sync(phone).verdicts["conflict"] == 1
    world.sync(phone)
    assert [one.access_notes for one in phone.living(("site", SITE), Site)] == ["Knock"]


def test_contracts_and_what_is_open_move_with_the_customer_and_the_site(server: Server) -> None:
    world = World(server)
    customer, site, _ = doubled(world)
    bought = {
        "row": {
            "customer_id": customer,
            "site_id": site,
            "number": "HT-1",
            "valid_from": "2026-01-01",
            "valid_to": "2026-12-31",
            "covers": ["visit"],
        }
    }
    world.must(world.office("master.put", ("contract", derive("c")), bought, by=SYSTEM))
    world.must(merge(world, "customer", customer, CUSTOMER))
    world.must(merge(world, "site", site, SITE))
    (contract,) = rows(world, Contract, f"customer:{CUSTOMER}")
    assert (contract.customer_id, contract.site_id) == (CUSTOMER, SITE)
    assert rows(world, Contract, f"customer:{customer}") == []


def test_the_log_tells_of_every_row_that_moved_or_went(sqlite: BookServer) -> None:
    world = World(sqlite)
    merged(world)
    with database.reading(sqlite.engine) as connection:
        assert list(traces.differences(connection)) == []
    with database.writing(sqlite.engine) as connection:
        connection.execute(METADATA.tables["alias"].delete())
    with database.reading(sqlite.engine) as connection:
        told = Counter((one.what, one.table) for one in traces.differences(connection))
    assert told == {("row_missing", "alias"): 3}


def test_what_is_handed_in_together_with_a_merge_is_of_the_one_that_stays(server: Server) -> None:
    world = World(server)
    customer, _, _ = doubled(world)
    place = {"customer": customer, "address": "Elm Road 9", "time_zone": "Asia/Shanghai"}
    told = world.hand_in(
        [
            world.op("customer.merge", ("customer", customer), {"into": CUSTOMER}, by=DORA),
            world.op("site.add", ("site", ""), place, by=DORA),
            world.op("customer.merge", ("customer", customer), {"into": CUSTOMER}, by=DORA),
        ]
    )
    assert [one.verdict for one in told] == ["applied", "applied", "merged"]
    (site,) = rows(world, Site, f"site:{told[1].id}")
    assert site.customer_id == CUSTOMER
