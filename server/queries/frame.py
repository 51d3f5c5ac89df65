"""What the console's frame asks: how much waits behind each place, and where one is signed in."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, ScalarSelect, Select, func, or_, select, text

from server import tree
from server.queries import feedback
from server.queries.pages import LOOKS, Item, T
from server.tables.books import WAITS
from shared.people import may

NAME_CHARS: Final = 12


def counts(connection: Connection, roles: Sequence[str], silent_since: int) -> dict[str, int]:
    """What needs a person behind each place of the rail, for those who may look; one statement.

    A phone is silent that was not heard of since `silent_since` (ms).
    """
    conflict, op, ticket, asked_for = (
        T[name] for name in ("conflict", "op", "ticket", "invoice_request")
    )
    asked = {
        "tickets": ("read.tickets", _count(select(func.count()).where(ticket.c.status == "new"))),
        "conflicts": (
            "read.conflicts",
            _count(select(func.count()).where(conflict.c.settled_at.is_(None)))
            + _count(select(func.count()).select_from(op).where(text(WAITS))),
        ),
        "messages": (
            "message.queue",
            _count(select(func.count()).where(T["message"].c.state.in_(("queued", "failed")))),
        ),
        "feedback": ("read.feedback", _count(feedback.waiting())),
        "money": (
            "invoice.issue",
            _count(select(func.count()).where(asked_for.c.state == "asked")),
        ),
        "phones": ("read.devices", _phones(silent_since)),
    }
    wanted = {key: one for key, (intent, one) in asked.items() if may(tuple(roles), intent)}
    if not wanted:
        return {}
    row = connection.execute(select(*(one.label(key) for key, one in wanted.items()))).one()
    return dict(row._asdict())


def _phones(since: int) -> ScalarSelect[int]:
    """Phones that wait to be let in, and those in use that have not been heard of for hours."""
    device, person = T["device"], T["person"]
    return _count(
        select(func.count())
        .select_from(device.join(person, person.c.id == device.c.person_id))
        .where(
            device.c.revoked_at.is_(None),
            person.c.disabled.is_not(True),
            or_(
                device.c.confirmed_at.is_(None),
                func.coalesce(device.c.contact_at, device.c.created_at) < since,
            ),
        )
    )


def _count(wanted: Select[int]) -> ScalarSelect[int]:
    return wanted.scalar_subquery()


def sessions_of(connection: Connection, person_id: str, now_ms: int) -> list[Item]:
    """Where somebody is signed in, the newest first; `name` is enough to tell them apart."""
    session = T["session"]
    rows = connection.execute(
        select(session)
        .where(session.c.person_id == person_id, session.c.expires_at > now_ms)
        .order_by(session.c.created_at.desc(), session.c.hash)
    )
    return [{**row._asdict(), "name": row.hash[:NAME_CHARS]} for row in rows]


def standing_of_people(connection: Connection) -> dict[str, Item]:
    """By person: since when they have been signed in, phones in use, and a password to change."""
    credential, session, device, person = T["credential"], T["session"], T["device"], T["person"]
    used = select(func.max(session.c.seen_at)).where(session.c.person_id == person.c.id)
    phones = select(func.count()).where(
        device.c.person_id == person.c.id,
        device.c.revoked_at.is_(None),
        device.c.confirmed_at.is_not(None),
    )
    rows = connection.execute(
        select(
            person.c.id,
            used.scalar_subquery().label("seen_at"),
            phones.scalar_subquery().label("phones"),
            credential.c.must_change,
        ).select_from(person.outerjoin(credential, credential.c.person_id == person.c.id))
    )
    return {row.id: dict(row._asdict()) for row in rows}


def log_size(connection: Connection) -> tuple[str, int]:
    """The epoch, and how many leaves of it are numbered: whatever changes later is past that."""
    found = tree.log_size(connection)
    assert found is not None, "the first epoch is begun when a database is made"
    return found


def lines(connection: Connection) -> tuple[str, int]:
    """The epoch of the log, and how many lines it has, numbered or not."""
    epoch, size = log_size(connection)
    leaf = T["leaf"]
    later = select(func.count()).where(leaf.c.epoch == epoch, leaf.c.number.is_(None))
    return epoch, size + (connection.scalar(later) or 0)


def changed(
    connection: Connection, epoch: str, between: tuple[int, int]
) -> list[tuple[int, str, str]]:
    """What the leaves from one number up to another speak of: number, noun and id.

    A look changes nothing: who looks at a page would otherwise have it shown anew without end.
    """
    leaf, op = T["leaf"], T["op"]
    rows = connection.execute(
        select(leaf.c.number, op.c.noun, op.c.on_id)
        .join(op, op.c.op_id == leaf.c.op_id)
        .where(
            leaf.c.epoch == epoch,
            leaf.c.number >= between[0],
            leaf.c.number < between[1],
            op.c.noun.is_not(None),
            or_(op.c.kind.is_(None), op.c.kind.not_in(LOOKS)),
        )
        .order_by(leaf.c.number)
    )
    return [(row.number, row.noun, row.on_id) for row in rows]
