"""The phone's database in memory: `Replica`."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from msgspec import field, structs

from shared.kinds import read_row
from shared.ops import FINAL, Verdict
from shared.records import Aggregate, Record, State, home, stream_of
from shared.registry import Links
from sync.digest import NO_ROWS, Sums, minus, plus, row_sums, total
from sync.memory.books import Key, linked, loaded
from sync.memory.shelf import Filed, MemoryShelf
from sync.overlay import is_open, touched
from sync.ports import NOTICES_MAX, Facts, Identity, Notice, Outboxed, R, StreamMark, Wanted
from sync.prints import Place
from sync.protocol import Row

Base = dict[tuple[str, str], bytes]
_read = lru_cache(maxsize=10_000)(read_row)  # rows never change, and are looked at again and again


class Disk(Filed, kw_only=True):
    """Everything a phone keeps. A copy of it is what a kill leaves behind."""

    identity: Identity
    outbox: dict[str, Outboxed] = field(default_factory=dict)
    lseq: int = 0
    marks: dict[str, StreamMark] = field(default_factory=dict)
    base: dict[str, Base] = field(default_factory=dict)
    staged: dict[str, Base] = field(default_factory=dict)
    views: dict[str, dict[Key, Record]] = field(default_factory=dict)
    told: dict[Aggregate, Facts] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)


class MemoryPhone(MemoryShelf):
    """A phone without a disk: what is not committed is gone when it is killed."""

    disk: Disk

    def __init__(self, identity: Identity) -> None:
        self.disk = Disk(identity=identity)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """As `Replica.transaction`."""
        before = copied(self.disk)
        try:
            yield
        except BaseException:
            self.disk = before
            raise

    def identity(self) -> Identity:
        """As `Replica.identity`."""
        return self.disk.identity

    def identify(self, identity: Identity) -> None:
        """As `Replica.identify`."""
        self.disk.identity = identity

    def append(self, entry: Outboxed) -> None:
        """As `Replica.append`."""
        assert entry.op_id not in self.disk.outbox
        self.disk.outbox[entry.op_id] = entry
        self.disk.lseq = max(self.disk.lseq, entry.lseq)

    def next_lseq(self) -> int:
        """As `Replica.next_lseq`."""
        return self.disk.lseq + 1

    def outgoing(self, ops_max: int, bytes_max: int) -> list[Outboxed]:
        """As `Replica.outgoing`."""
        epoch = self.disk.identity.epoch
        chosen: list[Outboxed] = []
        size = 0
        for entry in self.all_ops():
            if entry.verdict is not None and entry.epoch == epoch:
                continue
            size += len(entry.body.encode())
            if len(chosen) == ops_max or (chosen and size > bytes_max):
                break
            chosen.append(entry)
        return chosen

    def unsent(self, past: int | None) -> tuple[int, int | None]:
        """As `Replica.unsent`."""
        epoch = self.disk.identity.epoch
        left = [
            one.recorded
            for one in self.all_ops()
            if (one.verdict is None or one.epoch != epoch) and (past is None or one.lseq > past)
        ]
        return (len(left), min(left, default=None))

    def outboxed(self, op_ids: Collection[str]) -> list[Outboxed]:
        """As `Replica.outboxed`."""
        return [entry for entry in self.all_ops() if entry.op_id in op_ids]

    def update(self, entries: Iterable[Outboxed]) -> None:
        """As `Replica.update`."""
        for entry in entries:
            self.disk.outbox[entry.op_id] = entry

    def on_top_of(self, aggregates: Collection[Aggregate] | None = None) -> list[Outboxed]:
        """As `Replica.on_top_of`."""
        found = [one for one in self.all_ops() if one.on_top]
        return [one for one in found if aggregates is None or touched(one) & set(aggregates)]

    def unsettled_on(self, aggregates: Collection[Aggregate]) -> list[Outboxed]:
        """As `Replica.unsettled_on`."""
        wanted = set(aggregates)
        return [one for one in self.all_ops() if is_open(one) and touched(one) & wanted]

    def settled_on_top(self) -> list[Outboxed]:
        """As `Replica.settled_on_top`."""
        return [
            one
            for one in self.all_ops()
            if one.on_top and one.verdict is not None and Verdict(one.verdict) in FINAL
        ]

    def all_ops(self) -> list[Outboxed]:
        """As `Replica.all_ops`."""
        return sorted(self.disk.outbox.values(), key=lambda entry: entry.lseq)

    def marks(self) -> dict[str, StreamMark]:
        """As `Replica.marks`."""
        return dict(self.disk.marks)

    def mark(self, mark: StreamMark) -> None:
        """As `Replica.mark`."""
        self.disk.marks[mark.stream] = mark

    def take(self, stream: str, rows: Sequence[Row], *, staged: bool) -> Sums:
        """As `Replica.take`."""
        shelf = self.disk.staged if staged else self.disk.base
        mark = self.disk.marks.get(stream)
        begun = mark is not None and mark.staged is not None
        kept = dict(shelf.get(stream, {})) if begun or not staged else {}
        change = NO_ROWS
        for row in rows:
            key = (row.table, row.id)
            if key in kept:
                change = minus(change, row_sums(*key, kept.pop(key)))
            if row.data is not None:
                kept[key] = row.data
                change = plus(change, row_sums(*key, kept[key]))
        shelf[stream] = kept
        return change

    def swap(self, stream: str) -> Sums:
        """As `Replica.swap`."""
        self.disk.base[stream] = self.disk.staged.pop(stream, {})
        return total(row_sums(*key, body) for key, body in self.disk.base[stream].items())

    def prints(self, stream: str) -> list[Sums]:
        """As `Copy.prints`."""
        return [row_sums(*key, body) for key, body in self.disk.base.get(stream, {}).items()]

    def printed(self, stream: str, prints: Collection[Sums]) -> list[tuple[str, str]]:
        """As `Copy.printed`."""
        base = self.disk.base.get(stream, {})
        return [key for key, body in base.items() if row_sums(*key, body) in prints]

    def added_up(self, stream: str) -> Sums:
        """As `Copy.added_up`."""
        return total(self.prints(stream))

    def recompute(self, after: Place | None, rows_max: int) -> Place | None:
        """As `Copy.recompute`: what is not kept need not be printed anew."""
        assert after is None or rows_max > 0
        return None

    def is_sound(self) -> bool:
        """As `Copy.is_sound`: there is no file."""
        return True

    def drop(self, stream: str) -> None:
        """As `Replica.drop`."""
        whole: Sequence[dict[str, Any]] = (
            self.disk.base,
            self.disk.staged,
            self.disk.views,
            self.disk.marks,
        )
        for shelf in whole:
            shelf.pop(stream, None)
        for notice in list(self.disk.notices.values()):
            if stream == stream_of(("work_order", notice.job or "")):
                self.disk.notices[notice.id] = structs.replace(notice, changes=())

    def links(self, subjects: Collection[Aggregate]) -> dict[Aggregate, Links]:
        """As `Replica.links`."""
        return linked(self.shown(base=False), subjects)

    def load(self, wanted: Wanted, *, base: bool) -> State:
        """As `Replica.load`."""
        return State(loaded(self.shown(base=base), wanted), versioned=False)

    def show(self, aggregate: Aggregate, rows: Iterable[Record]) -> None:
        """As `Replica.show`."""
        self.disk.views[stream_of(aggregate)] = {(type(row), row.id): row for row in rows}

    def show_also(self, rows: Iterable[Record]) -> None:
        """As `Replica.show_also`."""
        for row in rows:
            place = home(row)
            if place is not None:
                stream = stream_of(place)
                known = self.disk.views.get(stream, {})
                self.disk.views[stream] = {**known, (type(row), row.id): row}

    def renumber(self, incarnation: str) -> None:
        """As `Replica.renumber`."""
        for entry in self.all_ops():
            if entry.verdict is None or Verdict(entry.verdict) not in FINAL:
                self.disk.lseq += 1
                self.disk.outbox[entry.op_id] = structs.replace(
                    entry, lseq=self.disk.lseq, incarnation=incarnation
                )

    def living(self, place: Aggregate, kind: type[R]) -> list[R]:
        """As `Replica.living`."""
        found = (row for row in self.shown(base=False).values() if home(row) == place)
        return sorted((row for row in found if isinstance(row, kind)), key=lambda row: row.id)

    def told(self, things: Collection[Aggregate] | None = None) -> dict[Aggregate, Facts]:
        """As `Replica.told`."""
        known = self.disk.told
        return {one: known[one] for one in (known if things is None else things) if one in known}

    def tell(self, known: Mapping[Aggregate, Facts | None]) -> None:
        """As `Replica.tell`."""
        merged = {**self.disk.told, **known}
        self.disk.told = {thing: told for thing, told in merged.items() if told is not None}

    def noticed(self, ids: Collection[str]) -> dict[str, Notice]:
        """As `Replica.noticed`."""
        return {one: self.disk.notices[one] for one in ids if one in self.disk.notices}

    def notify(self, notices: Sequence[Notice]) -> None:
        """As `Replica.notify`."""
        for notice in notices:
            self.disk.notices[notice.id] = notice
        newest = sorted(self.disk.notices.values(), key=lambda one: (-one.at, one.id))
        self.disk.notices = {one.id: one for one in newest[:NOTICES_MAX]}

    def shown(self, *, base: bool) -> dict[Key, Record]:
        """Every row: as the server sent it, or as it is shown."""
        rows: dict[Key, Record] = {}
        for shelf in self.disk.base.values():
            for (table, _), body in shelf.items():
                row = _read(table, body)
                known = rows.get((type(row), row.id))
                if known is None or (known.version or 0) <= (row.version or 0):
                    rows[(type(row), row.id)] = row
        if not base:
            for view in self.disk.views.values():
                rows.update(view)
        return rows


def copied(disk: Disk) -> Disk:
    """The same, independent of what is written next."""
    whole: dict[str, Any] = {
        name: value.copy() if isinstance(value, dict) else value
        for name in disk.__struct_fields__
        for value in (getattr(disk, name),)
    }
    return Disk(**whole)
