"""The server looks at signatures that wait of its own accord, and says what it found once."""

from collections.abc import Sequence
from typing import Any

import msgspec

from server import seals
from server.notary import LEASE_MS
from shared.clock import At
from shared.document import (
    DECLARATION,
    VERSION,
    Document,
    Head,
    Named,
    Party,
    SeenJob,
    SeenNote,
    SeenPhoto,
)
from shared.ids import derive
from shared.ops import Op, encode
from tests.proof import said, signature
from tests.server.rim.company import Company
from tests.server.rim.lane import Lane, jpeg, rows_of, sha256
from tests.server.rim.test_round_trip import job, talk


class Signing(Lane):
    """A phone whose customers sign."""

    def op(self, order: str, kind: str, args: Any, *, body: str | None = None) -> dict[str, Any]:
        """An op of this phone, or a body that is none."""
        made = Op(
            id=self.company.new_id(),
            kind=kind,
            v=1,
            on=("work_order", order),
            by=self.person,
            origin="device",
            at=At(wall=self.company.now_ms, boot="b", mono=1, src="boottime"),
            salt="0" * 32,
            args=msgspec.Raw(msgspec.json.encode(args)),
        )
        return {"lseq": 1, "id": made.id, "body": body or encode(made)}

    def sign(self, *jobs: SeenJob, incarnation: str = "", then: Sequence[Any] = ()) -> str:
        """Have these jobs signed for; returns the group that the sign-offs are of.

        `then` are ops that come in the same push behind it.
        """
        made = Document(
            version=VERSION,
            declaration=DECLARATION,
            purpose="visit",
            language="zh",
            head=Head(name=Named(en="x", zh="x")),
            technician="The technician",
            party=Party(customer="Müller & Söhne"),
            time_zone="Asia/Shanghai",
            made_at=self.company.now_ms,
            jobs=jobs,
        )
        args = said(signature(made, self.person))
        op = {**self.op(jobs[0].id, "sign_off.take", args), "lseq": 2}
        ops = [op, *({**one, "lseq": place} for place, one in enumerate(then, start=3))]
        told = talk(self.company, self.phone, ops=ops, incarnation=incarnation or op["id"])
        assert {result.verdict for result in told.results} == {"applied"}
        return str(op["id"])


def shown(order: str, **more: Any) -> SeenJob:
    return SeenJob(id=order, number="x", summary="x", service="repair", category="A", **more)


def noted(op: dict[str, Any], text: str = "x") -> tuple[SeenNote, ...]:
    return (SeenNote(id=derive(op["id"], "note"), text=text),)


NOTE = {"text": "x", "audience": "customer"}


def compared(company: Company) -> dict[str, tuple[str, tuple[str, ...]]]:
    """How each sign-off stands once the server has looked again, by job."""
    company.now_ms += LEASE_MS + 1
    seals.look_again(company.office, seals.Round(holder="test"))
    return {
        row.work_order_id: (row.state, tuple(row.faults)) for row in rows_of(company, "sign_off")
    }


def checks(company: Company) -> list[tuple[str, str]]:
    found = [row for row in rows_of(company, "op") if row.kind == "sign_off.check"]
    return [(row.origin, row.verdict) for row in sorted(found, key=lambda row: row.received)]


def tasks(company: Company) -> list[tuple[str, bool]]:
    return [(row.code, row.done) for row in rows_of(company, "task")]


def test_what_never_came_is_found_to_diverge_once_and_is_put_right_if_it_comes(
    company: Company,
) -> None:
    lane, order, data = Signing(company), job(company), jpeg(1)
    op = lane.photo(order, data)
    photo = SeenPhoto(id=derive(op["id"], "photo"), sha256=sha256(data), at=1)
    lane.sign(shown(order, photos=(photo,)))
    assert compared(company) == {order: ("diverged", (photo.id,))}
    assert compared(company) == {order: ("diverged", (photo.id,))}
    assert (checks(company), tasks(company)) == (
        [("timer", "applied")],
        [("seal_diverged", False)],
    )
    lane.say(op)
    assert compared(company) == {order: ("sealed", ())}
    assert ("seal_diverged", True) in tasks(company)
    compared(company)
    assert checks(company) == [("timer", "applied")] * 2


def test_what_waits_for_a_person_is_waited_for(company: Company) -> None:
    lane, order = Signing(company), job(company)
    waits = lane.op(order, "note.beam", {})
    talk(company, lane.phone, ops=[waits], incarnation="one")
    note = lane.op(order, "note.add", NOTE)
    lane.sign(shown(order, notes=noted(note)))
    missing = derive(note["id"], "note")
    assert compared(company) == {order: ("pending", (missing,))}
    assert checks(company) == []
    said_so = {"of": waits["id"], "reason": "x"}
    again = {"lseq": 2, **lane.op(order, "op.discard", said_so)}
    discard = msgspec.json.decode(again["body"])
    discard["on"] = ["op", waits["id"]]
    again["body"] = msgspec.json.encode(discard).decode()
    talk(company, lane.phone, ops=[again], incarnation=again["id"])
    assert compared(company) == {order: ("diverged", (missing,))}


def test_what_cannot_be_read_may_be_what_is_missing(company: Company) -> None:
    lane, order = Signing(company), job(company)
    note = lane.op(order, "note.add", NOTE)
    broken = {"lseq": 1, "id": company.new_id(), "body": "no json"}
    reply = talk(company, lane.phone, ops=[broken], incarnation="same")
    assert [result.verdict for result in reply.results] == ["quarantined"]
    lane.sign(shown(order, notes=noted(note)), incarnation="same")
    missing = derive(note["id"], "note")
    assert compared(company) == {order: ("pending", (missing,))}
    elsewhere = job(company)
    lane.sign(shown(elsewhere, notes=noted(note)))
    assert compared(company) == {
        order: ("pending", (missing,)),
        elsewhere: ("diverged", (missing,)),
    }


def test_several_jobs_that_were_signed_together_are_told_together(company: Company) -> None:
    lane, orders = Signing(company), [job(company), job(company)]
    notes = [lane.op(order, "note.add", NOTE) for order in orders]
    pairs = zip(orders, notes, strict=True)
    # All in one: the server looks of its own accord whenever it likes.
    lane.sign(*(shown(order, notes=noted(note)) for order, note in pairs), then=notes)
    assert compared(company) == dict.fromkeys(orders, ("sealed", ()))
    assert tasks(company) == []


def test_a_signature_that_agrees_is_not_looked_at_again(company: Company) -> None:
    lane, order = Signing(company), job(company)
    note = lane.op(order, "note.add", NOTE)
    lane.say(note)
    lane.sign(shown(order, notes=noted(note)))
    assert compared(company) == {order: ("sealed", ())}
    assert checks(company) == []
    lane.sign(shown(order, notes=noted(note, "another text")))
    compared(company)
    compared(company)
    assert [verdict for _, verdict in checks(company)] == ["merged"]
