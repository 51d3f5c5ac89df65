"""Two finished visits of the demo company with their whole proof, as their phones would say it.

`signed` has photos in every state, a bill, a payment, an invoice to be written and an item that was
taken away; its customer signed, and a note came after that. `diverged` was signed for something
else than the books say.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import structs
from PIL import Image, ImageDraw

from server.office import Office
from server.queries.pages import T
from shared.charges import Charge, CoverageDecision, Quote
from shared.checklist import Checklist, Reading
from shared.clock import At
from shared.document import Document, hash_of, write
from shared.ids import derive
from shared.ink import Ink
from shared.notes import Note
from shared.ops import SALT_BYTES, SYSTEM, Op, Origin, encode
from shared.parts import Part, PartUse
from shared.payments import Payment
from shared.people import Person
from shared.photos import Photo
from shared.prices import Organisation, PriceList
from shared.records import Record, State, table
from shared.seal import seal_of
from shared.showing import Asked, build
from shared.sign_off import SignOff, TakeArgs
from shared.site import Asset, Customer, Site
from shared.take_away import TakenItem
from shared.ticket import Ticket
from shared.visit import Visit
from shared.work_order import Assignment, Completion, WorkOrder
from sync.desk import Parcel
from sync.intake import receive
from sync.protocol import WireOp

MINUTE_MS: Final = 60_000
OF_A_JOB: Final[tuple[type[Record], ...]] = (
    *(Assignment, Visit, Completion, Reading, PartUse, Photo, Note, SignOff, CoverageDecision),
    *(Charge, Quote, Payment, TakenItem),
)
ALL_OF: Final[tuple[type[Record], ...]] = (
    *(Ticket, Site, Customer, Asset, Checklist, Person, Part, PriceList, Organisation),
)
SLOTS: Final = (
    {"code": "plate", "en": "Rating plate", "zh": "铭牌", "required": True},
    {"code": "before", "en": "Before the work", "zh": "作业前"},
    {"code": "trial", "en": "Trial run", "zh": "试运行", "required": True},
    {"code": "site_left", "en": "Site as it was left", "zh": "离场时现场"},
)
# Name, slot, colour, how it stands, and who may see it.
PICTURES: Final = (
    ("plate", "plate", "#37526E", "safe", "customer"),
    ("contactor", "before", "#5B6470", "safe", "customer"),
    ("drawing", "", "#5B6470", "safe", "customer"),
    ("gauge", "", "#7A6A56", "coming", "customer"),
    ("terminals", "", "#444C58", "waiting", "internal"),
    ("blurred", "", "#000000", "unreadable", "internal"),
)
CAPTIONS: Final = {
    "contactor": "烧蚀的接触器",
    "drawing": "Contact 3, marked",
    "gauge": "=1+1 gauge after refilling",
    "blurred": "<b>blurred</b>",
}
STROKES: Final = (
    (300, 500, 0, 520, 210, 90, 700, 620, 170, 610, 700, 260, 820, 380, 340),
    (900, 480, 500, 1100, 300, 590, 1240, 540, 660, 1180, 620, 720, 1420, 420, 800),
    (1500, 560, 950, 1760, 300, 1030, 1850, 520, 1100, 2160, 400, 1190),
)
INK: Final = Ink(width=2600, height=900, strokes=STROKES)


def jpeg(colour: str, seed: int, size: tuple[int, int]) -> bytes:
    """A picture that can be told from others."""
    image = Image.new("RGB", size, colour)
    pen = ImageDraw.Draw(image)
    wide, high = size
    for place in range(5):
        left = wide * (place + 1) // 8
        top = high * ((place * 3 + seed) % 5) // 7
        pen.ellipse((left, top, left + wide // 6, top + high // 4), fill="#C9CED6", outline="#222")
    pen.rectangle((wide // 3, high // 2, wide // 2, high * 4 // 5), fill="#B7791F")
    written = io.BytesIO()
    image.save(written, "JPEG", quality=80)
    return written.getvalue()


class Prover:
    """Says the proof of visits as phones do; `device` is one of the technician's."""

    def __init__(self, office: Office, now_ms: int) -> None:
        self.office = office
        self.now = now_ms
        self.folder = office.settings.data / "proof"
        self.folder.mkdir(exist_ok=True)

    def say(self, kind: str, on: tuple[str, str], args: Any, by: str, **more: Any) -> str:
        """One op, a second after the last, and what it is called."""
        self.now += 1_000
        origin: Origin = more.pop("origin", "api")
        op = Op(
            id=more.pop("id", None) or derive("proven", kind, on[1], self.now),
            kind=kind,
            v=1,
            on=on,
            by=by,
            origin=origin,
            at=At(wall=self.now, boot="b", mono=self.now, src="boottime"),
            salt="00" * SALT_BYTES,
            args=msgspec.Raw(msgspec.json.encode(args)),
            **more,
        )
        wire = WireOp(lseq=1, id=op.id, body=encode(op))
        parcel = Parcel(ops=[wire], origins=frozenset({origin}), person=None, received=self.now)
        with self.office.writing() as books:
            (result,) = receive(self.office.ledger(books), parcel)
        assert result.verdict in ("applied", "merged"), (kind, msgspec.to_builtins(result))
        return op.id

    def ask(self, statement: str, *values: Any) -> list[Any]:
        """Rows of the database."""
        with self.office.reading() as books:
            return [tuple(row) for row in books.exec_driver_sql(statement, tuple(values))]

    def state(self, order: str) -> State:
        """What a document of a job is made of."""
        with self.office.reading() as books:
            rows = [*self._rows(books, WorkOrder, T["work_order"].c.id == order)]
            for kind in OF_A_JOB:
                own = T[table(kind)]
                rows += self._rows(books, kind, own.c.work_order_id == order)
            for kind in ALL_OF:
                rows += self._rows(books, kind)
        return State(rows)

    def _rows(self, books: Any, kind: type[Record], *where: Any) -> Iterator[Record]:
        for row in books.execute(T[table(kind)].select().where(*where)):
            yield msgspec.convert(row._asdict(), kind)

    def keep(self, content: bytes, person: str, state: str, fault: str = "") -> str:
        """Bring a file as a phone of somebody does; returns its hash."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.folder / sha256
        path.write_bytes(content)
        ((device,),) = self.ask(
            "SELECT id FROM device ORDER BY person_id = ? DESC, id LIMIT 1", person
        )
        upload = derive("upload", sha256)
        done = self.now if state == "safe" else None
        with self.office.writing() as books:
            told = {
                "id": upload,
                "device_id": device,
                "person_id": person,
                "size": len(content),
                "sha256": sha256,
                "began_at": self.now,
                "done_at": done,
                "named_at": done,
                "ended_at": None,
                "mismatches": 0,
            }
            books.execute(T["upload"].insert().values(**told))
            if done is not None:
                kept = {"size": len(content), "stored_at": self.now, "fault": fault}
                books.execute(T["evidence_file"].insert().values(sha256=sha256, **kept))
        if done is not None:
            self.office.evidence.put(sha256, path)
        else:
            self.office.parts.append(upload, 0, [content[: len(content) * 64 // 100]])
        return sha256


class Visited(NamedTuple):
    """A job, its visit and its technician."""

    order: str
    number: str
    visit: str
    person: str


def visited(prover: Prover, place: int) -> Visited:
    """The n-th newest finished job, those of somebody with a phone first."""
    rows = prover.ask(
        "SELECT w.id, w.number, v.id, v.person_id FROM work_order w JOIN visit v "
        "ON v.work_order_id = w.id WHERE w.status = 'done' AND v.outcome = 'done' "
        "AND w.asset_id IS NOT NULL AND w.checklist_id IS NOT NULL ORDER BY v.person_id IN "
        "(SELECT person_id FROM device) DESC, w.number DESC LIMIT 1 OFFSET ?",
        place,
    )
    return Visited(*rows[0])


def prove(office: Office, now_ms: int) -> dict[str, str]:
    """Both visits; returns their numbers."""
    prover = Prover(office, now_ms)
    first, second = visited(prover, 0), visited(prover, 1)
    with_prices(prover)
    with_slots(prover, first)
    photos(prover, first)
    bill(prover, first)
    sign(prover, first)
    told = {"text": "Please check the filter in spring.", "audience": "customer"}
    prover.say("note.add", ("work_order", first.order), told, by=first.person, visit=first.visit)
    sign(prover, second, change=other_reading)
    ((picture,),) = prover.ask(
        "SELECT id FROM photo WHERE work_order_id = ? AND drawn_on IS NOT NULL", first.order
    )
    ((payment,),) = prover.ask(
        "SELECT id FROM payment WHERE work_order_id = ? AND method = 'cash'", first.order
    )
    ((invoice,),) = prover.ask(
        "SELECT id FROM invoice_request WHERE work_order_id = ?", first.order
    )
    ((edition,),) = prover.ask("SELECT id FROM price_list ORDER BY edition LIMIT 1")
    return {
        "signed": first.number,
        "diverged": second.number,
        "photo": picture,
        "payment": payment,
        "invoice": invoice,
        "edition": edition,
    }


def with_prices(prover: Prover) -> None:
    """A price list, where the company has none."""
    if prover.ask("SELECT id FROM price_list LIMIT 1"):
        return
    named = (("visit", "piece", 8_000), ("labour", "hour", 16_000), ("travel", "piece", 5_000))
    items = [
        {"code": kind, "kind": kind, "en": f"{kind} fee", "zh": f"{kind} 费", "unit": unit}
        | {"price": price, "tax": 600}
        for kind, unit, price in named
    ]
    row = {"name": "2026", "edition": 1, "valid_from": "2026-01-01", "currency": "CNY"}
    more = {"on_spot_limit": 200_000, "items": items, "warranty_from": "delivery"}
    on = ("price_list", derive("proven", "prices"))
    prover.say("master.put", on, {"row": {**row, **more}}, by=SYSTEM, origin="api")


def with_slots(prover: Prover, one: Visited) -> None:
    """The job's checklist asks for pictures."""
    ((identity, row),) = [
        (found.id, msgspec.to_builtins(found))
        for found in prover.state(one.order).all(Checklist)
        if (found.id,) in prover.ask("SELECT checklist_id FROM work_order WHERE id = ?", one.order)
    ]
    kept = {name: row[name] for name in ("en", "zh", "items")}
    put = {"row": {**kept, "photos": SLOTS}}
    prover.say("master.put", ("checklist", identity), put, by=SYSTEM, origin="api")


def photos(prover: Prover, one: Visited) -> None:
    """Photos in every state."""
    on = ("work_order", one.order)
    taken: dict[str, str] = {}
    for place, (name, slot, colour, state, audience) in enumerate(PICTURES):
        whole, thumb = (jpeg(colour, place, size) for size in ((1600, 1200), (320, 240)))
        if state != "waiting":
            prover.keep(
                whole,
                one.person,
                "safe" if state == "unreadable" else state,
                "unreadable" if state == "unreadable" else "",
            )
            prover.keep(thumb, one.person, "safe")
        drawn = {"drawn_on": taken["contactor"]} if name == "drawing" else {}
        args = {
            "sha256": hashlib.sha256(whole).hexdigest(),
            "size": len(whole),
            "width": 1600,
            "height": 1200,
            "thumb_sha256": hashlib.sha256(thumb).hexdigest(),
            "thumb_size": len(thumb),
            "slot": slot,
            "caption": CAPTIONS.get(name, ""),
            "audience": audience,
            **drawn,
        }
        said = prover.say("photo.add", on, args, by=one.person, visit=one.visit)
        taken[name] = derive(said, "photo")
        if state in ("safe", "unreadable"):
            fault = {"fault": "unreadable"} if state == "unreadable" else {}
            came = {"photo": taken[name], **fault}
            prover.say("photo.arrive", on, came, by=SYSTEM, origin="timer")


def bill(prover: Prover, one: Visited) -> None:
    """Who pays, the lines, what was paid, an invoice to be written, and an item taken away."""
    on = ("work_order", one.order)
    prices = next(iter(sorted(prover.state(one.order).all(PriceList), key=lambda it: it.edition)))
    say = partial(prover.say, on=on, by=one.person, visit=one.visit)
    decision = {"category": "A", "basis": "none", "code": "no_date"}
    say("charge.decide", args=decision)
    at = {"price_list": prices.id}
    for kind in ("visit", "labour", "travel"):
        item = next(it for it in prices.items if it.kind == kind)
        line = {"kind": kind, "item": item.code, "quantity": "1.5" if kind == "labour" else "1"}
        say("charge.add", args={"line": {**line, "covered": kind == "travel"}, **at})
    by_hand = {"kind": "other", "name": '=HYPERLINK("x") hose', "price": 4_550, "quantity": "2"}
    say("charge.add", args={"line": by_hand, **at})
    off = {"kind": "discount", "name": "Regular customer", "price": 2_000, "quantity": "1"}
    say("charge.add", args={"line": off, **at})
    quoted = {"kind": "other", "name": "New drum", "price": 98_000, "quantity": "1"}
    say("quote.make", args={"lines": [quoted], **at})
    paid = {"currency": prices.currency, "payer": "陈建国", **at}
    say("payment.take", args={"method": "cash", "amount": 20_000, **paid})
    by_qr = {"method": "qr", "amount": 5_000, "transaction": "4200001", **paid}
    ((slip,),) = prover.ask(
        "SELECT id FROM photo WHERE work_order_id = ? ORDER BY id LIMIT 1", one.order
    )
    say("payment.take", args={**by_qr, "photo": slip})
    wanted = {"type": "plain", "title": "江州明湖物业管理有限公司", "delivery": "email"}
    say("invoice.ask", args={**wanted, "address": "office@example.com", "tax_number": "", **at})
    taken = {"what": "Control board", "serial": "CB-778", "reason": "To be tested"}
    more = {"condition": "one corner burnt", "back_by": "2026-12-04", "estimate": 30_000}
    say("item.take", args={**taken, **more})


def sign(
    prover: Prover, one: Visited, *, change: Callable[[Document], Document] | None = None
) -> None:
    """The customer signs what the phone shows, or something else."""
    asked = Asked(
        purpose="visit",
        jobs=(one.order,),
        person=one.person,
        language="zh",
        made_at=prover.now,
    )
    built = build(prover.state(one.order), asked)
    assert isinstance(built, Document), built
    text = write(change(built) if change is not None else built)
    args = TakeArgs(
        purpose="visit",
        document=text,
        shown_hash=hash_of(text),
        seal="0" * 64,
        signed_at=prover.now,
        app="1.6.0",
        signer="陈建国",
        signer_role="representative",
        relation="设备科",
        rating=5,
        ink=INK,
        technician_ink=INK,
    )
    sealed = structs.replace(args, seal=seal_of(args, one.person))
    prover.say("sign_off.take", ("work_order", one.order), sealed, by=one.person, visit=one.visit)


def other_reading(shown: Document) -> Document:
    """What was shown, but for the value of the first reading."""
    job = shown.jobs[0]
    first, *more = job.readings
    readings = (structs.replace(first, value="pass" if first.value == "fail" else "fail"), *more)
    return structs.replace(shown, jobs=(structs.replace(job, readings=readings),))
