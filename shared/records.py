"""Records: what every row has, where it lives, and the rows one decision may see."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache
from typing import ClassVar, Final, TypeVar

from msgspec import Struct, structs

# What a row lives with, and the prefix of the stream that carries it. A row without a home
# (a stock movement) never leaves the server.
STREAM_PREFIX: Final = {
    "ticket": "ticket",
    "work_order": "wo",
    "customer": "customer",
    "site": "site",
    "person": "tech",
    "location": "stock",
    "catalog": "catalog",
}
CATALOG = "catalog"

Aggregate = tuple[str, str]


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row. `version` counts its changes on the server and is null until it got there.

    `home` is (noun, field): the noun it lives with and its own field that holds that noun's id.
    The noun `*` means that `home_noun` and `home_id` of the row itself say it; `catalog` rows
    live together; an empty noun means that the row has no stream.
    """

    home: ClassVar[tuple[str, str]] = ("", "")

    id: str
    version: int | None = None

    def travels_with(self) -> Aggregate | None:
        """The (noun, id) whose stream takes a row to phones: what it lives with.

        A row that not everybody whose phone follows that may see is kept apart (0044).
        """
        return home(self)


R = TypeVar("R", bound=Record)
RowKey = tuple[type[Record], str]


@cache
def table(record: type[Record]) -> str:
    """The table a kind of row is kept in: `work_order` for `WorkOrder`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", record.__name__).lower()


def home(record: Record) -> Aggregate | None:
    """The (noun, id) a row lives with, or None where it has no stream."""
    noun, field = record.home
    if noun == "":
        return None
    if noun == CATALOG:
        return (CATALOG, CATALOG)
    if noun == "*":
        return (getattr(record, "home_noun"), getattr(record, "home_id"))  # noqa: B009
    return (noun, getattr(record, field))


def stream_for(record: Record) -> str | None:
    """The stream that takes a row to phones, or None where it stays on the server.

    Raises `KeyError` where no stream carries what it lives with.
    """
    place = record.travels_with()
    return None if place is None else stream_of(place)


def stream_of(aggregate: Aggregate) -> str:
    """The stream that carries an aggregate's rows."""
    noun, identity = aggregate
    return CATALOG if noun == CATALOG else f"{STREAM_PREFIX[noun]}:{identity}"


class State:
    """The rows one decision may see, with what the decisions so far have changed.

    `writer` is the op that is being decided; `written` says which op changed a row last. `left`
    are the places whose streams carry a row no more.

    Rows are found by type and id, or by type and the id of what they live with. On the server a
    changed row gets its next version; on a phone (`versioned=False`) it keeps that of its base.
    """

    def __init__(self, rows: Iterable[Record] = (), *, versioned: bool = True) -> None:
        self._versioned = versioned
        self._rows: dict[RowKey, Record] = {}
        self._at_home: dict[RowKey, list[str]] = {}  # sorted
        self.changed: dict[RowKey, Record] = {}
        self.deleted: dict[RowKey, Record] = {}
        self.left: set[Aggregate] = set()
        self.writer = ""
        self.written: dict[RowKey, str] = {}
        for row in rows:
            self.know(row)

    def find(self, kind: type[R], identity: str | None) -> R | None:
        """The row of this type and id, if it is known."""
        if identity is None:
            return None
        found = self._rows.get((kind, identity))
        return found if isinstance(found, kind) else None

    def of(self, kind: type[R], home_id: str) -> Iterator[R]:
        """The rows of this type that live with this id, by id: the same order on both ends."""
        here = self._at_home.get((kind, home_id))
        if here is None:
            return
        for identity in tuple(here):  # more may come while we go through them
            found = self._rows.get((kind, identity))
            if isinstance(found, kind):
                yield found

    def all(self, kind: type[R]) -> Iterator[R]:
        """Every row of this type that is known, by id."""
        for table_, identity in sorted(self._rows, key=lambda key: key[1]):
            found = self.find(kind, identity) if table_ is kind else None
            if found is not None:
                yield found

    def rows(self) -> Iterator[Record]:
        """Every row that is known."""
        return iter(self._rows.values())

    def know(self, row: Record) -> None:
        """Let a row be found that is not there yet; it becomes a new one once it is `put`."""
        self._keep((type(row), row.id), row, home(row))

    def put(self, row: Record) -> Record:
        """Take a changed or new row; its version becomes the next one. Returns it as kept."""
        key = (type(row), row.id)
        before, changed, place = self._rows.get(key), self.changed.get(key), home(row)
        version = before.version if before is not None else None
        if changed is not None:
            version = changed.version
        elif self._versioned:
            version = (version or 0) + 1
        row = structs.replace(row, version=version)
        if before is None:  # what was taken away may come anew
            before = self.deleted.pop(key, None)
        if before is not None:
            left = before.travels_with()
            if left is not None and left != row.travels_with():
                self.left.add(left)
        self._keep(key, row, place)
        self.changed[key] = row
        self._sign(key)
        return row

    def remove(self, row: Record) -> None:
        """Take a row away."""
        key = (type(row), row.id)
        self._rows.pop(key, None)
        self.changed.pop(key, None)
        self.deleted[key] = row
        self._sign(key)

    def _sign(self, key: RowKey) -> None:
        """Note who changed a row; what is filled in after all decisions stays its writer's."""
        if self.writer:
            self.written[key] = self.writer

    def _keep(self, key: RowKey, row: Record, place: Aggregate | None) -> None:
        self._rows[key] = row
        if place is None:
            return
        here = self._at_home.setdefault((key[0], place[1]), [])
        at = bisect_left(here, row.id)
        if at == len(here) or here[at] != row.id:
            here.insert(at, row.id)
