"""The ticket: a customer's request, with its number and what became of it."""

from typing import Annotated, Final

from msgspec import Meta, structs

from shared.amounts import Id, OptionalLine, Text, is_sayable
from shared.errors import Refused, refuse_value
from shared.fields import Priority
from shared.ids import derive
from shared.records import Record, State
from shared.registry import Act, Args, Emit, Kind, Landing, Outcome, Reach, Ref
from shared.site import Asset, Customer, Site

CHANNELS: Final = ("phone", "email", "web", "chat", "walk_in", "technician")
# R-INT-01, R-INT-02: every channel ends in one queue; R-INT-03.
Channel = Annotated[str, Meta(pattern=rf"^({'|'.join(CHANNELS)})$(?!\n)")]
STATUSES: Final = ("new", "planned", "in_progress", "resolved")
STEPS_BACK: Final = frozenset({("resolved", "planned"), ("planned", "new"), ("in_progress", "new")})


class Ticket(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A request. `number` is given by the server when it is first written down there."""

    home = ("ticket", "id")

    number: str | None = None
    customer_id: Id
    site_id: Id
    asset_id: Id | None = None
    channel: Channel
    problem: Text
    priority: Priority
    caller: OptionalLine = ""
    status: str
    opened_by: Id
    opened_at: int


class TicketEvent(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a ticket's story. `at` is in milliseconds."""

    home = ("ticket", "ticket_id")

    ticket_id: Id
    what: str
    status: str
    by: str
    at: int


class OpenArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What the caller said."""

    customer: Id
    site: Id
    problem: Text
    channel: Channel
    priority: Priority
    asset: Id | None = None
    caller: OptionalLine = ""


def open_ticket(state: State, act: Act) -> Outcome | Refused:
    """Write a request down (R-INT-03: one queue, nothing lost)."""
    args: OpenArgs = act.args
    if not is_sayable(args.problem):
        return refuse_value("not_text", "args.problem")
    site = state.find(Site, args.site)
    if state.find(Customer, args.customer) is None:
        return refuse_value("unknown_subject", "args.customer")
    if site is None or site.customer_id != args.customer:
        return refuse_value("unknown_subject", "args.site")
    asset = state.find(Asset, args.asset)
    if args.asset is not None and (asset is None or asset.site_id != args.site):
        return refuse_value("unknown_subject", "args.asset")
    opened = Ticket(
        id=act.on[1],
        customer_id=args.customer,
        site_id=args.site,
        asset_id=args.asset,
        channel=args.channel,
        problem=args.problem,
        priority=args.priority,
        caller=args.caller,
        status="new",
        opened_by=act.by.id,
        opened_at=act.at,
    )
    event = TicketEvent(
        id=derive(act.op_id, "event"),
        ticket_id=opened.id,
        what=act.kind,
        status="new",
        by=act.by.id,
        at=act.at,
    )
    return Outcome(rows=(opened, event))


def progress(ticket_id: str, status: str, act: Act) -> tuple[Emit, ...]:
    """The fact that work on a ticket has come as far as `status`."""
    args: dict[str, str | int | bool | None] = {"status": status, "what": act.kind, "by": act.by.id}
    return (Emit(on=("ticket", ticket_id), name="ticket.progress", args=args),)


def progressed(state: State, emit: Emit, op_id: str, at: int) -> Landing:
    """A ticket moves forward with its work, never back, but for two steps.

    A new plan reopens a resolved one, and a cancelled plan puts it back into the queue, so that no
    request is forgotten (R-INT-03).
    """
    ticket = state.find(Ticket, emit.on[1])
    if ticket is None:
        return Landing()
    wanted = str(emit.args["status"])
    forward = STATUSES.index(wanted) > STATUSES.index(ticket.status)
    status = wanted if forward or (ticket.status, wanted) in STEPS_BACK else ticket.status
    event = TicketEvent(
        id=derive(op_id, "event"),
        ticket_id=ticket.id,
        what=str(emit.args["what"]),
        status=status,
        by=str(emit.args["by"]),
        at=at,
    )
    moved = (structs.replace(ticket, status=status),) if status != ticket.status else ()
    return Landing(rows=(*moved, event))


def _opened_for(reach: Reach) -> tuple[Ref, ...]:
    asset: tuple[Ref, ...] = ((Asset, reach.args.asset),) if reach.args.asset else ()
    return ((Customer, reach.args.customer), (Site, reach.args.site), *asset)


KINDS = (
    Kind(
        name="ticket.open",
        cls="office",
        nouns=frozenset({"ticket"}),
        args=OpenArgs,
        reduce=open_ticket,
        creates=True,
        mentions=(("customer", "customer"), ("site", "site"), ("asset", "asset")),
        refs=_opened_for,
    ),
)
ABSORBS = {"ticket.progress": progressed}
