"""The office is told in time of what the clocks ask for, once, whatever becomes of a process."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from server import notary, timekeeper
from server.notary import LEASE_MS, take_lease
from server.office import Asked
from server.rounds import notarise
from shared import standing
from shared.calendars import COMPANY
from shared.casework import Request, case_of
from shared.clock import At
from shared.clocks import Case
from shared.ids import derive
from shared.ops import SYSTEM, Op, encode
from shared.policy import CHOICE
from sync.desk import Parcel
from sync.intake import receive
from sync.protocol import WireOp
from tests.server.rim.company import CUSTOMER, SITE, Company
from tests.server.rim.lane import rows_of

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
LIMITS = [
    {
        "id": "first",
        "node": "first_response",
        "start": "received",
        "stop": "contacted",
        "amount": 24,
        "promised": True,
        "role": "customer_service",
    },
    {"id": "come", "node": "arrive", "start": "received", "stop": "arrived", "amount": 4},
    {
        "id": "tell",
        "node": "progress",
        "start": "recorded",
        "stop": "progress_told",
        "until": "resolved",
        "amount": 24,
        "every": True,
    },
]


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """A server whose own rounds are not gone: each test goes them itself."""
    made = Company(tmp_path / "data")
    publish(made, LIMITS)
    keep(made)  # time is kept from now on
    made.now_ms += notary.HEAD_EVERY_MS
    yield made
    made.office.close()


def publish(company: Company, limits: list[dict[str, Any]], after: int = 0) -> None:
    """The next version of the one policy, in force from the first day on."""
    told = {"name": "x", "after": after, "valid_from": "2000-01-01", "en": "x", "zh": "x"}
    identity = company.new_id()
    on = ("service_policy", identity)
    said(company, identity, "policy.publish", on, **told, limits=limits)
    choice = {"policy": "x", "valid_from": "2000-01-01"}
    if after == 0:
        said(company, company.new_id(), "policy.choose", ("policy_choice", CHOICE), choice=choice)


def said(company: Company, op: str, kind: str, on: tuple[str, str], **args: Any) -> None:
    asked = Asked(id=op, kind=kind, on=on, args=args)
    office = company.office
    body = office.body(asked, SYSTEM, company.now_ms, origin="console")
    (result,) = office.receive([WireOp(lseq=0, id=op, body=body)], None, company.now_ms)
    assert result.verdict == "applied", result


def opened(company: Company, priority: str = "normal") -> str:
    ticket = company.new_id()
    told = {"customer": CUSTOMER, "site": SITE, "problem": "leaks", "channel": "phone"}
    said(company, ticket, "ticket.open", ("ticket", ticket), **told, priority=priority)
    return ticket


def job(company: Company, ticket: str, priority: str = "normal") -> str:
    """A job that was given to the technician."""
    order = company.new_id()
    told = {"ticket": ticket, "summary": "x", "category": "A", "service": "repair"}
    on = ("work_order", order)
    said(company, order, "work_order.create", on, **told, priority=priority)
    person = company.people["technician"]
    said(company, company.new_id(), "work_order.assign", on, person=person, role="lead")
    return order


def number(company: Company) -> None:
    """What the notary of the one process does."""
    notarise(company.office, structs.replace(company.office.seal(), holder="notary"))


def keep(company: Company, holder: str = "one") -> int:
    """One look of a process at the clocks, with the log numbered before."""
    number(company)
    return timekeeper.keep_time(company.office, timekeeper.Round(holder=holder))


def hear(company: Company) -> None:
    """A look once the log is numbered, which is at most once a second."""
    company.now_ms += notary.HEAD_EVERY_MS
    keep(company)


def later(company: Company, minutes: int) -> None:
    company.now_ms += minutes * MINUTE_MS


def tasks(company: Company) -> list[tuple[str, str, bool]]:
    """What the office was told, with whom, and whether it is over: in order."""
    found = [one for one in rows_of(company, "task") if one.code != "plan_next_visit"]
    told = [(one.at, one.code, str(one.params.get("role")), one.done) for one in found]
    return [(code, role, done) for _, code, role, done in sorted(told)]


def state_of(company: Company, ticket: str, node: str) -> tuple[str, str]:
    (row,) = (
        one for one in rows_of(company, "clock") if (one.ticket_id, one.node) == (ticket, node)
    )
    return row.state, row.reason


def test_a_new_ticket_is_promised_its_first_response_once(company: Company) -> None:
    ticket = opened(company)
    keep(company)
    later(company, 1)
    keep(company)
    (message,) = rows_of(company, "message")
    assert (message.ticket_id, message.template, message.state, message.by) == (
        ticket,
        "opened",
        "queued",
        SYSTEM,
    )
    (number,) = (one.number for one in rows_of(company, "ticket"))
    assert number in message.text
    assert "…" not in message.text
    assert state_of(company, ticket, "arrive") == ("running", "running")


def test_somebody_is_warned_then_told_and_then_others_are(company: Company) -> None:
    opened(company)
    assert (keep(company), tasks(company)) == (1, [])
    later(company, 179)
    assert (keep(company), tasks(company)) == (0, [])
    later(company, 1)
    keep(company)
    warned = ("clock_warns", "dispatcher", False)
    assert tasks(company) == [warned]
    later(company, 60)  # the last moment that is in time
    keep(company)
    assert tasks(company) == [warned]
    company.now_ms += 1
    keep(company)
    over = ("clock_warns", "dispatcher", True)
    missed = ("clock_overdue", "dispatcher", False)
    assert tasks(company) == [over, missed]
    later(company, 120)
    keep(company)
    assert tasks(company)[2:] == [("clock_overdue", "team_leader", False)]
    later(company, 120)
    keep(company)
    assert tasks(company)[3:] == [("clock_overdue", "service_manager", False)]
    later(company, 6 * 60)
    keep(company)
    assert [code for code, _, _ in tasks(company)] == ["clock_warns", *["clock_overdue"] * 3]


def test_a_late_event_that_makes_a_clock_met_closes_its_tasks_with_the_reason(
    company: Company,
) -> None:
    ticket = opened(company)
    order = job(company, ticket)
    later(company, 241)
    keep(company)
    assert ("clock_overdue", "dispatcher", False) in tasks(company)
    with company.office.writing() as books:
        _arrived(company, books, order, company.now_ms - 200 * MINUTE_MS)
    hear(company)
    assert state_of(company, ticket, "arrive") == ("met", "in_time")
    found = {one.code: one for one in rows_of(company, "task") if "clock" in one.code}
    closed = found["clock_overdue"]
    assert (closed.done, closed.note, closed.closed_by) == (True, "met", SYSTEM)


def _arrived(company: Company, books: Any, order: str, at: int) -> None:
    """The technician's phone says, hours later, when he was there."""

    person = company.people["technician"]
    op = Op(
        id=company.new_id(),
        kind="work_order.arrive",
        v=1,
        on=("work_order", order),
        by=person,
        origin="console",
        at=At(wall=at, boot="server", mono=at, src="server"),
        salt="0" * 32,
        args=msgspec.Raw(b"{}"),
    )
    parcel = Parcel(
        ops=[WireOp(lseq=0, id=op.id, body=encode(op))],
        origins=frozenset({"console"}),
        person=person,
        received=company.now_ms,
    )
    (result,) = receive(company.office.ledger(books), parcel)
    assert result.verdict == "applied", result


def test_a_job_that_nobody_takes_on_is_told_in_working_hours_and_an_urgent_one_sooner(
    company: Company,
) -> None:
    company.now_ms += _to_monday(company)
    plain, urgent = (job(company, opened(company), one) for one in ("normal", "urgent"))
    keep(company)
    later(company, 10)
    keep(company)
    told = [one for one in rows_of(company, "task") if one.code == "unaccepted"]
    assert [(one.home_id, one.params["name"]) for one in told] == [(urgent, "The technician")]
    later(company, 20)
    keep(company)
    told = [one for one in rows_of(company, "task") if one.code == "unaccepted"]
    assert {one.home_id for one in told} == {urgent, plain}
    person = company.people["technician"]
    on = ("work_order", plain)
    said(company, company.new_id(), "work_order.unassign", on, person=person, reason="ill")
    hear(company)
    over = {one.home_id: (one.done, one.note) for one in rows_of(company, "task")}
    assert over[plain] == (True, "accepted")
    assert over[urgent] == (False, "")


def _to_monday(company: Company) -> int:
    """How long (ms) until ten o'clock on a Monday in Berlin: 2026-11-23T09:00Z."""
    return 1_795_424_400_000 - company.now_ms


def test_the_customer_is_to_hear_every_day_how_things_stand(company: Company) -> None:
    publish(company, LIMITS[2:], after=1)
    ticket = opened(company)
    keep(company)
    later(company, 18 * 60)
    keep(company)
    assert ("progress_due", "dispatcher", False) in tasks(company)
    message = company.new_id()
    told = {"ticket": ticket, "template": "progress", "text": "soon", "language": "en"}
    said(company, message, "message.queue", ("message", message), **told)
    said(company, company.new_id(), "message.send", ("message", message))
    hear(company)
    assert ("progress_due", "dispatcher", True) in tasks(company)
    later(company, 18 * 60)
    keep(company)
    assert tasks(company).count(("progress_due", "dispatcher", False)) == 1


def test_a_task_that_somebody_has_closed_is_not_opened_again(company: Company) -> None:
    opened(company)
    later(company, 181)
    keep(company)
    (task,) = rows_of(company, "task")
    company.say("task.close", ("task", task.id), note="seen")
    later(company, 1)
    for _ in range(3):
        keep(company)
    assert tasks(company) == [("clock_warns", "dispatcher", True)]


def test_a_ticket_keeps_the_policy_that_it_was_opened_under(company: Company) -> None:
    first = opened(company)
    hear(company)
    publish(company, [{**LIMITS[1], "amount": 1}], after=1)
    second = opened(company)
    later(company, 61)
    hear(company)
    assert [state_of(company, one, "arrive")[0] for one in (first, second)] == [
        "running",
        "breached",
    ]


def test_other_hours_are_heard_of_by_every_open_ticket(company: Company) -> None:
    company.now_ms += _to_monday(company)
    publish(company, [{**LIMITS[1], "calendar": "working"}], after=1)
    tickets = [opened(company) for _ in range(60)]
    hear(company)
    before = {one.due for one in rows_of(company, "clock")}
    assert len(before) == 1
    week = [[["09:00", "11:00"]]] * 5 + [[], []]
    on = ("working_calendar", COMPANY)
    hours = {"week": week, "time_zone": "Europe/Berlin", "seen": 1}
    said(company, company.new_id(), "calendar.set", on, **hours)
    hear(company)
    found = rows_of(company, "clock")
    assert {one.ticket_id for one in found} == set(tickets)
    assert {one.due for one in found}.isdisjoint(before)


def test_a_ticket_that_cannot_be_reckoned_stops_no_other_and_is_tried_again(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = opened(company), opened(company)

    def stumbles(request: Request) -> Case:
        if request.ticket.id == first:
            raise OverflowError
        return case_of(request)

    with monkeypatch.context() as broken:
        broken.setattr(standing, "case_of", stumbles)
        keep(company)
    assert [one.ticket_id for one in rows_of(company, "message")] == [second]
    assert keep(company) == 0
    later(company, 60)
    keep(company)
    assert {one.ticket_id for one in rows_of(company, "message")} == {first, second}


def test_a_clock_that_is_set_back_says_nothing_twice(company: Company) -> None:
    opened(company)
    later(company, 200)
    keep(company)
    told = tasks(company)
    company.now_ms -= 190 * MINUTE_MS
    keep(company)
    later(company, 200)
    keep(company)
    assert [code for code, _, _ in told] == ["clock_warns"]
    assert tasks(company) == told


def test_one_process_at_a_time_keeps_time_and_another_goes_on_when_it_is_gone(
    company: Company,
) -> None:
    opened(company)
    company.now_ms += LEASE_MS + 1
    number(company)
    with company.office.writing() as books:
        assert take_lease(books, timekeeper.LEASE, "other", company.now_ms)
    later(company, 0)
    assert keep(company) == 0
    company.now_ms += LEASE_MS + 1
    assert keep(company) == 1


DIES = """
import os, signal, sys
from pathlib import Path
from server import notary, timekeeper
from server.app import open_office
from server.queries import clocks
from server.settings import Settings
data, database, now, when = sys.argv[1:]
office = open_office(Settings(data=Path(data), database=database), clock=lambda: int(now))
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
if when == "before":
    keep = clocks.keep
    clocks.keep = lambda *given: (keep(*given), die())
timekeeper.keep_time(office, timekeeper.Round(holder="dies"))
die()
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_that_is_killed_says_everything_once(company: Company, when: str) -> None:
    opened(company)
    keep(company)
    later(company, 241)
    settings = company.settings
    told = (str(settings.data), settings.database, str(company.now_ms), when)
    done = subprocess.run([sys.executable, "-c", DIES, *told], check=False, timeout=120)
    assert done.returncode == -9
    assert len(tasks(company)) == (0 if when == "before" else 1)
    company.now_ms += LEASE_MS + 1
    for _ in range(3):
        keep(company)
    assert tasks(company) == [("clock_overdue", "dispatcher", False)]
    raised = [one for one in rows_of(company, "op") if one.kind == "task.raise"]
    assert [(one.by_id, one.origin, one.verdict) for one in raised] == [
        (SYSTEM, "timer", "applied")
    ]


def test_two_processes_at_once_say_everything_once(company: Company) -> None:
    for _ in range(12):
        opened(company)
    later(company, 241)
    number(company)
    together = threading.Barrier(2)
    looks: list[int] = []

    def go(holder: str) -> None:
        together.wait()
        looks.extend(
            timekeeper.keep_time(company.office, timekeeper.Round(holder=holder)) for _ in range(10)
        )

    threads = [threading.Thread(target=go, args=(holder,)) for holder in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    company.now_ms += LEASE_MS + 1
    keep(company)
    assert len(looks) == 20  # neither broke down
    assert len(tasks(company)) == 12
    ids = [one.op_id for one in rows_of(company, "op") if one.kind == "task.raise"]
    assert len(ids) == len(set(ids)) == 12


def test_what_was_due_before_time_was_kept_is_told_nobody(tmp_path: Path) -> None:
    company = Company(tmp_path / "data")
    publish(company, LIMITS)
    ticket = opened(company)
    later(company, 250)
    keep(company)
    assert (state_of(company, ticket, "arrive"), tasks(company)) == (("breached", "overdue"), [])
    assert rows_of(company, "message") == []
    later(company, 24 * 60)
    keep(company)
    assert {code for code, _, _ in tasks(company)} == {"clock_overdue"}
    company.office.close()


def test_each_role_is_told_of_one_limit_of_a_ticket_at_a_time(company: Company) -> None:
    first = {**LIMITS[1], "id": "soon", "node": "assign", "stop": "assigned", "amount": 1}
    publish(company, [first, LIMITS[1]], after=1)
    ticket = opened(company)
    later(company, 200)
    hear(company)
    assert [one.params["limit"] for one in rows_of(company, "task")] == ["soon"] * 3
    job(company, ticket)
    hear(company)
    found = [(one.params["limit"], one.done, one.note) for one in rows_of(company, "task")]
    told = [one for one in found if one[0] != "soon" and one[0] is not None]
    assert ([one for one in found if one[0] == "soon"], told) == (
        [("soon", True, "late")] * 3,
        [("come", False, "")],
    )


def test_what_is_said_of_a_limit_has_an_id_of_its_own(company: Company) -> None:
    ticket = opened(company)
    later(company, 181)
    keep(company)
    (task,) = rows_of(company, "task")
    due = company.now_ms - MINUTE_MS + 60 * MINUTE_MS
    expected = derive("alarm", ticket, "come", due, "warn", "clock_warns", "dispatcher")
    assert task.op_id == expected
