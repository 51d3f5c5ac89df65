"""Opening: a ticket made of a request, or of what came in, under the policy that is in force."""

from msgspec import structs

from shared.casework import Request, day_of, under_contract
from shared.enquiry import Enquiry, settled, unsettled
from shared.errors import Refused
from shared.policy import CHOICE, PolicyChoice, in_force
from shared.prices import Contract
from shared.records import Aggregate, Record, State
from shared.registry import Act, Kind, Outcome, Reach, Ref, by
from shared.return_case import SERVICE_OF, asked_for
from shared.returns import ASKED
from shared.site import Asset, Site
from shared.ticket import OpenArgs, Ticket, TicketEvent, open_ticket, opened_for


def open_under(state: State, act: Act) -> Outcome | Refused:
    """Make a ticket of a request; it keeps the version of the policy that is in force (C-01)."""
    args: OpenArgs = act.args
    came = unsettled(state, args.enquiry, "args.enquiry") if args.enquiry is not None else None
    outcome = came if isinstance(came, Refused) else open_ticket(state, act)
    if isinstance(outcome, Refused):
        return outcome
    opened, *more = outcome.rows
    assert isinstance(opened, Ticket)
    opened = structs.replace(opened, policy_id=policy_of(state, opened))
    if args.wish:
        opened = structs.replace(opened, service_type=SERVICE_OF[args.wish])
    if args.wish in ("return", "exchange"):
        more = [_with_return(one) for one in more]
        more.append(asked_for(opened, act, args.wish))
    if isinstance(came, Enquiry):
        opened = structs.replace(opened, enquiry_id=came.id, received_at=came.received_at)
        more.append(settled(came, act, "opened", ticket=opened.id))
    return structs.replace(outcome, rows=(opened, *more))


def _with_return(row: Record) -> Record:
    """The first line of the story, where a return is asked for with the request."""
    if not isinstance(row, TicketEvent):
        return row
    return structs.replace(row, events=(*row.events, ASKED))


def policy_of(state: State, ticket: Ticket) -> str | None:
    """The version of a policy that a ticket is opened under, if any is in force."""
    choice = state.find(PolicyChoice, CHOICE)
    if choice is None:
        return None
    asset = state.find(Asset, ticket.asset_id)
    request = Request(
        ticket=ticket,
        events=(),
        site=state.find(Site, ticket.site_id),
        contracts=state.of(Contract, ticket.customer_id),
    )
    contract = under_contract(request)
    found = in_force(
        choice,
        day_of(request),
        contract=contract.id if contract is not None else None,
        product_class=asset.product_class if asset is not None else "",
    )
    return found.policy_id if found is not None else None


def _that_came_in(reach: Reach) -> tuple[Aggregate, ...]:
    return (("enquiry", reach.args.enquiry),) if reach.args.enquiry is not None else ()


def _for_opening(reach: Reach) -> tuple[Ref, ...]:
    args: OpenArgs = reach.args
    came: tuple[Ref, ...] = ((Enquiry, args.enquiry),) if args.enquiry is not None else ()
    contracts: Ref = (Contract, by("customer_id", args.customer))
    return (*opened_for(reach), *came, (PolicyChoice, CHOICE), contracts)


KINDS = (
    Kind(
        name="ticket.open",
        cls="office",
        nouns=frozenset({"ticket"}),
        args=OpenArgs,
        reduce=open_under,
        creates=True,
        mentions=(("customer", "customer"), ("site", "site"), ("asset", "asset")),
        touches=_that_came_in,
        refs=_for_opening,
    ),
)
