"""After an upgrade the server judges again, by itself, what an older release could not judge."""

from collections import Counter
from functools import partial
from typing import Any, Final

from msgspec import Struct, field

from server import notary, rows
from server.database import Busy
from server.entries import Event, event_id
from server.office import Office
from server.queries import upgrades
from shared.ops import Stamp
from sync.replays import Upgrade, judge_again
from sync.tokens import is_ours

LEASE: Final = "judge_again"
JUDGED_BY: Final = "judged_by"
AT_ONCE_MAX: Final = 50
STILL: Final = "still"  # counted beside the verdicts: those that stayed as they were


class Round(Struct, kw_only=True):
    """One process's way through all that waits: who goes it, and what came of it so far.

    `asked` means that somebody wants it now, although this release has been through already.
    """

    holder: str
    asked: bool = False
    told: Counter[str] = field(default_factory=Counter)
    begun: set[str] = field(default_factory=set)  # and not ended: not tried again by this process
    over: bool = False


def judge_some(office: Office, way: Round) -> int:
    """Judge the next ops that wait for it, each in a transaction of its own; returns how many.

    Killed anywhere, the next start goes on with those that are left. What a release could not
    judge either it does not try again.
    """
    if way.over:
        return 0
    app = office.release.app
    with office.reading() as books:
        way.over = not (way.asked or way.told) and rows.setting(books, JUDGED_BY) == app
        limit = AT_ONCE_MAX + len(way.begun)
        found = [] if way.over else upgrades.beyond(books, app, limit)
    waiting = [op_id for op_id in found if op_id not in way.begun]
    for op_id in waiting:
        if not _try_one(office, way, op_id):
            return 0
    if not waiting and not way.over:
        with office.writing() as books:
            rows.keep_setting(books, JUDGED_BY, app)
        way.over = True
        if way.told:
            office.log.info("judged again after an upgrade", app=app, **way.told)
    return len(waiting)


def _try_one(office: Office, way: Round, op_id: str) -> bool:
    """Whether it was this process's turn."""
    now, app = office.now_ms(), office.release.app
    event = office.event("op.judge_again", None, ("op", op_id), {"app": app})
    upgrade = Upgrade(
        app=app,
        registry=office.release.registry,
        act=event_id(event),
        received=now,
        is_ours=partial(_is_genuine, office),
        on_crash=office.note_crash,
    )
    way.begun.add(op_id)
    try:
        with office.writing() as books:
            is_ours_to_do = notary.take_lease(books, LEASE, way.holder, now)
            if is_ours_to_do:
                way.told[_judge(office, books, upgrade, (op_id, event))] += 1
    except Busy:
        way.begun.discard(op_id)
        raise
    way.begun.discard(op_id)
    return is_ours_to_do


def _judge(office: Office, books: Any, upgrade: Upgrade, act: tuple[str, Event]) -> str:
    op_id, event = act
    ledger = office.ledger(books)
    verdict = judge_again(ledger, upgrade, op_id)
    if verdict is None:
        _count(books, op_id, upgrade)
        return STILL
    ledger.note_event(event)
    return verdict


def _count(books: Any, op_id: str, upgrade: Upgrade) -> None:
    row = (op_id, upgrade.app, upgrades.tries(books, op_id) + 1, upgrade.received)
    rows.upsert(books, "judged_again", ("op_id",), [row])


def _is_genuine(office: Office, stamp: Stamp, device: str) -> bool:
    return is_ours(stamp, office.keys.token.secrets, device)
