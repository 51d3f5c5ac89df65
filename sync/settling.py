"""Taking in an answer: verdicts, pages and dropped streams, in one transaction of the phone."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct, field, structs

from shared.clock import Absence, Sighting
from shared.ops import FINAL, PROVISIONAL, Verdict
from shared.people import OpState
from shared.records import CATALOG, STREAM_PREFIX, Aggregate, stream_of, table
from shared.registry import Registry
from sync.came import Came, Turned
from sync.digest import NO_ROWS, plus
from sync.doubts import Compared, keep, put_right
from sync.facts import DETAILS
from sync.notices import inform
from sync.overlay import Here, looking_at, refresh, touched
from sync.ports import Identity, Outboxed, Replica, StreamMark
from sync.protocol import Files, Page, Reply, Request, Result
from sync.witness import Verify, distrust, trust_nobody, witness

_NOUN = {prefix: noun for noun, prefix in STREAM_PREFIX.items()}
_OP_STATE = table(OpState)
_VERDICTS = frozenset(Verdict)


class Taken(Struct, frozen=True, kw_only=True):
    """What an answer brought: rows, verdicts, and whether all checksums and proofs agreed.

    `compared` is what came of a stream that was in doubt, if one was asked about. `wiped` tells
    that this phone is to be emptied, and that all of it may be.
    """

    rows: int = 0
    verdicts: tuple[str, ...] = ()
    checksum_ok: bool = True
    audit_ok: bool = True
    compared: Compared | None = None
    wiped: bool = False


class Asker(Struct, frozen=True, kw_only=True):
    """What whoever asked knows beside the request.

    `beside` is how many ops and files nobody else has that are not in this copy: pictures that no
    photo names yet, and what others left. `buckets` are those of doubted streams that are known to
    differ, `verify` checks the signatures of the audit log.
    """

    beside: tuple[int, int] = (0, 0)
    buckets: Mapping[str, Sequence[int]] = field(default_factory=dict)
    verify: Verify = trust_nobody


ALONE = Asker()


def thing_of(stream: str) -> Aggregate | None:
    """The aggregate whose rows a stream carries; None for a kind of stream from the future."""
    prefix, _, identity = stream.partition(":")
    if prefix == CATALOG:
        return (CATALOG, CATALOG)
    return (_NOUN[prefix], identity) if prefix in _NOUN else None


def things_of(streams: Iterable[str]) -> set[Aggregate]:
    """The aggregates of these streams, as far as this app knows them."""
    return {thing for stream in streams if (thing := thing_of(stream)) is not None}


def absorb(
    replica: Replica, registry: Registry, request: Request, reply: Reply, asker: Asker = ALONE
) -> Taken:
    """Take a whole answer in, or nothing of it."""
    with replica.transaction():
        identity = replica.identity()
        if (identity.incarnation, identity.token) != (request.incarnation, request.token):
            return Taken()  # an answer to a question that was answered since, or that we gave up
        began = identity.epoch is not None and identity.epoch != reply.server_epoch
        dirty = _begin_epoch(replica) if began else set()
        turned = _note_results(replica, reply)
        marks = replica.marks()
        torn = [page.stream for page in reply.streams if not _turn(replica, page, marks)]
        compared = put_right(replica, request, reply, asker.buckets)
        turned += _late_news(replica, reply)
        dirty |= things_of(page.stream for page in reply.streams)
        dirty |= things_of([compared.stream] if compared is not None and compared.rows else [])
        dirty |= {place for one in turned for place in touched(one.before)}
        dirty |= _clear_settled(replica)
        told = Files(have=frozenset(reply.have), wanted=frozenset(reply.wanted))
        replica.hear(request.files, told, reply.now)
        moved = dirty | things_of(_leave(replica, request, reply))
        refresh(replica, registry, dirty | looking_at(replica, registry, moved))
        inform(replica, registry, _came(replica, request, reply, turned))
        audit_ok = _stand(replica, request, reply, asker.verify)
        keep(replica, request, reply, torn, compared)
        wiped = _give_way(replica, reply, asker.beside)
    return Taken(
        rows=sum(len(page.rows) for page in reply.streams),
        verdicts=tuple(result.verdict for result in reply.results),
        checksum_ok=not torn,
        audit_ok=audit_ok,
        compared=compared,
        wiped=wiped,
    )


def fork(replica: Replica, registry: Registry, incarnation: str) -> None:
    """Go on as a new incarnation: same ops, new places, cursors forgotten, nothing lost."""
    with replica.transaction():
        identity = replica.identity()
        replica.renumber(incarnation)
        refresh(replica, registry, _begin_epoch(replica))
        replica.identify(
            structs.replace(
                identity,
                incarnation=incarnation,
                forked_from=identity.incarnation,
                token=None,
                answered={},
                begun=0,
            )
        )


def _begin_epoch(replica: Replica) -> set[Aggregate]:
    """Forget how far the streams were read; keep what was read until it is replaced.

    Returns the things that have to be shown anew: what their streams were known to hold of this
    phone's own ops is not known any more.
    """
    for mark in replica.marks().values():
        replica.mark(structs.replace(mark, cursor=0, staged=None))
    replica.doubt()
    return {place for one in replica.all_ops() if one.on_top for place in touched(one)}


def _came(replica: Replica, request: Request, reply: Reply, turned: list[Turned]) -> Came:
    """What there may be to tell a person of an answer."""
    marks = replica.marks()
    ends = {page.stream: page.to for page in reply.streams if page.sums is not None}
    if reply.differences is not None:
        ends[reply.differences.stream] = reply.differences.to
    whole = [one for one, end in ends.items() if one in marks and marks[one].cursor == end]
    told = request.pull and not reply.need_vector
    ours = {one.after.on for one in turned if one.after.on[0] in DETAILS}
    still = {one for one in ours if stream_of(one) in marks} - things_of(
        page.stream for page in reply.streams
    )
    ended = told and not reply.more
    return Came(
        now=reply.now,
        turned=[one for one in turned if one.before.verdict != one.after.verdict],
        whole=things_of(whole) | (still if ended else set()),  # nothing more comes of these
        ended=ended,
        still=still,
        gone=things_of(reply.drop) if told else set(),
        scope=reply.scope if told else None,
    )


def _note_results(replica: Replica, reply: Reply) -> list[Turned]:
    # A verdict from the future is none: the op is offered again, to an app that knows it.
    results = {one.id: one for one in reply.results if one.verdict in _VERDICTS}
    turned = [
        Turned(before=entry, after=_with_result(entry, results[entry.op_id], reply.server_epoch))
        for entry in replica.outboxed(results.keys())
    ]
    replica.update(one.after for one in turned)
    return turned


def _with_result(entry: Outboxed, result: Result, epoch: str) -> Outboxed:
    """An op that was not applied leaves the screen at once; the list still shows it, with why."""
    verdict = Verdict(result.verdict)
    gone = verdict in PROVISIONAL or verdict is Verdict.REJECTED
    return structs.replace(
        entry,
        verdict=result.verdict,
        code=result.code,
        detail=result.detail,
        flags=tuple(result.flags),
        at=result.at,
        epoch=epoch,
        received=result.received,
        on_top=entry.on_top and not gone,
    )


def _turn(replica: Replica, page: Page, marks: dict[str, StreamMark]) -> bool:
    """Take one page; whether the checksum agreed, where one could be compared.

    `marks` are read once for all pages of an answer, and kept up to date here.
    """
    mark = marks.get(page.stream) or StreamMark(stream=page.stream, cursor=0, sums=NO_ROWS)
    turned, agrees = _taken_in(replica, page, mark)
    if turned is not mark:
        marks[page.stream] = turned
        replica.mark(turned)
    return agrees


def _taken_in(replica: Replica, page: Page, mark: StreamMark) -> tuple[StreamMark, bool]:
    """Where the stream stands after a page; a page that does not fit on leaves it as it was."""
    if page.kind == "snapshot":
        return _snapshot_taken_in(replica, page, mark)
    if mark.cursor != page.since:
        return mark, True
    sums = plus(mark.sums, replica.take(page.stream, page.rows, staged=False))
    return _arrived(page, structs.replace(mark, cursor=page.to, sums=sums))


def _snapshot_taken_in(replica: Replica, page: Page, mark: StreamMark) -> tuple[StreamMark, bool]:
    if page.since == 0 and mark.staged is not None:
        # What is staged may be gone, and the server has forgotten that it went: it is given up.
        mark = structs.replace(mark, staged=None)
        replica.mark(mark)
    if (mark.staged or 0) != page.since:
        return mark, True
    replica.take(page.stream, page.rows, staged=True)
    if page.sums is None:
        return structs.replace(mark, staged=page.to, floor=page.floor), True
    sums = replica.swap(page.stream)
    return _arrived(
        page, structs.replace(mark, cursor=page.to, sums=sums, staged=None, leaving=False)
    )


def _arrived(page: Page, mark: StreamMark) -> tuple[StreamMark, bool]:
    """At the head. A stream whose checksum disagrees is in doubt, and stays as it is until then."""
    return mark, page.sums is None or tuple(page.sums) == tuple(mark.sums)


def _late_news(replica: Replica, reply: Reply) -> list[Turned]:
    """Final verdicts of ops that had waited come as rows of the author's own stream."""
    told: dict[str, OpState] = {}
    came = [page.rows for page in reply.streams]
    came += [reply.differences.rows] if reply.differences is not None else []
    for row in (row for rows in came for row in rows):
        if row.table == _OP_STATE and row.data is not None:
            news = msgspec.json.decode(row.body, type=OpState)
            told[news.claimed or row.id] = news
    answered = {result.id for result in reply.results}
    turned: list[Turned] = []
    for entry in replica.outboxed(told.keys() - answered):
        news = told[entry.op_id]
        if entry.verdict == news.verdict or (
            entry.verdict is not None and Verdict(entry.verdict) in FINAL
        ):
            continue
        after = structs.replace(
            entry,
            verdict=news.verdict,
            code=news.code,
            epoch=reply.server_epoch,
            received=entry.received or news.at,
            on_top=False,
        )
        turned.append(Turned(before=entry, after=after))
    replica.update(one.after for one in turned)
    return turned


def _clear_settled(replica: Replica) -> set[Aggregate]:
    """Ops whose effect has come back in every stream are no longer laid over anything."""
    here = Here(replica)
    done = [one for one in replica.settled_on_top() if here.is_settled_everywhere(one)]
    replica.update(structs.replace(one, on_top=False) for one in done)
    return {place for one in done for place in touched(one)}


def _leave(replica: Replica, request: Request, reply: Reply) -> set[str]:
    """Forget streams that are no longer ours, but never under a pending op or file.

    Returns those that are not here any more. Where a load was broken off the server knows nothing
    of what is here, and says only once that it is gone: it stays so until something comes of it.
    """
    if not request.pull or reply.need_vector:
        return set()
    left: set[str] = set()
    marks = replica.marks()
    come = {page.stream for page in reply.streams}
    unread = {name for name, one in marks.items() if one.leaving and not one.cursor} - come
    dropped = {*reply.drop, *unread} if reply.scope is None else marks.keys() - set(reply.scope)
    for stream, mark in sorted(marks.items()):
        leaving = stream in dropped
        things = things_of([stream]) if leaving else set()
        if leaving and not (replica.unsettled_on(things) or replica.is_awaited(things)):
            replica.drop(stream)
            left.add(stream)
        elif leaving is not mark.leaving:
            replica.mark(structs.replace(mark, leaving=leaving))
    return left


def _stand(replica: Replica, request: Request, reply: Reply, verify: Verify) -> bool:
    """Keep where we stand with the server now; whether its audit log is to be believed."""
    clock, identity = request.clock, replica.identity()
    seen = witness(identity, reply, verify)
    care = distrust(identity.care, seen, reply.now)
    replica.identify(
        structs.replace(
            identity,
            epoch=reply.server_epoch,
            token=reply.token,
            stamp=reply.stamp,
            answered=_answered(identity, request, reply),
            forked_from=None,
            head=seen.head,
            sighting=Sighting(
                boot=clock.boot, mono=clock.mono, wall=clock.wall, received=reply.now
            ),
            durable_through=reply.durable_through,  # a server may have to take it back
            revoked=reply.revoked,
            unconfirmed=False,
            care=care,
            absence=_absence(identity, reply),
        )
    )
    return not seen.fault


def _absence(identity: Identity, reply: Reply) -> Absence | None:
    """It is over; but what was dropped only comes again once all streams were named."""
    known = identity.absence
    return known if known is not None and known.dropped and reply.scope is None else None


def _give_way(replica: Replica, reply: Reply, beside: tuple[int, int]) -> bool:
    """Record nothing more, as this copy is to be emptied; not while more is unsent than may be."""
    if reply.wipe is None:
        return False
    ops, files = replica.unsent(None)[0] + beside[0], replica.unsent_files() + beside[1]
    if ops > reply.wipe.ops or files > reply.wipe.files:
        return False
    replica.identify(structs.replace(replica.identity(), wipe=reply.wipe))
    return True


def _answered(identity: Identity, request: Request, reply: Reply) -> dict[str, int]:
    """The cursors the server now knows: those of the request it took."""
    if reply.need_vector or reply.server_epoch != identity.epoch:
        return {} if reply.need_vector else _told(request, {})
    return _told(request, {} if request.full else identity.answered)


def _told(request: Request, before: dict[str, int]) -> dict[str, int]:
    merged: dict[str, int | None] = {**before, **request.cursors}
    return {stream: seq for stream, seq in merged.items() if seq is not None}
