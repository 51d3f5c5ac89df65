"""A phone's identity without the phone's rules: hands in whatever a test wants to hand in."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import requests

from mobile.device import Clock, installation
from mobile.keys import open_key
from mobile.wire import Wire
from shared.ids import RANDOM_BYTES, uuid7
from sync.enrolment import token_text
from sync.protocol import Request, Result, WireOp, decode_reply, encode
from tests.e2e.processes import ANSWER_S, Phone, Told

INCARNATION_BYTES: Final = 16


class Talker:
    """Speaks for an enrolled phone, in a new incarnation each time, with its real key."""

    def __init__(self, phone: Phone) -> None:
        owner = installation(phone.folder)
        assert owner is not None
        self.owner = owner
        self.clock = Clock()
        self._key = open_key(phone.folder)
        self._wire = Wire(owner.server)

    def close(self) -> None:
        """Let the connections go."""
        self._wire.close()

    def token(self) -> str:
        """A fresh access token for the signed nonce."""
        device = self.owner.device
        nonce = self._wire.nonce(device)
        signature = self._key.sign(token_text(device, nonce))
        return self._wire.access(device, nonce, signature).token

    def header(self, kind: str, on: Sequence[str], args: Any, **more: Any) -> Told:
        """An op's body as an object, to be bent."""
        now = self.clock.now()
        return {
            "id": uuid7(now.wall, os.urandom(RANDOM_BYTES)),
            "kind": kind,
            "v": 1,
            "on": list(on),
            "by": self.owner.person,
            "origin": "device",
            "at": msgspec.to_builtins(now),
            "salt": "0" * 32,
            "args": args,
            **more,
        }

    def note(self, order: str, text: str) -> Told:
        """A note that nothing is wrong with."""
        return self.header(
            "note.add", ("work_order", order), {"text": text, "audience": "internal"}
        )

    def push(self, *ops: Told | WireOp) -> list[Result]:
        """Hand ops in together; what became of each."""
        wires = [
            one if isinstance(one, WireOp) else wired(one, place)
            for place, one in enumerate(ops, start=1)
        ]
        reply = decode_reply(self._wire.sync(encode(self.request(wires)), self.token()))
        assert [result.id for result in reply.results] == [wire.id for wire in wires]
        return list(reply.results)

    def request(self, ops: list[WireOp]) -> Request:
        """A first request of a new incarnation."""
        return Request(
            protocol=1,
            app="test",
            device=self.owner.device,
            incarnation=os.urandom(INCARNATION_BYTES).hex(),
            clock=self.clock.now(),
            ops=ops,
            full=True,
        )

    def post(self, content: bytes, language: str = "en", **headers: str) -> requests.Response:
        """Any bytes at all to the round trip, as this phone."""
        return requests.post(
            f"{self.owner.server}/sync",
            data=content,
            headers={
                "Authorization": f"Bearer {self.token()}",
                "Accept-Language": language,
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
            timeout=ANSWER_S,
        )


@contextmanager
def talking(phone: Phone) -> Iterator[Talker]:
    """A talker for as long as the block lasts."""
    talker = Talker(phone)
    try:
        yield talker
    finally:
        talker.close()


def wired(body: Told, lseq: int) -> WireOp:
    """A body as it travels."""
    return WireOp(lseq=lseq, id=str(body["id"]), body=msgspec.json.encode(body).decode())


def now_ms() -> int:
    """What time it is."""
    return time.time_ns() // 1_000_000
