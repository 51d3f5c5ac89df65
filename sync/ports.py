"""The ports: what the engine needs to write in the server's database, and of the phone's."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Literal, Protocol, TypeVar

from msgspec import Struct, field

from shared.clock import Absence, Sighting
from shared.errors import Flag
from shared.ops import Stamp
from shared.records import Aggregate, Record, State
from shared.registry import Emit, Links, Ref
from sync.digest import Sums
from sync.prints import Care, Copy
from sync.protocol import Row, SignedHead, Wipe
from sync.shelf import Shelf


class Unwritable(Exception):
    """The database refused a batch because of what is in it; raised inside a savepoint."""


class Crowded(Exception):
    """More of a phone would wait for a person than may at once; nothing was entered."""


class Recorded(Struct, frozen=True, kw_only=True):
    """An op the server already has, and what became of it. `n` counts its verdicts so far.

    `kind`, `by` and `on` are None where the body could not be read. `at` and `epoch` say from
    which stream positions on, in which server epoch, its effect is there.
    """

    op_id: str
    fingerprint: str
    verdict: str
    code: str | None
    received: int
    epoch: str
    detail: dict[str, Any] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    at: dict[str, int] = field(default_factory=dict)
    n: int = 1
    kind: str | None = None
    by: str | None = None
    on: Aggregate | None = None
    device: str | None = None
    incarnation: str | None = None
    lseq: int | None = None
    done_at: int = 0


class Entry(Struct, frozen=True, kw_only=True):
    """One verdict to be written down, with everything the books say of it.

    `settles` marks the final verdict of an op already in the books. `streams` are those its effect
    is in. `done_at` is the corrected time of the act (ms). `kind` to `salt` are what could be read.
    """

    op_id: str
    fingerprint: str
    body: str
    verdict: str
    code: str | None
    received: int
    done_at: int
    salt: str = ""
    uncertain: bool = False
    detail: dict[str, Any] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    kind: str | None = None
    v: int | None = None
    on: Aggregate | None = None
    by: str | None = None
    origin: str | None = None
    device: str | None = None
    incarnation: str | None = None
    lseq: int | None = None
    streams: frozenset[str] = frozenset()
    n: int = 1
    settles: bool = False


class Shifted(Exception):
    """What an act reaches became otherwise before it was locked: it has to be found out anew."""


class Wanted(Struct, frozen=True, kw_only=True):
    """What has to be locked and loaded before deciding.

    The rest is what was found out before the locks: the links that were followed, the things that
    were named and are no aliases, and of some things the rows that name them.
    """

    aggregates: frozenset[Aggregate]
    refs: frozenset[Ref]
    links: Mapping[Aggregate, Links] = {}
    named: frozenset[Aggregate] = frozenset()
    gathered: Mapping[Aggregate, frozenset[Ref]] = {}


class Standing(Struct, frozen=True, kw_only=True):
    """What the server knows of one incarnation: whose it is, its token chain, its cursors.

    `epoch` is the one in which it spoke last. Where it came from another one, `nonce_before` are
    several, with spaces between.
    """

    incarnation: str
    device: str
    n: int
    nonce: str
    nonce_before: str | None
    vector: dict[str, int]
    lseq_max: int = 0
    epoch: str = ""
    forked_from: str | None = None


class Authority(Protocol):
    """The server's books inside one write transaction. Nothing here commits."""

    @property
    def epoch(self) -> str:
        """The server's epoch: a new one after every restore."""

    def standing(self, incarnation: str) -> Standing | None:
        """What is known of an incarnation; locks it until the transaction ends."""

    def stand(self, standing: Standing) -> None:
        """Write down what is now known of an incarnation."""

    def fingerprints_at(self, incarnation: str, lseqs: Collection[int]) -> dict[int, str]:
        """The fingerprint of the op that each place of an incarnation already names."""

    def recall(self, op_ids: Collection[str]) -> dict[str, Recorded]:
        """Those of the ops that are in the books."""

    def provisional(self, incarnation: str) -> list[Recorded]:
        """The quarantined and held ops of an incarnation, by lseq."""

    def waiting_on(self, things: Collection[Aggregate]) -> list[Recorded]:
        """The quarantined and held ops on these things, of whichever incarnation, by lseq."""

    def bodies(self, op_ids: Collection[str]) -> dict[str, str]:
        """The bodies of ops, by their ids."""

    def links(self, subjects: Collection[Aggregate]) -> dict[Aggregate, Links]:
        """The ids that things name (`shared.kinds.LINKS`); nothing for one that is not there."""

    def aliases(self, things: Collection[Aggregate]) -> dict[Aggregate, str]:
        """Of those of the things that were merged into others: the id of the one there is."""

    def naming(self, thing: Aggregate) -> list[Record]:
        """The rows that name a thing (`shared.merging.NAMING`)."""

    def load(self, wanted: Wanted) -> State:
        """Lock the aggregates in sorted order, then load what `kinds.EAGER` says, and refs.

        Raises `Shifted` where somebody else's act changed meanwhile what was found out before.
        """

    def sightings(self, device: str) -> list[Sighting]:
        """The device's clock evidence."""

    def sighted(self, device: str, sighting: Sighting) -> None:
        """Keep one more piece of clock evidence."""

    def numbers(self, table: str, count: int, received: int) -> list[str]:
        """The next human numbers of a table, e.g. WO-26-000123, in order."""

    def enter(self, entries: Sequence[Entry], state: State) -> dict[str, dict[str, int]]:
        """Write bodies, verdicts, audit leaves, changed rows and the feed, or raise `Unwritable`.

        Returns, per op id, the stream positions from which its effect is there.
        """

    def savepoint(self) -> AbstractContextManager[None]:
        """A part of the transaction that is undone when it raises."""


class Outboxed(Struct, frozen=True, kw_only=True):
    """An op in the phone's outbox, for ever (until a verified backup has it).

    `on_top` is true while its effect still has to be laid over what the server sent. `refusal` is
    the code with which it is expected to be refused. `emits` is what it causes elsewhere.
    """

    lseq: int
    op_id: str
    fingerprint: str
    body: str
    kind: str
    on: Aggregate
    by: str
    recorded: int
    incarnation: str
    on_top: bool = True
    refusal: str | None = None
    emits: tuple[Emit, ...] = ()
    verdict: str | None = None
    code: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    at: dict[str, int] = field(default_factory=dict)
    epoch: str | None = None
    received: int | None = None


class Identity(Struct, frozen=True, kw_only=True):
    """Who this installation is, and where it stands: `answered` are the cursors answered last."""

    device: str
    person: str
    incarnation: str
    epoch: str | None = None
    token: str | None = None
    stamp: Stamp | None = None
    prev: str | None = None
    answered: dict[str, int] = field(default_factory=dict)
    forked_from: str | None = None
    head: SignedHead | None = None
    sighting: Sighting | None = None
    durable_through: int | None = None
    revoked: bool = False  # it reads nothing more
    wipe: Wipe | None = None  # nor does it record anything
    care: Care = Care()
    absence: Absence | None = None  # since the last answer, as far as anybody looked
    unconfirmed: bool = False  # the office has yet to let it in
    begun: int = 0  # how many things this incarnation gave a provisional number


class StreamMark(Struct, frozen=True, kw_only=True):
    """Where the phone stands in one stream. `staged` is the position of a half-loaded snapshot, and
    `floor` what the server had forgotten when that was begun.

    `leaving` marks a stream that is no longer the phone's but still has pending ops on it.
    """

    stream: str
    cursor: int
    sums: Sums
    staged: int | None = None
    leaving: bool = False
    floor: int = 0


class Change(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was otherwise before: the name of a field, or the id of a part, and both values."""

    field: str
    old: Any = None
    new: Any = None


NoticeKind = Literal[
    "assigned",
    "taken_away",
    "moved",
    "cancelled",
    "edited",
    "conflict",
    "refused",
    "held",
    "quarantined",
    "mended",
    "stock_came",
    "away",
]


class Notice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something the person of a phone should know, told once and kept until it is pushed out.

    `at` is the server's time (ms) of the answer it came with. `job` is the work order it is about,
    `number` and `customer` how people call it. Of a conflict `stands` says whose value is in force;
    each change goes from the value that lost to that. `op_id` to `params` are of one's own op.
    """

    id: str
    kind: NoticeKind
    at: int
    job: str | None = None
    number: str | None = None
    customer: str = ""
    changes: tuple[Change, ...] = ()
    stands: Literal["", "office", "mine"] = ""
    code: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    op_id: str | None = None
    op_kind: str | None = None
    unread: bool = False


NOTICES_MAX: Final = 300  # kept on a phone
R = TypeVar("R", bound=Record)
Facts = dict[str, Any]  # what somebody was told of a thing last, by name


class Replica(Shelf, Copy, Protocol):
    """The phone's database inside one transaction, opened by `transaction`."""

    def transaction(self) -> AbstractContextManager[None]:
        """One transaction, durable when it ends; nothing stays when it raises."""

    def identity(self) -> Identity:
        """Who this is."""

    def identify(self, identity: Identity) -> None:
        """Keep who this is."""

    def append(self, entry: Outboxed) -> None:
        """Put a new op into the outbox."""

    def next_lseq(self) -> int:
        """The next free place, counting without gaps."""

    def outgoing(self, ops_max: int, bytes_max: int) -> list[Outboxed]:
        """Ops without a verdict in this epoch, by lseq, within the limits, at least one if any."""

    def unsent(self, past: int | None) -> tuple[int, int | None]:
        """How many ops past a place (or in all) have no verdict in this epoch; since when (ms)."""

    def outboxed(self, op_ids: Collection[str]) -> list[Outboxed]:
        """Ops of the outbox, by lseq."""

    def update(self, entries: Iterable[Outboxed]) -> None:
        """Keep changed entries of the outbox (found by op id)."""

    def on_top_of(self, aggregates: Collection[Aggregate] | None = None) -> list[Outboxed]:
        """Ops still on top (of any, if none are named) that are on one of these or emit to one."""

    def unsettled_on(self, aggregates: Collection[Aggregate]) -> list[Outboxed]:
        """Ops without a final verdict that are on one of these, or emit to one, by lseq."""

    def settled_on_top(self) -> list[Outboxed]:
        """Ops with a final verdict that are still on top, by lseq."""

    def all_ops(self) -> list[Outboxed]:
        """The whole outbox, by lseq."""

    def marks(self) -> dict[str, StreamMark]:
        """Where the phone stands in every stream it has."""

    def mark(self, mark: StreamMark) -> None:
        """Keep where the phone stands in one stream."""

    def take(self, stream: str, rows: Sequence[Row], *, staged: bool) -> Sums:
        """Put rows into a stream's base, or beside it while staged, deleting those that are gone.

        Returns what the checksum of the stream's base (or of the staged rows) changed by.
        """

    def swap(self, stream: str) -> Sums:
        """Replace a stream's base by its staged rows; returns the checksum of the new base."""

    def drop(self, stream: str) -> None:
        """Forget a stream: rows, views, staged rows and mark; of a job also what was told of it."""

    def links(self, subjects: Collection[Aggregate]) -> dict[Aggregate, Links]:
        """As `Authority.links`, over what the phone's screens show."""

    def load(self, wanted: Wanted, *, base: bool) -> State:
        """As `Authority.load`: what the server sent (`base`), or what screens show."""

    def show(self, aggregate: Aggregate, rows: Iterable[Record]) -> None:
        """Make these rows the whole difference between what is shown and the base of a thing."""

    def show_also(self, rows: Iterable[Record]) -> None:
        """Lay these rows over what is shown, and leave everything else as it is shown."""

    def renumber(self, incarnation: str) -> None:
        """Give every op without a final verdict a new place, in order, in a new incarnation."""

    def living(self, place: Aggregate, kind: type[R]) -> list[R]:
        """The rows of one type that live with a thing, by id, as screens show them."""

    def told(self, things: Collection[Aggregate] | None = None) -> dict[Aggregate, Facts]:
        """What the person was last told of these things (of all, if none are named)."""

    def tell(self, known: Mapping[Aggregate, Facts | None]) -> None:
        """Keep what the person has been told; None forgets a thing."""

    def noticed(self, ids: Collection[str]) -> dict[str, Notice]:
        """Those of these notices that are kept."""

    def notify(self, notices: Sequence[Notice]) -> None:
        """Keep notices; one that is kept already stays read if it was. Very old ones are let go."""
