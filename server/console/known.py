"""Known: the ticket that an address names."""

from typing import Any

from server import queries
from server.problems import Problem
from server.queries.pages import Item


def ticket(books: Any, number: str) -> Item:
    """The ticket with that number or id. Raises `Problem` where there is none."""
    found = queries.ticket(books, number)
    if found is None:
        raise Problem("not_found")
    return found
