"""Leaving: what the server takes off phones and out of the feed of its own accord, once it is over.

Jobs beside the notary, of one process at a time. A closed job leaves the phones some days after
the last that was heard of it; the feed lets go of what says that rows are gone once no phone that
is still in use can have missed it. All of a batch is one transaction: killed anywhere, it is done
once.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from server import feed, notary, rows
from server.office import TIMER, Asked, Office
from server.queries import leaving, money
from shared.ops import SYSTEM
from shared.prices import KEEP_DAYS
from sync.protocol import WireOp

JOBS: Final = "put_away"
FEED: Final = "compaction"
LOOK_EVERY_MS: Final = 15 * 60_000
DAY_MS: Final = 24 * 3_600_000


class Round(Struct, kw_only=True):
    """One process's way round what is over: who goes it, and from when on (ms) it looks again."""

    holder: str
    next_ms: int = 0


def put_away(office: Office, way: Round) -> int:
    """Take closed jobs off the phones that have been quiet for long enough; returns how many."""
    return _by_turns(office, way, leaving.AT_ONCE_MAX, _put_away)


def compact(office: Office, way: Round) -> int:
    """Let the feed forget rows that are gone for long enough; returns how many entries that was."""
    return _by_turns(office, way, leaving.GONE_AT_ONCE_MAX, _compact)


def _by_turns(
    office: Office, way: Round, at_once: int, look: Callable[[Office, Round, int], int]
) -> int:
    """Look once in a while; where there was as much as is done at once, go on with the next turn.

    By the server's clock alone: where that was put back, it looks at once.
    """
    now = office.now_ms()
    if way.next_ms - LOOK_EVERY_MS <= now < way.next_ms:
        return 0
    done = look(office, way, now)
    way.next_ms = now if done >= at_once else now + LOOK_EVERY_MS
    return done


def _put_away(office: Office, way: Round, now: int) -> int:
    def due(books: Any) -> list[str]:
        company = money.organisation(books) or {}
        days = company.get("keep_days") or KEEP_DAYS
        return leaving.closed_jobs(books, now - days * DAY_MS)

    with office.reading() as books:
        if not due(books):
            return 0
    with office.writing() as books:
        if not notary.take_lease(books, JOBS, way.holder, now):
            return 0
        ops = [_op(office, job, place, now) for place, job in enumerate(due(books))]
        results = office.announce(books, ops, now)
    office.log.info("jobs put away", verdicts=[str(result.verdict) for result in results])
    return len(ops)


def _op(office: Office, job: str, place: int, now: int) -> WireOp:
    on = ("work_order", job)
    asked = Asked(id=office.fresh_id(), kind=leaving.PUT_AWAY, on=on)
    body = office.body(asked, SYSTEM, now, origin=TIMER)
    return WireOp(lseq=place, id=asked.id, body=body)


def _compact(office: Office, way: Round, now: int) -> int:
    before = now - office.settings.limits.forget_days * DAY_MS
    with office.reading() as books:
        if not (leaving.newly_gone(books) or leaving.gone_before(books, before)):
            return 0
    with office.writing() as books:
        if not notary.take_lease(books, FEED, way.holder, now):
            return 0
        fresh = [(*place, now) for place in leaving.newly_gone(books)]
        rows.add(books, "tombstone", ("stream", "seq"), fresh)
        over = leaving.gone_before(books, before)
        forgotten = feed.forget(books, over)
        leaving.forget(books, over)
    if forgotten:
        office.log.info("forgotten what is gone", entries=forgotten)
    return max(len(fresh), len(over))
