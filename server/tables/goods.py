"""The goods' tables: parts, the places that hold them, and what was planned, used and moved."""

from sqlalchemy import Index
from sqlmodel import Field

from server.tables.domain import Kept, whole, within


class Part(Kept, table=True):
    """Something that can be fitted."""

    __tablename__ = "part"

    number: str = Field(index=True)
    en: str
    zh: str
    type: str
    unit: str
    serialised: bool
    barcode: str


class Location(Kept, table=True):
    """A place that holds parts."""

    __tablename__ = "location"

    code: str
    en: str
    zh: str
    type: str
    person_id: str | None


class PartUse(Kept, table=True):
    """A part that went into a machine."""

    __tablename__ = "part_use"

    work_order_id: str = within("work_order")
    visit_id: str | None
    part_id: str = Field(index=True)
    location_id: str
    amount: int = whole()
    serial: str
    person_id: str
    at: int = whole()
    old_part: str | None
    planned_id: str | None
    returned: int | None = whole()


class PlannedPart(Kept, table=True):
    """A part that a job will probably need."""

    __tablename__ = "planned_part"

    work_order_id: str = within("work_order")
    part_id: str = Field(index=True)
    amount: int = whole()
    note: str
    person_id: str
    at: int = whole()
    dropped_at: int | None = whole()


class OrderedPart(Kept, table=True):
    """A part that has to be ordered for a job."""

    __tablename__ = "ordered_part"

    work_order_id: str = within("work_order")
    visit_id: str | None
    part_id: str | None = Field(index=True)
    text: str
    amount: int = whole()
    note: str
    person_id: str
    at: int = whole()
    supplied_at: int | None = whole(index=True)
    supplied_by: str | None


class Balance(Kept, table=True):
    """How much of a part a place holds."""

    __tablename__ = "balance"

    location_id: str = Field(index=True)
    part_id: str = Field(index=True)
    amount: int = whole()


class Movement(Kept, table=True):
    """So much left one place and came to another."""

    __tablename__ = "movement"
    __table_args__ = (
        Index("ix_movement_part", "part_id", "at", "id"),
        Index("ix_movement_source", "source_id", "at", "id"),
        Index("ix_movement_target", "target_id", "at", "id"),
        Index("ix_movement_at", "at", "id"),
    )

    op_id: str
    part_id: str
    source_id: str
    target_id: str
    amount: int = whole()
    at: int = whole()


class SerialClaim(Kept, table=True):
    """Who was first to say that a numbered part was used."""

    __tablename__ = "serial_claim"

    location_id: str = Field(index=True)
    part_id: str
    serial: str
    work_order_id: str
    op_id: str
