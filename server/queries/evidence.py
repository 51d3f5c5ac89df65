"""Evidence: which files that came belong to which photos, and what an office is shown of them."""

from functools import cache
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Executable,
    Select,
    String,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from server.queries.pages import Item, T
from server.questions import Question
from server.uploads import MISMATCHES_MAX
from shared.photos import PhotoFault

AT_ONCE_MAX: Final = 200
SET_ASIDE: Final[PhotoFault] = "set_aside"


class Found(Struct, frozen=True, kw_only=True):
    """A file of somebody's, and a photo of the same person that names it.

    `says` is whether the photo has not been told so; a thumbnail is only known to be named. `fault`
    is what is wrong with the file, if anything is.
    """

    upload: str
    photo: str
    work_order: str
    says: bool
    fault: str


def named(connection: Connection) -> list[Found]:
    """Files that are here, or given up, and were not known to be named by a photo.

    Somebody's file counts for their own photos only: a hash alone gives nothing away.
    """
    return _told(connection, _named())


def late(connection: Connection) -> list[Found]:
    """Photos that were said after their file was known to be named by another one."""
    return _told(connection, _late())


def _told(connection: Connection, wanted: Question) -> list[Found]:
    return [
        Found(upload=upload, photo=photo, work_order=work_order, says=bool(says), fault=fault)
        for upload, photo, work_order, says, fault in wanted.ask(connection, most=AT_ONCE_MAX)
    ]


def shown(connection: Connection, sha256: str, *, dropped: bool = False) -> Item | None:
    """What an office is told of a picture: of the first photo that has it, or None if none has.

    A photo has what its own person brought: of a small picture, too, that is asked. One that was
    taken back counts only where `dropped` says so, and behind those that stand.
    """
    row = connection.execute(_shown(dropped=dropped), {"sha256": sha256}).first()
    return None if row is None else row._asdict()


@cache
def _named() -> Question:
    upload, photo, file = T["upload"], T["photo"], T["evidence_file"]
    full, thumb = _names(photo.c.sha256), _names(photo.c.thumb_sha256)
    another = upload.alias("another")
    brought = exists().where(
        another.c.sha256 == upload.c.sha256,
        another.c.person_id == upload.c.person_id,
        another.c.done_at.is_not(None),
    )
    stored = upload.join(file, file.c.sha256 == upload.c.sha256)
    is_here = and_(upload.c.named_at.is_(None), upload.c.done_at.is_not(None))
    is_lost = and_(
        upload.c.named_at.is_(None),
        upload.c.done_at.is_(None),
        upload.c.mismatches >= MISMATCHES_MAX,
    )
    waits = photo.c.arrived_at.is_(None)
    gone: ColumnElement[str] = literal(SET_ASIDE, String)
    every = union_all(
        _found(waits, file.c.fault).select_from(stored.join(photo, full)).where(is_here),
        _found(false(), file.c.fault).select_from(stored.join(photo, thumb)).where(is_here),
        _found(and_(waits, ~brought), gone).select_from(upload.join(photo, full)).where(is_lost),
    ).subquery()
    ordered = select(every).order_by(every.c.upload, every.c.photo)
    return Question(ordered.limit(bindparam("most")))


@cache
def _late() -> Question:
    upload, photo, file = T["upload"], T["photo"], T["evidence_file"]
    joined = photo.join(upload, _names(photo.c.sha256)).join(file, file.c.sha256 == photo.c.sha256)
    waits = photo.c.arrived_at.is_(None)
    return Question(
        _found(waits, file.c.fault)
        .select_from(joined)
        .where(waits, upload.c.done_at.is_not(None))
        .order_by(photo.c.at, photo.c.id)
        .limit(bindparam("most"))
    )


def _names(column: ColumnElement[str]) -> ColumnElement[bool]:
    upload, photo = T["upload"], T["photo"]
    return and_(column == upload.c.sha256, photo.c.person_id == upload.c.person_id)


def _found(says: ColumnElement[bool], fault: ColumnElement[str]) -> Select[Any]:
    upload, photo = T["upload"], T["photo"]
    return select(
        upload.c.id.label("upload"),
        photo.c.id.label("photo"),
        photo.c.work_order_id.label("work_order"),
        says.label("says"),
        fault.label("fault"),
    )


@cache
def _shown(*, dropped: bool) -> Executable:
    """Its place among the photos of its job is part of the name that it is saved under."""
    photo, order, file = T["photo"], T["work_order"], T["evidence_file"]
    sha256: BindParameter[str] = bindparam("sha256", type_=String)
    before = photo.alias("before")
    earlier = tuple_(before.c.at, before.c.id) <= tuple_(photo.c.at, photo.c.id)
    place = (
        select(func.count())
        .where(before.c.work_order_id == photo.c.work_order_id, earlier)
        .scalar_subquery()
    )
    joined = photo.join(order, order.c.id == photo.c.work_order_id)
    stands = photo.c.dropped_at.is_(None)
    return (
        select(
            *(
                photo.c.id,
                photo.c.work_order_id,
                photo.c.thumb_sha256,
                order.c.number,
                file.c.fault,
            ),
            (photo.c.thumb_sha256 == sha256).label("is_small"),
            _is_brought(photo.c.thumb_sha256).label("has_small"),
            place.label("place"),
        )
        .select_from(joined.join(file, file.c.sha256 == sha256))
        .where(or_(photo.c.sha256 == sha256, photo.c.thumb_sha256 == sha256), _is_brought(sha256))
        .where(true() if dropped else stands)
        .order_by(stands.desc(), photo.c.at, photo.c.id)
        .limit(1)
    )


def _is_brought(sha256: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the person of a photo has uploaded a file."""
    upload, photo = T["upload"], T["photo"]
    return exists().where(
        upload.c.sha256 == sha256,
        upload.c.person_id == photo.c.person_id,
        upload.c.done_at.is_not(None),
    )
