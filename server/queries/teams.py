"""Teams, outlets and tiers as the office reads them: who is in which, and what is proposed."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from server.queries.pages import Item, T, by_id
from shared.tag_sets import TIERS, tag_set_id
from shared.teams import Outlet, Proposal, Team, propose

TEAM, OUTLET, PERSON, TAGS = T["team"], T["outlet"], T["person"], T["tag_set"]
# Sets whose words say where a request goes; the others are about something else.
ASIDE: Final = ("service_types", TIERS)


def teams(connection: Connection) -> list[Team]:
    """Every team, those that are no more last, by name."""
    rows = connection.execute(select(TEAM).order_by(TEAM.c.retired, TEAM.c.name, TEAM.c.id))
    return [msgspec.convert(row._asdict(), Team) for row in rows]


def outlets(connection: Connection) -> list[Outlet]:
    """Every outlet, those that are no more last, by kind and name."""
    order = (OUTLET.c.retired, OUTLET.c.kind != "own", OUTLET.c.kind, OUTLET.c.zh, OUTLET.c.id)
    rows = connection.execute(select(OUTLET).order_by(*order))
    return [msgspec.convert(row._asdict(), Outlet) for row in rows]


def names(connection: Connection) -> dict[str, str]:
    """What each team is called, by id."""
    rows = connection.execute(select(TEAM.c.id, TEAM.c.name))
    return {row.id: row.name for row in rows}


def members(connection: Connection) -> dict[str, list[Item]]:
    """Who is in each team and has not left, by name."""
    wanted = select(PERSON.c.id, PERSON.c.name, PERSON.c.login, PERSON.c.team_id).where(
        PERSON.c.team_id.is_not(None), PERSON.c.disabled.is_(False)
    )
    found: dict[str, list[Item]] = {}
    for row in connection.execute(wanted.order_by(PERSON.c.name, PERSON.c.id)):
        found.setdefault(row.team_id, []).append(dict(row._asdict()))
    return found


def tiers(connection: Connection, language: str) -> dict[str, str]:
    """What each tier is called, in the order of the list; those offered no more come last."""
    found = connection.execute(select(TAGS.c.tags).where(TAGS.c.id == tag_set_id(TIERS)))
    tags = sorted(found.scalar() or (), key=lambda one: bool(one.get("retired")))
    return {one["code"]: one[language] for one in tags}


def offered_tiers(connection: Connection, language: str) -> list[tuple[str, str]]:
    """The tiers that a customer may be put in, each with what it is called."""
    found = connection.execute(select(TAGS.c.tags).where(TAGS.c.id == tag_set_id(TIERS)))
    return [(one["code"], one[language]) for one in found.scalar() or () if not one.get("retired")]


def words(connection: Connection, language: str) -> dict[str, dict[str, str]]:
    """What the words are called by which requests are classified, as `set:word`, by set."""
    rows = connection.execute(select(TAGS).where(TAGS.c.code.not_in(ASIDE)).order_by(TAGS.c.code))
    return {
        getattr(row, language): {
            f"{row.code}:{one['code']}": one[language] for one in row.tags if not one.get("retired")
        }
        for row in rows
    }


def proposed(connection: Connection, ticket: Mapping[str, Any]) -> Proposal | None:
    """The team that a ticket goes to by its class, its machine, its place and its customer."""
    asset = by_id(connection, "asset", ticket["asset_id"])
    site = by_id(connection, "site", ticket["site_id"])
    customer = by_id(connection, "customer", ticket["customer_id"])
    told = {
        "tag": tuple(ticket["tags"]),
        "kind": (ticket["kind"],),
        "product_class": (asset["product_class"],) if asset is not None else (),
        "tier": (customer["tier"],) if customer is not None else (),
        "zone": (site["zone"],) if site is not None else (),
    }
    return propose(teams(connection), told)
