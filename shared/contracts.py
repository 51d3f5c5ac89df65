"""Contracts: what a customer has bought for a time is written down, and gets another last day."""

from typing import Annotated, Final

from msgspec import Meta, structs

from shared.amounts import Id, Line, LocalDate, OptionalText, is_real, is_sayable, tidy
from shared.errors import Refused, refuse_value
from shared.prices import LINE_KINDS, Contract, LineKind
from shared.pricing import unreadable
from shared.records import Aggregate, State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref, by
from shared.site import Customer, Site

COVERABLE: Final[tuple[LineKind, ...]] = tuple(one for one in LINE_KINDS if one != "discount")


class AddArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Whose contract it is, from and to which day, and which kinds of line it pays for.

    Without a site it is for all places of the customer.
    """

    customer: Id
    number: Line
    valid_from: LocalDate
    valid_to: LocalDate
    covers: Annotated[tuple[LineKind, ...], Meta(min_length=1, max_length=len(LINE_KINDS))]
    site: Id | None = None
    note: OptionalText = ""


class EndArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """The last day on which it counts: sooner than agreed, or later."""

    last_day: LocalDate


def add(state: State, act: Act) -> Outcome | Refused:
    """Write a contract down, unless the customer has one of this number (R-WAR-10)."""
    args: AddArgs = act.args
    refused = _unfit(state, args)
    if refused is not None:
        return refused
    new = Contract(
        id=act.on[1],
        customer_id=args.customer,
        site_id=args.site,
        number=tidy(args.number),
        valid_from=args.valid_from,
        valid_to=args.valid_to,
        covers=tuple(one for one in COVERABLE if one in args.covers),
        note=tidy(args.note),
    )
    for known in state.all(Contract):
        same = (known.customer_id, known.number) == (new.customer_id, new.number)
        if same and known.id != new.id:
            return refuse_value("on_file", "args.number", value=new.number, id=known.id)
    return Outcome(rows=(new,))


def _unfit(state: State, args: AddArgs) -> Refused | None:
    """Why a contract cannot be: a text, a place that is not theirs, a day, or what it covers."""
    if not is_sayable(args.number):
        return refuse_value("not_text", "args.number")
    site = state.find(Site, args.site)
    if state.find(Customer, args.customer) is None:
        return refuse_value("unknown_subject", "args.customer")
    if args.site is not None and (site is None or site.customer_id != args.customer):
        return refuse_value("unknown_subject", "args.site")
    for name in ("valid_from", "valid_to"):
        if not is_real(getattr(args, name)):
            return refuse_value("wrong_value", f"args.{name}", reason=getattr(args, name))
    if args.valid_to < args.valid_from:
        return refuse_value("ends_before", "args.valid_to")
    if "discount" in args.covers:
        return refuse_value("wrong_value", "args.covers", reason="discount")
    return unreadable(args)


def end(state: State, act: Act) -> Outcome | Refused:
    """Give a contract another last day; saying the other one again takes that back."""
    args: EndArgs = act.args
    found = state.find(Contract, act.on[1])
    if found is None:
        return refuse_value("unknown_subject", "on")
    if not is_real(args.last_day):
        return refuse_value("wrong_value", "args.last_day", reason=args.last_day)
    if args.last_day < found.valid_from:
        return refuse_value("ends_before", "args.last_day")
    if args.last_day == found.valid_to:
        return Outcome(merged=True)
    return Outcome(rows=(structs.replace(found, valid_to=args.last_day),))


def _the_customer(reach: Reach) -> tuple[Aggregate, ...]:
    return (("customer", reach.args.customer),)


def _whose(reach: Reach) -> tuple[Aggregate, ...]:
    customer = reach.links.get("customer_id")
    return (("customer", customer),) if customer is not None else ()


def _theirs(reach: Reach) -> tuple[Ref, ...]:
    args: AddArgs = reach.args
    site: tuple[Ref, ...] = ((Site, args.site),) if args.site is not None else ()
    known = (Contract, by("customer_id", args.customer))
    return ((Customer, args.customer), *site, known)


def _itself(reach: Reach) -> tuple[Ref, ...]:
    return ((Contract, reach.on[1]),)


KINDS = (
    Kind(
        name="contract.add",
        cls="office",
        nouns=frozenset({"contract"}),
        args=AddArgs,
        reduce=add,
        creates=True,
        mentions=(("customer", "customer"), ("site", "site")),
        touches=_the_customer,
        refs=_theirs,
    ),
    Kind(
        name="contract.end",
        cls="office",
        nouns=frozenset({"contract"}),
        args=EndArgs,
        reduce=end,
        touches=_whose,
        refs=_itself,
    ),
)
