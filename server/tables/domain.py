"""The domain's tables: one per record type, with the record's own columns, and nothing else.

Times are in milliseconds, amounts in thousandths. What is nested is a JSON column. A foreign key
stands only where the rules have looked at its target before the row is written: none of them can
keep a fact from being taken.
"""

from typing import Any, Final

from sqlalchemy import JSON, BigInteger, Index, text
from sqlmodel import Field, SQLModel

NESTED = JSON(none_as_null=True)
BEGUN_ON_A_PHONE: Final = "provisional IS NOT NULL"
OF_A_JOB: Final = "stream = reason"  # one of the reasons of each who follows a job


def whole(**given: Any) -> Any:
    """A column of whole numbers, wide enough for milliseconds and thousandths."""
    return Field(sa_type=BigInteger, **given)


def nested(**given: Any) -> Any:
    """A column of JSON."""
    return Field(sa_type=NESTED, **given)


def within(target: str) -> Any:
    """A column that names the row this one lives with."""
    return Field(foreign_key=f"{target}.id", index=True)


class Kept(SQLModel):
    """What every table has."""

    id: str = Field(primary_key=True)
    version: int = whole()


class Person(Kept, table=True):
    """Somebody who acts."""

    __tablename__ = "person"

    login: str = Field(index=True, unique=True)
    name: str
    roles: list[str] = nested()
    skills: list[str] = nested()
    zones: list[str] = nested()
    code: str
    van_id: str | None
    team_id: str | None
    disabled: bool
    former_names: list[str] = nested()


class Team(Kept, table=True):
    """Technicians who work by the same hours."""

    __tablename__ = "team"

    name: str = Field(index=True)
    outlet_id: str | None
    takes: dict[str, list[str]] = nested()
    retired: bool


class Outlet(Kept, table=True):
    """A place that customers are served from."""

    __tablename__ = "outlet"

    en: str
    zh: str
    kind: str
    address_en: str
    address_zh: str
    phone: str
    zone: str
    hours_en: str
    hours_zh: str
    retired: bool


class Checklist(Kept, table=True):
    """What is to be looked at on one kind of job."""

    __tablename__ = "checklist"

    en: str
    zh: str
    items: list[dict[str, Any]] = nested()
    photos: list[dict[str, Any]] = nested()


class Customer(Kept, table=True):
    """Who is served."""

    __tablename__ = "customer"

    name: str = Field(index=True)
    type: str
    salutation: str
    phone: str = Field(index=True)
    language: str
    tier: str
    former_names: list[str] = nested()


class Site(Kept, table=True):
    """A place that is visited."""

    __tablename__ = "site"

    customer_id: str = within("customer")
    name: str
    address: str
    division: str
    zone: str
    time_zone: str
    contact_name: str
    contact_phone: str = Field(index=True)
    access_notes: str


class Asset(Kept, table=True):
    """A machine at a site."""

    __tablename__ = "asset"

    site_id: str = within("site")
    name: str
    model: str
    serial: str = Field(index=True)
    product_class: str
    delivered_on: str | None
    invoiced_on: str | None
    warranty_until: str | None
    gone: str
    gone_on: str | None
    replaced_by: str | None


class AssetHistory(Kept, table=True):
    """The last visits to one machine."""

    __tablename__ = "asset_history"

    site_id: str = within("site")
    asset_id: str = Field(index=True)
    visits: list[dict[str, Any]] = nested()


class Alias(Kept, table=True):
    """The id of what was merged into another thing."""

    __tablename__ = "alias"
    __table_args__ = (Index("ix_alias_home", "home_id", "home_noun"),)

    noun: str
    merged_id: str = Field(index=True)
    into_id: str = Field(index=True)
    home_noun: str
    home_id: str
    name: str
    phone: str
    was: dict[str, Any] = nested()
    by: str
    at: int = whole()


class WorkOrder(Kept, table=True):
    """A job."""

    __tablename__ = "work_order"
    __table_args__ = (
        Index("ix_work_order_asset", "asset_id"),
        Index(
            "ix_work_order_provisional",
            "provisional",
            sqlite_where=text(BEGUN_ON_A_PHONE),
            postgresql_where=text(BEGUN_ON_A_PHONE),
        ),
    )

    number: str | None = Field(unique=True)
    provisional: str | None
    beside_id: str | None
    orphan: bool
    ticket_id: str = within("ticket")
    customer_id: str = within("customer")
    site_id: str = within("site")
    asset_id: str | None
    checklist_id: str | None
    category: str
    service: str
    priority: str
    summary: str
    job_note: str
    skill: str
    planned_from: str | None = Field(index=True)
    planned_to: str | None
    status: str = Field(index=True)
    created_at: int = whole(index=True)
    done_at: int | None = whole()
    outcome: str | None
    cancel_reason: str


class Assignment(Kept, table=True):
    """Who is to do a job, from when until when."""

    __tablename__ = "assignment"

    work_order_id: str = within("work_order")
    person_id: str = Field(index=True)
    role: str
    from_ms: int = whole()
    until_ms: int | None = whole()
    seen_at: int | None = whole()
    accepted_at: int | None = whole()


class Visit(Kept, table=True):
    """One going there."""

    __tablename__ = "visit"

    work_order_id: str = within("work_order")
    person_id: str = Field(index=True)
    planned_from: str | None = Field(index=True)
    planned_to: str | None
    attendance: list[dict[str, Any]] = nested()
    ended_at: int | None = whole()
    outcome: str | None
    remark: str
    moved: bool
    fault: str


class StatusChange(Kept, table=True):
    """One step of a job's life."""

    __tablename__ = "status_change"

    work_order_id: str = within("work_order")
    visit_id: str | None
    person_id: str
    verb: str
    before: str
    after: str
    at: int = whole()
    edge: str


class Completion(Kept, table=True):
    """What the technician wrote when a visit ended."""

    __tablename__ = "completion"

    work_order_id: str = within("work_order")
    visit_id: str | None
    person_id: str
    outcome: str
    diagnosis: str
    work_done: str
    remark: str
    at: int = whole()


class Reading(Kept, table=True):
    """One answer or measurement."""

    __tablename__ = "reading"

    work_order_id: str = within("work_order")
    visit_id: str | None
    asset_id: str | None
    checklist_id: str | None
    item: str
    value: str
    amount: int | None = whole()
    not_applicable: bool
    out_of_limits: bool
    person_id: str
    at: int = whole()


class Note(Kept, table=True):
    """One note on a job."""

    __tablename__ = "note"

    work_order_id: str = within("work_order")
    visit_id: str | None
    text: str
    audience: str
    person_id: str
    at: int = whole()


class Task(Kept, table=True):
    """Something a person in the office should look at."""

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_home", "home_id", "home_noun"),
        Index("ix_task_at", "done", "at", "id"),
    )

    home_noun: str
    home_id: str
    code: str
    params: dict[str, Any] = nested()
    op_id: str
    at: int = whole()
    done: bool
    closed_at: int | None = whole()
    closed_by: str | None
    note: str


class Conflict(Kept, table=True):
    """Two people meant different things."""

    __tablename__ = "conflict"
    __table_args__ = (
        Index("ix_conflict_home", "home_id", "home_noun"),
        Index("ix_conflict_at", "at", "id"),
    )

    home_noun: str
    home_id: str
    field: str
    rule: str
    seen: Any = nested(nullable=True)
    winner: Any = nested(nullable=True)
    winner_by: str
    losers: list[dict[str, Any]] = nested()
    at: int = whole()
    settled_at: int | None = whole(index=True)
    settled_by: str | None
    choice: str | None


class Subscription(Kept, table=True):
    """A stream that somebody's devices follow, and one reason why."""

    __tablename__ = "subscription"
    __table_args__ = (
        Index(
            "ix_subscription_job",
            "stream",
            sqlite_where=text(OF_A_JOB),
            postgresql_where=text(OF_A_JOB),
        ),
    )

    person_id: str = Field(index=True)
    stream: str
    reason: str


class OpState(Kept, table=True):
    """What became of one of a person's provisional ops."""

    __tablename__ = "op_state"

    person_id: str = Field(index=True)
    verdict: str
    code: str | None
    at: int = whole()
    by_op: str | None
    claimed: str | None
