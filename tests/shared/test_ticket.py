"""A request is written down whole, and its ticket only moves forward with the work."""

from typing import Any

import pytest
from msgspec import structs

from shared.records import State
from shared.registry import Emit, Landing
from shared.ticket import ENDS, STATUSES, STEPS_BACK, Ticket, TicketEvent, progressed
from tests.shared.company import (
    ASSET,
    CUSTOMER,
    DORA,
    ELSEWHERE,
    NOW,
    OTHER_ASSET,
    SITE,
    TICKET,
    act,
    done,
    ident,
    only,
    refusal,
    state,
)

SAID: dict[str, Any] = {
    "customer": CUSTOMER.id,
    "site": SITE.id,
    "asset": ASSET.id,
    "problem": "Leaks since Monday",
    "channel": "phone",
    "priority": "urgent",
    "caller": "陈女士",
}
NEW = ("ticket", ident("new"))


def opening(**changes: Any) -> Any:
    return act("ticket.open", {**SAID, **changes}, on=NEW, by=DORA, op="new")


def test_a_request_becomes_a_ticket_with_the_first_line_of_its_story() -> None:
    outcome = done(state(), opening())
    assert outcome.rows == (
        Ticket(
            id=NEW[1],
            customer_id=CUSTOMER.id,
            site_id=SITE.id,
            asset_id=ASSET.id,
            channel="phone",
            problem="Leaks since Monday",
            priority="urgent",
            caller="陈女士",
            status="new",
            opened_by=DORA.id,
            opened_at=NOW + 1000,
        ),
        TicketEvent(
            id=only(outcome, TicketEvent).id,
            ticket_id=NEW[1],
            what="ticket.open",
            status="new",
            by=DORA.id,
            at=NOW + 1000,
            events=("recorded",),
        ),
    )
    assert (outcome.emits, outcome.flags) == ((), ())


def test_a_request_need_not_name_a_machine() -> None:
    assert only(done(state(), opening(asset=None)), Ticket).asset_id is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"customer": ident("nobody")}, "args.customer"),
        ({"site": ident("nowhere")}, "args.site"),
        ({"site": ELSEWHERE.id}, "args.site"),
        ({"asset": ident("nothing")}, "args.asset"),
        ({"asset": OTHER_ASSET.id}, "args.asset"),
    ],
)
def test_a_request_about_something_unknown_names_what_is_wrong(
    changes: dict[str, str], field: str
) -> None:
    assert refusal(state(), opening(**changes)) == ("unknown_subject", field)


def moved(before: str, wanted: str) -> str:
    fact = Emit(
        on=("ticket", TICKET.id),
        name="ticket.progress",
        args={"status": wanted, "what": "work_order.arrive", "by": DORA.id},
    )
    landing = progressed(State([structs.replace(TICKET, status=before)]), fact, ident("op"), NOW)
    event = only(landing, TicketEvent)
    assert (event.what, event.by, event.at) == ("work_order.arrive", DORA.id, NOW)
    rows = [row for row in landing.rows if isinstance(row, Ticket)]
    assert [row.status for row in rows] == ([event.status] if event.status != before else [])
    return event.status


@pytest.mark.parametrize("before", STATUSES)
@pytest.mark.parametrize("wanted", STATUSES)
def test_a_ticket_moves_forward_but_for_a_new_plan_and_a_cancelled_one(
    before: str, wanted: str
) -> None:
    back = (before, wanted) in STEPS_BACK
    forward = before not in ENDS and STATUSES.index(wanted) >= STATUSES.index(before)
    assert moved(before, wanted) == (wanted if forward or back else before)


def test_progress_of_an_unknown_ticket_leaves_nothing() -> None:
    fact = Emit(on=("ticket", ident("gone")), name="ticket.progress", args={"status": "planned"})
    assert progressed(state(), fact, ident("op"), NOW) == Landing()
