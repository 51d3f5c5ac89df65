"""The ledger: ops, verdicts, audit leaves, rows and feed, entered together or not at all.

One `Ledger` is one write transaction. It commits nothing, and no method costs a statement per op.
The order of locks is the same for everybody: incarnation, aggregates, ops, stream heads.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Connection,
    func,
    select,
)

from server import feed, rows, statements, tree
from server.database import is_sqlite, refusals, savepoint
from server.entries import (
    NOTHING,
    Event,
    as_read,
    as_recorded,
    event_body,
    event_id,
    event_row,
    leaf_row,
    op_row,
    standing_of,
)
from server.questions import dumped
from server.rows import listed
from server.tables import METADATA
from shared.aliases import Alias, alias_id
from shared.clock import Sighting
from shared.ids import fingerprint
from shared.kinds import EAGER, KEYS, LINKS, NUMBERED
from shared.merging import NAMING, key_of
from shared.pressing import UNKNOWN
from shared.records import Aggregate, Record, State, table
from shared.registry import Links
from shared.ticket import TicketEvent
from sync.leaves import traces, written
from sync.ports import Entry, Recorded, Shifted, Standing, Unwritable, Wanted

Positions = dict[frozenset[str], dict[str, int]]  # by the streams that an effect is in

BEGINS: Final = "recorded"  # what the story of every ticket begins with
EPOCH: Final = METADATA.tables["epoch"]


class InParts(Exception):
    """Part of what was in one piece failed: all of it is to be said again, in parts."""


class Ledger:
    """The server's books inside one write transaction (`sync.ports.Authority`).

    `zone` is the organisation's time zone: it says in which year a number is given. In one piece
    it has no parts that could be undone, which cost a copy of every page: where one would have to
    be, it raises `InParts`, and nothing of the transaction may be kept.
    """

    def __init__(
        self, connection: Connection, zone: ZoneInfo, *, in_one_piece: bool = False
    ) -> None:
        self._connection = connection
        self._zone = zone
        self._in_one_piece = in_one_piece
        self._dialect = connection.dialect.name
        self._epoch: str | None = None

    @property
    def epoch(self) -> str:
        """The server's epoch: a new one after every restore."""
        if self._epoch is None:
            self._epoch = tree.current_epoch(self._connection)
        assert self._epoch is not None, "the first epoch is begun when a database is made"
        return self._epoch

    def begin_epoch(self, epoch: str, now_ms: int, salt: str) -> None:
        """Begin the first epoch, or the next one after a restore.

        Its first leaf is in the new tree at once, and says what is left of the old one.
        """
        before = tree.current_epoch(self._connection)
        surviving = tree.surviving(self._connection, before) if before else {}
        event = Event(kind="epoch.begin", at=now_ms, salt=salt, facts={"epoch": epoch, **surviving})
        ordinal = select(func.coalesce(func.max(EPOCH.c.ordinal), 0) + 1)
        row = {"id": epoch, "started": now_ms, "first_leaf": event_id(event)}
        with refusals():
            self._connection.execute(
                EPOCH.insert().values(**row, ordinal=ordinal.scalar_subquery())
            )
        self._epoch = epoch
        self._note(event, number=0)

    def note_event(self, event: Event) -> str:
        """Put something the server itself did into the log; returns the id it has there."""
        return self._note(event, number=None)

    def _note(self, event: Event, *, number: int | None) -> str:
        body = event_body(event)
        entry = Entry(
            op_id=event_id(event),
            fingerprint=fingerprint(body),
            body=body,
            verdict="applied",
            code=None,
            received=event.at,
            done_at=event.at,
        )
        readable = event_row(event)
        with refusals():
            leaf = leaf_row(entry, self.epoch, number=number)
            op = op_row(entry, readable, NOTHING, self.epoch)
            kept = (rows.Insert("leaf", (), [leaf]), rows.Insert("op", (), [op]))
            rows.insert_all(self._connection, kept)
        return entry.op_id

    def standing(self, incarnation: str) -> Standing | None:
        """What is known of an incarnation; locks it until the transaction ends."""
        found = standing_of(self._connection, incarnation, held=True)
        if found is None and not is_sqlite(self._connection):
            self._lock({("incarnation", incarnation)})
            found = standing_of(self._connection, incarnation, held=True)
        return found

    def stand(self, standing: Standing) -> None:
        """Write down what is now known of an incarnation."""
        row = (
            standing.incarnation,
            standing.device,
            standing.n,
            standing.nonce,
            standing.nonce_before,
            dumped(standing.vector),
            standing.lseq_max,
            standing.forked_from,
            standing.epoch,
        )
        rows.upsert(self._connection, "incarnation", ("id",), [row])

    def fingerprints_at(self, incarnation: str, lseqs: Collection[int]) -> dict[int, str]:
        """The fingerprint of the op that each place of an incarnation already names."""
        if not lseqs:
            return {}
        found = statements.PLACES.ask(
            self._connection, incarnation=incarnation, low=min(lseqs), high=max(lseqs)
        )
        wanted = set(lseqs)
        return {lseq: print_ for lseq, print_ in found if lseq in wanted}

    def recall(self, op_ids: Collection[str]) -> dict[str, Recorded]:
        """Those of the ops that are in the books."""
        if not op_ids:
            return {}
        books = self._connection
        found = statements.recorded(self._dialect).ask(books, op_ids=listed(books, op_ids))
        return {one.op_id: one for one in (as_recorded(books, row) for row in found)}

    def provisional(self, incarnation: str) -> list[Recorded]:
        """The quarantined and held ops of an incarnation, by lseq."""
        books = self._connection
        found = statements.PROVISIONAL.ask(books, incarnation=incarnation)
        return [as_recorded(books, row) for row in found]

    def waiting_on(self, things: Collection[Aggregate]) -> list[Recorded]:
        """The quarantined and held ops on these things, of whichever incarnation, by lseq."""
        if not things:
            return []
        books = self._connection
        nouns, ids = (listed(books, set(said)) for said in zip(*things, strict=True))
        found = statements.waiting_on(self._dialect).ask(books, nouns=nouns, ids=ids)
        return [one for row in found if (one := as_recorded(books, row)).on in things]

    def bodies(self, op_ids: Collection[str]) -> dict[str, str]:
        """The bodies of ops, by their ids; one that was erased is left out."""
        if not op_ids:
            return {}
        books = self._connection
        found = statements.bodies(self._dialect).ask(books, op_ids=listed(books, op_ids))
        return {
            op_id: bytes(body).decode("utf-8", "surrogatepass")
            for op_id, body in found
            if body is not None
        }

    def links(self, subjects: Collection[Aggregate]) -> dict[Aggregate, Links]:
        """The ids that things name (`shared.kinds.LINKS`); nothing for one that is not there."""
        wanted: dict[rows.Place, set[str]] = {}
        for noun, identity in subjects:
            if noun in LINKS:
                wanted.setdefault((noun, "id"), set()).add(identity)
        return {
            (noun, row.id): {field: getattr(row, field) for field in LINKS[noun][1]}
            for row in rows.fetch_all(self._connection, wanted)
            for noun in (table(type(row)),)
        }

    def aliases(self, things: Collection[Aggregate]) -> dict[Aggregate, str]:
        """Of those of the things that were merged into others: the id of the one there is."""
        ids = {alias_id(thing) for thing in things}
        found = rows.fetch(self._connection, table(Alias), "id", ids)
        return {(one.noun, one.merged_id): one.into_id for one in found if isinstance(one, Alias)}

    def naming(self, thing: Aggregate) -> list[Record]:
        """The rows that name a thing (`shared.merging.NAMING`)."""
        noun, identity = thing
        return rows.fetch_all(
            self._connection,
            {(table(kind), name): {key_of(noun, name, identity)} for kind, name in NAMING[noun]},
        )

    def load(self, wanted: Wanted) -> State:
        """Lock the aggregates in sorted order, then load what `EAGER` says of them, and refs.

        Raises `Shifted` where somebody else's act changed meanwhile what was found out before.
        """
        self._lock(wanted.aggregates)
        state = self._loaded(wanted)
        if not is_sqlite(self._connection) and self._is_otherwise(wanted, state):
            raise Shifted
        return state

    def _is_otherwise(self, wanted: Wanted, state: State) -> bool:
        """Whether something was merged between the first look and the locks."""
        for (noun, identity), links in wanted.links.items():
            row = state.find(LINKS[noun][0], identity)
            if row is not None and any(getattr(row, name) != one for name, one in links.items()):
                return True
        if wanted.named and self.aliases(wanted.named):
            return True
        return any(
            {(type(row), row.id) for row in self.naming(thing)} != found
            for thing, found in wanted.gathered.items()
        )

    def _loaded(self, wanted: Wanted) -> State:
        asked: dict[rows.Place, set[str]] = {}
        for noun, identity in wanted.aggregates:
            for kind in EAGER.get(noun, ()):
                field = "home_id" if kind.home[0] == "*" else kind.home[1]
                asked.setdefault((table(kind), field), set()).add(identity)
        for kind, identity in wanted.refs:
            field, parting, value = identity.partition("=")
            if not parting or KEYS.get(kind) != field:
                field, value = "id", identity
            asked.setdefault((table(kind), field), set()).add(value)
        return State(rows.fetch_all(self._connection, asked))

    def hold(self, aggregates: Collection[Aggregate]) -> None:
        """Let nobody else act on these until the transaction ends; they need not be things."""
        self._lock(aggregates)

    def _lock(self, aggregates: Collection[Aggregate]) -> None:
        """On SQLite the whole database is ours already."""
        if is_sqlite(self._connection) or not aggregates:
            return
        ordered = sorted(aggregates)
        rows.add(self._connection, "aggregate", ("noun", "id"), ordered)
        nouns, ids = zip(*ordered, strict=True)
        statements.locks().ask(self._connection, nouns=list(nouns), ids=list(ids))

    def sightings(self, device: str) -> list[Sighting]:
        """The device's clock evidence: the last of each of its newest boots, oldest first."""
        found = statements.SIGHTINGS.ask(self._connection, device=device)
        return [
            Sighting(boot=boot, mono=mono, wall=wall, received=received)
            for boot, mono, wall, received in reversed(found)
        ]

    def sighted(self, device: str, sighting: Sighting) -> None:
        """Keep one more piece of clock evidence, in place of the last of the same boot."""
        row = (device, sighting.boot, sighting.mono, sighting.wall, sighting.received)
        rows.upsert(self._connection, "clock_evidence", ("device", "boot"), [row])

    def numbers(self, table: str, count: int, received: int) -> list[str]:
        """The next human numbers of a table, e.g. WO-26-000123, in order."""
        year = datetime.fromtimestamp(received / 1000, self._zone).strftime("%y")
        last: int = self._connection.execute(
            statements.counted(self._dialect), {"name": f"{table}:{year}", "value": count}
        ).scalar_one()
        prefix = NUMBERED[table]
        return [f"{prefix}-{year}-{number:06d}" for number in range(last - count + 1, last + 1)]

    def enter(self, entries: Sequence[Entry], state: State) -> dict[str, dict[str, int]]:
        """Write bodies, verdicts, audit leaves, changed rows and the feed, all in bulk.

        Returns, per op id, the stream positions from which its effect is there. Raises
        `Unwritable` when a constraint of the database says no: also when another transaction
        has entered one of the ops meanwhile.
        """
        with refusals():
            ordered = sorted(entries, key=lambda entry: entry.op_id)
            bytes_of = written(state)
            wrote = traces(ordered, state, bytes_of)
            leaves = [
                leaf_row(entry, self.epoch, trace=wrote.get(entry.op_id)) for entry in ordered
            ]
            kept, changed = rows.Insert("leaf", (), leaves), state.changed.values()
            rows.insert_all(self._connection, (kept, *rows.saved(changed), opened(changed)))
            rows.erase(self._connection, state.deleted.values())
            news = feed.told(self._connection, state, bytes_of)
            at = self._positions(ordered, news.ends)
            fresh, settled = self._op_rows(ordered, at)
            rows.insert_all(self._connection, (*news.inserts, rows.Insert("op", (), fresh)))
            rows.write(
                self._connection, ("settle",), partial(statements.settle, self._dialect), settled
            )
        return {entry.op_id: at[entry.streams] for entry in ordered}

    def _positions(self, entries: Sequence[Entry], ends: Mapping[str, int]) -> Positions:
        """Where the effects of ops are there; of streams that nothing moved it is asked."""
        others = {stream for entry in entries for stream in entry.streams} - set(ends)
        heads = feed.heads(self._connection, others) if others else {}
        ends = {**ends, **{stream: head.seq for stream, head in heads.items()}}
        return {
            streams: {stream: ends[stream] for stream in sorted(streams) if ends.get(stream)}
            for streams in {entry.streams for entry in entries}
        }

    def _op_rows(
        self, entries: Sequence[Entry], at: Positions
    ) -> tuple[list[rows.Values], list[rows.Values]]:
        """The rows of new ops, and of those that get a later verdict."""
        texts = {streams: dumped(ends) for streams, ends in at.items()}
        fresh: list[rows.Values] = []
        settled: list[rows.Values] = []
        for entry in entries:
            row = op_row(entry, as_read(entry), texts[entry.streams], self.epoch)
            (settled if entry.settles else fresh).append(row)
        return fresh, settled

    def savepoint(self) -> AbstractContextManager[None]:
        """A part of the transaction that is undone when it raises."""
        return _in_one_piece() if self._in_one_piece else savepoint(self._connection)


@contextmanager
def _in_one_piece() -> Iterator[None]:
    try:
        with refusals():
            yield
    except (Unwritable, Shifted) as broken:
        raise InParts from broken


def opened(changed: Iterable[Record]) -> rows.Insert:
    """Tickets that were just written down: lists find them before the timekeeper has looked."""
    found = {
        row.ticket_id for row in changed if isinstance(row, TicketEvent) and BEGINS in row.events
    }
    told = [(one, None, None, UNKNOWN) for one in sorted(found)]
    return rows.Insert("clock_watch", ("ticket_id",), told)
