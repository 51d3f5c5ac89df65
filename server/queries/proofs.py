"""Proofs: which sign-offs the server has to compare with the books again, and why now."""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Connection,
    String,
    and_,
    bindparam,
    or_,
    select,
    text,
    tuple_,
    union_all,
)

from server.queries.pages import T
from server.questions import Question, from_json
from server.rows import among, listed
from server.tables.books import WAITS
from shared.comparing import KINDS
from shared.ids import derive
from shared.records import table
from shared.signing import document_in

AT_ONCE_MAX: Final = 100  # of each state
OPEN: Final = ("pending", "diverged")

Place = tuple[int, str]  # when a sign-off was taken (ms), and its id
Places = dict[str, Place]  # by state; nothing for one that is begun anew


class Due(Struct, frozen=True, kw_only=True):
    """A sign-off that is to be compared again: the op that says so, by id, job and arguments."""

    op_id: str
    work_order: str
    args: dict[str, Any]


class Look(Struct, frozen=True, kw_only=True):
    """What one look found to be due, and behind which sign-offs the next one goes on."""

    due: list[Due]
    then: Places


_FIRST: Final[Place] = (-(2**63), "")
_SIGN_OFF, _KEPT = T["sign_off"], T["signed_document"]
_BEHIND: Final = tuple_(bindparam("after", type_=BigInteger), bindparam("behind", type_=String))
_NEXT: Final = Question(
    select(
        *(_SIGN_OFF.c.id, _SIGN_OFF.c.version, _SIGN_OFF.c.at, _SIGN_OFF.c.work_order_id),
        *(_SIGN_OFF.c.group_id, _SIGN_OFF.c.state, _SIGN_OFF.c.faults),
    )
    .join(_KEPT, _KEPT.c.sign_off_id == _SIGN_OFF.c.id)
    .where(_SIGN_OFF.c.state == bindparam("state"))
    .where(tuple_(_SIGN_OFF.c.at, _SIGN_OFF.c.id) > _BEHIND)
    .order_by(_SIGN_OFF.c.at, _SIGN_OFF.c.id)
    .limit(bindparam("most"))
)


class _Open(Struct, frozen=True):
    id: str
    version: int
    at: int
    work_order: str
    group: str
    state: str
    faults: tuple[str, ...]

    @property
    def op_id(self) -> str:
        """The same for as long as nothing has changed: what was said once is not said again."""
        return derive(self.id, "check", self.version)


def look(connection: Connection, after: Places) -> Look:
    """Sign-offs whose missing facts have come, or cannot come any more.

    One that waits is looked at once everything it listed is there, or nothing of its jobs is
    quarantined or held. One that diverged for want of a fact is looked at if that still comes.
    Some that are open at a time, however many there are: the next look goes on behind these, so
    that none of those that stay open for good is in another one's way.
    """
    found = {state: _open(connection, state, after.get(state)) for state in OPEN}
    then = {
        state: (some[-1].at, some[-1].id)
        for state, some in found.items()
        if len(some) == AT_ONCE_MAX
    }
    return Look(due=_due(connection, [one for some in found.values() for one in some]), then=then)


def _due(connection: Connection, found: Sequence[_Open]) -> list[Due]:
    if not found:
        return []
    here = _there(connection, {fault for one in found for fault in one.faults})
    jobs = _jobs(connection, {one.group for one in found})
    waiting = _waiting(connection, found, jobs)
    said = _said(connection, {one.op_id for one in found})
    ripe = [
        one
        for one in found
        if one.op_id not in said
        and (here.issuperset(one.faults) or (one.state == "pending" and one.group not in waiting))
    ]
    documents = _documents(connection, {one.id for one in ripe})
    return [_asked(one, documents[one.id], jobs[one.group]) for one in ripe]


def _asked(one: _Open, text: str, jobs: Sequence[str]) -> Due:
    document = document_in(text)
    prices = document.sum.price_list_id if document is not None and document.sum else None
    args = {
        "sign_off": one.id,
        "also": [job for job in jobs if job != one.work_order],
        **({"price_list": prices} if prices is not None else {}),
    }
    return Due(op_id=one.op_id, work_order=one.work_order, args=args)


def _open(connection: Connection, state: str, after: Place | None) -> list[_Open]:
    """The next sign-offs in a state, each as it was taken on its first job: the oldest first.

    Asked every half a second: what was signed, which is long, is read only of those that are due.
    """
    at, identity = after or _FIRST
    rows = _NEXT.ask(connection, state=state, after=at, behind=identity, most=AT_ONCE_MAX)
    return [_Open(*(*facts, tuple(from_json(connection, faults)))) for *facts, faults in rows]


def _documents(connection: Connection, sign_offs: set[str]) -> dict[str, str]:
    """What was signed, word for word, by sign-off."""
    if not sign_offs:
        return {}
    wanted = select(_KEPT.c.sign_off_id, _KEPT.c.document).where(
        among(_KEPT.c.sign_off_id, "ids", connection.dialect.name)
    )
    rows = connection.execute(wanted, {"ids": listed(connection, sign_offs)})
    return {row.sign_off_id: row.document for row in rows}


def _there(connection: Connection, facts: set[str]) -> set[str]:
    """Those of these facts that are in the books."""
    dialect = connection.dialect.name
    tables = [T[table(kind)] for kind in KINDS]
    wanted = union_all(*(select(one.c.id).where(among(one.c.id, "ids", dialect)) for one in tables))
    return set(connection.scalars(wanted, {"ids": listed(connection, facts)}))


def _jobs(connection: Connection, groups: set[str]) -> dict[str, list[str]]:
    """The jobs that were signed for together."""
    wanted = (
        select(_SIGN_OFF.c.group_id, _SIGN_OFF.c.work_order_id)
        .where(among(_SIGN_OFF.c.group_id, "groups", connection.dialect.name))
        .order_by(_SIGN_OFF.c.work_order_id)
    )
    found: dict[str, list[str]] = {}
    for group, job in connection.execute(wanted, {"groups": listed(connection, groups)}):
        found.setdefault(group, []).append(job)
    return found


def _waiting(
    connection: Connection, found: Sequence[_Open], jobs: dict[str, list[str]]
) -> set[str]:
    """The groups of which a fact may still come: something of a job of theirs waits for a person.

    What cannot be read and came from the same phone may be one as well.
    """
    op = T["op"]
    dialect = connection.dialect.name
    groups = {one.group for one in found}
    phones = select(op.c.op_id, op.c.incarnation).where(among(op.c.op_id, "groups", dialect))
    told = {"groups": listed(connection, groups)}
    phone_of = {row.op_id: row.incarnation for row in connection.execute(phones, told)}
    orders = {job for those in jobs.values() for job in those}
    waits = select(op.c.on_id, op.c.incarnation).where(
        text(WAITS),
        or_(
            among(op.c.on_id, "orders", dialect),
            and_(op.c.on_id.is_(None), among(op.c.incarnation, "phones", dialect)),
        ),
    )
    asked = {
        "orders": listed(connection, orders),
        "phones": listed(connection, {one for one in phone_of.values() if one}),
    }
    held = connection.execute(waits, asked).all()
    on = {order for order, _ in held}
    unread = {phone for order, phone in held if order is None}
    return {
        group for group in groups if on.intersection(jobs[group]) or phone_of.get(group) in unread
    }


def _said(connection: Connection, op_ids: set[str]) -> set[str]:
    op = T["op"]
    wanted = select(op.c.op_id).where(among(op.c.op_id, "ids", connection.dialect.name))
    return set(connection.scalars(wanted, {"ids": listed(connection, op_ids)}))
