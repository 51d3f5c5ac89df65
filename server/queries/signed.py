"""The proof of a job: its photos and how far each has come, what was signed, what nobody signed."""

from collections.abc import Collection, Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from server.queries.pages import Item, T, by_number
from server.rows import fetch
from shared.charges import Charge, CoverageDecision
from shared.checklist import Reading
from shared.ids import derive
from shared.notes import Note
from shared.parts import PartUse
from shared.photos import Photo
from shared.records import Record, State, table
from shared.sign_off import SignOff
from shared.visible import unlisted
from shared.work_order import Completion

# What a customer may see of a job, and signs for.
SEEN: Final[tuple[type[Record], ...]] = (
    *(Completion, Reading, PartUse, Photo, Note, CoverageDecision, Charge),
)

SIGNED: Final[tuple[type[Record], ...]] = (SignOff, *SEEN)


def photos(connection: Connection, order: str) -> list[Item]:
    """All photos of a job by when they were taken; `upload` is that of a file on its way."""
    photo, upload = T["photo"], T["upload"]
    on_its_way = (
        select(upload.c.id)
        .where(
            upload.c.sha256 == photo.c.sha256,
            upload.c.person_id == photo.c.person_id,
            upload.c.done_at.is_(None),
            upload.c.ended_at.is_(None),
        )
        .order_by(upload.c.began_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(photo, on_its_way.label("upload"))
        .where(photo.c.work_order_id == order)
        .order_by(photo.c.at, photo.c.id)
    )
    return [dict(row._asdict()) for row in rows]


def photo(connection: Connection, number: str, identity: str) -> Item | None:
    """One photo of a job, by the number or id of that: None unless it is here and may be shown."""
    order = by_number(connection, "work_order", number)
    if order is None:
        return None
    found = next((one for one in photos(connection, order["id"]) if one["id"] == identity), None)
    return None if found is None else {**found, "number": order["number"]}


def sign_offs(connection: Connection, order: str) -> list[Item]:
    """What was signed of a job, the newest first, each with what was shown and the ink under it."""
    own, op, kept = T["sign_off"], T["op"], T["signed_document"]
    told = connection.execute(
        select(own, op.c.received)
        .join_from(own, op, op.c.op_id == own.c.group_id, isouter=True)
        .where(own.c.work_order_id == order)
        .order_by(own.c.at.desc(), own.c.id)
    )
    found = [dict(row._asdict()) for row in told]
    ids = {derive(one["group_id"], "signed_document") for one in found}
    rows = connection.execute(select(kept).where(kept.c.id.in_(ids)))
    papers = {row.id: dict(row._asdict()) for row in rows}
    none = {"document": "", "ink": None, "technician_ink": None}
    return [
        {**papers.get(derive(one["group_id"], "signed_document"), none), **one} for one in found
    ]


def rows_of(connection: Connection, wanted: Mapping[str, Collection[str]]) -> dict[str, Item]:
    """Rows of several tables by their ids, as the books have them now, each with its table."""
    found: dict[str, Item] = {}
    for name, ids in wanted.items():
        own = T[name]
        for row in connection.execute(select(own).where(own.c.id.in_(ids))):
            found[row.id] = {**row._asdict(), "table": name}
    return found


def additions(connection: Connection, order: str) -> list[Item]:
    """What a customer may see of the visits that were signed and no sign-off lists, as rows."""
    state = State(
        row for kind in SIGNED for row in fetch(connection, table(kind), "work_order_id", [order])
    )
    signed = [one for one in state.of(SignOff, order) if one.purpose == "visit"]
    left = {
        identity for one in signed for identity in unlisted(state, order, one.visit_id, one.listed)
    }
    return [
        {**msgspec.to_builtins(row), "table": table(kind)}
        for kind in SEEN
        for row in state.of(kind, order)
        if row.id in left
    ]
