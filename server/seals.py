"""Seals: the server compares what customers signed with the books again, once it may be known."""

from typing import Final

from msgspec import Struct, field

from server import notary
from server.office import TIMER, Asked, Office
from server.queries import proofs
from shared.ops import SYSTEM
from sync.protocol import WireOp

LEASE: Final = "seals"
KIND: Final = "sign_off.check"


class Round(Struct, kw_only=True):
    """One process's way round all that is open: who goes it, and how far it has come."""

    holder: str
    places: proofs.Places = field(default_factory=dict)


def look_again(office: Office, way: Round) -> int:
    """Compare the sign-offs that are due; returns how many. Killed anywhere, each is said once."""
    here = way.places
    with office.asking() as books:
        found = proofs.look(books, here)
    # Whatever becomes of these, the next look is at others.
    way.places = found.then
    if not found.due:
        return 0
    now = office.now_ms()
    with office.writing() as books:
        if not notary.take_lease(books, LEASE, way.holder, now):
            return 0
        due = proofs.look(books, here).due
        ops = [_op(office, one, place, now) for place, one in enumerate(due)]
        results = office.announce(books, ops, now)
    office.log.info("sign-offs compared", verdicts=[str(result.verdict) for result in results])
    return len(ops)


def _op(office: Office, due: proofs.Due, place: int, now: int) -> WireOp:
    asked = Asked(id=due.op_id, kind=KIND, on=("work_order", due.work_order), args=due.args)
    body = office.body(asked, SYSTEM, now, origin=TIMER)
    return WireOp(lseq=place, id=due.op_id, body=body)
