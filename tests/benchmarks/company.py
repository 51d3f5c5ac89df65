"""The company whose days are measured: people, vans, parts and jobs, written through the door."""

from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from server import enrolment, sessions
from server.office import Office
from shared.clock import At
from shared.ids import RANDOM_BYTES, derive, uuid7
from shared.ops import SYSTEM, Op, Origin, encode
from shared.records import Aggregate
from sync.desk import Parcel
from sync.intake import receive
from sync.protocol import WireOp

OPS_AT_ONCE = 500
JOBS_PER_SITE = 5
CODE_MS = 10 * 60_000
SESSION_MS = 3_600_000
STOCK = "100000"
DISPATCHER, CHECKLIST = derive("bench", "dispatcher"), derive("bench", "checklist")
PARTS = tuple(derive("bench", "part", number) for number in range(3))
NUMBERS, CHECKS = 10, 4


class Technician(Struct, frozen=True):
    """Somebody in the field, and the van."""

    person: str
    van: str


class Company:
    """The books of a server, open beside it, with everything made from one seed."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office = office
        self.dice = Random(seed)
        self._said: list[WireOp] = []
        self._count = 0

    def found(self) -> None:
        """What there is before anybody works: a dispatcher, parts, and a checklist."""
        self._put("person", DISPATCHER, login="dispatcher", name="Dora", roles=["dispatcher"])
        for number, part in enumerate(PARTS):
            told = {"number": f"F-{number}", "en": "Filter", "zh": "滤芯", "unit": "piece"}
            self._put("part", part, type="generic", **told)
        items = [
            {"code": f"value_{n}", "type": "number", "en": "Pressure", "zh": "压力", "unit": "bar"}
            for n in range(NUMBERS)
        ] + [
            {"code": f"check_{n}", "type": "pass_fail", "en": "Tight", "zh": "密封"}
            for n in range(CHECKS)
        ]
        self._put("checklist", CHECKLIST, en="Heat pump", zh="热泵", items=items)
        self.flush()

    def new_id(self) -> str:
        """An id nobody has."""
        return uuid7(self.office.now_ms(), self.dice.randbytes(RANDOM_BYTES))

    def technician(self) -> Technician:
        """Somebody new, with a van full of parts."""
        self._count += 1
        person, van = self.new_id(), self.new_id()
        login = f"t{self._count}"
        self._put("location", van, code=login, en="Van", zh="车", type="van")
        self._put("person", person, login=login, name="Ann", roles=["technician"], van_id=van)
        for part in PARTS:
            self.say("stock.receive", ("location", van), {"part": part, "quantity": STOCK})
        return Technician(person, van)

    def jobs(self, count: int, *technicians: Technician) -> list[str]:
        """New work orders of these technicians, accepted by the first; returns their ids."""
        orders: list[str] = []
        site: dict[str, str] = {}
        for number in range(count):
            if number % JOBS_PER_SITE == 0:
                site = self.site()
            ticket = self.say("ticket.open", ("ticket", ""), {**TICKET, **site})
            told = {**ORDER, "ticket": ticket, "checklist": CHECKLIST}
            order = self.say("work_order.create", ("work_order", ""), told)
            on = ("work_order", order)
            for place, one in enumerate(technicians):
                role = "helper" if place else "lead"
                self.say("work_order.assign", on, {"person": one.person, "role": role})
            self.say("work_order.accept", on, {}, by=technicians[0])
            orders.append(order)
        self.flush()
        return orders

    def site(self) -> dict[str, str]:
        """A new site of a new customer, as a request names them."""
        customer, site = self.new_id(), self.new_id()
        self._put("customer", customer, name="Müller & Söhne", type="organisation")
        place = {"address": "Hafenstraße 1", "zone": "north", "time_zone": "Europe/Berlin"}
        self._put("site", site, customer_id=customer, name="Plant 2", **place)
        return {"customer": customer, "site": site}

    def _put(self, table: str, identity: str, **row: Any) -> None:
        self.say("master.put", (table, identity), {"row": row})

    def say(
        self, kind: str, on: Aggregate, args: dict[str, Any], by: Technician | None = None
    ) -> str:
        """An op of the office, or of a technician, kept for `flush`; returns its id."""
        identity, now = self.new_id(), self.office.now_ms()
        origin: Origin = "api" if by is None else "device"
        op = Op(
            id=identity,
            kind=kind,
            v=1,
            on=(on[0], on[1] or identity),
            by=SYSTEM if by is None else by.person,
            origin=origin,
            at=At(wall=now, boot="server", mono=now, src="server"),
            salt=self.dice.randbytes(16).hex(),
            args=msgspec.Raw(msgspec.json.encode(args)),
        )
        self._said.append(WireOp(lseq=0, id=identity, body=encode(op)))
        return identity

    def flush(self) -> None:
        """Write down what was said; all of it has to be applied."""
        for start in range(0, len(self._said), OPS_AT_ONCE):
            parcel = Parcel(
                ops=self._said[start : start + OPS_AT_ONCE],
                origins=frozenset({"api", "device"}),
                person=None,
                received=self.office.now_ms(),
            )
            with self.office.writing() as books:
                results = receive(self.office.ledger(books), parcel)
            assert {result.verdict for result in results} == {"applied"}, results[:3]
        self._said = []

    def enrolment_code(self, technician: Technician) -> str:
        """A code that lets one device of a technician in."""
        now = self.office.now_ms()
        with self.office.writing() as books:
            whose = (technician.person, DISPATCHER)
            return enrolment.issue(books, whose, self.office.dice, (now, now + CODE_MS))

    def session(self) -> str:
        """The token of a session of the dispatcher."""
        now = self.office.now_ms()
        with self.office.writing() as books:
            times = (now, now + SESSION_MS)
            return sessions.open_session(books, DISPATCHER, self.office.dice, times).token


TICKET = {"problem": "No heat / 不制热", "channel": "phone", "priority": "normal"}
ORDER = {
    "summary": "Heat pump does not start",
    "category": "A",
    "service": "repair",
    "priority": "normal",
    "planned_from": "2026-11-23T09:00",
    "planned_to": "2026-11-23T11:00",
    "job_note": "Key at the gate",
}
