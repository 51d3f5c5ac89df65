"""The registry of kinds: what each verb takes, who may say it, and the rule that judges it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from shared.errors import Flag, Refused
from shared.ops import Origin
from shared.people import Person
from shared.records import Aggregate, Record, State

Class = Literal["fact", "status", "edit", "office", "settle"]
Ref = tuple[type[Record], str]  # a row by its id, or `by` a field that no two rows share
Links = Mapping[str, str | None]
# The arguments of one version of a verb, as the next version says them. Kept for ever.
Upcast = Callable[[dict[str, Any]], dict[str, Any]]


class Emit(Struct, frozen=True, kw_only=True):
    """What an act causes elsewhere: a fact about another aggregate, which cannot refuse it."""

    on: Aggregate
    name: str
    args: dict[str, str | int | bool | None]


class Outcome(Struct, frozen=True, kw_only=True):
    """What an act does: whole rows of its own aggregate, facts emitted to others, and flags.

    `merged` says that things were already so. `removed` are rows that are taken away.
    """

    rows: tuple[Record, ...] = ()
    removed: tuple[Record, ...] = ()
    emits: tuple[Emit, ...] = ()
    flags: tuple[Flag, ...] = ()
    merged: bool = False


class Act(Struct, frozen=True, kw_only=True):
    """An op as the rules see it: checked arguments, a known author, and the corrected time (ms).

    `alias` is the id it was said under, where that has been merged into what it is on. `earliest`
    and `latest` bound a time that is only a guess; `received` is when a server got it (ms).
    """

    op_id: str
    kind: str
    on: Aggregate
    by: Person
    at: int
    origin: Origin
    visit: str | None
    args: Any
    alias: str | None = None
    earliest: int | None = None
    latest: int | None = None
    received: int | None = None


class Reach(Struct, frozen=True, kw_only=True):
    """What an op may concern, before anything is loaded: `links` are ids that rows name.

    They are those of the thing it is on, then of what its kind `names`; `others` has the latter
    each by itself.
    """

    on: Aggregate
    args: Any
    links: Links
    others: tuple[Links, ...] = ()


Reduce = Callable[[State, Act], Outcome | Refused]


def by(field: str, value: str) -> str:
    """How a ref names a row by another field than its id (`shared.kinds.KEYS`)."""
    return f"{field}={value}"


def nothing(_reach: Reach) -> tuple[()]:
    """For kinds that concern nothing but what they are on."""
    return ()


class Kind(Struct, frozen=True, kw_only=True):
    """One verb: its arguments, where it may be said, how it is judged.

    `touches` names the other aggregates it may emit to (they are locked with its own) and
    `refs` the single rows its rule reads. A kind that `creates` is on an id equal to its op's.
    `names` is (noun, argument) of the rows in the arguments whose own links are wanted, too. A verb
    that `withdraws` is judged the same where somebody no longer has the job that it gives up. A
    `belated` one may come after the end of the visit that it belongs to. One that is `sealed` is
    never corrected: what a customer has signed, nobody else can say. `upcasts` lead from each
    older version to the next one, the first from version 1. `mentions` is (noun, argument) of the
    ids in the arguments that may be aliases. One that `gathers` is about all rows that name what
    it is on. `provisional` is the argument that a phone fills in with its next provisional number.
    """

    name: str
    cls: Class
    nouns: frozenset[str]
    args: type[Struct]
    reduce: Reduce
    version: int = 1
    upcasts: tuple[Upcast, ...] = ()
    device: bool = False
    creates: bool = False
    withdraws: bool = False
    belated: bool = False
    sealed: bool = False
    names: tuple[str, str] | None = None
    mentions: tuple[tuple[str, str], ...] = ()
    gathers: bool = False
    provisional: str = ""
    touches: Callable[[Reach], Iterable[Aggregate]] = nothing
    refs: Callable[[Reach], Iterable[Ref]] = nothing


class Landing(Struct, frozen=True, kw_only=True):
    """What an emitted fact does where it lands."""

    rows: tuple[Record, ...] = ()
    removed: tuple[Record, ...] = ()
    flags: tuple[Flag, ...] = ()


# (state, fact, id of the op, corrected time in ms) -> what it does
Absorb = Callable[[State, Emit, str, int], Landing]


class Registry:
    """The kinds, and what each emitted fact does where it lands. Built once, by `shared.kinds`."""

    def __init__(self, kinds: Iterable[Kind], absorbs: Mapping[str, Absorb]) -> None:
        self.kinds = {kind.name: kind for kind in kinds}
        for kind in self.kinds.values():
            assert len(kind.upcasts) == kind.version - 1, f"{kind.name}: a version has no upcast"
        self.absorbs = dict(absorbs)
        self._decoders = {
            kind.name: msgspec.json.Decoder(kind.args) for kind in self.kinds.values()
        }

    def args(self, name: str, raw: bytes | msgspec.Raw) -> Any:
        """The checked arguments of a known kind. Raises `msgspec.ValidationError`."""
        return self._decoders[name].decode(raw)

    def upcast(self, name: str, version: int, args: dict[str, Any]) -> dict[str, Any]:
        """Arguments said in an older version of a known kind, as today's version says them."""
        for step in self.kinds[name].upcasts[version - 1 :]:
            args = step(args)
        return args


class Args(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The arguments of a kind. A field it does not know makes an op one from the future."""
