"""The server's half of one round trip: who speaks, what was pushed, what is there to pull."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Literal

from msgspec import Struct, structs

from shared.clock import Sighting
from shared.ids import fingerprint
from shared.kinds import REGISTRY
from shared.ops import Stamp
from shared.registry import Registry
from sync.arrival import read
from sync.chain import Link, link_in
from sync.desk import Parcel
from sync.digest import vector_hash
from sync.doubts import compare
from sync.intake import receive_read
from sync.library import Head, Library
from sync.ports import Authority, Standing
from sync.protocol import (
    PULL_BYTES_MAX,
    PULL_BYTES_WANTED,
    WAITING_MAX,
    Page,
    Reply,
    Request,
    Result,
    Wipe,
)
from sync.tokens import Token, is_ours, make_stamp, read_token, seal_token

# What a phone needs first comes first: its inbox, its jobs, then what they hang on.
ORDER = ("tech", "wo", "ticket", "site", "customer", "stock", "catalog")
RANKS = {prefix: rank for rank, prefix in enumerate(ORDER)}
REVOKED = "revoked"  # the code of what a revoked device handed in, until a person has seen it
Chain = Literal["goes_on", "repeats", "begins", "foreign", "fork", "rolled_back"]


class House(Struct, frozen=True, kw_only=True):
    """The server's side of one exchange: its MAC keys, the time (ms), a fresh nonce, its rules."""

    keys: Mapping[str, bytes]
    key: str
    received: int
    nonce: str
    registry: Registry = REGISTRY
    on_crash: Callable[[str, Exception], None] | None = None


class Caller(Struct, frozen=True, kw_only=True):
    """Who has proven to speak: a device, and the person it belongs to.

    A `revoked` one may hand in for a while what it recorded, for a person to look at, and read
    nothing. `wipe` is what the office wants emptied of it now.
    """

    device: str
    person: str
    revoked: bool = False
    wipe: Wipe | None = None


class Heard(Struct, frozen=True, kw_only=True):
    """What the first half of an exchange came to.

    `rolled_back` means that the device has seen more than the books know: the server has been put
    back, has to take a new epoch, and must hear the request again. `before` is how the incarnation
    stood until then; None where nobody knew of it. `known` are the prints of its places that were
    known, of those that were pushed and the one before them; `links` are those in their bodies.
    """

    standing: Standing | None = None
    results: tuple[Result, ...] = ()
    fork: bool = False
    rolled_back: bool = False
    need_vector: bool = False
    before: Standing | None = None
    known: Mapping[int, str] = {}
    links: tuple[Link, ...] = ()


def has_news(request: Request) -> bool:
    """Whether a request has anything to write down. One that has not is only read for."""
    told = request.doubt is not None or request.findings or request.examined is not None
    # What is answered about files is proven by the next token, should the books be put back.
    said = request.ops or request.cursors or request.full or request.files
    return bool(said or request.token is None or told)


def hear(authority: Authority, request: Request, caller: Caller, house: House) -> Heard:
    """Take what was pushed. Runs in one write transaction, which the caller commits.

    Raises `Crowded`.
    """
    before = authority.standing(request.incarnation)
    token = read_token(request.token, house.keys) if request.token else None
    chain = examine(request, token, before, authority.epoch)
    if chain == "rolled_back":
        return Heard(rolled_back=True)
    known = _known(authority, request, before)
    if chain == "fork" or _is_another(request, before, caller, known):
        return Heard(fork=True)
    results: tuple[Result, ...] = ()
    links: tuple[Link, ...] = ()
    if request.ops:
        authority.sighted(caller.device, _sighting(request, house))
        parcel = Parcel(
            ops=request.ops,
            origins=frozenset({"device"}),
            person=caller.person,
            received=house.received,
            device=caller.device,
            incarnation=request.incarnation,
            forked_from=before.forked_from if before is not None else request.forked_from,
            aside=REVOKED if caller.revoked else None,
            waiting_max=None if caller.revoked else WAITING_MAX,
            is_ours=cache(partial(is_ours, keys=house.keys, device=caller.device)),
            on_crash=house.on_crash,
        )
        arrived = [read(op, house.registry) for op in request.ops]
        results = tuple(receive_read(authority, parcel, arrived, house.registry))
        links = tuple(link for one in arrived if (link := link_in(one)) is not None)
    after = _after(request, before, chain, caller, house)
    if before is None or before.epoch != authority.epoch:
        after = structs.replace(after, nonce_before=_nonces_of_before(before, token))
    after = structs.replace(after, epoch=authority.epoch)
    told = vector_hash(authority.epoch, after.vector) == request.vector
    if not told:
        after = structs.replace(after, vector=before.vector if before else {})
    authority.stand(after)
    return Heard(
        standing=after,
        results=results,
        need_vector=not told,
        before=before,
        known=known,
        links=links,
    )


def overhear(library: Library, request: Request, caller: Caller, house: House) -> Heard:
    """The first half of a request without news: nothing is written."""
    before = library.standing(request.incarnation)
    token = read_token(request.token, house.keys) if request.token else None
    chain = examine(request, token, before, library.epoch)
    if chain == "rolled_back":
        return Heard(rolled_back=True)
    if chain == "fork" or (before is not None and before.device != caller.device):
        return Heard(fork=True)
    current = before is not None and chain in ("goes_on", "repeats")
    vector = before.vector if before is not None and current else {}
    told = current and vector_hash(library.epoch, vector) == request.vector
    return Heard(standing=before, need_vector=not told)


def examine(request: Request, token: Token | None, before: Standing | None, epoch: str) -> Chain:
    """How a request continues the token chain of its incarnation."""
    if request.token is None:
        honest = before is None or before.n <= 1
        return "begins" if honest else "fork"
    if token is None or token.epoch != epoch:
        return _from_elsewhere(token, before, epoch)
    if token.incarnation != request.incarnation:
        return "fork"
    if before is None or token.n > before.n or token.place > before.lseq_max:
        return "rolled_back"
    if token.n == before.n:
        return "goes_on" if token.nonce == before.nonce else "rolled_back"
    last = token.n == before.n - 1 and _was_before(token, before)
    return "repeats" if last else "fork"


def _from_elsewhere(token: Token | None, before: Standing | None, epoch: str) -> Chain:
    """Who comes from another epoch is let in once; what was on its way then may come as well."""
    if token is None or before is None or before.epoch != epoch:
        return "foreign"
    return "repeats" if _was_before(token, before) else "fork"


def _was_before(token: Token, before: Standing) -> bool:
    return token.nonce in (before.nonce_before or "").split()


def _nonces_of_before(before: Standing | None, token: Token | None) -> str | None:
    """Those that a phone may still show where a new epoch came between its request and the answer.

    A late request may have come first, and the phone with the answer to it second.
    """
    known = [before.nonce, before.nonce_before] if before is not None else []
    shown = [token.nonce] if token is not None else []
    return " ".join(dict.fromkeys(one for one in (*known, *shown) if one)) or None


def answer(library: Library, request: Request, heard: Heard, caller: Caller, house: House) -> Reply:
    """Give what there is to pull. Runs in one read transaction, after the commit."""
    stamp = make_stamp(
        house.key, house.keys[house.key], (library.epoch, house.received), caller.device
    )
    if heard.fork:
        return Reply(server_epoch=library.epoch, now=house.received, stamp=stamp, fork=True)
    assert heard.standing is not None or heard.need_vector
    known = None if caller.revoked else request.head
    reply = Reply(
        server_epoch=library.epoch,
        now=house.received,
        stamp=stamp,
        token=_token(library, heard.standing, house, request),
        results=list(heard.results),
        need_vector=heard.need_vector,
        durable_through=library.durable_through(),
        head=library.audit_head(known) if known is not None else None,
        revoked=caller.revoked,
        wipe=caller.wipe,
    )
    if request.files:
        files = library.files(caller.device, frozenset(request.files))
        reply = structs.replace(reply, have=sorted(files.have), wanted=sorted(files.wanted))
    if heard.need_vector or not request.pull or heard.standing is None or caller.revoked:
        return reply
    return _with_pages(library, request, heard.standing, caller, reply)


def _with_pages(
    library: Library, request: Request, standing: Standing, caller: Caller, reply: Reply
) -> Reply:
    scope = library.scope(caller.person)
    heads = library.heads(scope)
    limit = min(request.want_bytes or PULL_BYTES_WANTED, PULL_BYTES_MAX)
    doubt = request.doubt
    if doubt is not None and doubt.stream in scope and doubt.stream in heads:
        head = heads.pop(doubt.stream)  # its news is in what it differs by
        differences = compare(library, doubt, (head.seq, head.sums), limit)
        reply = structs.replace(reply, differences=differences)
    cursors = standing.vector
    behind = _by_rank(one for one, head in heads.items() if cursors.get(one) != head.seq)
    places = (_where(request, cursors.get(one), heads[one], one)[1] for one in behind)
    pieces = library.pages(zip(behind, places, strict=True), limit)
    pages: list[Page] = []
    for stream, piece in pieces.items():
        head = heads[stream]
        kind, since = _where(request, cursors.get(stream), head, stream)
        end = head.seq if piece.complete else piece.rows[-1][0]
        pages.append(
            Page(
                stream=stream,
                kind=kind,
                since=since,
                to=end,
                head=head.seq,
                rows=[row for _, row in piece.rows],
                sums=head.sums if piece.complete else None,
                floor=head.min_seq if kind == "snapshot" else 0,
            )
        )
    whole = len(pages) == len(behind) and all(page.sums is not None for page in pages)
    gone = sorted(stream for stream in standing.vector if stream not in scope)
    return structs.replace(
        reply,
        streams=pages,
        drop=gone,
        more=not whole,
        scope=sorted(scope) if request.full else None,
    )


def _where(
    request: Request, cursor: int | None, head: Head, stream: str
) -> tuple[Literal["delta", "snapshot"], int]:
    """From where a stream has to be read of which a device has not all."""
    if cursor is not None and head.min_seq <= cursor < head.seq:
        return ("delta", cursor)
    staged = request.staged.get(stream, 0)
    # What went since it was begun is told by what comes, unless the feed has forgotten some of it.
    goes_on = staged <= head.seq and request.floors.get(stream, 0) == head.min_seq
    return ("snapshot", staged if goes_on else 0)


def _by_rank(streams: Iterable[str]) -> list[str]:
    ranked = [(RANKS.get(one.partition(":")[0], len(RANKS)), one) for one in streams]
    return [one for _, one in sorted(ranked)]


def _known(authority: Authority, request: Request, before: Standing | None) -> dict[int, str]:
    if before is None or not request.ops:
        return {}
    places = {op.lseq for op in request.ops}
    return authority.fingerprints_at(request.incarnation, {*places, min(places) - 1})


def _is_another(
    request: Request, before: Standing | None, caller: Caller, known: Mapping[int, str]
) -> bool:
    """Whether a place of this incarnation already names another op, or another device's."""
    if before is not None and before.device != caller.device:
        return True
    again = (op for op in request.ops if op.lseq in known)
    return any(known[op.lseq] != fingerprint(op.body) for op in again)


def _after(
    request: Request, before: Standing | None, chain: Chain, caller: Caller, house: House
) -> Standing:
    known = before.vector if before is not None and chain in ("goes_on", "repeats") else {}
    merged: dict[str, int | None] = {**({} if request.full else known), **request.cursors}
    vector = {stream: seq for stream, seq in merged.items() if seq is not None}
    lseq = max((op.lseq for op in request.ops), default=0)
    if before is None:
        return Standing(
            incarnation=request.incarnation,
            device=caller.device,
            n=1,
            nonce=house.nonce,
            nonce_before=None,
            vector=vector,
            lseq_max=lseq,
            forked_from=request.forked_from,
        )
    again = chain == "repeats" or (chain == "begins")
    return structs.replace(
        before,
        n=before.n if again else before.n + 1,
        nonce=before.nonce if again else house.nonce,
        nonce_before=before.nonce_before if again else before.nonce,
        vector=vector,
        lseq_max=max(before.lseq_max, lseq),
    )


def _token(
    library: Library, standing: Standing | None, house: House, request: Request
) -> str | None:
    if standing is None:
        return request.token
    return seal_token(
        Token(
            key=house.key,
            epoch=library.epoch,
            incarnation=standing.incarnation,
            n=standing.n,
            place=standing.lseq_max,
            nonce=standing.nonce,
            vector=vector_hash(library.epoch, standing.vector),
        ),
        house.keys,
    )


def _sighting(request: Request, house: House) -> Sighting:
    clock = request.clock
    return Sighting(boot=clock.boot, mono=clock.mono, wall=clock.wall, received=house.received)


def stamp_for(device: str, epoch: str, house: House) -> Stamp:
    """The first stamp of a device: that it spoke with this server at this time."""
    return make_stamp(house.key, house.keys[house.key], (epoch, house.received), device)
