"""Looks: that somebody looked at a customer's files is written down beside what they did.

At a whole picture every time; at what is looked through, small pictures and papers, once an hour
for each person and job.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from server.office import Office
from server.queries import books as questions
from server.sessions import Actor

Look = Literal["evidence.read", "papers.read"]
EVERY_MS: Final = 60 * 60_000


def note(
    office: Office, actor: Actor, look: Look, order: str, facts: Mapping[str, Any] | None = None
) -> None:
    """Write down a look at the files of a job (by id)."""
    with office.writing() as books:
        event = office.event(look, actor.person.id, ("work_order", order), dict(facts or {}))
        office.ledger(books).note_event(event)


def note_hourly(office: Office, actor: Actor, look: Look, order: str) -> None:
    """Write down a look, unless one of this person at this job was within the hour."""
    since = office.now_ms() - EVERY_MS
    with office.reading() as books:
        known = questions.has_looked(books, look, (order, actor.person.id), since)
    if not known:
        note(office, actor, look, order)
