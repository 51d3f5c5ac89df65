"""What the clocks of a ticket depend on is read from its rows, and from nothing else."""

import datetime
from functools import partial
from typing import Any

import pytest
from msgspec import structs

from shared.calendars import PLAIN
from shared.casework import FAR_MS, Request, case_of, moment, pauses_of
from shared.clocks import clocks
from shared.policy import Limit, PolicyChoice, ServicePolicy
from shared.prices import Contract
from shared.records import State
from shared.story import Happened, Pause
from shared.ticket import Excused, Settled, TicketEvent
from shared.timetable import Timetable
from shared.work_order import Assignment
from tests.shared.company import (
    ANN,
    ASSET,
    BEN,
    CUSTOMER,
    DORA,
    LEAD,
    NOW,
    ORDER,
    SITE,
    TICKET,
    VISIT,
    act,
    done,
    ident,
    land,
    state,
)

ZONE = "Asia/Shanghai"
WINDOW = {"planned_from": "2026-11-21T09:00", "planned_to": "2026-11-21T10:00"}
HOUR = 3_600_000


def line(at: int, **told: Any) -> TicketEvent:
    given = {"what": "x", "status": "planned", "by": DORA.id, **told}
    return TicketEvent(id=ident(f"line {at} {told}"), ticket_id=TICKET.id, at=at, **given)


def after(kind: str, args: dict[str, Any] | None = None, *, status: str, **more: Any) -> State:
    """The books after an act on the job, with what it caused on its ticket."""
    rows = state(structs.replace(ORDER, status=status), *more.pop("rows", ()))
    if kind == "work_order.assign":
        rows = state(structs.replace(ORDER, status="created"), without=LEAD)
    said = act(kind, args, **more)
    land(rows, done(rows, said))
    return rows


@pytest.mark.parametrize(
    ("kind", "args", "status", "events", "pause"),
    [
        ("work_order.assign", {"person": BEN.id, "role": "lead"}, "created", ["assigned"], ""),
        ("work_order.depart", None, "accepted", ["departed"], ""),
        ("work_order.arrive", None, "en_route", ["arrived"], ""),
        (
            "work_order.complete",
            {"outcome": "done"},
            "working",
            ["diagnosed", "proposed", "resolved"],
            "",
        ),
        (
            "work_order.complete",
            {"outcome": "waits_for_part", "diagnosis": "Board burnt"},
            "working",
            ["diagnosed"],
            "parts",
        ),
        ("work_order.complete", {"outcome": "waits_for_part"}, "working", [], "parts"),
        ("work_order.complete", {"outcome": "customer_not_in"}, "on_site", [], "customer_absent"),
        ("visit.move", {"visit": VISIT.id, "fault": "company", **WINDOW}, "assigned", [], ""),
        (
            "visit.move",
            {"visit": VISIT.id, "fault": "customer", **WINDOW},
            "assigned",
            [],
            "customer_date",
        ),
    ],
)
def test_an_act_on_a_job_is_a_line_of_its_tickets_story(
    kind: str, args: dict[str, Any] | None, status: str, events: list[str], pause: str
) -> None:
    """C-02: every event apart."""
    by = DORA if kind.startswith("visit") or kind == "work_order.assign" else ANN
    (told,) = after(kind, args, status=status, by=by).all(TicketEvent)
    assert (list(told.events), told.pause, told.what) == (events, pause, kind)
    assert (told.earliest, told.latest, told.received) == (None, None, None)


def test_giving_a_job_to_a_helper_is_no_second_line_of_who_leads() -> None:
    rows = after("work_order.assign", {"person": BEN.id, "role": "lead"}, status="x", by=DORA)
    assert [one.person_id for one in rows.all(Assignment)] == [BEN.id]
    assert rows.find(type(TICKET), TICKET.id) == TICKET


def test_a_time_that_is_only_a_guess_is_told_with_its_bounds_and_when_it_came() -> None:
    said = structs.replace(
        act("work_order.arrive"), earliest=NOW - HOUR, latest=NOW + HOUR, received=NOW + HOUR
    )
    rows = state(structs.replace(ORDER, status="en_route"))
    land(rows, done(rows, said))
    (told,) = rows.all(TicketEvent)
    assert (told.earliest, told.latest, told.received) == (NOW - HOUR, NOW + HOUR, NOW + HOUR)
    arrived = case_of(Request(ticket=TICKET, events=[told], site=SITE)).events[-1]
    assert arrived == Happened(
        event="arrived", at=told.at, earliest=NOW - HOUR, latest=NOW + HOUR, received=NOW + HOUR
    )


def test_what_came_at_once_does_not_tell_when_it_came() -> None:
    said = structs.replace(act("work_order.arrive"), received=NOW + 2_000)
    rows = state(structs.replace(ORDER, status="en_route"))
    land(rows, done(rows, said))
    (told,) = rows.all(TicketEvent)
    assert told.received is None


def test_clocks_begin_when_a_request_came_in_not_when_it_was_written_down() -> None:
    ticket = structs.replace(TICKET, received_at=NOW - HOUR)
    assert case_of(Request(ticket=ticket, events=[])).events == (
        Happened(event="received", at=NOW - HOUR),
    )
    assert case_of(Request(ticket=TICKET, events=[])).events[0].at == NOW


def test_a_story_from_before_its_lines_said_it_is_understood() -> None:
    old = [line(NOW, what="ticket.open", status="new")]
    old += [line(NOW + 1, what="work_order.arrive", status="in_progress")]
    old += [line(NOW + 2, what="work_order.complete", status="resolved")]
    told = case_of(Request(ticket=TICKET, events=reversed(old))).events
    assert [one.event for one in told] == ["received", "recorded", "arrived", "resolved"]


def test_a_pause_for_parts_lasts_until_they_come_or_somebody_is_there_again() -> None:
    begun = line(NOW, pause="parts")
    assert pauses_of([begun], ZONE) == (Pause(reason="parts", start=NOW),)
    for over in ("parts", "all"):
        story = [begun, line(NOW + 5, resume=over), line(NOW + 9, resume=over)]
        assert pauses_of(story, ZONE) == (Pause(reason="parts", start=NOW, end=NOW + 5),)
    assert pauses_of([begun, line(NOW + 5, resume="mail_in")], ZONE) == (
        Pause(reason="parts", start=NOW),
    )


def test_a_date_of_the_customers_own_choice_rests_the_clocks_until_it_has_come() -> None:
    local = "2026-11-23T09:00"
    saturday = moment(local, ZONE)
    story = [line(NOW, pause="customer_date", until=local)]
    assert pauses_of(story, ZONE) == (Pause(reason="customer_date", start=NOW, end=saturday),)
    came_before = [*story, line(NOW + HOUR, resume="all")]
    assert pauses_of(came_before, ZONE)[0].end == NOW + HOUR
    too_late = [*story, line(saturday + HOUR, resume="all")]
    assert pauses_of(too_late, ZONE)[0].end == saturday


def test_a_customer_who_was_not_in_is_waited_for_until_the_next_date() -> None:
    story = [line(NOW, pause="customer_absent")]
    assert pauses_of(story, ZONE)[0].end is None
    story += [line(NOW + HOUR, until="2026-11-23T09:00")]
    assert pauses_of(story, ZONE)[0].end == moment("2026-11-23T09:00", ZONE)


@pytest.mark.parametrize("again", [{"pause": "customer_date"}, {}])
def test_a_date_that_has_passed_is_over_whatever_date_is_named_after_it(
    again: dict[str, Any],
) -> None:
    """The clocks went on in between: who names another date then does not undo that."""
    monday = moment("2026-11-23T09:00", ZONE)
    story = [line(NOW, pause="customer_date", until="2026-11-23T09:00")]
    story += [line(monday + HOUR, until="2026-11-24T09:00", **again)]
    begun = Pause(reason="customer_date", start=NOW, end=monday)
    more = Pause(reason="customer_date", start=monday + HOUR, end=monday + 24 * HOUR)
    assert pauses_of(story, ZONE) == ((begun, more) if again else (begun,))


def test_a_planned_visit_is_no_date_of_the_customers_while_nobody_waits_for_them() -> None:
    assert pauses_of([line(NOW, until="2026-11-23T09:00")], ZONE) == ()


def test_what_conditions_ask_for_is_read_from_ticket_site_machine_and_contract() -> None:
    ticket = structs.replace(
        TICKET, urgency="urgent", complexity="complex", kind="fault", major=True, mode="on_site"
    )
    day = datetime.datetime.fromtimestamp(NOW / 1000, datetime.UTC).date().isoformat()
    held = Contract(
        id=ident("contract"),
        customer_id=CUSTOMER.id,
        number="HT-1",
        valid_from=day,
        valid_to="2027-12-31",
        covers=("labour",),
    )
    request = Request(
        ticket=ticket,
        events=[],
        site=structs.replace(SITE, zone="云溪"),
        asset=structs.replace(ASSET, product_class="boiler", warranty_until="2026-01-01"),
        contracts=[held],
        choice=PolicyChoice(id="x", zones={"云溪": "suburb"}, classes={"boiler": "high_tech"}),
    )
    assert case_of(request).facts == {
        "urgency": "urgent",
        "complexity": "complex",
        "zone": "suburb",
        "product_class": "high_tech",
        "warranty": "out",
        "contract": "yes",
        "kind": "fault",
        "mode": "on_site",
        "major": "yes",
    }
    elsewhere = structs.replace(held, site_id=ident("elsewhere"))
    assert "contract" not in case_of(structs.replace(request, contracts=[elsewhere])).facts


@pytest.mark.parametrize("local", ["9999-12-31T23:59", "0001-01-01T00:00"])
def test_a_year_that_was_mistyped_stops_nobody_from_reckoning(local: str) -> None:
    working = partial(Limit, start="received", calendar="working")
    come = working(id="come", node="arrive", stop="arrived", agreed="must")
    rests = working(id="tell", node="solve", stop="resolved", pauses=("customer_date",), amount=8)
    policy = ServicePolicy(
        id=ident("policy"),
        name="p-test",
        number=1,
        valid_from="2026-01-01",
        en="Test",
        zh="测试",
        limits=(come, rests),
        by=DORA.id,
        at=NOW,
    )
    ticket = structs.replace(TICKET, agreed_visit=local)
    waits = line(TICKET.opened_at, pause="customer_date", until=local)
    case = case_of(Request(ticket=ticket, events=[waits]))
    first, second = clocks(case, policy, Timetable(PLAIN), TICKET.opened_at + HOUR)
    assert first.due is not None
    assert abs(first.due - TICKET.opened_at) <= FAR_MS
    assert second.state == ("paused" if local > "2026" else "running")


@pytest.mark.parametrize(("agreed_at", "stands"), [(NOW + HOUR, "office"), (NOW - HOUR, "phone")])
def test_of_two_agreements_the_later_one_stands_whichever_is_heard_of_first(
    agreed_at: int, stands: str
) -> None:
    """The office agreed on another time before it heard of the technician's call (R-SLA-09)."""
    office, phone = "2026-11-24T09:00", "2026-11-23T09:00"
    known = structs.replace(TICKET, agreed_visit=office, agreed_at=agreed_at)
    rows = state(structs.replace(ORDER, status="accepted"), known)
    said = act("work_order.contact", {"means": "phone", "reached": True, "visit_at": phone})
    land(rows, done(rows, said))
    ticket = rows.find(type(TICKET), TICKET.id)
    assert ticket is not None
    assert ticket.agreed_visit == {"office": office, "phone": phone}[stands]
    assert ticket.agreed_at == max(agreed_at, NOW)


def test_what_was_agreed_excused_and_settled_goes_along() -> None:
    ticket = structs.replace(
        TICKET,
        agreed_visit="2026-11-21T09:00",
        agreed_due="2026-11-25T18:00",
        excused=(Excused(limit="arrive", reason="weather", by=DORA.id, at=NOW),),
        settled=(Settled(limit="respond", said="met", by=DORA.id, at=NOW),),
    )
    case = case_of(Request(ticket=ticket, events=[], site=SITE))
    due = moment("2026-11-25T18:00", ZONE)
    assert case.agreed == {"arrive": moment("2026-11-21T09:00", ZONE), "solve": due, "repair": due}
    assert (case.excused, case.settled) == ({"arrive": "weather"}, {"respond": "met"})


def test_the_clock_of_an_arrival_stops_by_the_act_on_the_job() -> None:
    """R-SLA-08: from the row of the act to the clock that it stops."""
    limit = Limit(id="arrive", node="arrive", start="received", stop="arrived", amount=2, unit="h")
    policy = ServicePolicy(
        id=ident("policy"),
        name="p-test",
        number=1,
        valid_from="2026-01-01",
        en="Test",
        zh="测试",
        limits=(limit,),
        by=DORA.id,
        at=0,
    )
    rows = after("work_order.arrive", status="en_route")
    ticket = structs.replace(TICKET, received_at=NOW - HOUR)
    case = case_of(Request(ticket=ticket, events=rows.all(TicketEvent), site=SITE))
    (clock,) = clocks(case, policy, Timetable(PLAIN), NOW + 3 * HOUR)
    assert (clock.state, clock.stopped, clock.due) == ("met", NOW, NOW + HOUR)
