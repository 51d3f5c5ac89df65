"""A day in which every act there is is said once, and judging such a day again, act by act."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from shared.calendars import COMPANY
from shared.errors import Flag, Refused
from shared.foresight_rules import FORESIGHT
from shared.ids import derive, fingerprint
from shared.kinds import REGISTRY, write_row
from shared.ops import SYSTEM, Op, Origin, encode
from shared.policy import CHOICE
from shared.records import Record, State, table
from shared.return_terms import TERMS
from shared.sign_off import SignOff
from shared.tag_sets import TIERS, tag_set_id
from shared.tasks import Conflict, Task
from shared.wordings import RULES, wording_id
from shared.work_order import WorkOrder
from sync.desk import Parcel
from sync.exchange import REVOKED
from sync.intake import receive
from sync.memory import MemoryPhone
from sync.memory.books import MemoryBooks
from sync.ports import Entry, Outboxed
from sync.protocol import WireOp
from tests.golden.messages import ARGS, FOLDER
from tests.proof import picture, sign
from tests.trade import FINN, charge_id, line, open_trade, paying
from tests.world import (
    ANN,
    ASSET,
    BOB,
    CHECKLIST,
    CUSTOMER,
    DORA,
    FILTER,
    SITE,
    VAN_ANN,
    VAN_BOB,
    WEN,
    MemoryServer,
    World,
)

OPS = FOLDER / "ops"
R = TypeVar("R", bound=Record)
TWO_HOURS = {"planned_from": "2026-11-24T09:00", "planned_to": "2026-11-24T11:00"}


class Kept(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An op as it came in: on which day, its place in it, who handed it in, and when (ms).

    And what became of it: its verdict, and the rows it wrote, by table and id; null where one is
    gone. Once the files are frozen, a new kind or version comes with a day of its own, in which
    everything is said that it needs.
    """

    day: int
    place: int
    body: str
    fingerprint: str
    received: int
    verdict: str = ""
    code: str | None = None
    flags: tuple[Flag, ...] = ()
    person: str | None = None
    device: str | None = None
    incarnation: str | None = None
    lseq: int = 0
    revoked: bool = False
    rows: dict[str, Raw] = {}


class Listening(MemoryBooks):
    """Books that write down what comes in, and what each op writes."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[Entry] = []
        self.wrote: dict[str, Raw] = {}

    def enter(self, entries: Sequence[Entry], state: State) -> dict[str, dict[str, int]]:
        self.came += [entry for entry in entries if not entry.settles]
        self.wrote = {
            **{f"{table(kind)} {row.id}": Raw(write_row(row)) for (kind, _), row in _by(state)},
            **{f"{table(kind)} {row.id}": Raw(b"null") for (kind, _), row in state.deleted.items()},
        }
        return super().enter(entries, state)


def _by(state: State) -> Iterable[tuple[tuple[Any, str], Any]]:
    return sorted(state.changed.items(), key=lambda pair: (table(pair[0][0]), pair[0][1]))


class Day(World):
    """The small company on a day on which everything happens once."""

    def __init__(self) -> None:
        self.heard = Listening()
        server = MemoryServer()
        server.books = self.heard
        super().__init__(server)
        open_trade(self)
        self.order = self.job(ANN, checklist=CHECKLIST)
        phone = self.phone(ANN)
        assert isinstance(phone, MemoryPhone)
        self.mine = phone
        self.sync(phone)

    def desk(self, kind: str, args: Any, on: tuple[str, str] | None = None, by: str = "") -> str:
        """The office says something."""
        told = self.office(kind, on or ("work_order", self.order), args, by=by or SYSTEM)
        return self.must(told).id

    def act(self, kind: str, args: Any = None, on: tuple[str, str] | None = None) -> str:
        """The technician says something."""
        done = self.tap(self.mine, kind, on or ("work_order", self.order), args or {})
        assert isinstance(done, Outboxed), (kind, done)
        return done.op_id

    def row(self, kind: type[Any]) -> Any:
        """A row of the server's books."""
        return next(row for (one, _), row in self.heard.pages.rows.items() if one is kind)

    def row_of(self, kind: type[R], identity: str) -> R:
        """The row of an id of the server's books."""
        found = self.heard.pages.rows[kind, identity]
        assert isinstance(found, kind)
        return found

    def beyond(self) -> Outboxed:
        """The technician's phone records what nobody knows yet."""
        first = self.mine.all_ops()[0]
        op = Op(
            id=self.name(),
            kind="work_order.beam",
            v=1,
            on=("work_order", self.order),
            by=ANN,
            origin="device",
            at=self.clock(self.mine),
            salt="2" * 32,
            args=Raw(b"{}"),
        )
        told = {"op_id": op.id, "kind": op.kind, "body": encode(op)}
        entry = msgspec.structs.replace(first, **told, lseq=self.mine.next_lseq())
        entry = msgspec.structs.replace(entry, fingerprint=fingerprint(entry.body), verdict=None)
        self.mine.append(msgspec.structs.replace(entry, epoch=None))
        return entry


def _desk_work(day: Day) -> None:
    day.desk("customer.add", ARGS["customer.add"], ("customer", ""))
    day.desk("site.add", ARGS["site.add"], ("site", ""))
    day.desk("asset.add", ARGS["asset.add"], ("asset", ""))
    day.desk("asset.correct", {**ARGS["asset.correct"], "serial": "S-1"}, ("asset", ASSET), FINN)
    made = day.desk("contract.add", ARGS["contract.add"], ("contract", ""), FINN)
    day.desk("contract.end", {"last_day": "2026-06-30"}, ("contract", made), FINN)
    plan = day.desk("visit.plan", {"person": ANN, **TWO_HOURS})
    later = {"planned_from": "2026-11-25T09:00", "planned_to": "2026-11-25T11:00"}
    day.desk("visit.move", {"visit": derive(plan, "visit"), **later, "fault": "customer"})
    other = ("work_order", day.job(ANN))
    day.desk("work_order.reassign", {"person": BOB, "reason": "ill"}, other)
    day.desk("work_order.unassign", {"person": BOB, "reason": "ill"}, other)
    day.desk("work_order.cancel", {"reason": "sold"}, other)
    on = ("location", VAN_ANN)
    day.desk("stock.move", {"part": FILTER, "quantity": "2", "to": VAN_BOB}, on, WEN)
    day.desk("stock.count", {"part": FILTER, "counted": "7.5"}, on, WEN)


def _requests(day: Day) -> None:
    """What comes in by letter, what becomes of it, and all that the desk does with a request."""
    came = [day.desk("enquiry.receive", ARGS["enquiry.receive"], ("enquiry", "")) for _ in "abc"]
    opened = day.desk("ticket.open", {**ARGS["ticket.open"], "enquiry": came[0]}, ("ticket", ""))
    on = ("ticket", opened)
    day.desk("enquiry.link", {"ticket": opened}, ("enquiry", came[1]))
    day.desk("enquiry.refuse", {"reason": "广告"}, ("enquiry", came[2]))
    day.desk("ticket.acknowledge", {"means": "phone"}, on)
    day.desk("ticket.classify", ARGS["ticket.classify"], on)
    day.desk("ticket.decide_scope", {"scope": "in"}, on)
    day.desk("ticket.propose", {"means": "phone", "text": "先远程重启，不行再上门"}, on)
    day.desk("ticket.agree", ARGS["ticket.agree"], on)
    day.desk("ticket.wait", ARGS["ticket.wait"], on)
    day.desk("ticket.go_on", {"note": "已收到"}, on)
    day.desk("ticket.chase", {"note": "问何时到"}, on)
    day.desk("ticket.urge", {}, on)
    day.desk("ticket.inform", {"means": "sms", "note": "师傅已接单"}, on)
    day.desk("ticket.excuse", ARGS["ticket.excuse"], on)
    day.desk("ticket.settle_time", ARGS["ticket.settle_time"], on)
    day.desk("ticket.resolve", {"means": "phone", "text": "已指导客户复位"}, on)
    day.desk("ticket.call_back", {"means": "phone", "reached": True, "satisfied": True}, on)
    day.desk("ticket.close", {"reason": "客户满意"}, on)
    again = day.desk("ticket.open", ARGS["ticket.open"], ("ticket", ""))
    day.desk("ticket.link", {"ticket": opened}, ("ticket", again))
    day.desk("ticket.withdraw", {"reason": "客户已自行解决"}, ("ticket", again))


def _returns(day: Day) -> None:
    """A machine is kept after all, then exchanged; what came for it is paid back."""
    day.desk("return.set_terms", ARGS["return.set_terms"], ("return_terms", TERMS), SYSTEM)
    day.desk("return.drop", ARGS["return.drop"], _asked_back(day, ASSET), SYSTEM)
    exchanged = day.desk("return.exchange", ARGS["return.exchange"], _looked_at(day, ASSET), SYSTEM)
    again = derive(exchanged, "asset")
    refund = {**ARGS["return.refund"], "asset": again}
    day.desk("return.refund", refund, _looked_at(day, again), SYSTEM)


def _asked_back(day: Day, asset: str) -> tuple[str, str]:
    opened = {**ARGS["ticket.open"], "asset": asset}
    on = ("ticket", day.desk("ticket.open", opened, ("ticket", "")))
    day.desk("return.ask", {**ARGS["return.ask"], "asset": asset}, on)
    return on


def _looked_at(day: Day, asset: str) -> tuple[str, str]:
    on = _asked_back(day, asset)
    for kind in ("return.decide", "return.receive", "return.inspect"):
        named = {"asset": asset} if "asset" in ARGS[kind] else {}
        day.desk(kind, {**ARGS[kind], **named}, on, SYSTEM)
    return on


def _house_rules(day: Day) -> None:
    """What the company calls a sign of trouble, and how it speaks to customers."""
    day.desk("foresight.set", ARGS["foresight.set"], ("foresight_rules", FORESIGHT), SYSTEM)
    worded = ("message_wording", wording_id("progress"))
    day.desk("message.word", ARGS["message.word"], worded, SYSTEM)
    day.desk("message.set_rules", ARGS["message.set_rules"], ("message_rules", RULES), SYSTEM)


def _field_work(day: Day) -> None:
    declined = ("work_order", day.job(ANN))
    day.sync(day.mine)
    day.act("work_order.see")
    day.act("work_order.contact", ARGS["work_order.contact"])
    day.act("work_order.decline", ARGS["work_order.decline"], declined)
    day.taps(day.mine, day.order, "accept", "depart", "arrive", "start", "pause", "resume")
    day.act("checklist.answer", {"item": "leaks", "value": "pass"})
    day.act("checklist.answer", {"item": "pressure", "value": "1.25"})
    planned = derive(day.act("parts.plan", {"part": FILTER, "quantity": "3"}), "planned")
    used = {"part": FILTER, "location": VAN_ANN, "quantity": "2", "planned": planned}
    use = derive(day.act("parts.use", used), "part")
    day.act("parts.unplan", {"planned": planned})
    day.act("parts.return", {"use": use, "quantity": "1"})
    ordered = day.act("parts.order", ARGS["parts.order"])
    day.act("note.add", ARGS["note.add"])
    photo = derive(day.act("photo.add", picture("plate", caption="铭牌 🙂")), "photo")
    dropped = derive(day.act("photo.add", picture("blurred")), "photo")
    day.act("photo.describe", {**ARGS["photo.describe"], "photo": photo})
    day.act("photo.drop", {**ARGS["photo.drop"], "photo": dropped})
    said_so = {"contact_phone": ["13800005678", "222"]}
    day.act("edit", {"fields": said_so, "work_order": day.order}, ("site", SITE))
    office = {"contact_phone": ["13800005678", "111"]}
    day.desk("edit", {"fields": office}, ("site", SITE))
    day.sync(day.mine)
    day.desk("parts.supply", {"ordered": derive(ordered, "ordered")}, by=WEN)
    day.desk("photo.arrive", {"photo": photo})


def _money(day: Day) -> None:
    quote = day.act("quote.make", {"lines": [line()["line"]], **_prices()})
    day.act("quote.decline", {"quote": derive(quote, "quote"), "reason": "考虑换新机"})
    day.act("charge.decide", {"category": "A", "basis": "none", "code": "no_date"})
    day.act("charge.add", line())
    day.act("charge.drop", {"charge": charge_id(day.act("charge.add", line("labour", "1.5")))})
    wrong = derive(day.act("payment.take", paying(8_000)), "payment")
    day.act("payment.void", {"payment": wrong, "reason": "金额写错"})
    paid = derive(day.act("payment.take", paying(8_000, "cash")), "payment")
    plain = {"type": "plain", "title": "陈静", "delivery": "message", **_prices()}
    asked = derive(day.act("invoice.ask", plain), "invoice")
    item = derive(day.act("item.take", {"what": "主板", "reason": "返厂检测"}), "item")
    day.act("work_order.complete", ARGS["work_order.complete"])
    signed = sign(day, day.mine, day.order)
    assert not isinstance(signed, Refused), signed
    day.sync(day.mine)
    day.desk("payment.hand_over", {"payment": paid}, by=FINN)
    day.desk("invoice.issue", {"request": asked, "number": "26952000000012345678"}, by=FINN)
    day.desk("invoice.reverse", {"request": asked, "reason": "抬头有误"}, by=FINN)
    day.desk("item.hand_in", {"item": item}, by=WEN)
    day.act("item.return", {"item": item})
    day.sync(day.mine)


def _prices() -> dict[str, Any]:
    return {"price_list": line()["price_list"]}


def _mends(day: Day) -> None:
    """Three ops that wait: one is given up, one corrected, one taken over as it came."""
    given_up, corrected = day.beyond(), day.beyond()
    day.sync(day.mine)
    note = {"kind": "note.add", "v": 1, "on": ["work_order", day.order]}
    args = {**note, "args": ARGS["note.add"], "body_fingerprint": corrected.fingerprint}
    day.act("op.discard", {"of": given_up.op_id, "reason": "by mistake"}, ("op", given_up.op_id))
    of = {"of": corrected.op_id}
    day.act("op.repair", {**args, **of}, ("op", corrected.op_id))
    day.sync(day.mine)
    last = day.act("note.add", {"text": "later", "audience": "internal"})
    caller = day.callers[id(day.mine)]
    day.callers[id(day.mine)] = msgspec.structs.replace(caller, revoked=True)
    day.sync(day.mine)
    day.callers[id(day.mine)] = caller
    (entry,) = day.mine.outboxed([last])
    told = {"of": last, "body_fingerprint": entry.fingerprint}
    day.desk("op.accept", told, ("op", last))


def _tidy_up(day: Day) -> None:
    sealed = {"sign_off": day.row(SignOff).id}
    looked = day.office("sign_off.check", ("work_order", day.order), sealed, by=SYSTEM)
    assert looked.verdict == "merged", looked
    conflict = day.row(Conflict)
    swap = {"conflict": conflict.id, "choice": "swap", "loser": 0}
    day.desk("conflict.settle", swap, (conflict.home_noun, conflict.home_id))
    open_one = next(
        row
        for row in day.heard.pages.rows.values()
        if isinstance(row, Task) and row.closed_by is None
    )
    day.desk("task.close", {"note": "已电话联系客户"}, ("task", open_one.id), WEN)
    day.desk("work_order.put_away", {})


def _merges(day: Day) -> None:
    for noun, stays in (("customer", CUSTOMER), ("site", SITE), ("asset", ASSET)):
        twice = next(one.op_id for one in day.heard.came if one.kind == f"{noun}.add")
        day.desk(f"{noun}.merge", {"into": stays}, (noun, twice))


def _beginnings(day: Day) -> None:
    """Something else is found beside a job, and is a job of its own from then on."""
    order = day.job(ANN)
    day.sync(day.mine)
    day.act("work_order.begin", {**ARGS["work_order.begin"], "beside": order}, ("work_order", ""))
    day.sync(day.mine)


def _rules(day: Day) -> None:
    """By which limits and in which hours the company works."""
    day.desk("policy.publish", ARGS["policy.publish"], ("service_policy", ""))
    day.desk("policy.choose", ARGS["policy.choose"], ("policy_choice", CHOICE))
    day.desk("calendar.set", ARGS["calendar.set"], ("working_calendar", COMPANY))


TIERS_ROW = {
    "code": TIERS,
    "en": "Customer tier",
    "zh": "客户等级",
    "tags": [{"code": "key", "en": "High value", "zh": "高价值客户"}],
}


def _classing(day: Day) -> None:
    """Which tier a customer is in, by the company's own words."""
    day.desk("master.put", {"row": TIERS_ROW}, ("tag_set", tag_set_id(TIERS)))
    day.desk("customer.classify", ARGS["customer.classify"], ("customer", CUSTOMER))


def _messages(day: Day) -> None:
    """The customer is told three things: one by the technician, one in vain, one is called off."""
    order = day.job(ANN)
    ticket = day.row_of(WorkOrder, order).ticket_id
    day.sync(day.mine)
    told = {**ARGS["message.queue"], "ticket": ticket}
    one, other, last = (day.desk("message.queue", told, ("message", ""), DORA) for _ in range(3))
    day.sync(day.mine)
    by_phone = {**ARGS["message.send"], "work_order": order}
    day.act("message.send", by_phone, ("message", one))
    day.act("message.fail", {**ARGS["message.fail"], "work_order": order}, ("message", other))
    day.sync(day.mine)
    day.desk("message.cancel", ARGS["message.cancel"], ("message", last), DORA)


def _feedback(day: Day) -> None:
    """A customer complains on site and then scores low; a finding is put right."""
    order = day.job(ANN)
    ticket = day.row_of(WorkOrder, order).ticket_id
    day.sync(day.mine)
    told = {**ARGS["feedback.record"], "ticket": ticket, "work_order": order}
    on = ("feedback", day.act("feedback.record", told, ("feedback", "")))
    day.sync(day.mine)
    for verb in ("sort", "contact", "plan", "result", "confirm", "close"):
        day.desk(f"feedback.{verb}", ARGS[f"feedback.{verb}"], on)
    plain = {"ticket": ticket, "kind": "finding", "means": "phone", "text": "报价单过旧"}
    found = ("feedback", day.desk("feedback.record", plain, ("feedback", "")))
    day.desk("feedback.put_right", ARGS["feedback.put_right"], found)
    idea = {**plain, "kind": "suggestion", "text": "周日也上班"}
    other = ("feedback", day.desk("feedback.record", idea, ("feedback", "")))
    day.desk("feedback.take_back", ARGS["feedback.take_back"], other)
    day.desk("ticket.resolve", ARGS["ticket.resolve"], ("ticket", ticket))
    score = {**ARGS["feedback.score"], "ticket": ticket, "solved": "no"}
    scored = day.desk("feedback.score", score, ("feedback", ""))
    day.desk("feedback.call", ARGS["feedback.call"], ("feedback", scored))
    again = {"reason": "客户说没修好", "feedback": scored}
    day.desk("ticket.take_up", again, ("ticket", ticket))
    day.desk("feedback.correct", ARGS["feedback.correct"], ("feedback", scored))


def _alarms(day: Day) -> None:
    """The server tells of a limit that is missed, and that it was kept after all."""
    ticket = ("ticket", day.row_of(WorkOrder, day.order).ticket_id)
    raised = day.desk("task.raise", ARGS["task.raise"], ticket)
    task = derive(raised, "task", "clock_overdue", ticket[1])
    day.desk("task.settle", {"reason": "late", "task": task}, ticket)


def bodies_of_a_day() -> list[Kept]:
    """Every act there is as it came in, in order. What became of it is not said yet."""
    day = Day()
    field = (_desk_work, _requests, _field_work, _mends, _money, _tidy_up, _merges, _beginnings)
    for part in (*field, _rules, _returns, _house_rules, _messages, _feedback, _alarms, _classing):
        part(day)
    return [
        Kept(
            day=1,
            place=place,
            body=entry.body,
            fingerprint=entry.fingerprint,
            received=entry.received,
            person=entry.by if entry.device is not None else None,
            device=entry.device,
            incarnation=entry.incarnation,
            lseq=entry.lseq or 0,
            revoked=entry.code == REVOKED,
        )
        for place, entry in enumerate(day.heard.came)
    ]


def judged(day: Iterable[Kept]) -> list[Kept]:
    """What becomes of these acts, each handed in by itself, in order, to books with nothing in."""
    books = Listening()
    return [_one(books, kept) for kept in day]


def _one(books: Listening, kept: Kept) -> Kept:
    op_id = msgspec.json.decode(kept.body)["id"]
    origins: frozenset[Origin] = frozenset({"device"} if kept.device else {"console"})
    parcel = Parcel(
        ops=[WireOp(lseq=kept.lseq, id=op_id, body=kept.body)],
        origins=origins,
        person=kept.person,
        received=kept.received,
        device=kept.device,
        incarnation=kept.incarnation,
        aside=REVOKED if kept.revoked else None,
    )
    books.wrote = {}
    (result,) = receive(books, parcel, REGISTRY)
    return msgspec.structs.replace(
        kept,
        verdict=result.verdict,
        code=result.code,
        flags=tuple(result.flags),
        rows=books.wrote,
    )


def files_of(day: Iterable[Kept]) -> dict[str, str]:
    """The acts as files: one for each kind and version, by name."""
    found: dict[str, list[Kept]] = {}
    for kept in day:
        told = msgspec.json.decode(kept.body)
        found.setdefault(f"{told['kind']}.v{told['v']}.json", []).append(kept)
    return {
        name: msgspec.json.format(msgspec.json.encode(acts), indent=1).decode() + "\n"
        for name, acts in found.items()
    }


def kept_in(folder: Path) -> list[Kept]:
    """The acts that are in files, day by day, in the order in which they came in."""
    acts = [
        one
        for path in sorted(folder.glob("*.json"))
        for one in msgspec.json.decode(path.read_bytes(), type=list[Kept])
    ]
    return sorted(acts, key=lambda one: (one.day, one.place))
