"""The phone's copy of the server's streams, with its outbox, in one SQLite file."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

import msgspec

from mobile import database, notebook, outbox
from mobile.compared import ComparedShelf
from shared.kinds import EAGER, LINKS, TABLES, read_row, write_row
from shared.ops import FINAL
from shared.records import Aggregate, Record, State, home, stream_of, table
from shared.registry import Links
from sync.digest import NO_ROWS, Sums, minus, plus, row_sums
from sync.ports import Facts, Identity, Notice, Outboxed, R, StreamMark, Wanted
from sync.protocol import Row

FIRST_LSEQ: Final = 1
LSEQ_MAX: Final = 2**52
VERSION_MAX: Final = 2**53

_TOUCHES: Final = """op_id IN (SELECT op_id FROM json_each(?) AS key
    CROSS JOIN outbox_touch ON noun = json_extract(key.value, '$[0]')
    AND outbox_touch.id = json_extract(key.value, '$[1]'))"""
_UNTOUCH: Final = "DELETE FROM outbox_touch WHERE op_id = ?"
_UNSETTLED: Final = "(verdict IS NULL OR verdict IN ('quarantined', 'held'))"

# Each statement over a stream's base, and the same over the snapshot staged beside it.
_KNOWN: Final = {
    False: """SELECT row.tbl, row.id, lane1, lane2 FROM json_each(?) AS key
        CROSS JOIN row ON row.stream = ? AND row.tbl = json_extract(key.value, '$[0]')
        AND row.id = json_extract(key.value, '$[1]') WHERE base IS NOT NULL""",
    True: """SELECT staged.tbl, staged.id, lane1, lane2 FROM json_each(?) AS key
        CROSS JOIN staged ON staged.stream = ? AND staged.tbl = json_extract(key.value, '$[0]')
        AND staged.id = json_extract(key.value, '$[1]')""",
}
_PUT: Final = {
    False: """INSERT INTO row (stream, tbl, id, home_noun, home_id, version, base, lane1, lane2)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (stream, tbl, id) DO UPDATE SET
        home_noun = excluded.home_noun, home_id = excluded.home_id, version = excluded.version,
        base = excluded.base, lane1 = excluded.lane1, lane2 = excluded.lane2""",
    True: "INSERT OR REPLACE INTO staged VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
}
_GONE: Final = {
    False: """UPDATE row SET base = NULL, version = NULL, lane1 = NULL, lane2 = NULL
        WHERE stream = ? AND tbl = ? AND id = ?""",
    True: "DELETE FROM staged WHERE stream = ? AND tbl = ? AND id = ?",
}
_SWEEP: Final = "DELETE FROM row WHERE stream = ? AND base IS NULL AND view IS NULL"
# What was staged before the mark said where to go on belongs to a snapshot that was given up.
_GIVEN_UP: Final = """DELETE FROM staged WHERE stream = ? AND NOT EXISTS (
    SELECT 1 FROM mark WHERE mark.stream = ? AND mark.staged IS NOT NULL)"""
_SWAP: Final = (
    """UPDATE row SET base = NULL, version = NULL, lane1 = NULL, lane2 = NULL
        WHERE stream = ?""",
    """INSERT INTO row (stream, tbl, id, home_noun, home_id, version, base, lane1, lane2)
        SELECT * FROM staged WHERE stream = ? ON CONFLICT (stream, tbl, id) DO UPDATE SET
        home_noun = excluded.home_noun, home_id = excluded.home_id, version = excluded.version,
        base = excluded.base, lane1 = excluded.lane1, lane2 = excluded.lane2""",
    "DELETE FROM staged WHERE stream = ?",
    _SWEEP,
)
_DROP: Final = (
    "DELETE FROM row WHERE stream = ?",
    "DELETE FROM staged WHERE stream = ?",
    "DELETE FROM mark WHERE stream = ?",
)
_AT_HOME: Final = {
    False: """SELECT tbl, body FROM json_each(?) AS key CROSS JOIN shown
        ON home_noun = json_extract(key.value, '$[0]')
        AND home_id = json_extract(key.value, '$[1]') AND tbl = json_extract(key.value, '$[2]')
        ORDER BY tbl, shown.id""",
    True: """SELECT tbl, body FROM json_each(?) AS key CROSS JOIN sent
        ON home_noun = json_extract(key.value, '$[0]')
        AND home_id = json_extract(key.value, '$[1]') AND tbl = json_extract(key.value, '$[2]')
        ORDER BY tbl, sent.id""",
}
_BY_ID: Final = {
    False: """SELECT tbl, body FROM json_each(?) AS key CROSS JOIN shown
        ON tbl = json_extract(key.value, '$[0]') AND shown.id = json_extract(key.value, '$[1]')
        ORDER BY tbl, shown.id""",
    True: """SELECT tbl, body FROM json_each(?) AS key CROSS JOIN sent
        ON tbl = json_extract(key.value, '$[0]') AND sent.id = json_extract(key.value, '$[1]')
        ORDER BY tbl, sent.id""",
}


class Replica(ComparedShelf):
    """One person's database on this phone, over a connection that one thread owns.

    Everything but `transaction` itself is called inside a transaction, or only reads.
    """

    def transaction(self) -> AbstractContextManager[None]:
        """One transaction, durable when it ends; nothing stays when it raises."""
        return database.writing(self._connection)

    def identity(self) -> Identity:
        """Who this is."""
        known = database.identity(self._connection)
        assert known is not None
        return known

    def identify(self, identity: Identity) -> None:
        """Keep who this is."""
        database.identify(self._connection, identity)

    def append(self, entry: Outboxed) -> None:
        """Put a new op into the outbox."""
        self._connection.execute(outbox.PUT, (*outbox.place(entry), *outbox.standing(entry)))
        self._touch([entry])

    def let_go_of_ops(self, received: int) -> int:
        """As `outbox.let_go`, in the epoch at hand."""
        return outbox.let_go(self._connection, self.identity().epoch, received)

    def next_lseq(self) -> int:
        """The next free place, counting without gaps; past no place that cannot be one."""
        last = self._connection.execute(
            "SELECT max(lseq) FROM outbox WHERE lseq BETWEEN 0 AND ?", (LSEQ_MAX,)
        ).fetchone()[0]
        return FIRST_LSEQ if last is None else int(last) + 1

    def renumber(self, incarnation: str) -> None:
        """Give every op without a final verdict a new place, in order, in a new incarnation."""
        waiting = self._ops(
            "WHERE verdict IS NULL OR verdict NOT IN (SELECT value FROM json_each(?))",
            sorted(FINAL),
        )
        first = self.next_lseq()
        self._connection.executemany(
            "UPDATE outbox SET lseq = ?, incarnation = ? WHERE op_id = ?",
            [(place, incarnation, one.op_id) for place, one in enumerate(waiting, start=first)],
        )

    def outgoing(self, ops_max: int, bytes_max: int) -> list[Outboxed]:
        """Ops without a verdict in this epoch, by lseq, within the limits, at least one if any.

        What came to harm and fits into no request is left out.
        """
        found = self._connection.execute(
            outbox.SELECT + "WHERE verdict IS NULL OR epoch IS NOT ? ORDER BY lseq",
            (self.identity().epoch,),
        )
        chosen: list[Outboxed] = []
        left = bytes_max
        for entry in map(outbox.read, found):
            if outbox.is_torn(entry):
                continue
            left -= len(entry.body.encode())
            if len(chosen) == ops_max or (chosen and left < 0):
                break
            chosen.append(entry)
        return chosen

    def unsent(self, past: int | None) -> tuple[int, int | None]:
        """How many ops past a place (or in all) have no verdict in this epoch; since when (ms)."""
        count, oldest = self._connection.execute(
            """SELECT count(*), min(recorded) FROM outbox
            WHERE (verdict IS NULL OR epoch IS NOT ?1) AND (?2 IS NULL OR lseq > ?2)""",
            (self.identity().epoch, past),
        ).fetchone()
        return (int(count), oldest)

    def outboxed(self, op_ids: Collection[str]) -> list[Outboxed]:
        """Ops of the outbox, by lseq."""
        return self._ops("WHERE op_id IN (SELECT value FROM json_each(?))", list(op_ids))

    def known_as(self, op_id: str) -> Outboxed | None:
        """The op with this id, or that the server keeps under it."""
        for where in ("op_id = ?", "json_extract(detail, '$.op_id') = ?"):  # the second is slow
            found = self._connection.execute(f"{outbox.SELECT} WHERE {where}", (op_id,)).fetchone()
            if found is not None:
                return outbox.read(found)
        return None

    def update(self, entries: Iterable[Outboxed]) -> None:
        """Keep changed entries of the outbox (found by op id)."""
        changed = list(entries)
        self._connection.executemany(
            outbox.KEEP,
            [
                (entry.lseq, entry.incarnation, *outbox.standing(entry), entry.op_id)
                for entry in changed
            ],
        )
        self._connection.executemany(_UNTOUCH, [(entry.op_id,) for entry in changed])
        self._touch(changed)

    def on_top_of(self, aggregates: Collection[Aggregate] | None = None) -> list[Outboxed]:
        """Ops still on top (of any, if none are named) that are on one of these or emit to one.

        What came to harm is not: it never gets to the office, and may be entered anew.
        """
        which = "?1 IS NOT NULL" if aggregates is None else _TOUCHES
        found = self._ops(f"WHERE on_top AND {which}", list(aggregates or ()))
        return [one for one in found if not outbox.is_torn(one)]

    def unsettled_on(self, aggregates: Collection[Aggregate]) -> list[Outboxed]:
        """Ops without a final verdict that are on one of these, or emit to one, by lseq."""
        return self._ops(f"WHERE {_UNSETTLED} AND {_TOUCHES}", list(aggregates))

    def settled_on_top(self) -> list[Outboxed]:
        """Ops with a final verdict that are still on top, by lseq."""
        return self._ops(
            "WHERE on_top AND verdict IN (SELECT value FROM json_each(?))", sorted(FINAL)
        )

    def all_ops(self) -> list[Outboxed]:
        """The whole outbox, by lseq."""
        return [
            outbox.read(columns)
            for columns in self._connection.execute(outbox.SELECT + "ORDER BY lseq")
        ]

    def marks(self) -> dict[str, StreamMark]:
        """Where the phone stands in every stream it has."""
        found = self._connection.execute(
            "SELECT stream, cursor, lane1, lane2, staged, leaving, floor FROM mark ORDER BY stream"
        )
        return {
            stream: StreamMark(
                stream=stream,
                cursor=cursor,
                sums=(lane1, lane2),
                staged=staged,
                leaving=bool(leaving),
                floor=floor,
            )
            for stream, cursor, lane1, lane2, staged, leaving, floor in found
        }

    def mark(self, mark: StreamMark) -> None:
        """Keep where the phone stands in one stream."""
        self._connection.execute(
            "INSERT OR REPLACE INTO mark VALUES (?, ?, ?, ?, ?, ?, ?)",
            (mark.stream, mark.cursor, *mark.sums, mark.staged, mark.leaving, mark.floor),
        )

    def take(self, stream: str, rows: Sequence[Row], *, staged: bool) -> Sums:
        """Put rows into a stream's base, or beside it while staged, deleting those that are gone.

        Returns what the checksum of the stream's base (or of the staged rows) changed by.
        """
        if staged:
            self._connection.execute(_GIVEN_UP, (stream, stream))
        newest = {(row.table, row.id): row.data for row in rows}
        change = NO_ROWS
        for _, _, *lanes in self._connection.execute(_KNOWN[staged], (_json(list(newest)), stream)):
            change = minus(change, (lanes[0], lanes[1]))
        put: list[tuple[Any, ...]] = []
        gone: list[tuple[str, str, str]] = []
        for (kind, identity), body in newest.items():
            if body is None:
                gone.append((stream, kind, identity))
                continue
            sums = row_sums(kind, identity, body)
            change = plus(change, sums)
            put.append((stream, kind, identity, *_abstract(kind, body), body, *sums))
        self._connection.executemany(_PUT[staged], put)
        self._connection.executemany(_GONE[staged], gone)
        if gone and not staged:
            self._connection.execute(_SWEEP, (stream,))
        return change

    def swap(self, stream: str) -> Sums:
        """Replace a stream's base by its staged rows; returns the checksum of the new base."""
        for statement in _SWAP:
            self._connection.execute(statement, (stream,))
        return self.added_up(stream)

    def drop(self, stream: str) -> None:
        """Forget a stream: rows, views, staged rows and mark; of a job also what was told of it."""
        for statement in _DROP:
            self._connection.execute(statement, (stream,))
        notebook.fade(self._connection, stream)

    def links(self, subjects: Collection[Aggregate]) -> dict[Aggregate, Links]:
        """The ids that things name (`shared.kinds.LINKS`), over what the phone's screens show."""
        linked = [subject for subject in subjects if subject[0] in LINKS]
        keys = [(table(LINKS[noun][0]), identity) for noun, identity in linked]
        found = {(table(type(row)), row.id): row for row in self._rows(_BY_ID[False], keys)}
        return {
            subject: {field: getattr(found[key], field) for field in LINKS[subject[0]][1]}
            for subject, key in zip(linked, keys, strict=True)
            if key in found
        }

    def load(self, wanted: Wanted, *, base: bool) -> State:
        """What `shared.kinds.EAGER` says, and refs: as the server sent it, or as it is shown."""
        homes = [
            (noun, identity, table(kind))
            for noun, identity in sorted(wanted.aggregates)
            for kind in EAGER.get(noun, ())
        ]
        keys = []
        for kind, identity in sorted((table(kind), identity) for kind, identity in wanted.refs):
            noun, field = TABLES[kind].home
            key, parting, value = identity.partition("=")
            if parting and key == field:
                homes.append((noun, value, kind))
            else:
                keys.append((kind, identity))
        rows = (*self._rows(_AT_HOME[base], homes), *self._rows(_BY_ID[base], keys))
        return State(rows, versioned=False)

    def show(self, aggregate: Aggregate, rows: Iterable[Record]) -> None:
        """Make these rows the whole difference between what is shown and the base of a thing."""
        shelf = stream_of(aggregate)
        self._connection.execute(
            "UPDATE row SET view = NULL WHERE stream = ? AND view IS NOT NULL", (shelf,)
        )
        self._connection.execute(_SWEEP, (shelf,))
        self.show_also(rows)

    def show_also(self, rows: Iterable[Record]) -> None:
        """Lay these rows over what is shown, and leave everything else as it is shown."""
        placed = [(home(row), row) for row in rows]
        self._connection.executemany(
            """INSERT INTO row (stream, tbl, id, home_noun, home_id, view)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (stream, tbl, id)
            DO UPDATE SET view = excluded.view""",
            [
                (stream_of(place), table(type(row)), row.id, *place, write_row(row))
                for place, row in placed
                if place is not None
            ],
        )

    def living(self, place: Aggregate, kind: type[R]) -> list[R]:
        """The rows of one type that live with a thing, by id, as screens show them."""
        rows = self._rows(_AT_HOME[False], [(*place, table(kind))])
        return [row for row in rows if isinstance(row, kind)]

    def told(self, things: Collection[Aggregate] | None = None) -> dict[Aggregate, Facts]:
        """What the person was last told of these things (of all, if none are named)."""
        return notebook.told(self._connection, things)

    def tell(self, known: Mapping[Aggregate, Facts | None]) -> None:
        """Keep what the person has been told; None forgets a thing."""
        notebook.tell(self._connection, known)

    def noticed(self, ids: Collection[str]) -> dict[str, Notice]:
        """Those of these notices that are kept."""
        return notebook.noticed(self._connection, ids)

    def notify(self, notices: Sequence[Notice]) -> None:
        """Keep notices; one that is kept already stays read if it was. Very old ones are let go."""
        notebook.notify(self._connection, notices)

    def checkpoint(self) -> None:
        """Put what was written to its place, beside whoever reads and writes meanwhile.

        Done after a conversation, so that it is no tap that has to do it.
        """
        database.checkpoint(self._connection)

    def acknowledge(self, notices: Iterable[str]) -> None:
        """Keep that these notices (by id) have been read."""
        notebook.acknowledge(self._connection, notices)

    def _ops(self, where: str, keys: Sequence[Any]) -> list[Outboxed]:
        found = self._connection.execute(outbox.SELECT + where + " ORDER BY lseq", (_json(keys),))
        return [outbox.read(columns) for columns in found]

    def _touch(self, entries: Iterable[Outboxed]) -> None:
        self._connection.executemany(
            "INSERT OR IGNORE INTO outbox_touch VALUES (?, ?, ?)",
            [
                (*aggregate, entry.op_id)
                for entry in entries
                for aggregate in (entry.on, *(emit.on for emit in entry.emits))
            ],
        )

    def _rows(self, statement: str, keys: Sequence[Any]) -> list[Record]:
        if not keys:
            return []
        found = self._connection.execute(statement, (_json(keys),))
        return [read_row(kind, body) for kind, body in found]


def _abstract(kind: str, body: bytes) -> tuple[str | None, str | None, int | None]:
    """Home and version of a row; no home for one this app cannot read: it is kept, not shown."""
    if kind not in TABLES:
        return (None, None, None)
    try:
        row = read_row(kind, body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return (None, None, None)
    if abs(row.version or 0) > VERSION_MAX:
        return (None, None, None)
    return (*(home(row) or (None, None)), row.version)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
