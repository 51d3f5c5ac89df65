"""The desk: the words, people and limits that its forms offer, and the letters that wait."""

import json
import re
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Text, cast, func, or_, select

from server.queries.customers import rings
from server.queries.pages import Item, Listed, T, Window, by_id, page
from server.queries.queue import OPEN_TICKETS

SERVICE_TYPES: Final = "service_types"
SAME_MAX: Final = 5
NUMBER_DIGITS, NUMBER_DIGITS_MIN = 11, 7  # of a number without what its country begins with

TAGS, PERSON, POLICY = T["tag_set"], T["person"], T["service_policy"]
ENQUIRY, SITE, CUSTOMER, ASSET = T["enquiry"], T["site"], T["customer"], T["asset"]
TICKET = T["ticket"]


def tag_sets(connection: Connection, language: str, chosen: Collection[str] = ()) -> list[Item]:
    """The sets of words, each with those that are offered, and those that were chosen before."""
    rows = connection.execute(select(TAGS).order_by(TAGS.c.code))
    return [
        {
            "code": row.code,
            "name": getattr(row, language),
            "tags": [
                (f"{row.code}:{tag['code']}", tag[language])
                for tag in row.tags
                if not tag.get("retired") or f"{row.code}:{tag['code']}" in chosen
            ],
        }
        for row in rows
    ]


def tag_set(connection: Connection, code: str) -> Item | None:
    """One set with all its words, also those that are retired."""
    row = connection.execute(select(TAGS).where(TAGS.c.code == code)).one_or_none()
    return None if row is None else dict(row._asdict())


def tag_usage(connection: Connection, code: str) -> dict[str, int]:
    """How many tickets were classified with each word of a set."""
    if code == SERVICE_TYPES:
        typed = select(TICKET.c.service_type, func.count()).group_by(TICKET.c.service_type)
        return dict(connection.execute(typed).all())
    # As a text: of so many tickets only a few are classified in ways of their own.
    told = cast(TICKET.c.tags, Text).label("told")
    chosen = select(told).where(told != "[]").subquery()
    rows = connection.execute(select(chosen.c.told, func.count()).group_by(chosen.c.told))
    found: dict[str, int] = {}
    for tags, count in rows:
        for one in json.loads(tags):
            name, _, word = one.partition(":")
            if name == code:
                found[word] = found.get(word, 0) + count
    return found


def owners(connection: Connection) -> list[Item]:
    """Who may track a major request: everybody who is there."""
    wanted = select(PERSON.c.id, PERSON.c.name).where(PERSON.c.disabled.is_(False))
    return [dict(row._asdict()) for row in connection.execute(wanted.order_by(PERSON.c.name))]


def limits(connection: Connection, policy_id: str | None, _language: str) -> list[tuple[str, str]]:
    """The limits of the policy that a ticket was opened under."""
    policy = by_id(connection, "service_policy", policy_id) if policy_id else None
    if policy is None:
        return []
    return [(one["id"], one["id"]) for one in (*policy["limits"], *policy["further"])]


def enquiries(connection: Connection, window: Window, *, state: str) -> Listed:
    """What came in and stands so, the oldest first where it still waits."""
    wanted = _placed().where(ENQUIRY.c.state == state)
    key = (ENQUIRY.c.received_at, ENQUIRY.c.id)
    return page(connection, wanted, window, key, newest_first=state != "new")


def enquiry(connection: Connection, identity: str) -> Item | None:
    """One of them, with the place and the machine that its link named, and its ticket."""
    found = connection.execute(_placed().where(ENQUIRY.c.id == identity)).first()
    if found is None:
        return None
    told = dict(found._asdict())
    return {**told, "ticket": by_id(connection, "ticket", told["ticket_id"])}


def waiting(connection: Connection) -> int:
    """How many have not been looked at."""
    wanted = select(func.count()).select_from(ENQUIRY).where(ENQUIRY.c.state == "new")
    return int(connection.scalar(wanted) or 0)


def _placed() -> Any:
    joined = (
        ENQUIRY.outerjoin(SITE, SITE.c.id == ENQUIRY.c.site_id)
        .outerjoin(CUSTOMER, CUSTOMER.c.id == SITE.c.customer_id)
        .outerjoin(ASSET, ASSET.c.id == ENQUIRY.c.asset_id)
    )
    return select(
        *ENQUIRY.c,
        CUSTOMER.c.name.label("customer"),
        SITE.c.address.label("place"),
        ASSET.c.name.label("machine"),
    ).select_from(joined)


def open_tickets_of(connection: Connection, phone: str, site_id: str | None) -> list[Item]:
    """Open tickets of whoever has this number, or of this place: what came in may be about one.

    It is the number of a customer or of a place, or that from which a request came in, by whichever
    channel; however it is written.
    """
    tests: list[ColumnElement[bool]] = []
    digits = re.sub(r"[^0-9]", "", phone)[-NUMBER_DIGITS:]
    if len(digits) >= NUMBER_DIGITS_MIN:
        customers = select(CUSTOMER.c.id).where(rings(CUSTOMER.c.phone, digits))
        places = select(SITE.c.id).where(rings(SITE.c.contact_phone, digits))
        came = select(ENQUIRY.c.ticket_id).where(
            ENQUIRY.c.ticket_id.is_not(None), rings(ENQUIRY.c.contact, digits)
        )
        tests += [TICKET.c.customer_id.in_(customers), TICKET.c.site_id.in_(places)]
        tests.append(TICKET.c.id.in_(came))
    if site_id is not None:
        tests.append(TICKET.c.site_id == site_id)
    if not tests:
        return []
    named = (TICKET.c.id, TICKET.c.number, TICKET.c.problem, TICKET.c.opened_at, TICKET.c.status)
    wanted = (
        select(*named, TICKET.c.channel, TICKET.c.site_id)
        .where(TICKET.c.status.in_(OPEN_TICKETS), or_(*tests))
        .order_by(TICKET.c.opened_at.desc(), TICKET.c.id)
        .limit(SAME_MAX)
    )
    return [dict(row._asdict()) for row in connection.execute(wanted)]
