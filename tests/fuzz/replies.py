"""Answers with something wrong: what a broken or hostile server, or a gateway, says to a phone."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

from mobile.courier import Courier, Post
from mobile.wire import Refused, Throttled, Unauthorised, Unreachable
from shared.errors import Refused as NotAllowed
from sync.session import Surroundings
from tests.fuzz.answers import Broken, must
from tests.fuzz.mutants import bent, spoilt, written
from tests.mobile.phones import Phone
from tests.mobile.test_courier import Clock, Key, Line
from tests.world import ANN, BOB, CHECKLIST, World

NAMED: Final = (Unreachable, Throttled, Refused, Unauthorised)
WRONG: Final = 0.6  # of the answers of a conversation
SPOILT: Final = 0.25  # of the wrong ones
NOTE: Final = {"text": "Filter was clogged / 滤网", "audience": "internal"}
AFRESH_EVERY: Final = 60  # cases; then a phone of its own, so that what one did is no excuse


class Liar(Line):
    """The wire to the server of the small company, on whose way answers are bent."""

    def __init__(self, phone: Phone, dice: Random) -> None:
        super().__init__(phone)
        self._dice = dice

    def sync(self, request: bytes, token: str) -> bytes:
        """One round trip whose answer may be anything."""
        honest = super().sync(request, token)
        if self._dice.random() > WRONG:
            return honest
        if self._dice.random() < SPOILT:
            return spoilt(honest, self._dice)
        told = bent(json.loads(honest), self._dice, times=self._dice.choice((1, 1, 3)))
        return written(told)


class Replies:
    """A phone with work on it, which is answered wrongly and then honestly, case by case."""

    name = "replies"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._phone: Phone | None = None

    def case(self, dice: Random) -> None:
        """One conversation with a liar, and one with the server. Raises `Broken`."""
        phone = self._at_hand()
        self._busy(phone, dice)
        known = _outbox(phone)
        before = list(phone.connection.iterdump())
        liar = Liar(phone, dice)
        try:
            self._courier(phone, liar).talk()
        except NAMED:
            one_answer = len(liar.requests) == 1
            must(not one_answer or list(phone.connection.iterdump()) == before, "half taken")
        except Exception as wrong:
            self._phone = None
            raise Broken(f"no named fault: {type(wrong).__name__}: {wrong}") from wrong
        kept = _outbox(phone)
        must(known.items() <= kept.items(), f"lost: {known.keys() - kept.keys()}")
        self._heal(phone)

    def check(self) -> None:
        """Nothing more is to be looked at."""

    def _heal(self, phone: Phone) -> None:
        """With honest answers everything is handed in, and what is shown can be read."""
        try:
            self._courier(phone, Line(phone)).talk()
            report = self._courier(phone, Line(phone)).talk()
            phone.queries.jobs()
        except Exception as wrong:
            self._phone = None
            raise Broken(f"does not heal: {type(wrong).__name__}: {wrong}") from wrong
        if report.pending_ops:
            self._phone = None
            raise Broken(f"{report.pending_ops} ops are stuck: {report}")

    def _busy(self, phone: Phone, dice: Random) -> None:
        """Something happens on the phone, and in the office."""
        for _ in range(dice.randint(1, 3)):
            phone.world.tick()
            done = phone.record("note.add", NOTE)
            if isinstance(done, NotAllowed):
                self._phone = None
        if dice.random() < 0.3:
            phone.world.job(ANN if dice.random() < 0.6 else BOB, checklist=CHECKLIST)

    def _at_hand(self) -> Phone:
        if self._phone is None or self._count % AFRESH_EVERY == 0:
            folder = self._folder / f"phone {self._count}"
            folder.mkdir()
            self._phone = Phone(folder, World())
            self._phone.work()
            self._phone.sync()
        self._count += 1
        return self._phone

    def _courier(self, phone: Phone, line: Line) -> Courier:
        post = Post(wire=line, key=Key(), folder=phone.folder, monotonic=Clock())
        around = Surroundings(
            now=lambda: phone.world.clock(phone.replica),
            name=phone.world.random_name,
            app="test",
        )
        return Courier(phone.replica, post, around)


def _outbox(phone: Phone) -> dict[str, str]:
    return {one.op_id: one.body for one in phone.replica.all_ops()}


@contextmanager
def opened(kind: type[Replies], folder: Path) -> Iterator[Replies]:
    """Phones in a folder of their own."""
    yield kind(folder)
