"""What a customer is told of their request, state by state, in plain words."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from server.portal.outlook import Outlook, outlook, state_of
from server.portal.speech import Speech
from server.texts import load_texts
from shared.calendars import PLAIN
from shared.casework import Request, case_of
from shared.clocks import clocks
from shared.ids import derive
from shared.masking import masked_in
from shared.policy import Limit, ServicePolicy
from shared.site import Customer, Site
from shared.standing import Standing
from shared.texts import Language
from shared.ticket import Ticket, TicketEvent
from shared.timetable import Timetable

ASSETS = Path(__file__).resolve().parents[2] / "assets"
MINUTE = 60_000
HOUR = 60 * MINUTE
NINE = 1_795_395_600_000  # Monday, 2026-11-23, 09:00 in Shanghai
LIMITS = (
    Limit(
        id="answer",
        node="first_response",
        start="received",
        stop="contacted",
        amount=30,
        unit="min",
        promised=True,
    ),
    Limit(
        id="there",
        node="arrive",
        start="received",
        stop="arrived",
        amount=4,
        promised=True,
        pauses=("parts",),
    ),
    Limit(id="inside", node="assign", start="received", stop="assigned", amount=10, unit="min"),
    Limit(
        id="call", node="call_back", start="resolved", stop="called_back", amount=12, promised=True
    ),
)
POLICY = ServicePolicy(
    id=derive("policy"),
    name="p",
    number=1,
    valid_from="2026-01-01",
    en="P",
    zh="P",
    limits=LIMITS,
    by=derive("somebody"),
    at=0,
)
JOB = {
    "status": "assigned",
    "person": "Zhu Liang",
    "planned_from": "2026-11-23T14:00",
    "planned_to": "2026-11-23T16:00",
}


def event(what: str, at: int, *events: str, **more: Any) -> TicketEvent:
    return TicketEvent(
        id=derive(what, str(at)),
        ticket_id=derive("ticket"),
        what=what,
        status="in_progress",
        by=derive("somebody"),
        at=at,
        events=events,
        **more,
    )


def known(now: int, *events: TicketEvent, status: str = "new", **more: Any) -> Standing:
    ticket = Ticket(
        id=derive("ticket"),
        number="T-26-000138",
        customer_id=derive("c"),
        site_id=derive("s"),
        channel="phone",
        problem="Chiller 2 trips, ring 0512-6288 0119",
        priority="urgent",
        status=status,
        opened_by=derive("somebody"),
        opened_at=NINE,
        policy_id=POLICY.id,
    )
    site = Site(
        id=derive("s"),
        customer_id=derive("c"),
        address="388 Xinghu Street",
        time_zone="Asia/Shanghai",
        contact_phone="13800005678",
    )
    request = Request(ticket=structs.replace(ticket, **more), events=events, site=site)
    case = case_of(request)
    return Standing(
        ticket=request.ticket,
        events=events,
        site=site,
        customer=Customer(id=derive("c"), name="Hexin", type="company"),
        policy=POLICY,
        case=case,
        clocks=clocks(case, POLICY, Timetable(PLAIN), now),
    )


def told(
    standing: Standing, now: int, job: dict[str, Any] | None = None, language: Language = "en"
) -> Outlook:
    texts = load_texts(ASSETS, "en").catalogues[language]
    jobs = [job] if job is not None else []
    return outlook(Speech(catalogue=texts, language=language), standing, jobs, now)


@pytest.mark.parametrize(
    ("language", "lead", "label"),
    [
        ("en", "You have our first answer by", "Waiting for assignment"),
        ("zh", "我们最迟答复您的时间", "待分派"),
    ],
)
def test_whoever_waits_for_an_answer_is_told_by_when_it_comes(
    language: Language, lead: str, label: str
) -> None:
    now = NINE + 10 * MINUTE
    page = told(known(now), now, language=language)
    assert (page.box.lead, page.label) == (lead, label)
    assert page.box.main.endswith("09:30")
    assert not page.box.is_late


def test_what_the_office_sets_itself_is_no_promise() -> None:
    now = NINE + 10 * MINUTE
    limits = tuple(structs.replace(one, promised=False) for one in LIMITS)
    standing = structs.replace(known(now), policy=structs.replace(POLICY, limits=limits))
    page = told(standing, now)
    assert page.promises == ()
    assert page.box.main == "We have your request"
    over = known(now, event("work_order.complete", NINE, "resolved"), status="resolved")
    quiet = told(structs.replace(over, policy=structs.replace(POLICY, limits=limits)), now, JOB)
    assert (quiet.state, quiet.box.main) == ("callback", "We call you soon")


def test_a_late_answer_is_owned_up_to() -> None:
    now = NINE + 40 * MINUTE
    page = told(known(now), now)
    assert page.box.is_late
    assert page.box.main == "Today, 09:30"
    assert (page.promises[0].what, page.promises[0].state) == ("First answer", "late")
    assert page.promises[0].told == "promised by today, 09:30; we are late, and sorry for it"


def test_who_comes_and_when_is_told_as_it_was_agreed() -> None:
    now = NINE + HOUR
    assigned = event("work_order.assign", NINE + 5 * MINUTE, "assigned")
    page = told(known(now, assigned, status="planned"), now, JOB)
    assert (page.box.lead, page.box.main) == ("We come to you", "Today, 14:00–16:00")
    assert page.box.more == "Zhu Liang comes."
    on_the_way = told(known(now, assigned, status="planned"), now, {**JOB, "status": "en_route"})
    assert on_the_way.box.main == "Zhu Liang is on the way to you"
    assert on_the_way.box.more == "Agreed: today, 14:00–16:00"
    there = told(known(now, assigned), now, {**JOB, "status": "working"})
    assert there.box.main == "Zhu Liang is with you"


def test_what_was_promised_stands_there_and_no_limit_of_the_office_does() -> None:
    """R-COM-15."""
    now = NINE + 2 * HOUR
    story = (
        event("work_order.assign", NINE + 5 * MINUTE, "assigned"),
        event("work_order.contact", NINE + 20 * MINUTE, "contacted"),
    )
    page = told(known(now, *story, status="planned"), now, JOB)
    assert [(one.what, one.told, one.state) for one in page.promises] == [
        ("First answer", "today, 09:20", "kept"),
        ("Technician at your place", "by today, 13:00", "open"),
    ]


def test_a_promise_that_rests_says_so_and_why_is_told_as_advice() -> None:
    now = NINE + 2 * HOUR
    story = (
        event("work_order.contact", NINE + 20 * MINUTE, "contacted"),
        event("work_order.complete", NINE + HOUR, pause="parts"),
    )
    page = told(known(now, *story, status="in_progress"), now, JOB)
    assert (page.promises[1].state, page.promises[1].told) == ("rests", "rests for now")
    assert page.advice.startswith("A part is on its way to us.")
    assert [one.what for one in page.story] == [
        "A part has to come first",
        "The technician called you",
        "Your request reached us",
    ]


def test_after_the_work_the_call_is_announced_until_it_was_made() -> None:
    now = NINE + 6 * HOUR
    resolved = event("work_order.complete", NINE + 5 * HOUR, "diagnosed", "proposed", "resolved")
    waiting = told(known(now, resolved, status="resolved"), now, {**JOB, "status": "done"})
    assert waiting.label == "Done, waiting for our call"
    assert waiting.box.main == "Tomorrow, 02:00"
    called = event("ticket.call_back", NINE + 5 * HOUR + MINUTE, "called_back")
    done = told(known(now, resolved, called, status="resolved"), now, {**JOB, "status": "done"})
    assert (done.state, done.box.main) == ("done", "Your request is done")
    # What one act meant at once is told once, by what matters to the customer.
    assert [one.what for one in waiting.story] == ["The work was done", "Your request reached us"]


@pytest.mark.parametrize(
    ("status", "state"), [("closed", "done"), ("withdrawn", "withdrawn"), ("refused", "refused")]
)
def test_every_end_has_words_of_its_own(status: str, state: str) -> None:
    standing = known(NINE + HOUR, status=status)
    assert state_of(standing, None) == state
    assert told(standing, NINE + HOUR).box.main


def test_numbers_are_masked_and_other_figures_stay() -> None:
    page = told(known(NINE), NINE)
    assert page.phone == "138****5678"
    assert "6288 0119" not in page.problem
    assert masked_in("Error E2 at 16.5 bar since 09:30, model KFR-72LW") == (
        "Error E2 at 16.5 bar since 09:30, model KFR-72LW"
    )
    assert masked_in("+86 138 0000 5678") != "+86 138 0000 5678"
