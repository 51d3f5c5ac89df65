"""Merging: two customers, sites or machines that are one become one, and both ids mean it."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import structs, to_builtins

from shared.aliases import Alias, alias_id
from shared.amounts import Id
from shared.assignment import follow, subscription
from shared.enquiry import Enquiry
from shared.errors import Refused, refuse_value
from shared.history import VISITS_MAX, AssetHistory, history_id
from shared.ink_claims import InkClaim
from shared.people import Subscription
from shared.prices import Contract
from shared.records import Aggregate, Record, State, home, stream_of
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref
from shared.return_case import ReturnCase
from shared.site import Asset, Customer, Site
from shared.tasks import Conflict
from shared.ticket import Ticket
from shared.work_order import WorkOrder

Thing = Customer | Site | Asset
MERGED: Final[dict[str, type[Thing]]] = {"customer": Customer, "site": Site, "asset": Asset}
ROWS_MAX: Final = 2_000  # that one merge writes anew: nobody else works on those things meanwhile
NAMES_MAX: Final = 20  # former ones that are kept

# What names a thing, and by which field: all of it follows. What was recorded of a machine on a
# job (readings, photos, items) keeps the id it was recorded under, and is found by its job.
NAMING: Final[dict[str, tuple[tuple[type[Record], str], ...]]] = {
    "customer": (
        *((Site, "customer_id"), (Contract, "customer_id"), (Ticket, "customer_id")),
        *((WorkOrder, "customer_id"), (InkClaim, "customer_id")),
        *((Alias, "home_id"), (Subscription, "stream")),
    ),
    "site": (
        *((Asset, "site_id"), (AssetHistory, "site_id"), (Contract, "site_id")),
        *((Ticket, "site_id"), (WorkOrder, "site_id"), (Conflict, "home_id")),
        (Enquiry, "site_id"),
        *((Alias, "home_id"), (Subscription, "stream")),
    ),
    "asset": (
        *((Ticket, "asset_id"), (WorkOrder, "asset_id"), (AssetHistory, "asset_id")),
        *((Enquiry, "asset_id"), (ReturnCase, "asset_id"), (ReturnCase, "new_asset_id")),
        *((Asset, "replaced_by"), (Alias, "into_id")),
    ),
}
# What the one that stays takes over where it says nothing itself. Those of one line go together.
FILLED: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "customer": (("salutation",), ("phone",), ("language",), ("tier",)),
    "site": (
        *(("name",), ("division",), ("zone",), ("access_notes",)),
        ("contact_name", "contact_phone"),
    ),
    "asset": (
        *(("serial",), ("product_class",)),
        *(("delivered_on",), ("invoiced_on",), ("warranty_until",)),
        ("gone", "gone_on", "replaced_by"),
    ),
}
# Where both have to belong already, so that nothing changes hands by the way.
SAME: Final = {"site": "customer_id", "asset": "site_id"}


class MergeArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """The one that stays."""

    into: Id


def key_of(noun: str, name: str, identity: str) -> str:
    """What a field that names a thing holds: its id, or the stream that carries it."""
    return stream_of((noun, identity)) if name == "stream" else identity


def merge(state: State, act: Act) -> Outcome | Refused:
    """Make one thing of two: everything that named the one names the other from now on."""
    noun, identity = act.on
    into: str = act.args.into
    if into == identity:
        # Said once more under the id that is gone, or else the wrong way round.
        return Outcome(merged=True) if act.alias else refuse_value("into_itself", "args.into")
    if act.alias is not None:
        return refuse_value("merged_meanwhile", "on", id=identity)
    gone, stays = state.find(MERGED[noun], identity), state.find(MERGED[noun], into)
    if gone is None or stays is None:
        return refuse_value("unknown_subject", "on" if gone is None else "args.into")
    refused = _apart(noun, gone, stays)
    if refused is not None:
        return refused
    named = list(named_by(state, act.on))
    if len(named) > ROWS_MAX:
        return refuse_value("too_many", "on", limit=ROWS_MAX)
    return _merged(state, act, (gone, stays), named)


def _apart(noun: str, gone: Thing, stays: Thing) -> Refused | None:
    """The refusal of two that do not belong to the same customer, or stand at the same site.

    A machine and the one that it was exchanged for are two.
    """
    if isinstance(gone, Asset) and isinstance(stays, Asset):
        pairs = ((gone.replaced_by, stays.id), (stays.replaced_by, gone.id))
        if any(one == other for one, other in pairs):
            return refuse_value("exchanged", "args.into")
    shared = SAME.get(noun)
    if shared is not None and getattr(gone, shared) != getattr(stays, shared):
        return refuse_value("apart", "args.into")
    return None


def named_by(state: State, thing: Aggregate) -> Iterator[Record]:
    """The rows that name a thing, as far as they are known."""
    noun, identity = thing
    for kind, name in NAMING[noun]:
        wanted = key_of(noun, name, identity)
        yield from (one for one in state.all(kind) if getattr(one, name) == wanted)


def _merged(state: State, act: Act, pair: tuple[Thing, Thing], named: Iterable[Record]) -> Outcome:
    noun = act.on[0]
    gone, stays = pair
    rows: list[Record] = [_alias(act, gone, stays)]
    removed: list[Record] = [gone]
    after = filled(noun, gone, stays)
    if after != stays:
        rows.append(after)
    for row in named:
        moved = _moved(noun, row, pair)
        if moved.id != row.id:
            removed.append(row)
        rows.append(_remembered(state, moved) if isinstance(moved, AssetHistory) else moved)
    return Outcome(rows=tuple(rows), removed=tuple(removed))


def _alias(act: Act, gone: Thing, stays: Thing) -> Alias:
    place = home(stays)
    assert place is not None
    return Alias(
        id=alias_id(act.on),
        noun=act.on[0],
        merged_id=gone.id,
        into_id=stays.id,
        home_noun=place[0],
        home_id=place[1],
        name=gone.address if isinstance(gone, Site) else gone.name,
        phone=number_of(gone),
        was={
            name: list(value) if isinstance(value, tuple) else value
            for name, value in to_builtins(gone).items()
            if name not in ("id", "version") and value
        },
        by=act.by.id,
        at=act.at,
    )


def number_of(thing: Thing) -> str:
    """The telephone number by which a customer or a site is known."""
    if isinstance(thing, Asset):
        return ""
    return thing.phone if isinstance(thing, Customer) else thing.contact_phone


def filled(noun: str, gone: Thing, stays: Thing) -> Thing:
    """The one that stays, with what it did not say itself, and the name the other one had."""
    told: dict[str, Any] = {}
    for line in FILLED[noun]:
        if not any(getattr(stays, name) for name in line):
            told |= {name: getattr(gone, name) for name in line}
    if isinstance(stays, Customer) and isinstance(gone, Customer):
        names = dict.fromkeys((*stays.former_names, gone.name, *gone.former_names))
        kept = tuple(one for one in names if one != stays.name)
        told["former_names"] = kept[:NAMES_MAX]
    return structs.replace(stays, **told)


def _moved(noun: str, row: Record, pair: tuple[Thing, Thing]) -> Record:
    """A row that names the one that stays, wherever it named the other."""
    gone, stays = pair
    if isinstance(row, Subscription):
        return subscription(follow(row.person_id, stream_of((noun, stays.id)), row.reason))
    told = {
        name: stays.id
        for kind, name in NAMING[noun]
        if isinstance(row, kind) and getattr(row, name) == gone.id
    }
    if isinstance(row, Alias) and row.into_id == gone.id:
        told["into_id"] = stays.id
    if isinstance(row, AssetHistory) and noun == "asset":
        told["id"] = history_id(stays.id)
    return structs.replace(row, **told)


def _remembered(state: State, moved: AssetHistory) -> AssetHistory:
    """What both machines remember, the newest visits of it."""
    known = state.find(AssetHistory, moved.id)
    if known is None or known.asset_id != moved.asset_id:
        return moved
    visits = {one.id: one for one in (*known.visits, *moved.visits)}
    newest = sorted(visits.values(), key=lambda one: (-one.ended_at, one.id))[:VISITS_MAX]
    return structs.replace(known, site_id=moved.site_id, visits=tuple(newest))


def _both(reach: Reach) -> tuple[Aggregate, ...]:
    """Both things and what they belong to, so that nothing is added there meanwhile."""
    noun = reach.on[0]
    above = {"site": ("customer", "customer_id"), "asset": ("site", "site_id")}.get(noun)
    whose = reach.links.get(above[1]) if above is not None else None
    upper = ((above[0], whose),) if above is not None and whose else ()
    return ((noun, reach.args.into), *upper)


def _themselves(reach: Reach) -> tuple[Ref, ...]:
    kind = MERGED[reach.on[0]]
    histories: tuple[Ref, ...] = ()
    if kind is Asset:
        histories = ((AssetHistory, history_id(reach.args.into)),)
    return ((kind, reach.on[1]), (kind, reach.args.into), *histories)


KINDS = tuple(
    Kind(
        name=f"{noun}.merge",
        cls="office",
        nouns=frozenset({noun}),
        args=MergeArgs,
        reduce=merge,
        mentions=((noun, "into"),),
        gathers=True,
        touches=_both,
        refs=_themselves,
    )
    for noun in MERGED
)
