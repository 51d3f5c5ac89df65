"""What comes in is in one queue, is made a ticket once, and its clocks begin when it came."""

from typing import Any

import pytest

from shared.enquiry import Enquiry
from shared.ids import derive
from shared.ops import SYSTEM
from shared.policy import CHOICE
from shared.records import State
from shared.ticket import Ticket, TicketEvent
from shared.work_order import WorkOrder
from sync.ports import Outboxed, Wanted
from tests.contracts.servers import PhoneShelf
from tests.contracts.test_verbs import rows
from tests.golden.messages import ARGS
from tests.world import ANN, ASSET, DORA, SITE, START_MS, TICKET_ARGS, Server, World

HOUR = 3_600_000


def kept(world: World, identity: str) -> Enquiry:
    """What came in, as the books have it."""
    found = loaded(world, frozenset({(Enquiry, identity)})).find(Enquiry, identity)
    assert found is not None
    return found


def loaded(world: World, refs: Any) -> State:
    with world.server.writing() as authority:
        return authority.load(Wanted(aggregates=frozenset(), refs=refs))


def came(world: World, **told: Any) -> str:
    args = {**ARGS["enquiry.receive"], "received_at": START_MS - HOUR, **told}
    return world.must(world.office("enquiry.receive", ("enquiry", ""), args, by=SYSTEM)).id


def opening(world: World, enquiry: str) -> Any:
    args = {**TICKET_ARGS, "enquiry": enquiry}
    return world.office("ticket.open", ("ticket", ""), args, by=DORA)


def the_ticket(world: World, identity: str) -> Ticket:
    (found,) = rows(world, Ticket, f"ticket:{identity}")
    return found


def test_what_came_by_a_machines_sticker_knows_the_machine_and_its_place(server: Server) -> None:
    world = World(server)
    found = kept(world, came(world))
    assert (found.asset_id, found.site_id, found.state) == (ASSET, SITE, "new")
    nowhere = kept(world, came(world, asset=derive("gone")))
    assert (nowhere.asset_id, nowhere.site_id, nowhere.text) == (None, None, found.text)


def test_what_came_in_is_made_a_ticket_once_and_counts_from_when_it_came(server: Server) -> None:
    """R-INT-03."""
    world = World(server)
    enquiry = came(world)
    made = world.must(opening(world, enquiry)).id
    ticket = the_ticket(world, made)
    assert (ticket.enquiry_id, ticket.received_at) == (enquiry, START_MS - HOUR)
    after = kept(world, enquiry)
    assert (after.state, after.ticket_id, after.settled_by) == ("opened", made, DORA)
    again = opening(world, enquiry)
    assert (again.verdict, again.code) == ("rejected", "already_settled")
    lost = opening(world, derive("nothing"))
    assert (lost.code, lost.detail["field"]) == ("unknown_subject", "args.enquiry")


@pytest.mark.parametrize("kind", ["enquiry.link", "enquiry.refuse"])
def test_what_was_settled_otherwise_is_made_no_ticket(server: Server, kind: str) -> None:
    world = World(server)
    other = world.must(opening(world, came(world))).id
    enquiry = came(world)
    args = {"ticket": other} if kind == "enquiry.link" else {"reason": "广告"}
    world.must(world.office(kind, ("enquiry", enquiry), args, by=DORA))
    assert opening(world, enquiry).code == "already_settled"
    lines = [one.note for one in rows(world, TicketEvent, f"ticket:{other}")]
    assert (ARGS["enquiry.receive"]["text"] in lines) == (kind == "enquiry.link")


def test_a_ticket_keeps_the_version_of_the_policy_that_it_was_opened_under(server: Server) -> None:
    """C-01."""
    world = World(server)
    first = world.must(world.office("ticket.open", ("ticket", ""), TICKET_ARGS, by=DORA)).id
    assert the_ticket(world, first).policy_id is None
    told = {**ARGS["policy.publish"], "after": 0, "valid_from": "2026-01-01"}
    policy = world.must(world.office("policy.publish", ("service_policy", ""), told, by=SYSTEM)).id
    chosen = {"choice": {"policy": told["name"], "valid_from": "2026-01-01"}}
    world.must(world.office("policy.choose", ("policy_choice", CHOICE), chosen, by=SYSTEM))
    second = world.must(world.office("ticket.open", ("ticket", ""), TICKET_ARGS, by=DORA)).id
    again = {**told, "after": 1}
    world.must(world.office("policy.publish", ("service_policy", ""), again, by=SYSTEM))
    assert the_ticket(world, second).policy_id == policy


def test_what_a_technician_did_offline_stops_clocks_at_the_time_it_was_done(
    server: Server, phones: PhoneShelf
) -> None:
    world = World(server)
    order, phone = world.job(ANN), world.phone(ANN, phones)
    world.sync(phone)
    done = world.tap(
        phone, "work_order.contact", ("work_order", order), {"means": "phone", "reached": True}
    )
    assert isinstance(done, Outboxed)
    world.tick(4 * HOUR)
    world.sync(phone)
    ticket = next(iter(rows(world, Ticket, stream_of_ticket(world, order))))
    (told,) = [
        one
        for one in rows(world, TicketEvent, f"ticket:{ticket.id}")
        if one.what == "work_order.contact"
    ]
    assert told.events == ("contacted",)
    assert told.received is not None
    assert told.received - told.at >= 4 * HOUR
    assert (told.earliest, told.latest) == (None, None)


def stream_of_ticket(world: World, order: str) -> str:
    (found,) = rows(world, WorkOrder, f"wo:{order}")
    return f"ticket:{found.ticket_id}"
