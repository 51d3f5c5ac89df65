"""Whoever is quicker: what is said of a thing while it is merged belongs to the one that stays."""

from threading import Event, Thread

from sqlalchemy import text

from server import database
from shared.ticket import Ticket
from sync.desk import Parcel
from sync.intake import receive
from sync.ports import Authority
from sync.protocol import Result, WireOp
from tests.contracts.servers import BookServer
from tests.contracts.test_merging import doubled
from tests.contracts.test_verbs import rows
from tests.world import CUSTOMER, DORA, TICKET_ARGS, World

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
POLLS_MAX = 3_000
POLL_S = 0.01


def say(world: World, authority: Authority, op: WireOp) -> Result:
    parcel = Parcel(ops=[op], origins=frozenset({"console"}), person=DORA, received=world.now_ms)
    (result,) = receive(authority, parcel)
    return result


def until_somebody_waits(server: BookServer) -> None:
    """Until a transaction waits for the locks of another."""
    for _ in range(POLLS_MAX):
        with database.reading(server.engine) as connection:
            if connection.scalar(text(WAITING)):
                return
        Event().wait(POLL_S)
    raise AssertionError("nobody waits")


def one_after_the_other(
    world: World, server: BookServer, first: WireOp, second: WireOp
) -> tuple[Result, Result]:
    """The second is said while the first is not committed yet."""
    told: list[Result] = []

    def later() -> None:
        with server.writing() as authority:
            told.append(say(world, authority, second))

    other = Thread(target=later)
    with server.writing() as authority:
        before = say(world, authority, first)
        other.start()
        until_somebody_waits(server)
    other.join()
    return before, told[0]


def begun(server: BookServer) -> tuple[World, WireOp, WireOp, str]:
    """A ticket for a customer who is on file twice, and the merge of the two."""
    world = World(server)
    customer, site, _ = doubled(world)
    said = {**TICKET_ARGS, "customer": customer, "site": site}
    ticket = world.op("ticket.open", ("ticket", ""), said, by=DORA)
    merge = world.op("customer.merge", ("customer", customer), {"into": CUSTOMER}, by=DORA)
    return world, ticket, merge, customer


def test_a_ticket_that_is_opened_while_its_customer_is_merged_goes_to_the_one_that_stays(
    postgres: BookServer,
) -> None:
    world, ticket, merge, _ = begun(postgres)
    told = one_after_the_other(world, postgres, merge, ticket)
    assert [one.verdict for one in told] == ["applied", "applied"]
    (opened,) = rows(world, Ticket, f"ticket:{ticket.id}")
    assert opened.customer_id == CUSTOMER


def test_a_merge_takes_along_the_ticket_that_was_a_moment_quicker(postgres: BookServer) -> None:
    world, ticket, merge, _ = begun(postgres)
    told = one_after_the_other(world, postgres, ticket, merge)
    assert [one.verdict for one in told] == ["applied", "applied"]
    (opened,) = rows(world, Ticket, f"ticket:{ticket.id}")
    assert opened.customer_id == CUSTOMER


def test_two_who_merge_the_same_at_once_make_one_of_it_once(postgres: BookServer) -> None:
    world, _, merge, customer = begun(postgres)
    again = world.op("customer.merge", ("customer", customer), {"into": CUSTOMER}, by=DORA)
    told = one_after_the_other(world, postgres, merge, again)
    assert [one.verdict for one in told] == ["applied", "merged"]
