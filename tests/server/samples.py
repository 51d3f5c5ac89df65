"""Records, ops and books to try the server's storage with."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from server import feed, portions, rows
from server.database import writing
from server.ledger import Ledger
from server.portions import Portions, Reading
from shared.calendars import Day, Span
from shared.charges import QuoteLine
from shared.checklist import Choice, Item, PhotoSlot
from shared.enquiry import Attached
from shared.feedback import Confirmed
from shared.foresight_rules import Interval
from shared.history import PastReading, PastVisit
from shared.ids import derive, fingerprint
from shared.ink import Ink
from shared.kinds import TABLES
from shared.people import Person
from shared.policy import Chosen, Duty, Edition, Limit, Target
from shared.prices import PriceItem, WarrantyTerm
from shared.records import Record, State, home, table
from shared.return_terms import Cost
from shared.tag_sets import Tag
from shared.tasks import Loser
from shared.ticket import Excused, Settled
from shared.visit import Attendance
from sync.library import Piece
from sync.ports import Entry

ZONE = ZoneInfo("Asia/Shanghai")
SALT = "5a" * 16
RECEIVED = 1_795_000_000_000
EPOCH = derive("epoch")

# Fields that must name a row that is there, and those that hold more than one value.
NAMES = {"customer_id": "customer", "site_id": "site", "ticket_id": "ticket"}
NAMES["work_order_id"] = "work_order"
NESTED: dict[str, Any] = {
    "person.roles": ("technician", "dispatcher"),
    "person.skills": ("冷水",),
    "person.zones": ("North", "Süd"),
    "team.takes": {"tag": ("routing:software",), "tier": ("key",)},
    "checklist.items": (
        Item(code="leak", type="pass_fail", en="No leak", zh="无泄漏", required=True),
        Item(code="flow", type="number", en="Flow", zh="流量", unit="l/min", low=-1, high=2**40),
        Item(
            code="filter",
            type="choice",
            en="Filter",
            zh="滤芯",
            choices=(Choice(code="new", en="New", zh="新"),),
        ),
    ),
    "checklist.photos": (
        PhotoSlot(code="plate", en="Rating plate", zh="铭牌", required=True),
        PhotoSlot(code="after", en="After", zh="完工后"),
    ),
    "sign_off.faults": (derive("photo"), "sum"),
    "sign_off.listed": (derive("photo"), derive("note")),
    "signed_document.ink": Ink(width=3_000, height=1_000, strokes=((10, 20, 0, 30, 40, 16),)),
    "signed_document.technician_ink": Ink(width=1, height=1, strokes=()),
    "price_list.items": (
        PriceItem(
            code="filter",
            kind="part",
            en="Filter",
            zh="滤芯",
            unit="piece",
            price=8_800,
            tax=1300,
            part_id=derive("part"),
        ),
        PriceItem(code="off", kind="discount", en="Off", zh="优惠", unit="time", price=0),
    ),
    "price_list.warranty": (WarrantyTerm(product_class="pump", months=24), WarrantyTerm(months=0)),
    "service_policy.limits": (
        Limit(
            id="arrive",
            node="arrive",
            start="assigned",
            stop="arrived",
            amount=2,
            when={"zone": ("urban", "")},
            pauses=("customer_date",),
            agreed="may",
            agreed_max=24,
            source=("R-SLA-08",),
        ),
    ),
    "service_policy.targets": (Target(id="first_response", share=9_500, source=("R-KPI-01",)),),
    "service_policy.duties": (Duty(id="emergency", when={"urgency": ("urgent",)}),),
    "service_policy.further": (
        Limit(id="return", node="return", start="return_asked", stop="return_done", amount=7),
    ),
    "return_case.papers": ("invoice",),
    "return_terms.papers": ("invoice", "fault_report"),
    "return_terms.costs": (Cost(reason="quality", product_class="泵", borne_by="company"),),
    "foresight_rules.intervals": (Interval(product_class="泵", months=6), Interval(months=12)),
    "message_rules.automatic": ("opened", "result"),
    "message_rules.linked": ("survey",),
    "policy_choice.editions": (
        Edition(policy_id=derive("policy"), name="p-default", number=2, valid_from="2026-01-01"),
    ),
    "policy_choice.chosen": (Chosen(policy="p-default", valid_from="2026-01-01"),),
    "policy_choice.zones": {"浦东": "urban"},
    "policy_choice.classes": {"vrf": "high_tech"},
    "working_calendar.week": (*((Span("09:00", "18:00"),),) * 5, (), ()),
    "working_calendar.days": (
        Day(date="2026-10-01", works=False, name="国庆节", origin="statutory"),
        Day(date="2026-10-10", works=True, name="调休", spans=(Span("22:00", "06:00"),)),
    ),
    "working_calendar.open_years": (2027,),
    "message.params": {"number": "T-1", "until": "今天 18:00"},
    "contract.covers": ("labour", "part"),
    "coverage_decision.covers": ("visit",),
    "coverage_decision.params": {"until": "2027-03-01", "number": "HT-1", "months": 24},
    "quote.lines": (
        QuoteLine(
            kind="discount",
            en="Off",
            zh="优惠",
            amount=1000,
            unit="piece",
            price=-100,
            tax=1300,
            net=-100,
        ),
    ),
    "visit.attendance": (
        Attendance(person_id=derive("ann"), departed_at=1, arrived_at=2**41),
        Attendance(person_id=derive("bob")),
    ),
    "ticket.tags": ("fault", "device_damage"),
    "ticket.excused": (
        Excused(limit="arrive", reason="weather", note="雪", by=derive("ann"), at=2**41),
    ),
    "ticket.settled": (Settled(limit="arrive", said="met", by=derive("ann"), at=7),),
    "feedback.aspects": {"speed": 5, "manner": 1},
    "feedback.taken": ("contact", "plan"),
    "feedback.confirmed": (Confirmed(what="understood", by=derive("ann"), at=2**41),),
    "ticket_event.events": ("diagnosed", "resolved"),
    "enquiry.files": (Attached(name="照片.jpg", type="image/jpeg", size=2**41), Attached()),
    "tag_set.tags": (
        Tag(code="fault", en="Fault", zh="故障"),
        Tag(code="damage", en="Damage", zh="损坏", under="fault", retired=True),
    ),
    "asset_history.visits": (
        PastVisit(
            id=derive("visit"),
            work_order_id=derive("work_order"),
            number="WO-26-000001",
            person_id=derive("ann"),
            ended_at=2**41,
            outcome="done",
            work_done="清洗滤网\x00",
            readings=(PastReading(item="flow", value="1.2", out_of_limits=True),),
        ),
    ),
    "alias.was": {"name": "冷泉\x00", "former_names": ["a"], "language": "zh"},
    "customer.former_names": ("冷泉\x00",),
    "person.former_names": ("Ann", "安"),
    "task.params": {"part": "filter", "missing": -1, "serial": None},
    "conflict.seen": {"a": [1, None, True, "ü\x00"]},
    "conflict.winner": "winner",
    "conflict.losers": (
        Loser(value=["x"], by="ann", op_id="op", at=7),
        Loser(by="", op_id="", at=1),
    ),
}


def full(table: str) -> Record:
    """A record with something in every field."""
    kind = TABLES[table]
    given = {name: value(table, name, hint) for name, hint in get_type_hints(kind).items()}
    del given["home"]
    return kind(**given)


def value(table: str, name: str, hint: Any) -> Any:
    """Something that a field can hold."""
    if name == "id":
        return derive("sample", table)
    if name in NAMES:
        return derive("sample", NAMES[name])
    if f"{table}.{name}" in NESTED:
        return NESTED[f"{table}.{name}"]
    hints = (hint, *get_args(hint))
    if bool in hints:
        return True
    return 2**53 - 1 if int in hints else f"{table} {name}: “é冷\n😀”"


def entry(name: str | int, **given: Any) -> Entry:
    """A verdict on an op of this name."""
    body = given.pop("body", f'{{"name":"{name}"}}')
    told: dict[str, Any] = {
        "op_id": derive("op", name),
        "fingerprint": fingerprint(body),
        "body": body,
        "verdict": "applied",
        "code": None,
        "received": RECEIVED,
        "done_at": RECEIVED - 1,
    }
    return Entry(**{**told, **given})


def person(who: str, **given: Any) -> Person:
    """Somebody who acts."""
    told: dict[str, Any] = {"login": who, "name": who, "roles": ("technician",)}
    return Person(id=derive(who), **{**told, **given})


def ledger(connection: Connection) -> Ledger:
    """The books of one write transaction."""
    return Ledger(connection, ZONE)


def begin(engine: Engine) -> None:
    """Begin the first epoch."""
    with writing(engine) as connection:
        ledger(connection).begin_epoch("epoch-1", RECEIVED, SALT)


def put(engine: Engine, *records: Record, entries: Sequence[Entry] = ()) -> dict[str, Any]:
    """Write records, and verdicts with them, in one transaction; the first op wrote them."""
    state = State()
    state.writer = entries[0].op_id if entries else ""
    for record in records:
        state.put(record)
    with writing(engine) as connection:
        places: dict[rows.Place, set[str]] = {}
        for record in records:
            places.setdefault((table(type(record)), "id"), set()).add(record.id)
        known = map(home, rows.fetch_all(connection, places))
        state.left |= {place for place in known if place is not None}
        return ledger(connection).enter(entries, state)


@contextmanager
def undone(engine: Engine) -> Iterator[Connection]:
    """A write transaction of which nothing stays."""
    with engine.connect() as connection:
        transaction = connection.begin()
        try:
            yield connection
        finally:
            transaction.rollback()


def pages(
    connection: Connection,
    wants: Iterable[tuple[str, int]],
    bytes_max: int,
    kept: Portions | None = None,
    epoch: str = EPOCH,
) -> dict[str, Piece]:
    """What the feed holds past these places, with portions that were read before, if any."""
    heads = partial(feed.heads, connection)
    reading = Reading(connection, epoch, heads, Portions(0) if kept is None else kept)
    return portions.pages(reading, wants, bytes_max)


def shown(pages: Mapping[str, Piece]) -> dict[str, tuple[list[Any], bool]]:
    """Pieces so that they can be compared: where each row is, what it is, and its bytes."""
    return {
        stream: ([(seq, row.table, row.id, row.data) for seq, row in one.rows], one.complete)
        for stream, one in pages.items()
    }
