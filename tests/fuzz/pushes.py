"""Acts with something wrong: pushed by a phone, or said by the office, to books that are full."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
from sqlalchemy import func, select

from server import auditor
from server.tables import METADATA
from shared.kinds import REGISTRY
from shared.ops import Origin
from sync.desk import Parcel
from sync.exchange import REVOKED
from sync.intake import receive
from sync.protocol import WireOp, decode_reply
from tests.fuzz.answers import LANGUAGES, Ear, in_words, judge, must
from tests.fuzz.mutants import bent, packed, spoilt, written
from tests.golden.story import OPS, Kept, kept_in
from tests.server.rim.company import PASSWORD, Company, Phone
from tests.world import ANN, DORA

TICK_MS: Final = 1_500
RENEWED_EVERY: Final = 300  # cases; an access token lasts for minutes
OPS_MAX: Final = 6
AGES: Final = ("2026-11-23", "op-1", "inc-1")
ENVELOPE_SHARE: Final = 0.3
SECRET: Final = "correct horse battery staple"


def full_company(folder: Path) -> Company:
    """A server whose books hold a day on which everything happens, and its people."""
    made = Company(folder)
    made.people |= {"ann": ANN, "dora": DORA}
    for kept in kept_in(OPS):
        with made.office.writing() as books:
            receive(made.office.ledger(books), _parcel(kept), REGISTRY)
        made.now_ms = max(made.now_ms, kept.received + TICK_MS)
    return made


def _parcel(kept: Kept) -> Parcel:
    origins: frozenset[Origin] = frozenset({"device"} if kept.device else {"console"})
    identity = msgspec.json.decode(kept.body)["id"]
    return Parcel(
        ops=[WireOp(lseq=kept.lseq, id=identity, body=kept.body)],
        origins=origins,
        person=kept.person,
        received=kept.received,
        device=kept.device,
        incarnation=kept.incarnation,
        aside=REVOKED if kept.revoked else None,
    )


class Books:
    """A full company that is asked, case by case, by a phone of Ann's and by everybody else."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.client = company.client
        self.kept = [msgspec.json.decode(one.body) for one in kept_in(OPS)]
        self.phone: Phone = company.phone("ann")
        self.ear = Ear(company.log, [PASSWORD, SECRET])
        self.asked = 0
        self.headers: dict[str, str] = {}
        self.desk: dict[str, str] = {}

    def step(self, dice: Random) -> str:
        """Time passes; the language in which the next answer is wanted."""
        if self.asked % RENEWED_EVERY == 0:
            self.headers = self.phone.headers()
            self.desk = self.company.signed_in("administrator")
            for said in (self.headers, self.desk):
                self.ear.secrets.append(said["Authorization"].removeprefix("Bearer "))
        self.asked += 1
        self.company.now_ms += TICK_MS
        return dice.choice(LANGUAGES)

    def body(self, dice: Random) -> Any:
        """An act that might have been recorded just now: one of the day, under a new id."""
        told = dict(dice.choice(self.kept))
        old, told["id"] = told["id"], self.company.new_id()
        if told["on"][1] == old:
            told["on"] = [told["on"][0], told["id"]]
        return {**told, "by": ANN, "origin": "device"}

    def check(self) -> None:
        """Nothing is half written, and the log of all that was said still holds."""
        op, leaf = METADATA.tables["op"], METADATA.tables["leaf"]
        with self.company.office.reading() as books:
            verdicts = books.scalar(select(func.sum(op.c.n)))
            leaves = books.scalar(select(func.count()).select_from(leaf))
            ring = self.company.office.keys.notary
            publics = {key: signer.public_key() for key, signer in ring.items()}
            report = auditor.verify(books, publics)
        must(verdicts == leaves, (verdicts, leaves))
        must(report.fault is None, report)
        self.ear.listen()


class Pushes(Books):
    """A phone hands in ops that no rule of a phone would have let it record."""

    name = "pushes"

    def case(self, dice: Random) -> None:
        """One request. Raises `Broken`."""
        language = self.step(dice)
        wires = [self._wire(place, dice) for place in range(1, 1 + dice.randint(1, OPS_MAX))]
        request = self.phone.request(ops=wires, incarnation=self.company.new_id())
        answer = self._post(written(request), language, {})
        code = judge(answer, language)
        self.ear.listen()
        if code is not None:
            return
        results = decode_reply(answer.content).results
        must([one.lseq for one in results] == [one["lseq"] for one in wires], results)
        for one in results:
            must(one.code != "crashed", (one, wires))
            if one.code is not None:
                in_words(self.company.office.texts, one.code, one.detail)

    def _wire(self, place: int, dice: Random) -> dict[str, Any]:
        told = self.body(dice)
        identity = told["id"]
        if dice.random() < 0.7:
            data = written(bent(told, dice, times=dice.choice((1, 1, 2))))
        else:
            data = spoilt(written(told), dice)
        return {"lseq": place, "id": identity, "body": data.decode("utf-8", "replace")}

    def _post(self, content: bytes, language: str, more: dict[str, str]) -> Any:
        headers = {**self.headers, "Accept-Language": language, **more}
        return self.client.post("/sync", content=content, headers=headers)


class Envelopes(Pushes):
    """A phone says something that is no request, or not packed as it says."""

    name = "envelopes"

    def case(self, dice: Random) -> None:
        """One request. Raises `Broken`."""
        language = self.step(dice)
        request = self.phone.request(
            ops=[{"lseq": 1, "id": "x", "body": "{}"}],
            token=None,
            cursors={"catalog": 3, f"tech:{ANN}": None},
            staged={"catalog": 1},
            vector="0" * 32,
            pull=True,
            full=bool(dice.getrandbits(1)),
            doubt={"stream": "catalog", "found": 1, "bits": 2, "sums": "", "buckets": [0]},
            findings=[],
            files=["0" * 64],
            head=5,
            incarnation=self.company.new_id(),
        )
        data = written(bent(request, dice))
        data = spoilt(data, dice) if dice.random() < ENVELOPE_SHARE else data
        content, more = packed(data, dice)
        judge(self._post(content, language, more), language)
        self.ear.listen()


class Desk(Books):
    """The office's programs say acts with something wrong."""

    name = "desk"

    def case(self, dice: Random) -> None:
        """One request, and what lists of it say. Raises `Broken`."""
        language = self.step(dice)
        told = dice.choice(self.kept)
        asked = {"id": self.company.new_id(), **{one: told[one] for one in ("kind", "on", "args")}}
        data = written(bent({"ops": [asked]}, dice, times=dice.choice((1, 2))))
        data = spoilt(data, dice) if dice.random() < ENVELOPE_SHARE else data
        content, more = packed(data, dice)
        headers = {**self.desk, "Accept-Language": language, "Content-Type": "application/json"}
        answer = self.client.post("/api/ops", content=content, headers={**headers, **more})
        if judge(answer, language) is None:
            for one in answer.json()["results"]:
                must(one["code"] != "crashed", (one, data))
        self.ear.listen()


@contextmanager
def opened(kind: type[Books], folder: Path) -> Iterator[Books]:
    """Books to be asked, in a folder of their own."""
    company = full_company(folder / "data")
    with company.client:
        yield kind(company)
