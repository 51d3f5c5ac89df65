"""Printing: a paper as somebody in the office asks for it, and the note that they did.

A paper is a customer's file: that somebody had one is written down, once an hour, person and job.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from server import looks, papers
from server.office import Office
from server.problems import Problem
from server.queries import papers as questions
from server.sessions import Actor
from shared.errors import Refused
from shared.papers.gathering import Asked, Printed, print_paper

# A browser shows a PDF in a page of its own making, with its own style in it.
POLICY: Final = (
    "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
)
PDF: Final = "application/pdf"
WAIT_S: Final = 20.0
# What prints needs a tenth of a gigabyte and all of a processor: one at a time is plenty.
_one_press = threading.Lock()


def find(office: Office, number: str) -> str:
    """The id of the job with this number or id. Raises `Problem`."""
    with office.reading() as books:
        found = questions.order_of(books, number)
    if found is None:
        raise Problem("not_found")
    return found


def find_with(office: Office, table: str, identity: str) -> str:
    """The id of the job that a payment or a taken item belongs to. Raises `Problem`."""
    with office.reading() as books:
        found = questions.order_with(books, table, identity)
    if found is None:
        raise Problem("not_found")
    return found


@contextmanager
def alone() -> Iterator[None]:
    """Print while nobody else does. Raises `Problem`."""
    if not _one_press.acquire(timeout=WAIT_S):
        raise Problem("busy")
    try:
        yield
    finally:
        _one_press.release()


def show(office: Office, actor: Actor, asked: Asked) -> Printed:
    """A paper for somebody, and the note that they have it. Raises `Problem`."""
    with alone():
        made = printed(office, asked)
    if isinstance(made, Refused):
        raise Problem("not_found")
    looks.note_hourly(office, actor, "papers.read", asked.order)
    return made


def headers(made: Printed) -> dict[str, str]:
    """What a browser is told: to show it, to save it under its number, and to run nothing."""
    return {
        "Content-Disposition": f'inline; filename="{made.name}"',
        "Content-Security-Policy": POLICY,
    }


def printed(office: Office, asked: Asked) -> Printed | Refused:
    """A paper from the books and the evidence store."""
    with office.reading() as books:
        shelf = papers.Archive(books, office.evidence)
        return print_paper(asked, shelf, papers.printer(office.texts, office.settings))
