"""Questions people ask: lists page by page, and one thing with everything about it.

Every question costs the same number of statements, however long the answer is.
"""

from server.queries.books import acts_on, epoch, leaves, newest_revision, proof, revision, story
from server.queries.frame import (
    changed,
    counts,
    log_size,
    sessions_of,
    standing_of_people,
)
from server.queries.jobs import ticket, tickets, work_order, work_orders
from server.queries.office import conflicts, devices, stock, waiting
from server.queries.pages import PAGE_MAX, PARTING, Item, Listed, Window, is_known

__all__ = [
    "PAGE_MAX",
    "PARTING",
    "Item",
    "Listed",
    "Window",
    "acts_on",
    "changed",
    "conflicts",
    "counts",
    "devices",
    "epoch",
    "is_known",
    "leaves",
    "log_size",
    "newest_revision",
    "proof",
    "revision",
    "sessions_of",
    "standing_of_people",
    "stock",
    "story",
    "ticket",
    "tickets",
    "waiting",
    "work_order",
    "work_orders",
]
