"""Twins: what may be on file twice, what hangs on either, and what was merged into a thing."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, or_, select

from server.queries.customers import customers, is_reached_by
from server.queries.pages import Item, T, Window, by_id, mentions
from shared.fields import digits
from shared.merging import MERGED, SAME
from shared.records import stream_of

SHOWN_MAX: Final = 20

CUSTOMER, SITE, ASSET = T["customer"], T["site"], T["asset"]
TICKET, ORDER, CONTRACT = T["ticket"], T["work_order"], T["contract"]
ALIAS, PERSON, SUBSCRIPTION = T["alias"], T["person"], T["subscription"]
# By which words things of one sort are found.
NAMED: Final = {
    "site": (SITE.c.name, SITE.c.address, SITE.c.contact_name, SITE.c.contact_phone),
    "asset": (ASSET.c.name, ASSET.c.model, ASSET.c.serial),
}
# Alike in these, two are likely one: the reason, and the fields that say so.
ALIKE: Final[dict[str, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    "customer": (("same_phone", ("phone",)), ("same_name", ("name",))),
    "site": (("same_address", ("address",)), ("same_phone", ("contact_phone",))),
    "asset": (("same_serial", ("serial",)), ("same_model", ("model",))),
}
PHONES: Final = ("phone", "contact_phone")


def likely(connection: Connection, noun: str, thing: Item) -> list[Item]:
    """What is likely the same as a thing, each with why, the likeliest first."""
    found = (
        _alike_customers(connection, thing)
        if noun == "customer"
        else _beside(connection, noun, thing)
    )
    told = [{**one, "why": _why(noun, thing, one)} for one in found]
    return sorted((one for one in told if one["why"]), key=lambda one: -len(one["why"]))


def found(connection: Connection, noun: str, thing: Item, q: str) -> list[Item]:
    """What a thing may be merged with, by words or a number."""
    if noun == "customer":
        listed = customers(connection, Window(limit=SHOWN_MAX), q).items
        return [one for one in listed if one["id"] != thing["id"]]
    return _beside(connection, noun, thing, mentions(q, *NAMED[noun]))


def _alike_customers(connection: Connection, thing: Item) -> list[Item]:
    numbers = [thing["phone"]]
    numbers += connection.scalars(
        select(SITE.c.contact_phone).where(SITE.c.customer_id == thing["id"]).limit(SHOWN_MAX)
    ).all()
    rung = [is_reached_by(one) for one in sorted(set(numbers)) if digits(one)]
    wanted = select(CUSTOMER).where(
        CUSTOMER.c.id != thing["id"], or_(CUSTOMER.c.name == thing["name"], *rung)
    )
    rows = connection.execute(wanted.order_by(CUSTOMER.c.name, CUSTOMER.c.id).limit(SHOWN_MAX))
    return [dict(row._asdict()) for row in rows]


def _beside(
    connection: Connection, noun: str, thing: Item, *conditions: ColumnElement[bool]
) -> list[Item]:
    """What stands at the same place, or belongs to the same customer."""
    own, shared = T[noun], SAME[noun]
    wanted = select(own).where(own.c[shared] == thing[shared], own.c.id != thing["id"], *conditions)
    rows = connection.execute(wanted.order_by(own.c.name, own.c.id).limit(SHOWN_MAX))
    return [dict(row._asdict()) for row in rows]


def _why(noun: str, one: Item, other: Item) -> list[str]:
    """In what two are alike; a customer may be reached by a number of one of their places."""
    why = [
        code
        for code, names in ALIKE[noun]
        if all(_packed(name, one[name]) == _packed(name, other[name]) != "" for name in names)
    ]
    return why if why or noun != "customer" else ["same_phone"]


def _packed(name: str, value: str) -> str:
    """A value as it is compared: how somebody spaces or marks it makes no other one."""
    if name in PHONES:
        return digits(value)
    return "".join(sign for sign in value.casefold() if sign.isalnum())


def weight(connection: Connection, noun: str, identity: str) -> list[tuple[str, int]]:
    """How much hangs on a thing, sort by sort; nothing of a sort is left out."""
    counted: dict[str, Any] = {}
    if noun == "customer":
        counted["sites"] = (SITE, SITE.c.customer_id)
    if noun == "site":
        counted["machines"] = (ASSET, ASSET.c.site_id)
    if noun != "asset":
        counted["contracts"] = (CONTRACT, CONTRACT.c[f"{noun}_id"])
    counted |= {"tickets": (TICKET, TICKET.c[f"{noun}_id"]), "jobs": (ORDER, ORDER.c[f"{noun}_id"])}
    found = {
        sort: connection.scalar(select(func.count()).select_from(table).where(column == identity))
        for sort, (table, column) in counted.items()
    }
    if noun != "asset":
        followed = SUBSCRIPTION.c.stream == stream_of((noun, identity))
        whose = func.count(func.distinct(SUBSCRIPTION.c.person_id))
        found["people"] = connection.scalar(select(whose).where(followed))
    return [(sort, int(count)) for sort, count in found.items() if count]


def alias(connection: Connection, noun: str, identity: str) -> Item | None:
    """What became of a thing that was merged: into which one, by whom, and when."""
    wanted = _aliases(noun).where(ALIAS.c.merged_id == identity)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else dict(row._asdict())


def merged_into(connection: Connection, noun: str, identity: str) -> list[Item]:
    """What was merged into a thing, the newest first."""
    wanted = _aliases(noun).where(ALIAS.c.into_id == identity).order_by(ALIAS.c.at.desc())
    return [dict(row._asdict()) for row in connection.execute(wanted.limit(SHOWN_MAX))]


def _aliases(noun: str) -> Any:
    return (
        select(ALIAS, PERSON.c.name.label("person"))
        .join_from(ALIAS, PERSON, PERSON.c.id == ALIAS.c.by, isouter=True)
        .where(ALIAS.c.noun == noun)
    )


def thing(connection: Connection, noun: str, identity: str) -> Item | None:
    """A customer, a site or a machine, by its id."""
    return by_id(connection, noun, identity) if noun in MERGED else None
