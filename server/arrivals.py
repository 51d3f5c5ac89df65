"""Arrivals: what the server says of its own accord, of photos whose bytes are here or will not be.

A job beside the notary, of one process at a time. All of a batch is said in one transaction with
the note that it has been said: killed anywhere, it is said once.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from server import notary, uploads
from server.office import TIMER, Asked, Office
from server.queries import evidence
from server.queries.evidence import Found
from shared.ops import SYSTEM
from sync.protocol import WireOp

LEASE: Final = "arrivals"

Question = Callable[[Any], list[Found]]


def announce(office: Office, holder: str) -> int:
    """Say it of files that have come since; returns of how many photos."""
    return _say(office, holder, evidence.named)


def look_again(office: Office, holder: str) -> int:
    """Say it of photos that were said after their file had come under another photo's name."""
    return _say(office, holder, evidence.late)


def _say(office: Office, holder: str, question: Question) -> int:
    with office.asking() as books:
        due = question(books)
    if not due:
        return 0
    now = office.now_ms()
    with office.writing() as books:
        if not notary.take_lease(books, LEASE, holder, now):
            return 0
        found = question(books)
        ops = _ops(office, found, now)
        results = office.announce(books, ops, now)
        uploads.name(books, {one.upload for one in found}, now)
    office.log.info("photos arrived", verdicts=[str(result.verdict) for result in results])
    return len(ops)


def _ops(office: Office, found: Sequence[Found], now: int) -> list[WireOp]:
    """One a photo, whoever's file it was that came first."""
    photos = {one.photo: one for one in reversed(found) if one.says}
    ops = []
    for place, one in enumerate(sorted(photos.values(), key=lambda one: one.photo)):
        args = {"photo": one.photo, **({"fault": one.fault} if one.fault else {})}
        asked = Asked(
            id=office.fresh_id(),
            kind="photo.arrive",
            on=("work_order", one.work_order),
            args=args,
        )
        body = office.body(asked, SYSTEM, now, origin=TIMER)
        ops.append(WireOp(lseq=place, id=asked.id, body=body))
    return ops
