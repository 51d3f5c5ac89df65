"""Money as the office reads it: the bill of a job, what was collected, invoices, and prices."""

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, false, func, or_, select

from server.queries.pages import Item, T, by_id, living_with
from shared.coverage import Case
from shared.payments import ON_ACCOUNT
from shared.prices import ORGANISATION, Contract, PriceList
from shared.site import Asset

ROWS_MAX: Final = 500  # of money that waits; more of it is somebody's whole week
RECENT_MAX: Final = 20

PAYMENT, REQUEST = T["payment"], T["invoice_request"]
PRICES, CONTRACT = T["price_list"], T["contract"]
ORDER, CUSTOMER, PERSON = T["work_order"], T["customer"], T["person"]
# Money that somebody has collected and finance has not.
IS_OUT: Final = (
    PAYMENT.c.handed_at.is_(None),
    PAYMENT.c.void_at.is_(None),
    PAYMENT.c.method != ON_ACCOUNT,
)


def bill(connection: Connection, order: Item, day: str) -> Item:
    """What a job costs: who pays, lines, quotes, payments, invoices, and what was taken away.

    `editions` are those that its lines and quotes are at, and the one in force on the day.
    """
    own = ("work_order_id", order["id"])
    charges = living_with(connection, "charge", *own, order="at")
    quotes = living_with(connection, "quote", *own, order="at")
    pinned = {one["price_list_id"] for one in (*charges, *quotes)}
    return {
        "decisions": living_with(connection, "coverage_decision", *own, order="at"),
        "charges": [one for one in charges if one["dropped_at"] is None],
        "dropped": [one for one in charges if one["dropped_at"] is not None],
        "quotes": quotes,
        "payments": living_with(connection, "payment", *own, order="at"),
        "invoices": living_with(connection, "invoice_request", *own, order="at"),
        "items": living_with(connection, "taken_item", *own, order="at"),
        "editions": _lists(connection, or_(PRICES.c.id.in_(pinned), PRICES.c.id == _counts(day))),
    }


def editions(connection: Connection) -> list[PriceList]:
    """Every edition of the price list, the one that began last at the head."""
    return _lists(connection)


def in_force(connection: Connection, day: str) -> PriceList | None:
    """The edition of the price list that counts on a day (`2026-11-21`)."""
    return next(iter(_lists(connection, PRICES.c.id == _counts(day))), None)


def terms(connection: Connection) -> tuple[PriceList, ...]:
    """Every edition without its prices: how long warranties last needs none of them."""
    columns = [one for one in PRICES.c if one.name != "items"]
    found = connection.execute(select(*columns))
    return tuple(msgspec.convert({**row._asdict(), "items": ()}, PriceList) for row in found)


def _lists(connection: Connection, *which: ColumnElement[bool]) -> list[PriceList]:
    newest = (PRICES.c.valid_from.desc(), PRICES.c.edition.desc(), PRICES.c.id)
    rows = connection.execute(select(PRICES).where(*which).order_by(*newest))
    return [msgspec.convert(row._asdict(), PriceList) for row in rows]


def _counts(day: str) -> ScalarSelect[Any]:
    """The id of the edition in force, as `shared.prices.current` chooses it."""
    begun = (PRICES.c.retired.is_(false()), PRICES.c.valid_from <= day)
    last = (PRICES.c.valid_from.desc(), PRICES.c.edition.desc(), PRICES.c.id.desc())
    return select(PRICES.c.id).where(*begun).order_by(*last).limit(1).scalar_subquery()


def case(connection: Connection, order: Item, prices: PriceList | None, day: str) -> Case:
    """What is known of a job for the question who pays for it."""
    asset = by_id(connection, "asset", order["asset_id"])
    return Case(
        category=order["category"],
        site_id=order["site_id"],
        day=day,
        asset=msgspec.convert(asset, Asset) if asset is not None else None,
        contracts=tuple(
            msgspec.convert(one, Contract) for one in contracts(connection, order["customer_id"])
        ),
        prices=prices,
    )


def bare(asset: Item) -> Item:
    """A machine's own fields, without what stands beside it."""
    return {name: asset[name] for name in Asset.__struct_fields__}


def contracts(connection: Connection, customer: str) -> list[Item]:
    """The contracts of a customer, the one that lasts longest first."""
    rows = connection.execute(
        select(CONTRACT)
        .where(CONTRACT.c.customer_id == customer)
        .order_by(CONTRACT.c.valid_to.desc(), CONTRACT.c.id)
    )
    return [dict(row._asdict()) for row in rows]


def organisation(connection: Connection) -> Item | None:
    """Whose papers these are, once somebody has written it down."""
    return by_id(connection, "organisation", ORGANISATION)


def collected(connection: Connection) -> list[Item]:
    """Money that technicians have collected and not handed over, by who has it, oldest first."""
    wanted = _of_a_job(PAYMENT, PERSON.c.name.label("person")).where(*IS_OUT)
    return _rows(connection, wanted.order_by(PERSON.c.name, PAYMENT.c.at, PAYMENT.c.id))


def requests(connection: Connection) -> list[Item]:
    """Invoices that are asked for and not issued, the oldest first."""
    wanted = _of_a_job(REQUEST, PERSON.c.name.label("person")).where(REQUEST.c.state == "asked")
    return _rows(connection, wanted.order_by(REQUEST.c.at, REQUEST.c.id))


def settled(connection: Connection) -> list[Item]:
    """The invoices that were issued or reversed last."""
    wanted = _of_a_job(REQUEST, PERSON.c.name.label("person")).where(REQUEST.c.state != "asked")
    newest = wanted.order_by(REQUEST.c.issued_at.desc(), REQUEST.c.id).limit(RECENT_MAX)
    return [dict(row._asdict()) for row in connection.execute(newest)]


def waits(connection: Connection) -> int:
    """How many requests for an invoice wait for somebody."""
    wanted = select(func.count()).where(REQUEST.c.state == "asked")
    return connection.scalar(wanted) or 0


def overdue(connection: Connection, before_ms: int) -> list[Item]:
    """What each technician collected before then and has not handed over, the oldest first."""
    rows = connection.execute(
        select(
            PERSON.c.id,
            PERSON.c.name.label("person"),
            PAYMENT.c.currency,
            func.sum(PAYMENT.c.amount).label("amount"),
            func.min(PAYMENT.c.at).label("at"),
            func.count().label("count"),
        )
        .join_from(PAYMENT, PERSON, PERSON.c.id == PAYMENT.c.person_id)
        .where(*IS_OUT, PAYMENT.c.at < before_ms)
        .group_by(PERSON.c.id, PERSON.c.name, PAYMENT.c.currency)
        .order_by(func.min(PAYMENT.c.at), PERSON.c.id)
    )
    return [{**row._asdict(), "amount": int(row.amount)} for row in rows]


def _of_a_job(table: Any, *more: Any) -> Select[Any]:
    """Rows that live with a job, with its number, its customer and who wrote them down."""
    joined = (
        table.join(ORDER, ORDER.c.id == table.c.work_order_id)
        .join(CUSTOMER, CUSTOMER.c.id == ORDER.c.customer_id)
        .outerjoin(PERSON, PERSON.c.id == table.c.person_id)
    )
    named = (ORDER.c.number.label("job"), CUSTOMER.c.name.label("customer"))
    return select(*table.c, *named, *more).select_from(joined)


def _rows(connection: Connection, wanted: Select[Any]) -> list[Item]:
    return [dict(row._asdict()) for row in connection.execute(wanted.limit(ROWS_MAX))]
