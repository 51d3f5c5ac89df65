"""A phone without its database: the real protocol at the least cost, for it is not measured."""

import copy
import gzip
import time
from collections.abc import Iterable
from random import Random

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Raw, Struct, field

from mobile.keys import FileKey
from shared.clock import At
from shared.ids import RANDOM_BYTES, fingerprint, uuid7
from shared.ops import Op, Stamp, encode
from sync import protocol
from sync.digest import vector_hash
from sync.protocol import OPS_PER_PUSH_MAX, PROTOCOL, Reply, Request, Result, WireOp
from tests.benchmarks.line import Busy, Cut, Line
from tests.benchmarks.workload import Deed

APP = "fieldfare bench"
HEADERS = {
    "Content-Type": "application/json",
    "Content-Encoding": "gzip",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": APP,
    "Host": "127.0.0.1",
}
TAP_MS = 20_000
BUSY_TRIES, BUSY_WAIT_S = 30, 1.0


class Pulled(Struct):
    """What pulling until current came to."""

    requests: int = 0
    rows: list[protocol.Row] = field(default_factory=list)
    current: bool = False


class Phone:
    """One enrolled device: where it stands with the server, and what it has to hand in."""

    def __init__(self, line: Line, code: str, now_ms: int, dice: Random) -> None:
        self.line = line
        self._dice, self._now_ms = dice, now_ms
        self._key = FileKey(ec.generate_private_key(ec.SECP256R1()))
        self._lseq = self._head = 0
        self._prev: str | None = None
        self._told: dict[str, int] = {}
        self._staged: dict[str, int] = {}
        self.cursors: dict[str, int] = {}
        self.token: str | None = None
        self.incarnation = dice.randbytes(16).hex()
        public = {"public_key": self._key.public(), "name": "bench", "app": APP}
        known = msgspec.json.decode(self._ask("/enrol", {"code": code, **public}))
        self.device: str = known["device"]
        self.person: str = known["person"]["id"]
        self.epoch: str = known["server_epoch"]
        self.stamp = msgspec.convert(known["stamp"], Stamp)
        self.access = ""

    def _ask(self, path: str, message: dict[str, str]) -> bytes:
        answer = self.line.post(path, gzip.compress(msgspec.json.encode(message)), HEADERS)
        assert answer is not None
        return answer

    def begin(self) -> None:
        """Be given access, once it was let in."""
        self.access = self._granted()

    def _granted(self) -> str:
        nonce = msgspec.json.decode(self._ask("/token", {"device": self.device}))["nonce"]
        signature = self._key.sign(f"fieldfare-token|{self.device}|{nonce}")
        told = {"device": self.device, "nonce": nonce, "signature": signature}
        return str(msgspec.json.decode(self._ask("/token", told))["token"])

    def _at(self) -> At:
        return At(wall=self._now_ms, boot="boot-1", mono=self._now_ms % 10**9, src="boottime")

    def upload(self, data: bytes, named: dict[str, str]) -> None:
        """A file in one request."""
        headers = {
            "Tus-Resumable": "1.0.0",
            "Content-Type": "application/offset+octet-stream",
            "Upload-Length": str(len(data)),
            "Authorization": f"Bearer {self.access}",
            "User-Agent": APP,
            "Host": "127.0.0.1",
        }
        self.line.post("/evidence", data, {**headers, **named})

    def beside(self, line: Line) -> "Phone":
        """The same device, over another line."""
        other = copy.copy(self)
        other.line = line
        return other

    def forget(self) -> None:
        """Stand where a new database stands."""
        self.incarnation, self.token = self._dice.randbytes(16).hex(), None
        self._told, self._staged, self.cursors = {}, {}, {}

    def record(self, deeds: Iterable[Deed]) -> list[WireOp]:
        """Acts as ops, as a phone would have written them down one after the other."""
        ops: list[WireOp] = []
        for deed in deeds:
            self._now_ms += TAP_MS + self._dice.randrange(TAP_MS)
            self._lseq += 1
            op = Op(
                id=uuid7(self._now_ms, self._dice.randbytes(RANDOM_BYTES)),
                kind=deed.kind,
                v=1,
                on=("work_order", deed.order),
                by=self.person,
                origin="device",
                at=self._at(),
                salt=self._dice.randbytes(16).hex(),
                args=Raw(msgspec.json.encode(deed.args)),
                after=self.stamp,
                prev=self._prev,
            )
            body = encode(op)
            self._prev = fingerprint(body)
            ops.append(WireOp(lseq=self._lseq, id=op.id, body=body))
        return ops

    def compose(self, ops: list[WireOp], *, pull: bool, full: bool = False) -> bytes:
        """The bytes of the next request."""
        changed: dict[str, int | None] = {
            stream: seq for stream, seq in self.cursors.items() if self._told.get(stream) != seq
        }
        gone = dict.fromkeys(self._told.keys() - self.cursors.keys())
        full = full or self.token is None
        request = Request(
            protocol=PROTOCOL,
            app=APP,
            device=self.device,
            incarnation=self.incarnation,
            clock=self._at(),
            token=self.token,
            ops=ops,
            cursors=dict(self.cursors) if full else {**changed, **gone},
            full=full,
            staged=dict(self._staged),
            vector=vector_hash(self.epoch, self.cursors),
            pull=pull,
            head=self._head,
        )
        self._told = dict(self.cursors)
        return gzip.compress(protocol.encode(request), 6, mtime=0)

    def send(self, request: bytes, cut: Cut | None = None) -> Reply | None:
        """One round trip; None if nobody waited for the answer. `keep` takes it in."""
        headers = {**HEADERS, "Authorization": f"Bearer {self.access}"}
        answer = self.line.post("/sync", request, headers, cut)
        if answer is None:
            return None
        reply = protocol.decode_reply(answer)
        assert not reply.fork
        return reply

    def keep(self, reply: Reply) -> None:
        """Take in where the phone stands now."""
        self.token, self.stamp, self.epoch = reply.token, reply.stamp, reply.server_epoch
        self._head = reply.head.size if reply.head is not None else self._head
        for page in reply.streams:
            if page.kind == "delta" or page.sums is not None:
                self._staged.pop(page.stream, None)
                self.cursors[page.stream] = page.to
            else:
                self._staged[page.stream] = page.to

    def push(self, ops: list[WireOp]) -> list[Result]:
        """Hand ops in, as many at a time as may be."""
        results: list[Result] = []
        for start in range(0, len(ops), OPS_PER_PUSH_MAX):
            request = self.compose(ops[start : start + OPS_PER_PUSH_MAX], pull=False)
            reply = self._handed_in(request)
            assert reply is not None
            assert not reply.need_vector
            self.keep(reply)
            results += reply.results
        return results

    def _handed_in(self, request: bytes) -> Reply | None:
        """Sent again, the same bytes, for as long as the server is busy: as a phone does."""
        for _ in range(BUSY_TRIES):
            try:
                return self.send(request)
            except Busy:
                time.sleep(BUSY_WAIT_S)
        return self.send(request)

    def pull(self) -> Pulled:
        """Pull until the phone knows that it is current."""
        pulled = Pulled()
        full = False
        while not pulled.current:
            reply = self.send(self.compose([], pull=True, full=full))
            assert reply is not None
            self.keep(reply)
            pulled.requests += 1
            full = reply.need_vector
            for page in reply.streams:
                pulled.rows += page.rows
            pulled.current = not reply.more and not reply.need_vector
        return pulled
