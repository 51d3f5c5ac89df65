"""The server's books in memory: `Authority` and `Library` in one."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from msgspec import Struct, structs

from shared.aliases import Alias, alias_id
from shared.audit import leaf_bytes
from shared.clock import Sighting
from shared.ids import derive
from shared.kinds import EAGER, KEYS, LINKS, NUMBERED, write_row
from shared.merging import named_by
from shared.ops import PROVISIONAL, Verdict
from shared.people import Subscription
from shared.records import Aggregate, Record, State, home, stream_for, stream_of, table
from shared.registry import Links, by
from sync.digest import NO_ROWS, Sums, minus, plus, row_sums
from sync.leaves import leaf_of, traces, written
from sync.library import Head, Piece
from sync.ports import Entry, Recorded, Standing, Unwritable, Wanted
from sync.prints import bucket_of
from sync.protocol import GONE, Files, Row, SignedHead

Key = tuple[type[Record], str]


class Fed(Struct, frozen=True):
    """The newest of one row in a stream: its position, its bytes (None: gone) and checksum."""

    seq: int
    body: bytes | None
    sums: Sums


class Pages(Struct, kw_only=True):
    """Everything that is written down. A copy of it is a savepoint."""

    rows: dict[Key, Record] = msgspec.field(default_factory=dict)
    ops: dict[str, Recorded] = msgspec.field(default_factory=dict)
    raw: dict[str, str] = msgspec.field(default_factory=dict)
    leaves: list[bytes] = msgspec.field(default_factory=list)
    feed: dict[str, dict[tuple[str, str], Fed]] = msgspec.field(default_factory=dict)
    heads: dict[str, Head] = msgspec.field(default_factory=dict)
    standings: dict[str, Standing] = msgspec.field(default_factory=dict)
    clocks: dict[str, dict[str, Sighting]] = msgspec.field(default_factory=dict)
    counters: dict[str, int] = msgspec.field(default_factory=dict)
    epoch: str = ""


class MemoryBooks:
    """Books without a disk. `poison` is a text that no op's body may hold: a constraint.

    `stored` are the hashes of the files that are kept beside them.
    """

    def __init__(self, *, poison: str | None = None) -> None:
        self.pages = Pages(epoch=derive("epoch", 1))
        self.poison = poison
        self.stored: set[str] = set()

    @property
    def epoch(self) -> str:
        """As `Authority.epoch`."""
        return self.pages.epoch

    def renew(self) -> None:
        """Begin a new epoch, as after a restore."""
        self.pages.epoch = derive("epoch", self.pages.epoch)

    def standing(self, incarnation: str) -> Standing | None:
        """As `Authority.standing`."""
        return self.pages.standings.get(incarnation)

    def stand(self, standing: Standing) -> None:
        """As `Authority.stand`."""
        self.pages.standings[standing.incarnation] = standing

    def fingerprints_at(self, incarnation: str, lseqs: Collection[int]) -> dict[int, str]:
        """As `Authority.fingerprints_at`."""
        return {
            op.lseq: op.fingerprint
            for op in self.pages.ops.values()
            if op.incarnation == incarnation and op.lseq is not None and op.lseq in lseqs
        }

    def recall(self, op_ids: Collection[str]) -> dict[str, Recorded]:
        """As `Authority.recall`."""
        known = self.pages.ops
        return {op_id: known[op_id] for op_id in op_ids if op_id in known}

    def provisional(self, incarnation: str) -> list[Recorded]:
        """As `Authority.provisional`."""
        waiting = [
            op
            for op in self.pages.ops.values()
            if op.incarnation == incarnation and Verdict(op.verdict) in PROVISIONAL
        ]
        return sorted(waiting, key=lambda op: op.lseq or 0)

    def waiting_on(self, things: Collection[Aggregate]) -> list[Recorded]:
        """As `Authority.waiting_on`."""
        known = self.pages.ops.values()
        waiting = [one for one in known if one.on in things and Verdict(one.verdict) in PROVISIONAL]
        return sorted(waiting, key=lambda op: (op.lseq or 0, op.op_id))

    def bodies(self, op_ids: Collection[str]) -> dict[str, str]:
        """As `Authority.bodies`."""
        raw = self.pages.raw
        return {op_id: raw[op_id] for op_id in op_ids if op_id in raw}

    def links(self, subjects: Collection[Aggregate]) -> dict[Aggregate, Links]:
        """As `Authority.links`."""
        return linked(self.pages.rows, subjects)

    def aliases(self, things: Collection[Aggregate]) -> dict[Aggregate, str]:
        """As `Authority.aliases`."""
        found = {thing: self.pages.rows.get((Alias, alias_id(thing))) for thing in things}
        return {one: row.into_id for one, row in found.items() if isinstance(row, Alias)}

    def naming(self, thing: Aggregate) -> list[Record]:
        """As `Authority.naming`."""
        return list(named_by(State(self.pages.rows.values()), thing))

    def load(self, wanted: Wanted) -> State:
        """As `Authority.load`."""
        return State(loaded(self.pages.rows, wanted))

    def sightings(self, device: str) -> list[Sighting]:
        """As `Authority.sightings`."""
        return list(self.pages.clocks.get(device, {}).values())

    def sighted(self, device: str, sighting: Sighting) -> None:
        """As `Authority.sighted`."""
        known = self.pages.clocks.get(device, {})
        self.pages.clocks[device] = {**known, sighting.boot: sighting}

    def numbers(self, table: str, count: int, received: int) -> list[str]:
        """As `Authority.numbers`; in memory it is always the year 26."""
        assert received >= 0
        last = self.pages.counters.get(table, 0)
        self.pages.counters[table] = last + count
        return [f"{NUMBERED[table]}-26-{last + n:06d}" for n in range(1, count + 1)]

    def enter(self, entries: Sequence[Entry], state: State) -> dict[str, dict[str, int]]:
        """As `Authority.enter`."""
        pages = self.pages
        for entry in entries:
            if self.poison is not None and self.poison in entry.body:
                raise Unwritable(self.poison)
            if (entry.op_id in pages.ops) is not entry.settles:
                raise Unwritable(entry.op_id)
        for key, row in state.changed.items():
            pages.rows[key] = row
        for key in state.deleted:
            pages.rows.pop(key, None)
        self._feed(state)
        wrote = traces(entries, state, written(state))
        at: dict[str, dict[str, int]] = {}
        for entry in entries:
            at[entry.op_id] = {
                stream: pages.heads[stream].seq
                for stream in sorted(entry.streams)
                if stream in pages.heads
            }
            pages.raw.setdefault(entry.op_id, entry.body)
            pages.ops[entry.op_id] = self._recorded(entry, at[entry.op_id])
            pages.leaves.append(leaf_bytes(leaf_of(entry, pages.epoch, wrote.get(entry.op_id))))
        return at

    def _recorded(self, entry: Entry, at: dict[str, int]) -> Recorded:
        before = self.pages.ops.get(entry.op_id)
        new = Recorded(
            op_id=entry.op_id,
            fingerprint=entry.fingerprint,
            verdict=entry.verdict,
            code=entry.code,
            received=entry.received,
            epoch=self.pages.epoch,
            detail=entry.detail,
            flags=entry.flags,
            at=at,
            n=entry.n,
            kind=entry.kind,
            by=entry.by,
            on=entry.on,
            device=entry.device,
            incarnation=entry.incarnation,
            lseq=entry.lseq,
            done_at=entry.done_at,
        )
        return structs.replace(new, received=before.received) if before else new

    def _feed(self, state: State) -> None:
        changes: dict[str, list[tuple[tuple[str, str], bytes | None]]] = {}
        for (_, identity), row in [*state.changed.items(), *state.deleted.items()]:
            stream = stream_for(row)
            body = write_row(row) if (type(row), identity) in state.changed else None
            key = (table(type(row)), identity)
            if stream is not None:
                changes.setdefault(stream, []).append((key, body))
            for left in map(stream_of, state.left):  # it may have lived there before
                fed = self.pages.feed.get(left, {}).get(key)
                if left != stream and fed is not None and fed.body is not None:
                    changes.setdefault(left, []).append((key, None))
        for stream in sorted(changes):
            for key, body in changes[stream]:
                self._feed_one(stream, key, body)

    def _feed_one(self, stream: str, key: tuple[str, str], body: bytes | None) -> None:
        fed = self.pages.feed.setdefault(stream, {})
        before = fed.get(key)
        if (before.body if before else None) == body:
            return
        head = self.pages.heads.get(stream, Head(seq=0, sums=NO_ROWS))
        sums = row_sums(*key, body) if body is not None else NO_ROWS
        total = plus(minus(head.sums, before.sums if before else NO_ROWS), sums)
        after = self.pages.feed[stream] = {**fed, key: Fed(head.seq + 1, body, sums)}
        self.pages.heads[stream] = Head(
            seq=head.seq + 1, sums=total, min_seq=head.min_seq, entries=len(after)
        )

    def forget_gone(self) -> None:
        """Let go of what says that rows are gone, however short a time ago; no stream's last."""
        for stream, fed in self.pages.feed.items():
            head = self.pages.heads[stream]
            over = {key for key, one in fed.items() if one.body is None and one.seq < head.seq}
            last = max((fed[key].seq for key in over), default=head.min_seq)
            left = {key: one for key, one in fed.items() if key not in over}
            self.pages.feed[stream] = left
            self.pages.heads[stream] = structs.replace(head, min_seq=last, entries=len(left))

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """As `Authority.savepoint`."""
        before = copied(self.pages)
        try:
            yield
        except BaseException:
            self.pages = before
            raise

    def scope(self, person: str) -> set[str]:
        """As `Library.scope`."""
        followed = {
            row.stream
            for row in self.pages.rows.values()
            if isinstance(row, Subscription) and row.person_id == person
        }
        return followed | {stream_of(("person", person))}

    def heads(self, streams: Collection[str]) -> dict[str, Head]:
        """As `Library.heads`."""
        return {one: self.pages.heads[one] for one in streams if one in self.pages.heads}

    def pages_of(self, stream: str, since: int) -> list[tuple[int, Row]]:
        """The rows of one stream past a position, by position."""
        fed = self.pages.feed.get(stream, {})
        rows = [
            (one.seq, Row(key[0], key[1], GONE if one.body is None else msgspec.Raw(one.body)))
            for key, one in fed.items()
            if one.seq > since and (since > 0 or one.body is not None)
        ]
        return sorted(rows, key=lambda pair: pair[0])

    def bucket_sums(self, stream: str, bits: int) -> dict[int, Sums]:
        """As `Original.bucket_sums`."""
        found: dict[int, Sums] = {}
        for one in self._living(stream).values():
            bucket = bucket_of(one.sums, bits)
            found[bucket] = plus(found.get(bucket, NO_ROWS), one.sums)
        return found

    def prints_in(
        self, stream: str, bits: int, buckets: Collection[int]
    ) -> list[tuple[Sums, tuple[str, str]]]:
        """As `Original.prints_in`."""
        living = sorted(self._living(stream).items(), key=lambda pair: pair[1].seq)
        return [(one.sums, key) for key, one in living if bucket_of(one.sums, bits) in buckets]

    def rows_of(self, stream: str, keys: Collection[tuple[str, str]]) -> list[Row]:
        """As `Original.rows_of`."""
        return [row for _, row in self.pages_of(stream, 0) if (row.table, row.id) in keys]

    def _living(self, stream: str) -> dict[tuple[str, str], Fed]:
        fed = self.pages.feed.get(stream, {})
        return {key: one for key, one in fed.items() if one.body is not None}

    def audit_head(self, known: int) -> SignedHead | None:
        """As `Library.audit_head`; nobody signs in memory."""
        assert known >= 0
        return None

    def durable_through(self) -> int | None:
        """As `Library.durable_through`; memory is never durable."""
        return None

    def files(self, device: str, hashes: Collection[str]) -> Files:
        """As `Library.files`; it wants all that it has not, whoever it was named by."""
        assert device
        have = self.stored.intersection(hashes)
        return Files(have=frozenset(have), wanted=frozenset(hashes) - have)


class MemoryLibrary:
    """The reading half of the books: `Library`."""

    def __init__(self, books: MemoryBooks) -> None:
        self.books = books

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self.books, attribute)

    def pages(self, wants: Iterable[tuple[str, int]], bytes_max: int) -> dict[str, Piece]:
        """As `Library.pages`."""
        found: dict[str, Piece] = {}
        size = 0
        for stream, since in wants:
            rows = self.books.pages_of(stream, since)
            taken: list[tuple[int, Row]] = []
            for pair in rows:
                if size >= bytes_max and (found or taken):
                    break
                size += len(pair[1].body)
                taken.append(pair)
            if not taken and rows:
                break
            found[stream] = Piece(rows=taken, complete=len(taken) == len(rows))
        return found


def copied(pages: Pages) -> Pages:
    """The same, independent of what is written next."""
    whole: dict[str, Any] = {
        field: value.copy() if isinstance(value, dict | list) else value
        for field in pages.__struct_fields__
        for value in (getattr(pages, field),)
    }
    return Pages(**whole)


def linked(rows: dict[Key, Record], subjects: Collection[Aggregate]) -> dict[Aggregate, Links]:
    """The ids that things name, as `shared.kinds.LINKS` says."""
    found: dict[Aggregate, Links] = {}
    for noun, identity in subjects:
        kind, fields = LINKS.get(noun, (Record, ()))
        row = rows.get((kind, identity))
        if row is not None:
            found[(noun, identity)] = {field: getattr(row, field) for field in fields}
    return found


def loaded(rows: dict[Key, Record], wanted: Wanted) -> list[Record]:
    """The rows of whole things as `shared.kinds.EAGER` says, and those referred to."""
    refs = wanted.refs
    return [
        row
        for key, row in rows.items()
        if key in refs
        or (key[0] in KEYS and (key[0], by(KEYS[key[0]], getattr(row, KEYS[key[0]]))) in refs)
        or (
            (place := home(row)) is not None
            and place in wanted.aggregates
            and isinstance(row, EAGER.get(place[0], ()))
        )
    ]
