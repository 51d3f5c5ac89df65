"""A small company, its server and its phones, with a clock and a network that a test can bend."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import msgspec

from shared.clock import At
from shared.errors import Refused
from shared.ids import RANDOM_BYTES, derive, uuid7
from shared.kinds import REGISTRY
from shared.ops import SYSTEM, Op, Origin, encode
from shared.records import Aggregate
from sync import protocol
from sync.desk import Parcel
from sync.exchange import Caller, Heard, House, answer, has_news, hear, overhear
from sync.intake import receive
from sync.library import Library
from sync.memory import MemoryBooks, MemoryPhone
from sync.memory.books import MemoryLibrary
from sync.ports import Authority, Identity, Outboxed, Replica
from sync.protocol import Reply, Request, Result, WireOp
from sync.recording import Draft, record
from sync.session import Summary, Surroundings, TimedOut, converse
from tests.simulation.kills import Mortal

START_MS = 1_795_000_000_000
KEYS = {"k1": b"a key that only the server knows"}


def known(name: str) -> str:
    """The id of a thing of the small company, by its name."""
    return derive("world", name)


ANN, BOB, DORA, WEN = (known(name) for name in ("ann", "bob", "dora", "wen"))
VAN_ANN, VAN_BOB = known("van ann"), known("van bob")
FILTER, BOARD = known("filter"), known("board")
CUSTOMER, SITE, ASSET = known("customer"), known("site"), known("asset")
CHECKLIST = known("checklist")
PRICES = known("prices")


class Server(Protocol):
    """Somewhere books are kept."""

    def writing(self) -> AbstractContextManager[Authority]:
        """One write transaction."""

    def reading(self) -> AbstractContextManager[Library]:
        """One read transaction."""

    def renew(self) -> None:
        """A new epoch."""


class MemoryServer:
    """Books in memory."""

    def __init__(self, *, poison: str | None = None) -> None:
        self.books = MemoryBooks(poison=poison)
        self.dies_after: int | None = None

    @contextmanager
    def writing(self) -> Iterator[Authority]:
        with self.books.savepoint():
            if self.dies_after is None:
                yield self.books
            else:
                yield Mortal(self.books, self.dies_after)

    @contextmanager
    def reading(self) -> Iterator[Library]:
        yield MemoryLibrary(self.books)

    def renew(self) -> None:
        self.books.renew()


class World:
    """Everybody and everything, driven step by step."""

    def __init__(self, server: Server | None = None) -> None:
        self.server: Server = server or MemoryServer()
        self.now_ms = START_MS
        self.count = 0
        self.phones: dict[str, Replica] = {}
        self.callers: dict[int, Caller] = {}
        self.clock_error_ms: dict[int, int] = {}
        self.started: dict[int, At] = {}  # what the clocks of a phone said when it was started last
        self.stands_at: dict[int, int] = {}  # wall clocks that do not go on
        self.upgrades: set[str] = set()  # the acts of upgrades that judged ops again
        self.registry = self.server_registry = REGISTRY
        self.late: list[tuple[Replica, Request]] = []
        self.answered: Callable[[Caller, Reply], None] = lambda _caller, _reply: None
        for kind, on, args in MASTER:
            self.must(self.office(kind, on, args, by=SYSTEM))

    def tick(self, ms: int = 1_000) -> int:
        """Let time pass."""
        self.now_ms += ms
        return self.now_ms

    def name(self) -> str:
        """A new id, the same in every run."""
        self.count += 1
        return uuid7(self.now_ms, self.count.to_bytes(RANDOM_BYTES, "big"))

    # The office

    def op(self, kind: str, on: Aggregate, args: Any, *, by: str, op_id: str = "") -> WireOp:
        """An op of the console, as it is handed in."""
        identity = op_id or self.name()
        body = encode(
            Op(
                id=identity,
                kind=kind,
                v=1,
                on=(on[0], on[1] or identity),
                by=by,
                origin="console",
                at=At(wall=self.tick(), boot="server", mono=self.now_ms, src="server"),
                salt="0" * 32,
                args=msgspec.Raw(msgspec.json.encode(args)),
            )
        )
        return WireOp(lseq=0, id=identity, body=body)

    def office(self, kind: str, on: Aggregate, args: Any, *, by: str = DORA) -> Result:
        """A click in the console. An empty id in `on` means: of this op."""
        person = None if by == SYSTEM else by
        return self.hand_in([self.op(kind, on, args, by=by)], person=person)[0]

    def hand_in(
        self, ops: Sequence[WireOp], origin: Origin = "console", person: str | None = None
    ) -> list[Result]:
        """Ops of the office through the one door."""
        parcel = Parcel(ops=ops, origins=frozenset({origin}), person=person, received=self.now_ms)
        with self.server.writing() as authority:
            return receive(authority, parcel, self.server_registry)

    def must(self, result: Result) -> Result:
        """An op that has to be applied."""
        assert result.verdict == "applied", result
        return result

    def job(self, *people: str, checklist: str | None = None, **at: str | None) -> str:
        """A new work order, assigned; returns its id. `at` are customer, site and asset."""
        told = {**TICKET_ARGS, "asset": ASSET, **at}
        ticket = self.must(self.office("ticket.open", ("ticket", ""), told)).id
        args = {**ORDER_ARGS, "ticket": ticket, "checklist": checklist}
        order = self.must(self.office("work_order.create", ("work_order", ""), args)).id
        for index, person in enumerate(people):
            role = "helper" if index else "lead"
            said = {"person": person, "role": role}
            self.must(self.office("work_order.assign", ("work_order", order), said))
        return order

    # The phones

    def phone(self, person: str, make: Callable[[Identity], Replica] = MemoryPhone) -> Replica:
        """A newly enrolled phone."""
        self.count += 1
        device = derive("device", self.count)
        identity = Identity(device=device, person=person, incarnation=self.random_name())
        replica = make(identity)
        self.callers[id(replica)] = Caller(device=device, person=person)
        self.phones[device] = replica
        return replica

    def random_name(self) -> str:
        """A new incarnation or nonce."""
        self.count += 1
        return f"{self.count:032x}"

    def clock(self, phone: Replica) -> At:
        """What a phone's clocks say now."""
        wrong = self.clock_error_ms.get(id(phone), 0)
        since = self.started.get(id(phone)) or At(
            wall=START_MS, boot="boot-1", mono=0, src="boottime"
        )
        return At(
            wall=self.stands_at.get(id(phone), self.now_ms + wrong),
            boot=since.boot,
            mono=self.now_ms - since.wall,
            src=since.src,
        )

    def start_again(self, phone: Replica) -> None:
        """A phone is turned off and on: its clock that only runs begins anew."""
        self.count += 1
        self.started[id(phone)] = At(
            wall=self.now_ms, boot=f"boot-{self.count}", mono=0, src="boottime"
        )

    def tap(
        self, phone: Replica, kind: str, on: Aggregate, args: Any | None = None
    ) -> Outboxed | Refused:
        """A technician's act. An empty id in `on` means: of this op."""
        self.tick()
        identity = self.name()
        draft = Draft(
            id=identity,
            kind=kind,
            on=(on[0], on[1] or identity),
            args=args or {},
            at=self.clock(phone),
            salt="1" * 32,
        )
        return record(phone, self.registry, draft)

    def taps(self, phone: Replica, order: str, *verbs: str) -> None:
        """Several steps of one job, each of which must be accepted."""
        for verb in verbs:
            done = self.tap(phone, f"work_order.{verb}", ("work_order", order), ARGS_OF.get(verb))
            assert isinstance(done, Outboxed), done

    # The network

    def around(self, phone: Replica, **more: Any) -> Surroundings:
        """What a conversation of a phone may not know by itself."""
        return Surroundings(
            now=lambda: self.clock(phone), name=self.random_name, app="test", **more
        )

    def sync(self, phone: Replica, faults: Sequence[str] = (), **more: Any) -> Summary:
        """A conversation; each round trip meets one fault (see `carry`).

        Where it is shut out, as with a token that is over, it ends and is begun again later.
        """
        talk = converse(phone, self.around(phone, **more))
        troubles = iter(faults)
        try:
            request = next(talk)
            while (trouble := next(troubles, "ok")) != "shut out":
                request = talk.send(self.carry(phone, request, trouble))
        except StopIteration as end:
            summary: Summary = end.value
            return summary
        talk.close()
        return Summary(timed_out=True)

    def carry(self, phone: Replica, request: Request, fault: str) -> Reply | TimedOut:
        """One round trip, through the bytes of the wire, unless something happens to it.

        The faults: no request, no reply, twice, late (and again long after), and either of the two
        cut in its middle.
        """
        self.tick()
        if fault == "cut request":
            _cannot_be_read(protocol.decode_request, protocol.encode(request))
        if fault in ("no request", "cut request"):
            return TimedOut()
        if fault == "late":
            self.late.append((phone, request))
        for whose, old in self.late[:-1]:
            self.serve(whose, old)  # arrives again, long after; nobody waits for the answer
        del self.late[:-1]
        reply = self.serve(phone, request)
        if fault == "twice":
            reply = self.serve(phone, request)
        if fault == "cut reply":
            _cannot_be_read(protocol.decode_reply, protocol.encode(reply))
        if fault in ("no reply", "cut reply"):
            return TimedOut()
        return protocol.decode_reply(protocol.encode(reply))

    def serve(self, phone: Replica, request: Request) -> Reply:
        """The server's side of a round trip."""
        sent = protocol.decode_request(protocol.encode(request))
        caller = self.callers[id(phone)]
        house = House(
            keys=KEYS,
            key="k1",
            received=self.now_ms,
            nonce=self.random_name(),
            registry=self.server_registry,
        )
        heard = self._hear(sent, caller, house)
        if heard.rolled_back:
            self.server.renew()
            heard = self._hear(sent, caller, house)
        with self.server.reading() as library:
            reply = answer(library, sent, heard, caller, house)
        self.answered(caller, reply)
        return reply

    def _hear(self, request: Request, caller: Caller, house: House) -> Heard:
        if has_news(request):
            with self.server.writing() as authority:
                return hear(authority, request, caller, house)
        with self.server.reading() as library:
            return overhear(library, request, caller, house)


def _cannot_be_read(decode: Callable[[bytes], Any], sent: bytes) -> None:
    """What was cut in its middle is taken for nothing else than that."""
    try:
        decode(sent[: len(sent) // 2])
    except msgspec.DecodeError:
        return
    raise AssertionError("half a message was taken for a whole one")


ARGS_OF: dict[str, Any] = {
    "complete": {"outcome": "done"},
    "decline": {"reason": "ill"},
    "pause": {"reason": "lunch"},
}
TICKET_ARGS = {
    "customer": CUSTOMER,
    "site": SITE,
    "problem": "No heat / 不制热",
    "channel": "phone",
    "priority": "normal",
}
ORDER_ARGS = {
    "summary": "Heat pump does not start",
    "category": "A",
    "service": "repair",
    "priority": "normal",
    "planned_from": "2026-11-23T09:00",
    "planned_to": "2026-11-23T11:00",
}


def _row(table: str, called: str, /, **fields: Any) -> tuple[str, Aggregate, Any]:
    return ("master.put", (table, known(called)), {"row": fields})


MASTER: tuple[tuple[str, Aggregate, Any], ...] = (
    _row("location", "van ann", code="V1", en="Van 1", zh="一号车", type="van"),
    _row("location", "van bob", code="V2", en="Van 2", zh="二号车", type="van"),
    _row("person", "ann", login="ann", name="Ann", roles=["technician"], van_id=VAN_ANN),
    _row("person", "bob", login="bob", name="Bob", roles=["technician"], van_id=VAN_BOB),
    _row("person", "dora", login="dora", name="Dora", roles=["dispatcher"]),
    _row("person", "wen", login="wen", name="文", roles=["warehouse"]),
    _row("part", "filter", number="F-1", en="Filter", zh="过滤器", type="generic", unit="piece"),
    _row(
        "part",
        "board",
        number="B-1",
        en="Board",
        zh="主板",
        type="original",
        unit="piece",
        serialised=True,
    ),
    _row(
        "checklist",
        "checklist",
        en="Heat pump",
        zh="热泵",
        items=[
            {
                "code": "leaks",
                "type": "pass_fail",
                "en": "No leaks",
                "zh": "无泄漏",
                "required": True,
            },
            {
                "code": "pressure",
                "type": "number",
                "en": "Pressure",
                "zh": "压力",
                "unit": "MPa",
                "low": 500,
                "high": 2500,
            },
        ],
    ),
    _row(
        "customer", "customer", name="陈静", type="person", salutation="女士", phone="13800005678"
    ),
    _row(
        "site",
        "site",
        customer_id=CUSTOMER,
        address="Main Street 1",
        time_zone="Asia/Shanghai",
        contact_phone="13800005678",
    ),
    _row("asset", "asset", site_id=SITE, name="Heat pump", model="HP-9", serial="S-1"),
    ("stock.receive", ("location", VAN_ANN), {"part": FILTER, "quantity": "10"}),
    ("stock.receive", ("location", VAN_BOB), {"part": FILTER, "quantity": "3"}),
    ("stock.receive", ("location", VAN_ANN), {"part": BOARD, "quantity": "2"}),
    ("stock.receive", ("location", VAN_BOB), {"part": BOARD, "quantity": "2"}),
)
