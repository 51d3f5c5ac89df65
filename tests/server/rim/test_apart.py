"""What customers say of a request does not go to the phones that have it (0044)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from server import tally
from server.office import Asked
from server.queries import exceptions, start
from server.queries.pages import Window
from shared.ops import SYSTEM
from sync.protocol import WireOp
from tests.server.rim.company import Company
from tests.server.rim.test_timekeeper import opened, said

FIRST = Window(limit=5)
TOLD = {"template": "complaint_answer", "text": "We are sorry", "language": "en"}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """A server whose own rounds are not gone."""
    made = Company(tmp_path / "data")
    yield made
    made.office.close()


def written(company: Company, act: str, noun: str, /, **args: Any) -> str:
    """Something new, written down by the desk; its id."""
    op = company.new_id()
    asked = Asked(id=op, kind=act, on=(noun, op), args=args)
    body = company.office.body(asked, SYSTEM, company.now_ms, origin="console")
    parcel = [WireOp(lseq=0, id=op, body=body)]
    (result,) = company.office.receive(parcel, None, company.now_ms)
    assert result.verdict == "applied", result
    return op


def carried(company: Company, ticket: str) -> list[str]:
    """The tables of the rows that phones with a ticket have of it, but for the ticket's own."""
    wanted = text(
        'SELECT "table", pk FROM feed WHERE stream = :stream AND body IS NOT NULL '
        "AND \"table\" <> 'ticket' ORDER BY 1"
    )
    with company.office.reading() as books:
        found = books.execute(wanted, {"stream": f"ticket:{ticket}"}).all()
        assert list(tally.differences(books)) == []
    return [table for table, _ in found]


def test_a_complaint_with_its_steps_its_task_and_its_answer_stays_in_the_office(
    company: Company,
) -> None:
    ticket = opened(company)
    before = carried(company, ticket)
    words = {"ticket": ticket, "means": "phone", "text": "The technician was rude"}
    complaint = written(
        company, "feedback.record", "feedback", kind="complaint", grade="serious", **words
    )
    contact = {"means": "phone", "reached": True, "note": "He shouted"}
    said(company, company.new_id(), "feedback.contact", ("feedback", complaint), **contact)
    written(company, "message.queue", "message", ticket=ticket, feedback=complaint, **TOLD)
    with company.office.reading() as books:
        assert books.execute(text("SELECT count(*) FROM task")).scalar() == 1
    assert carried(company, ticket) == before


def test_a_finding_goes_to_those_who_do_the_work(company: Company) -> None:
    ticket = opened(company)
    before = carried(company, ticket)
    words = {"ticket": ticket, "means": "in_person", "text": "No photo after the repair"}
    written(company, "feedback.record", "feedback", kind="finding", **words)
    assert carried(company, ticket) == ["feedback", *before]


def test_an_answer_is_on_phones_only_while_the_technician_is_to_send_it(company: Company) -> None:
    ticket = opened(company)
    before = carried(company, ticket)
    words = {"ticket": ticket, "means": "phone", "text": "Late"}
    complaint = written(company, "feedback.record", "feedback", kind="complaint", **words)
    told = {**TOLD, "ticket": ticket, "feedback": complaint, "channel": "technician_sms"}
    message = written(company, "message.queue", "message", **told)
    assert carried(company, ticket) == sorted(["message", *before])
    said(company, company.new_id(), "message.send", ("message", message), channel="copy")
    assert carried(company, ticket) == before


@pytest.mark.parametrize(("role", "reads"), [("warehouse", False), ("inspector", True)])
def test_a_ticket_is_told_without_a_word_of_feedback_to_who_may_not_read_that(
    company: Company, role: str, reads: bool
) -> None:
    ticket = opened(company)
    words = {"ticket": ticket, "means": "phone", "text": "The technician was rude"}
    written(company, "feedback.record", "feedback", kind="complaint", grade="serious", **words)
    headers = company.signed_in(role)
    told = company.client.get(f"/api/tickets/{ticket}", headers=headers).json()
    (line,) = (one for one in told["events"] if one["about"])
    wanted = ("The technician was rude", "serious") if reads else ("", "")
    assert (line["what"], line["note"], line["grade"]) == ("feedback.record", *wanted)


@pytest.mark.parametrize(("role", "reads"), [("warehouse", False), ("service_manager", True)])
def test_a_task_about_feedback_is_told_and_closed_only_where_that_may_be_read(
    company: Company, role: str, reads: bool
) -> None:
    ticket = opened(company)
    words = {"ticket": ticket, "means": "phone", "text": "The technician was rude"}
    written(company, "feedback.record", "feedback", kind="complaint", grade="serious", **words)
    with company.office.reading() as books:
        (task,) = exceptions.tasks(books, FIRST, exceptions.Wanted(hears=True)).items
        seen = exceptions.tasks(books, FIRST, exceptions.Wanted(hears=reads)).items
        shown = start.tasks(books, hears=reads)[0], exceptions.counts(books, hears=reads)["tasks"]
        kinds = exceptions.task_counts(books, hears=reads)
    assert (len(seen), *shown, sum(kinds.values())) == (int(reads),) * 4
    asked = Asked(id=company.new_id(), kind="task.close", on=("task", task["id"]), args={})
    by = company.people[role]
    body = company.office.body(asked, by, company.now_ms, origin="console")
    parcel = [WireOp(lseq=0, id=asked.id, body=body)]
    (result,) = company.office.receive(parcel, by, company.now_ms)
    assert (result.verdict, result.code) == (
        ("applied", None) if reads else ("rejected", "not_permitted")
    )
