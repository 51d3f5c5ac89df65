"""The console: pages for the office's people, drawn on the server, by the one table of rights."""

from typing import Final

from litestar import Router
from litestar.di import Provide

from server.console import (
    account,
    audit,
    billing,
    board,
    calendars,
    choices,
    clocks,
    company,
    conflicts,
    contracts,
    customer_link,
    customers,
    dispatch,
    edits,
    enquiries,
    figures,
    forms,
    gate,
    handling,
    intake,
    listening,
    lost,
    machine,
    merging,
    messages,
    money,
    papers,
    people,
    phones,
    pictures,
    policies,
    policy_form,
    prices,
    provisions,
    rescue_files,
    search,
    set_aside,
    shelf,
    shortcuts,
    sign_in,
    start,
    stock,
    tasks,
    ticket,
    tickets,
    undo,
    visits,
    wording,
    work_order,
)
from server.console.frame import Room, furnish
from server.console.opened import open_job
from server.console.refusals import drawer
from server.console.shelf import Shelf, fill

PAGES: Final = (
    shelf.ROUTES,
    sign_in.ROUTES,
    choices.ROUTES,
    account.ROUTES,
    start.ROUTES,
    tickets.ROUTES,
    intake.ROUTES,
    ticket.ROUTES,
    customer_link.ROUTES,
    handling.ROUTES,
    enquiries.ROUTES,
    customers.ROUTES,
    machine.ROUTES,
    merging.ROUTES,
    contracts.ROUTES,
    edits.ROUTES,
    search.ROUTES,
    audit.ROUTES,
    shortcuts.ROUTES,
    people.ROUTES,
    phones.ROUTES,
    lost.ROUTES,
    rescue_files.ROUTES,
    undo.ROUTES,
    listening.ROUTES,
    work_order.ROUTES,
    dispatch.ROUTES,
    visits.ROUTES,
    provisions.ROUTES,
    pictures.ROUTES,
    billing.ROUTES,
    papers.ROUTES,
    money.ROUTES,
    prices.ROUTES,
    company.ROUTES,
    board.ROUTES,
    conflicts.ROUTES,
    set_aside.ROUTES,
    tasks.ROUTES,
    messages.ROUTES,
    wording.ROUTES,
    stock.ROUTES,
    policies.ROUTES,
    policy_form.ROUTES,
    calendars.ROUTES,
    clocks.ROUTES,
    figures.ROUTES,
)
ROUTES: Final = tuple(route for page in PAGES for route in page)


def router(room: Room) -> Router:
    """Every page behind the gate: no unsafe request gets through that our pages did not make."""
    return Router(
        "/",
        route_handlers=ROUTES,
        before_request=gate.check,
        request_max_body_size=forms.FORM_BYTES_MAX,
        dependencies={
            "form": Provide(forms.read),
            "job": Provide(open_job, sync_to_thread=True),
            "shelf": Provide(lambda: room.shelf, sync_to_thread=False),
        },
        include_in_schema=False,
    )


__all__ = ["ROUTES", "Room", "Shelf", "drawer", "fill", "furnish", "router"]
