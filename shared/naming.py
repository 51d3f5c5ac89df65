"""Naming: whether a document names the customer and the technician as the records do."""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from shared.amounts import tidy
from shared.document import Document
from shared.errors import Flag
from shared.people import Person
from shared.records import State
from shared.registry import Act
from shared.site import Customer
from shared.work_order import WorkOrder

CUSTOMER: Final = "customer"
TECHNICIAN: Final = "technician"
NAMES: Final = (CUSTOMER, TECHNICIAN)  # in `SignOff.faults`: wrong for good, as a false hash is


class Naming(Struct, frozen=True, kw_only=True):
    """Who is named otherwise than ever on file, and who as they were called before."""

    false: tuple[str, ...] = ()
    older: tuple[str, ...] = ()


def named(state: State, document: Document | None, act: Act) -> Naming:
    """Compare the names in a document with those on file.

    A customer whom the office has renamed since is named as the phone had them: that is told and
    no fault. What is not on file here is believed.
    """
    found = dict(_compared(state, document, act)) if document is not None else {}
    return Naming(
        false=tuple(one for one in NAMES if found.get(one) == "false"),
        older=tuple(one for one in NAMES if found.get(one) == "older"),
    )


def older(whom: str) -> Flag:
    """The note that somebody is named as the records had them before."""
    return Flag(code="seen_older", params={"whom": whom})


def _compared(state: State, document: Document, act: Act) -> Iterator[tuple[str, str]]:
    order = state.find(WorkOrder, act.on[1])
    customer = state.find(Customer, order.customer_id) if order is not None else None
    if customer is not None:
        yield CUSTOMER, _told(document.party.customer, customer)
    if order is not None and _is_of_others(state, order, act.args.also):
        yield CUSTOMER, "false"
    yield TECHNICIAN, _told(document.technician, act.by)


def _is_of_others(state: State, order: WorkOrder, jobs: Iterable[str]) -> bool:
    """Whether any of these jobs is another customer's: one person is named, and signs, for all."""
    found = (state.find(WorkOrder, one) for one in jobs)
    return any(one.customer_id != order.customer_id for one in found if one is not None)


def _told(shown: str, row: Customer | Person) -> str:
    name = tidy(shown)
    if name == tidy(row.name):
        return "same"
    return "older" if name in map(tidy, row.former_names) else "false"
