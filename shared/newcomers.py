"""Newcomers: a customer, a site, a machine, written down while somebody is on the telephone."""

from collections.abc import Iterable
from typing import Annotated, Final

from msgspec import Meta

from shared import machine
from shared.amounts import (
    Id,
    Line,
    LocalDate,
    OptionalLine,
    OptionalText,
    has_control_characters,
    is_sayable,
    tidy,
)
from shared.classing import the_tiers, unknown_tier
from shared.errors import Refused, refuse_value
from shared.fields import Phone, digits
from shared.records import Aggregate, State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref, by
from shared.site import Asset, Customer, CustomerType, Site, TimeZone
from shared.tag_sets import OptionalCode

MOBILE_DIGITS: Final = 11  # on the mainland: 138 0013 8000
Spoken = Annotated[str, Meta(pattern=r"^(en|zh)?$(?!\n)")]


class CustomerArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Who it is, how they are addressed, and how they are reached."""

    name: Line
    type: CustomerType
    salutation: OptionalLine = ""
    phone: Phone = ""
    language: Spoken = ""
    tier: OptionalCode = ""


class SiteArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Whose place it is, where, in which time zone, and how one gets in."""

    customer: Id
    address: Line
    time_zone: TimeZone
    name: OptionalLine = ""
    division: OptionalLine = ""
    zone: OptionalLine = ""
    contact_name: OptionalLine = ""
    contact_phone: Phone = ""
    access_notes: OptionalText = ""


class AssetArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Where the machine stands and what it is; it is called by its model if it has no name."""

    site: Id
    model: Line
    name: OptionalLine = ""
    serial: OptionalLine = ""
    product_class: OptionalLine = ""
    delivered_on: LocalDate | None = None
    invoiced_on: LocalDate | None = None
    warranty_until: LocalDate | None = None


def add_customer(state: State, act: Act) -> Outcome | Refused:
    """Write a new customer down, unless one of this name and telephone number is there."""
    args: CustomerArgs = act.args
    unreadable = _unreadable(args, ("name",))
    refused = unreadable or unknown_tier(state, args.tier)
    if refused is not None:
        return refused
    new = Customer(
        id=act.on[1],
        name=tidy(args.name),
        type=args.type,
        salutation=tidy(args.salutation),
        phone=args.phone.strip(),
        language=args.language,
        tier=args.tier,
    )
    for known in state.all(Customer):
        same_number = digits(known.phone) == digits(new.phone) != ""
        if known.id != new.id and same_number and known.name == new.name:
            return refuse_value("on_file", "args.phone", value=new.phone, id=known.id)
    return Outcome(rows=(new,))


def add_site(state: State, act: Act) -> Outcome | Refused:
    """Write a new place of a customer down, unless this address of theirs is there."""
    args: SiteArgs = act.args
    unreadable = _unreadable(args, ("address",))
    if unreadable is not None:
        return unreadable
    if state.find(Customer, args.customer) is None:
        return refuse_value("unknown_subject", "args.customer")
    new = Site(
        id=act.on[1],
        customer_id=args.customer,
        name=tidy(args.name),
        address=tidy(args.address),
        division=tidy(args.division),
        zone=tidy(args.zone),
        time_zone=args.time_zone,
        contact_name=tidy(args.contact_name),
        contact_phone=args.contact_phone.strip(),
        access_notes=tidy(args.access_notes),
    )
    for known in state.all(Site):
        same_place = _packed(known.address) == _packed(new.address)
        if known.id != new.id and known.customer_id == new.customer_id and same_place:
            return refuse_value("on_file", "args.address", value=new.address, id=known.id)
    return Outcome(rows=(new,))


def add_asset(state: State, act: Act) -> Outcome | Refused:
    """Write a new machine down, unless one of this model and serial number is there."""
    args: AssetArgs = act.args
    unreadable = _unreadable(args, ("model",))
    if unreadable is not None:
        return unreadable
    if state.find(Site, args.site) is None:
        return refuse_value("unknown_subject", "args.site")
    unreal = machine.unreal(args)
    if unreal is not None:
        return unreal
    new = Asset(
        id=act.on[1],
        site_id=args.site,
        name=tidy(args.name) or tidy(args.model),
        model=tidy(args.model),
        serial=tidy(args.serial),
        product_class=tidy(args.product_class),
        delivered_on=args.delivered_on,
        invoiced_on=args.invoiced_on,
        warranty_until=args.warranty_until,
    )
    return machine.same_on_file(state, new) or Outcome(rows=(new,))


def _unreadable(args: CustomerArgs | SiteArgs | AssetArgs, said: Iterable[str]) -> Refused | None:
    """The first text that cannot be shown, or that should say something and does not."""
    for name in args.__struct_fields__:
        value = getattr(args, name)
        if isinstance(value, str) and has_control_characters(tidy(value)):
            return refuse_value("not_text", f"args.{name}")
    empty = (name for name in said if not is_sayable(getattr(args, name)))
    field = next(empty, None)
    return refuse_value("not_text", f"args.{field}") if field is not None else None


def _packed(address: str) -> str:
    """An address as it is compared: how somebody spaces it makes no other place."""
    return "".join(address.split()).casefold()


def _same_number(reach: Reach) -> tuple[Ref, ...]:
    same = tuple((Customer, by("phone", one)) for one in sorted(_spellings(reach.args.phone)))
    return (*same, *(the_tiers(reach) if reach.args.tier else ()))


def _spellings(phone: str) -> set[str]:
    """The ways in which a number is likely to have been written down before."""
    plain = digits(phone)
    ways = {phone.strip(), plain}
    if len(plain) == MOBILE_DIGITS:
        pieces = (plain[:3], plain[3:7], plain[7:])
        ways |= {sign.join(pieces) for sign in (" ", "-")}
    return ways - {""}


def _places_of(reach: Reach) -> tuple[Ref, ...]:
    customer = reach.args.customer
    return ((Customer, customer), (Site, by("customer_id", customer)))


def _same_serial(reach: Reach) -> tuple[Ref, ...]:
    return ((Site, reach.args.site), *machine.its_serial(reach.args.serial))


def _its_site(reach: Reach) -> tuple[Aggregate, ...]:
    return (("site", reach.args.site),)


KINDS = (
    Kind(
        name="customer.add",
        cls="office",
        nouns=frozenset({"customer"}),
        args=CustomerArgs,
        reduce=add_customer,
        creates=True,
        refs=_same_number,
    ),
    Kind(
        name="site.add",
        cls="office",
        nouns=frozenset({"site"}),
        args=SiteArgs,
        reduce=add_site,
        creates=True,
        mentions=(("customer", "customer"),),
        refs=_places_of,
    ),
    Kind(
        name="asset.add",
        cls="office",
        nouns=frozenset({"asset"}),
        args=AssetArgs,
        reduce=add_asset,
        creates=True,
        mentions=(("site", "site"),),
        touches=_its_site,
        refs=_same_serial,
    ),
)
