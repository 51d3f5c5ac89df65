"""Taking in an answer: verdicts, pages and dropped streams, in one transaction of the phone."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct, structs

from shared.audit import Span, extends
from shared.clock import Sighting
from shared.ops import FINAL, PROVISIONAL, Verdict
from shared.people import OpState
from shared.records import CATALOG, STREAM_PREFIX, Aggregate, table
from shared.registry import Registry
from sync.digest import NO_ROWS, plus
from sync.notices import Came, Turned, inform
from sync.overlay import is_settled_everywhere, refresh, touched
from sync.ports import Identity, Outboxed, Replica, StreamMark
from sync.protocol import Page, Reply, Request, Result, SignedHead

_NOUN = {prefix: noun for noun, prefix in STREAM_PREFIX.items()}
_OP_STATE = table(OpState)
_VERDICTS = frozenset(Verdict)


class Taken(Struct, frozen=True, kw_only=True):
    """What an answer brought: rows, verdicts, and whether all checksums and proofs agreed."""

    rows: int = 0
    verdicts: tuple[str, ...] = ()
    checksum_ok: bool = True
    audit_ok: bool = True


def thing_of(stream: str) -> Aggregate | None:
    """The aggregate whose rows a stream carries; None for a kind of stream from the future."""
    prefix, _, identity = stream.partition(":")
    if prefix == CATALOG:
        return (CATALOG, CATALOG)
    return (_NOUN[prefix], identity) if prefix in _NOUN else None


def things_of(streams: Iterable[str]) -> set[Aggregate]:
    """The aggregates of these streams, as far as this app knows them."""
    return {thing for stream in streams if (thing := thing_of(stream)) is not None}


def absorb(replica: Replica, registry: Registry, request: Request, reply: Reply) -> Taken:
    """Take a whole answer in, or nothing of it."""
    with replica.transaction():
        identity = replica.identity()
        if (identity.incarnation, identity.token) != (request.incarnation, request.token):
            return Taken()  # an answer to a question that was answered since, or that we gave up
        began = identity.epoch is not None and identity.epoch != reply.server_epoch
        dirty = _begin_epoch(replica) if began else set()
        turned = _note_results(replica, reply)
        marks = replica.marks()
        pages = [_turn(replica, page, marks) for page in reply.streams]
        turned += _late_news(replica, reply)
        dirty |= things_of(page.stream for page in reply.streams)
        dirty |= {place for one in turned for place in touched(one.before)}
        dirty |= _clear_settled(replica)
        _leave(replica, request, reply)
        refresh(replica, registry, dirty)
        inform(replica, registry, _came(replica, request, reply, turned))
        audit_ok = _stand(replica, identity, request, reply)
    return Taken(
        rows=sum(len(page.rows) for page in reply.streams),
        verdicts=tuple(result.verdict for result in reply.results),
        checksum_ok=all(pages),
        audit_ok=audit_ok,
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
            )
        )


def _begin_epoch(replica: Replica) -> set[Aggregate]:
    """Forget how far the streams were read; keep what was read until it is replaced.

    Returns the things that have to be shown anew: what their streams were known to hold of this
    phone's own ops is not known any more.
    """
    for mark in replica.marks().values():
        replica.mark(structs.replace(mark, cursor=0, staged=None))
    return {place for one in replica.all_ops() if one.on_top for place in touched(one)}


def _came(replica: Replica, request: Request, reply: Reply, turned: list[Turned]) -> Came:
    """What there may be to tell a person of an answer."""
    marks = replica.marks()
    ends = {page.stream: page.to for page in reply.streams if page.sums is not None}
    whole = [one for one, end in ends.items() if one in marks and marks[one].cursor == end]
    told = request.pull and not reply.need_vector
    return Came(
        now=reply.now,
        turned=[one for one in turned if one.before.verdict != one.after.verdict],
        whole=things_of(whole),
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
    if (mark.staged or 0) != page.since:
        return mark, True
    replica.take(page.stream, page.rows, staged=True)
    if page.sums is None:
        return structs.replace(mark, staged=page.to), True
    sums = replica.swap(page.stream)
    return _arrived(
        page, structs.replace(mark, cursor=page.to, sums=sums, staged=None, leaving=False)
    )


def _arrived(page: Page, mark: StreamMark) -> tuple[StreamMark, bool]:
    """At the head. A checksum that disagrees makes the stream be read anew, never wiped."""
    agrees = page.sums is None or tuple(page.sums) == tuple(mark.sums)
    return (mark if agrees else structs.replace(mark, cursor=0, staged=None)), agrees


def _late_news(replica: Replica, reply: Reply) -> list[Turned]:
    """Final verdicts of ops that had waited come as rows of the author's own stream."""
    told: dict[str, OpState] = {}
    for page in reply.streams:
        for row in page.rows:
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
    marks = replica.marks()
    done = [one for one in replica.settled_on_top() if is_settled_everywhere(one, marks)]
    replica.update(structs.replace(one, on_top=False) for one in done)
    return {place for one in done for place in touched(one)}


def _leave(replica: Replica, request: Request, reply: Reply) -> None:
    """Forget streams that are no longer ours, but never under a pending op."""
    if not request.pull or reply.need_vector:
        return
    marks = replica.marks()
    dropped = marks.keys() - set(reply.scope) if reply.scope is not None else set(reply.drop)
    for stream, mark in sorted(marks.items()):
        leaving = stream in dropped
        if leaving and not replica.unsettled_on(things_of([stream])):
            replica.drop(stream)
        elif leaving is not mark.leaving:
            replica.mark(structs.replace(mark, leaving=leaving))


def _stand(replica: Replica, identity: Identity, request: Request, reply: Reply) -> bool:
    """Keep where we stand with the server now; whether its audit log only grew."""
    clock = request.clock
    head, grew = _witnessed(identity, reply)
    replica.identify(
        structs.replace(
            identity,
            epoch=reply.server_epoch,
            token=reply.token,
            stamp=reply.stamp,
            answered=_answered(identity, request, reply),
            forked_from=None,
            head=head,
            sighting=Sighting(
                boot=clock.boot, mono=clock.mono, wall=clock.wall, received=reply.now
            ),
            durable_through=reply.durable_through or identity.durable_through,
        )
    )
    return grew


def _answered(identity: Identity, request: Request, reply: Reply) -> dict[str, int]:
    """The cursors the server now knows: those of the request it took."""
    if reply.need_vector or reply.server_epoch != identity.epoch:
        return {} if reply.need_vector else _told(request, {})
    return _told(request, {} if request.full else identity.answered)


def _told(request: Request, before: dict[str, int]) -> dict[str, int]:
    merged: dict[str, int | None] = {**before, **request.cursors}
    return {stream: seq for stream, seq in merged.items() if seq is not None}


def _witnessed(identity: Identity, reply: Reply) -> tuple[SignedHead | None, bool]:
    """The newest audit head, if it is proven to extend the one seen before in this epoch."""
    new, old = reply.head, identity.head
    if new is None or old is None or old.epoch != new.epoch:
        return (new or old, True)
    span = Span(
        older=old.size,
        older_root=bytes.fromhex(old.root),
        newer=new.size,
        newer_root=bytes.fromhex(new.root),
    )
    grew = extends(span, [bytes.fromhex(step) for step in new.proof])
    return (new if grew else old, grew)
