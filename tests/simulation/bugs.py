"""Mistakes that somebody might make one day, each planted by itself, to see that weeks find it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from msgspec import structs

from mobile import lane
from shared import merging, signing
from shared.checklist import Reading
from shared.clock import Corrected
from shared.ops import FINAL, Verdict
from shared.photos import Photo
from shared.registry import Registry
from shared.sign_off import SignOff
from shared.work_order import StatusChange, WorkOrder
from sync import (
    desk,
    doubts,
    exchange,
    intake,
    judge,
    mends,
    merge,
    overlay,
    session,
    settling,
    transfer,
)
from sync.library import Piece
from sync.memory import MemoryPhone, phone, shelf
from sync.memory.books import MemoryBooks, MemoryLibrary, copied
from sync.overlay import touched
from sync.protocol import Result
from sync.session import TimedOut
from tests.simulation.kills import Killed
from tests.simulation.planting import Plant, both, instead, says
from tests.world import ANN, BOB


def _honest(right: Any, *told: Any) -> Any:
    chain = right(*told)
    return "goes_on" if chain == "fork" else chain


def _acknowledged_when_sent(right: Any, replica: MemoryPhone, *more: Any) -> Any:
    request = right(replica, *more)
    sent = replica.outboxed([one.id for one in request.ops])
    replica.update(
        structs.replace(one, verdict="applied", epoch=replica.identity().epoch) for one in sent
    )
    return request


def _verdicts_alone(right: Any, kept: MemoryBooks, entries: Any, state: Any) -> Any:
    at = right(kept, entries, state)
    for entry in entries:
        if entry.verdict == Verdict.REJECTED:
            kept.pages.ops.pop(entry.op_id)
    return at


def _without_leaves(right: Any, kept: MemoryBooks, entries: Any, state: Any) -> Any:
    at = right(kept, entries, state)
    if any(entry.settles for entry in entries):
        kept.pages.leaves.pop()
    return at


def _photos_vanish(right: Any, kept: MemoryBooks, entries: Any, state: Any) -> Any:
    at = right(kept, entries, state)
    for (kind, identity), row in state.changed.items():
        if kind is Photo and getattr(row, "dropped_at", None) is not None:
            kept.pages.rows.pop((Photo, identity))
    return at


def _signed_over(right: Any, kept: MemoryBooks, entries: Any, state: Any) -> Any:
    at = right(kept, entries, state)
    for _, identity in [key for key in state.changed if key[0] is SignOff]:
        others = [key for key in kept.pages.rows if key[0] is SignOff and key[1] != identity]
        for key in others:
            kept.pages.rows.pop(key)
    return at


def _history_lost(right: Any, kept: MemoryBooks, entries: Any, state: Any) -> Any:
    at = right(kept, entries, state)
    for key, row in state.changed.items():
        if isinstance(row, StatusChange) and row.verb == "work_order.accept":
            kept.pages.rows.pop(key)
    return at


def _purged(right: Any, replica: MemoryPhone, stream: str) -> None:
    things = settling.things_of([stream])
    right(replica, stream)
    for one in replica.all_ops():
        if touched(one) & things:
            del replica.disk.outbox[one.op_id]


def _forgotten_with_the_epoch(right: Any, kept: MemoryBooks) -> None:
    right(kept)
    kept.pages.ops = dict(list(kept.pages.ops.items())[:-3])


def _no_floor(right: Any, kept: MemoryBooks) -> None:
    floors = {stream: head.min_seq for stream, head in kept.pages.heads.items()}
    right(kept)
    for stream, floor in floors.items():
        kept.pages.heads[stream] = structs.replace(kept.pages.heads[stream], min_seq=floor)


def _tombstones_forgotten(
    right: Any, kept: MemoryBooks, stream: str, key: Any, body: bytes | None
) -> None:
    if body is not None:
        right(kept, stream, key, body)


def _one_place_for_all(right: Any, kept: MemoryBooks, stream: str, key: Any, body: Any) -> None:
    right(kept, stream, key, body)
    head = kept.pages.heads[stream]
    kept.pages.heads[stream] = structs.replace(head, seq=max(head.seq - head.seq % 2, 1))


@contextmanager
def _in_halves(_whole: Any, _self: Any) -> Iterator[None]:
    yield


def _staged_is_shown(right: Any, replica: MemoryPhone, stream: str, rows: Any, **how: Any) -> Any:
    told = right(replica, stream, rows, **how)
    if how["staged"]:
        replica.disk.base[stream] = dict(replica.disk.staged[stream])
    return told


def _sent_once(right: Any, replica: MemoryPhone, ops_max: int, bytes_max: int) -> Any:
    return [one for one in right(replica, ops_max, bytes_max) if one.verdict is None]


def _only_ours(right: Any, kept: MemoryBooks, op_ids: Any) -> Any:
    """Dedup by place in a batch: what came twice at once is known, what came before is not."""
    found = right(kept, op_ids)
    return {one: op for one, op in found.items() if op.kind != "parts.use"}


def _same_number(right: Any, kept: MemoryBooks, table: str, count: int, received: int) -> Any:
    numbers = right(kept, table, count, received)
    kept.pages.counters[table] = max(kept.pages.counters[table] - 1, 1)
    return numbers


def _by_the_wall(_right: Any, _desk: Any, op: Any) -> Corrected:
    return Corrected(ms=op.at.wall, uncertain=False)


def _still_behind(right: Any, replica: Any, registry: Any, dirty: Any) -> None:
    right(replica, registry, set(list(dirty)[:1]))


def _cut_counts_as_whole(right: Any, library: MemoryLibrary, wants: Any, bytes_max: int) -> Any:
    return {
        stream: Piece(rows=piece.rows, complete=True)
        for stream, piece in right(library, wants, bytes_max).items()
    }


def _never_ends(right: Any, entry: Any, result: Any, epoch: str) -> Any:
    after = right(entry, result, epoch)
    return structs.replace(after, verdict=entry.verdict if entry.verdict in FINAL else "applied")


def _no_movement(right: Any, kept: MemoryBooks, entries: Any, state: Any) -> Any:
    """What was used is written down, and the balance is not, when many things change at once."""
    changed = [key for key in state.changed if key[0].__name__ == "Balance"]
    before = {key: kept.pages.rows.get(key) for key in changed}
    at = right(kept, entries, state)
    for key, row in before.items():
        if row is not None and len(entries) > 1:
            kept.pages.rows[key] = row
    return at


def _told_again(right: Any, desk_: Any, kind: str, identity: str) -> str:
    return f"{right(desk_, kind, identity)}-{desk_.replica.disk.lseq}"


def _all_for_everybody(right: Any, books: MemoryBooks, _person: str) -> set[str]:
    return set().union(*(right(books, person) for person in (ANN, BOB)))


def _seen_elsewhere(
    right: Any, authority: MemoryBooks, parcel: Any, arrived: Any, registry: Any
) -> Any:
    """A place that another incarnation of the phone has used counts as this op's."""
    theirs = {
        op.lseq: op
        for op in authority.pages.ops.values()
        if op.device == parcel.device and op.incarnation != parcel.incarnation
    }
    told = [op for op in parcel.ops if op.id not in authority.pages.ops and op.lseq in theirs]
    places = {op.lseq for op in told}
    fresh = [one for one in arrived if one.lseq not in places]
    ops = [op for op in parcel.ops if op.lseq not in places]
    results = right(authority, structs.replace(parcel, ops=ops), fresh, registry)
    said = [
        structs.replace(_RESULT, lseq=op.lseq, id=op.id, verdict=theirs[op.lseq].verdict)
        for op in told
    ]
    return [*results, *said]


_RESULT: Final = Result(lseq=0, id="", verdict="applied", received=0)


@contextmanager
def _seen_too_late() -> Iterator[None]:
    """A change takes its place when its transaction begins, and is seen after the next one."""
    fresh: set[tuple[str, Any]] = set()

    def enter(right: Any, kept: MemoryBooks, entries: Any, state: Any) -> Any:
        fresh.clear()
        return right(kept, entries, state)

    def feed_one(right: Any, kept: MemoryBooks, stream: str, key: Any, body: Any) -> None:
        fresh.add((stream, key))
        right(kept, stream, key, body)

    def pages_of(right: Any, kept: MemoryBooks, stream: str, since: int) -> Any:
        rows = right(kept, stream, since)
        return [pair for pair in rows if (stream, (pair[1].table, pair[1].id)) not in fresh]

    with (
        instead(MemoryBooks, "enter", enter)(),
        instead(MemoryBooks, "_feed_one", feed_one)(),
        instead(MemoryBooks, "pages_of", pages_of)(),
    ):
        yield


def _taken_late(right: Any, replica: Any, registry: Any, request: Any, *more: Any) -> Any:
    here = replica.identity()
    asked = structs.replace(request, incarnation=here.incarnation, token=here.token)
    return right(replica, registry, asked, *more)


@contextmanager
def _effect_stays(_right: Any, kept: MemoryBooks) -> Iterator[None]:
    """A server that dies keeps what an op did, and not that it was done."""
    before = copied(kept.pages)
    try:
        yield
    except Killed:
        done = kept.pages
        kept.pages = structs.replace(before, rows=done.rows, feed=done.feed, heads=done.heads)
        raise
    except BaseException:
        kept.pages = before
        raise


def _by_itself(right: Any, desk_: Any, target: Any, one: Any, judged: Any, _by_op: str) -> None:
    right(desk_, target, one, judged, target.op_id)


def _log_rewritten(right: Any, kept: MemoryBooks, entries: Any, state: Any) -> Any:
    at = right(kept, entries, state)
    if any(entry.settles for entry in entries):
        kept.pages.leaves[0] = kept.pages.leaves[-1]
    return at


def _answer_replaces(right: Any, kept: MemoryBooks, entries: Any, state: Any) -> Any:
    at = right(kept, entries, state)
    for kind, identity in list(state.changed):
        if kind is Reading:
            for key in [key for key in kept.pages.rows if key[0] is Reading and key[1] != identity]:
                kept.pages.rows.pop(key)
    return at


def _no_loser(right: Any, *told: Any) -> Any:
    return structs.replace(right(*told), losers=())


def _safe_when_sent(right: Any, talk: Any, answer: Any, file: Any) -> Any:
    after = right(talk, answer, file)
    return structs.replace(file, state="safe") if isinstance(answer, TimedOut) else after


def _not_all_that_names_it(right: Any, state: Any, thing: Any) -> Any:
    return [row for row in right(state, thing) if not isinstance(row, WorkOrder)]


BUGS: Final[dict[str, Plant]] = {
    "acknowledged when it was sent": instead(session, "_compose", _acknowledged_when_sent),
    "a refused op is not kept": instead(MemoryBooks, "enter", _verdicts_alone),
    "a later verdict has no leaf": instead(MemoryBooks, "enter", _without_leaves),
    "a photo that was taken back is deleted": instead(MemoryBooks, "enter", _photos_vanish),
    "a new signature replaces the old one": instead(MemoryBooks, "enter", _signed_over),
    "a step is not written into the history": instead(MemoryBooks, "enter", _history_lost),
    "a balance is not moved in a batch": instead(MemoryBooks, "enter", _no_movement),
    "what was used before is not recalled": instead(MemoryBooks, "recall", _only_ours),
    "ids are forgotten with an epoch": instead(MemoryBooks, "renew", _forgotten_with_the_epoch),
    "numbers are given twice": instead(MemoryBooks, "numbers", _same_number),
    "rows that went are not told of": instead(MemoryBooks, "_feed_one", _tombstones_forgotten),
    "two changes share a place": instead(MemoryBooks, "_feed_one", _one_place_for_all),
    "what is gone is forgotten without a floor": instead(MemoryBooks, "forget_gone", _no_floor),
    "a page that was cut counts as whole": instead(MemoryLibrary, "pages", _cut_counts_as_whole),
    "an answer is taken in halves": instead(MemoryPhone, "transaction", _in_halves),
    "a snapshot is shown before it is whole": instead(MemoryPhone, "take", _staged_is_shown),
    "a checksum forgets what went": instead(phone, "minus", lambda _right, one, _other: one),
    "nothing is sent again after a restore": instead(MemoryPhone, "outgoing", _sent_once),
    "a stream that leaves takes what waits along": both(
        says(MemoryPhone, "unsettled_on", []), instead(MemoryPhone, "drop", _purged)
    ),
    "a stream leaves under what waits": says(MemoryPhone, "unsettled_on", []),
    "a place is given to two ops": instead(
        MemoryPhone, "next_lseq", lambda right, replica: max(right(replica) - 1, 1)
    ),
    "a copy of a phone is not noticed": both(
        says(exchange, "_is_another", answer=False), instead(exchange, "examine", _honest)
    ),
    "a phone ignores a new epoch": says(settling, "_begin_epoch", set()),
    "a later verdict does not reach its author": says(settling, "_late_news", []),
    "every verdict is taken for a good one": instead(settling, "_with_result", _never_ends),
    "only one of the things that changed is drawn": instead(settling, "refresh", _still_behind),
    "nothing is told": says(settling, "inform", None),
    "a phone's wall clock is believed": instead(desk, "true_time", _by_the_wall),
    "rows of others are sent": instead(MemoryBooks, "scope", _all_for_everybody),
    "the vector is not compared": says(exchange, "vector_hash", ""),
    "what waits behind a mended op stays": says(mends, "held_behind", ()),
    "a signature is sealed over what is missing": says(
        signing, "_weighed", signing.Weighed(state="sealed", faults=())
    ),
    "a place of another incarnation is taken for this one's": instead(
        exchange, "receive_read", _seen_elsewhere
    ),
    "a change is seen after its place was passed": _seen_too_late,
    "an answer that comes late is taken in": instead(session, "absorb", _taken_late),
    "a dying server keeps what was done without its verdict": instead(
        MemoryBooks, "savepoint", _effect_stays
    ),
    "a lane does not come back": says(lane, "delay_ms", 10**9),
    "an older version is read as today's": instead(
        Registry, "upcast", lambda _right, _registry, _name, _version, args: args
    ),
    "what somebody else did is taken from anybody": says(desk, "_anothers", None),
    "what waits is settled by itself": instead(mends, "settle", _by_itself),
    "the log is written anew": instead(MemoryBooks, "enter", _log_rewritten),
    "an answer replaces those before": instead(MemoryBooks, "enter", _answer_replaces),
    "what lost is not kept": both(
        instead(judge, "opened", _no_loser), instead(merge, "opened", _no_loser)
    ),
    "a file counts as safe once it was sent": instead(transfer, "_hindered", _safe_when_sent),
    "a restored server is believed to have all files": says(MemoryPhone, "doubt", None),
    "what came by the lane of the files is not asked about": instead(
        shelf, "is_asked_about", lambda _right, file: file.unsure
    ),
    "numbers are not given at all": says(intake, "number", None),
    "what is on a job without a beginning is refused": says(desk, "_stubs", ()),
    "nothing waits for a beginning that waits": both(
        says(desk, "_unborn", None), says(desk, "awaits", None)
    ),
    "what was begun here is looked for at the office": says(overlay, "_begun_here", []),
    "what looks elsewhere is not laid anew": says(settling, "looking_at", set()),
    "a merge leaves the jobs behind": instead(merging, "named_by", _not_all_that_names_it),
    "what was merged is looked for under its old id": instead(
        intake, "resolve", lambda _right, ops, _aliases: list(ops)
    ),
    "rows are not read through": says(doubts, "disagreeing", {}),
}
