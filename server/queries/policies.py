"""Policies and calendars as the office reads them: every version, what is chosen, which hours."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, select

from server.queries.pages import Item, T
from shared.calendars import WorkingCalendar
from shared.policy import CHOICE, PolicyChoice, ServicePolicy

POLICY, CHOSEN, CALENDAR = T["service_policy"], T["policy_choice"], T["working_calendar"]
SITE, ASSET, CONTRACT, CUSTOMER = T["site"], T["asset"], T["contract"], T["customer"]
CONTRACTS_MAX: Final = 500


def versions(connection: Connection) -> list[ServicePolicy]:
    """Every version of every policy, by name, the newest first."""
    sorted_by = (POLICY.c.name, POLICY.c.number.desc(), POLICY.c.id)
    return _policies(connection, select(POLICY).order_by(*sorted_by))


def versions_of(connection: Connection, name: str) -> list[ServicePolicy]:
    """The versions of one policy, the newest first."""
    newest = (POLICY.c.number.desc(), POLICY.c.id)
    return _policies(connection, select(POLICY).where(POLICY.c.name == name).order_by(*newest))


def by_ids(connection: Connection, ids: Iterable[str]) -> dict[str, ServicePolicy]:
    """Those versions, by id."""
    wanted = sorted(set(ids))
    found = _policies(connection, select(POLICY).where(POLICY.c.id.in_(wanted))) if wanted else []
    return {one.id: one for one in found}


def _policies(connection: Connection, wanted: Select[Any]) -> list[ServicePolicy]:
    rows = connection.execute(wanted)
    return [msgspec.convert(row._asdict(), ServicePolicy) for row in rows]


def choice(connection: Connection) -> PolicyChoice:
    """What is in force for whom; nothing where nobody has chosen yet."""
    row = connection.execute(select(CHOSEN).where(CHOSEN.c.id == CHOICE)).one_or_none()
    return PolicyChoice(id=CHOICE) if row is None else msgspec.convert(row._asdict(), PolicyChoice)


def calendars(connection: Connection) -> list[WorkingCalendar]:
    """The company's own calendar, then those of teams by name."""
    rows = connection.execute(select(CALENDAR).order_by(CALENDAR.c.team, CALENDAR.c.id))
    return [msgspec.convert(row._asdict(), WorkingCalendar) for row in rows]


def zones(connection: Connection) -> list[str]:
    """The dispatcher's zones that sites lie in."""
    return sorted(connection.scalars(select(SITE.c.zone).where(SITE.c.zone != "").distinct()))


def classes(connection: Connection) -> list[str]:
    """The product classes of machines."""
    named = select(ASSET.c.product_class).where(ASSET.c.product_class != "").distinct()
    return sorted(connection.scalars(named))


def contracts(connection: Connection, day: str) -> list[Item]:
    """The contracts that are not over on a day, by customer."""
    wanted = (
        select(CONTRACT.c.id, CONTRACT.c.number, CUSTOMER.c.name.label("customer"))
        .join_from(CONTRACT, CUSTOMER, CUSTOMER.c.id == CONTRACT.c.customer_id)
        .where(CONTRACT.c.valid_to >= day)
        .order_by(CUSTOMER.c.name, CONTRACT.c.number, CONTRACT.c.id)
        .limit(CONTRACTS_MAX)
    )
    return [dict(row._asdict()) for row in connection.execute(wanted)]
