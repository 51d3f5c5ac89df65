"""What screens and the command read: jobs, one job's sheet, the outbox, and how the phone is."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, TypeVar

import msgspec
from msgspec import Struct, structs

from mobile import database, outbox
from mobile.database import reading
from shared.amounts import quantity_text
from shared.checklist import Checklist, Item, Reading
from shared.clock import is_skewed, skew_ms
from shared.errors import Refused
from shared.ids import fingerprint, is_id
from shared.kinds import read_row
from shared.notes import Note
from shared.ops import PROVISIONAL, Verdict
from shared.parts import Location, Part, PartUse
from shared.people import Person
from shared.records import Record, State, table
from shared.site import Asset, Customer, Site
from shared.tasks import Conflict
from shared.texts import Catalogue, explain
from shared.ticket import Ticket
from shared.visit import Visit, open_visits
from shared.work_order import Completion, WorkOrder
from sync.digest import LANE
from sync.ports import Identity

Sync = Literal["safe", "waiting", "attention", "refused"]
TORN: Final = "torn"
WORST: Final[tuple[Sync, ...]] = ("safe", "waiting", "attention", "refused")
STATES: Final[dict[Verdict, Sync]] = {
    Verdict.APPLIED: "safe",
    Verdict.MERGED: "safe",
    Verdict.CONFLICT: "attention",
    Verdict.REJECTED: "refused",
    Verdict.QUARANTINED: "attention",
    Verdict.HELD: "attention",
}

_ORDERS: Final = """SELECT body, coalesce(mark.leaving, 0) FROM shown
    LEFT JOIN mark ON mark.stream = shown.stream WHERE tbl = 'work_order'"""
_VISITS: Final = "SELECT tbl, body FROM shown WHERE tbl = 'visit'"
# The index is on the rows, so that is where the number is looked for first.
NUMBERED: Final = """SELECT tbl, body FROM shown WHERE tbl = 'work_order' AND id IN (
    SELECT id FROM row WHERE tbl = 'work_order'
    AND json_extract(CAST(coalesce(view, base) AS TEXT), '$.number') = ?)"""
_PART: Final = """SELECT tbl, body FROM shown WHERE tbl = 'part'
    AND ? IN (json_extract(CAST(body AS TEXT), '$.number'),
        json_extract(CAST(body AS TEXT), '$.barcode')) ORDER BY id"""
_BY_ID: Final = "SELECT tbl, body FROM shown WHERE tbl = ? AND id = ?"
_AT_HOME: Final = "SELECT tbl, body FROM shown WHERE home_noun = ? AND home_id = ? ORDER BY id"
_OPS: Final = """SELECT lseq, op_id, kind, recorded, verdict, code, refusal, detail, epoch, body,
    CASE WHEN noun = 'work_order' THEN id
    WHEN json_valid(body) THEN json_extract(body, '$.args.work_order') END
    FROM outbox ORDER BY lseq"""
_SUMS: Final = """SELECT count(*) FROM mark LEFT JOIN (
    SELECT stream, sum(lane1) AS one, sum(lane2) AS two FROM row GROUP BY stream) AS counted
    USING (stream) WHERE cursor > 0
    AND (coalesce(one, 0) % ? <> lane1 OR coalesce(two, 0) % ? <> lane2)"""

Orders = dict[str, tuple[WorkOrder, bool]]
R = TypeVar("R", bound=Record)


class Job(Struct, frozen=True, kw_only=True):
    """One line of the list. `sync` is the worst state of this person's own ops on the job.

    `planned_from` and `planned_to` are those of the person's next visit, else the job's own, as
    wall times at the site, in its `time_zone`. `leaving` marks a job that is no longer theirs and
    only waits for the office. `machine` is its model and `trade` its class, where one is named.
    """

    id: str
    number: str | None
    status: str
    customer: str
    planned_from: str | None
    planned_to: str | None
    priority: str
    summary: str
    sync: Sync
    leaving: bool = False
    address: str = ""
    time_zone: str = ""
    machine: str = ""
    trade: str = ""


class Line(Struct, frozen=True, kw_only=True):
    """One op of the outbox. `job` is the work order it belongs to, `done_at` the phone's time.

    `fingerprint` is that of its body; `kept_as` the id the server keeps it under, if another.

    `field` is the path of what was wrong, if a field was; `reason` says so in words, if asked for.
    """

    lseq: int
    op_id: str
    kind: str
    job: str | None
    number: str | None
    done_at: int
    state: Sync
    verdict: str | None
    code: str | None
    field: str | None
    params: dict[str, Any]
    fingerprint: str
    kept_as: str | None = None
    reason: str | None = None


class Answer(Struct, frozen=True, kw_only=True):
    """One thing to look at, and the newest reading of it."""

    item: Item
    reading: Reading | None


class Used(Struct, frozen=True, kw_only=True):
    """A part that went into the machine, by its number and name."""

    use: PartUse
    quantity: str
    part: Part | None
    location: Location | None


class Sheet(Struct, frozen=True, kw_only=True):
    """Everything about one job that this phone knows."""

    job: Job
    order: WorkOrder
    ticket: Ticket | None
    site: Site | None
    customer: Customer | None
    asset: Asset | None
    visits: tuple[Visit, ...]
    checklist: tuple[Answer, ...]
    parts: tuple[Used, ...]
    notes: tuple[Note, ...]
    completions: tuple[Completion, ...]
    conflicts: tuple[Conflict, ...]
    ops: tuple[Line, ...]


class Condition(Struct, frozen=True, kw_only=True):
    """How this phone is. Times are in milliseconds; `checksum_ok` compares rows with marks.

    `clock_skewed` says that the clock is so wrong that its person should set it.
    """

    device: str
    person: str
    name: str
    epoch: str | None
    pending: int
    attention: int
    oldest: int | None
    last_contact: int | None
    clock_skew_ms: int | None
    clock_skewed: bool
    free_bytes: int
    streams: int
    checksum_ok: bool


class Queries:
    """Reads what is shown, over a connection that one thread owns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def jobs(self) -> list[Job]:
        """The jobs on this phone, by planned time, those without one last."""
        with reading(self._connection):
            worst = _worst(self._lines())
            visits: dict[str, list[Visit]] = {}
            for visit in self._rows(Visit, _VISITS, ()):
                visits.setdefault(visit.work_order_id, []).append(visit)
            jobs = [
                self._job(order, visits.get(order.id, ()), worst, leaving=leaving)
                for order, leaving in self._orders().values()
            ]
        return sorted(jobs, key=lambda job: (job.planned_from or "~", job.number or "~", job.id))

    def sheet(self, named: str) -> Sheet | None:
        """Everything about the job with this number or id."""
        with reading(self._connection):
            order = self.job_named(named)
            return self._sheet(order) if order is not None else None

    def outbox(self, words: Catalogue | None = None) -> list[Line]:
        """Every op of this person, in the order they were recorded; in words, if there are any."""
        with reading(self._connection):
            lines = self._lines()
        return [_in_words(line, words) for line in lines] if words is not None else lines

    def condition(self, free_bytes: int) -> Condition:
        """How this phone is: what waits, since when, when the server last answered, what room."""
        with reading(self._connection):
            identity = self._identity()
            me = self._one(Person, identity.person)
            lines = self._lines()
            streams = self._connection.execute("SELECT count(*) FROM mark").fetchone()[0]
            torn = self._connection.execute(_SUMS, (LANE, LANE)).fetchone()[0]
        waiting = [line.done_at for line in lines if line.state == "waiting"]
        seen = identity.sighting
        return Condition(
            device=identity.device,
            person=identity.person,
            name=me.name if me is not None else "",
            epoch=identity.epoch,
            pending=sum(_is_pending(line) for line in lines),
            attention=sum(line.state in ("attention", "refused") for line in lines),
            oldest=min(waiting, default=None),
            last_contact=seen.received if seen is not None else None,
            clock_skew_ms=skew_ms(seen) if seen is not None else None,
            clock_skewed=seen is not None and is_skewed(seen),
            free_bytes=free_bytes,
            streams=streams,
            checksum_ok=torn == 0,
        )

    def job_named(self, text: str) -> WorkOrder | None:
        """The job with this number or id. Also for use inside a transaction."""
        if is_id(text):
            return self._one(WorkOrder, text)
        return next((one for one in self._rows(WorkOrder, NUMBERED, (text,))), None)

    def part_named(self, text: str) -> Part | None:
        """The part with this number or bar code. Also for use inside a transaction."""
        return next((one for one in self._rows(Part, _PART, (text,))), None)

    def _sheet(self, order: WorkOrder) -> Sheet:
        lines = self._lines()
        home = self._connection.execute(_AT_HOME, ("work_order", order.id)).fetchall()
        state = State(read_row(kind, body) for kind, body in home)
        return Sheet(
            job=self._job(order, state.of(Visit, order.id), _worst(lines)),
            order=order,
            ticket=self._one(Ticket, order.ticket_id),
            site=self._one(Site, order.site_id),
            customer=self._one(Customer, order.customer_id),
            asset=self._one(Asset, order.asset_id),
            visits=tuple(state.of(Visit, order.id)),
            checklist=_answers(self._one(Checklist, order.checklist_id), state, order.id),
            parts=tuple(self._used(one) for one in state.of(PartUse, order.id)),
            notes=tuple(sorted(state.of(Note, order.id), key=lambda one: one.at)),
            completions=tuple(sorted(state.of(Completion, order.id), key=lambda one: one.at)),
            conflicts=tuple(sorted(state.of(Conflict, order.id), key=lambda one: one.at)),
            ops=tuple(line for line in lines if line.job == order.id),
        )

    def _job(
        self,
        order: WorkOrder,
        visits: Iterable[Visit],
        worst: dict[str, Sync],
        *,
        leaving: bool = False,
    ) -> Job:
        customer = self._one(Customer, order.customer_id)
        site = self._one(Site, order.site_id)
        asset = self._one(Asset, order.asset_id)
        planned = _planned(order, open_visits(visits, self._identity().person))
        return Job(
            id=order.id,
            number=order.number,
            status=order.status,
            customer=customer.name if customer is not None else "",
            planned_from=planned.planned_from,
            planned_to=planned.planned_to,
            priority=order.priority,
            summary=order.summary,
            sync=worst.get(order.id, "safe"),
            leaving=leaving,
            address=site.address if site is not None else "",
            time_zone=site.time_zone if site is not None else "",
            machine=asset.model if asset is not None else "",
            trade=asset.product_class if asset is not None else "",
        )

    def _used(self, use: PartUse) -> Used:
        return Used(
            use=use,
            quantity=quantity_text(use.amount),
            part=self._one(Part, use.part_id),
            location=self._one(Location, use.location_id),
        )

    def _lines(self) -> list[Line]:
        epoch = self._identity().epoch
        orders = self._orders()
        found = self._connection.execute(_OPS).fetchall()
        return [_line(columns, epoch, orders) for columns in found]

    def _orders(self) -> Orders:
        """The jobs shown, and whether they are about to leave the phone."""
        found: Orders = {}
        for body, leaving in self._connection.execute(_ORDERS).fetchall():
            order = read_row(table(WorkOrder), body)
            assert isinstance(order, WorkOrder)
            found[order.id] = (order, bool(leaving))
        return found

    def _identity(self) -> Identity:
        known = database.identity(self._connection)
        assert known is not None
        return known

    def _one(self, kind: type[R], identity: str | None) -> R | None:
        if identity is None:
            return None
        return next(iter(self._rows(kind, _BY_ID, (table(kind), identity))), None)

    def _rows(self, kind: type[R], statement: str, values: tuple[str, ...]) -> list[R]:
        rows = [read_row(*columns) for columns in self._connection.execute(statement, values)]
        return [row for row in rows if isinstance(row, kind)]


def _line(columns: Sequence[Any], epoch: str | None, orders: Orders) -> Line:
    lseq, op_id, kind, recorded, verdict, code, refusal, told, kept, content, job = columns
    detail, body = msgspec.json.decode(told), outbox.as_text(content)
    if (verdict is None or kept != epoch) and outbox.is_unsayable(lseq, op_id, body):
        refusal = TORN
        code = None
    return Line(
        lseq=lseq,
        op_id=op_id,
        kind=kind,
        job=job,
        number=orders[job][0].number if job in orders else None,
        done_at=recorded,
        state=_state(verdict, refusal, is_current=kept == epoch),
        verdict=verdict,
        code=code or refusal,
        field=detail.get("field"),
        params=detail.get("params", {}),
        fingerprint=fingerprint(body),
        kept_as=detail.get("op_id"),
    )


def _state(verdict: str | None, refusal: str | None, *, is_current: bool) -> Sync:
    """An op's state in one word. What a server said before it was restored, it must say again."""
    if verdict is None or not is_current:
        return "waiting" if refusal is None else "attention"
    return STATES[Verdict(verdict)]


def _planned(order: WorkOrder, visits: Iterable[Visit]) -> WorkOrder | Visit:
    """What says when to be there: the earliest planned of these visits, else the job."""
    planned = [one for one in visits if one.planned_from is not None]
    return min(planned, key=lambda one: one.planned_from or "", default=order)


def _is_pending(line: Line) -> bool:
    if line.code == TORN:
        return False  # it will never be sent
    return line.state == "waiting" or line.verdict in (None, *PROVISIONAL)


def _worst(lines: Iterable[Line]) -> dict[str, Sync]:
    """Per job, the worst state of the ops on it."""
    worst: dict[str, Sync] = {}
    for line in lines:
        if line.job is not None:
            known = worst.get(line.job, "safe")
            worst[line.job] = max(known, line.state, key=WORST.index)
    return worst


def _answers(checklist: Checklist | None, state: State, order_id: str) -> tuple[Answer, ...]:
    newest: dict[str, Reading] = {}
    for one in sorted(state.of(Reading, order_id), key=lambda reading: (reading.at, reading.id)):
        newest[one.item] = one
    items = checklist.items if checklist is not None else ()
    return tuple(Answer(item=item, reading=newest.get(item.code)) for item in items)


def _in_words(line: Line, words: Catalogue) -> Line:
    if line.code is None:
        return line
    refused = Refused(code=line.code, grounds="value", field=line.field, params=line.params)
    return structs.replace(line, reason=explain(words, refused))
