"""Things begun on a phone: what is done on them waits for the act that began them.

Where that comes to nothing, what was done on them is kept all the same, on a stub that the office
sees (`shared.beginning.orphan`). A thing that an act began has the id of that act.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct, structs

from shared.beginning import Begun, orphan, told_of
from shared.ops import PROVISIONAL, Verdict
from shared.people import Person, needs_the_job
from shared.records import Aggregate, Record, State
from shared.registry import Links
from shared.work_order import WorkOrder, standing
from sync.arrival import Arrived
from sync.ports import Authority, Entry, Recorded
from sync.reach import linked

BEGIN: Final = "work_order.begin"
NOUN: Final = "work_order"  # the one noun of which a phone begins something
CHAIN_MAX: Final = 8  # things begun beside each other that are followed to one there is
FindLinks = Callable[[Collection[Aggregate]], dict[Aggregate, Links]]


class Birth(Struct, frozen=True, kw_only=True):
    """An act that began something: what the books say of it (None: nothing yet), and its words."""

    kept: Recorded | None
    begun: Begun


Births = Mapping[str, Birth]


class Remembered:
    """The links of things, each looked up once; of what was begun and is not there, those of the
    job that it was begun beside, but for its own machine.
    """

    def __init__(self, links_of: FindLinks) -> None:
        self._links_of = links_of
        self._known: dict[Aggregate, Links] = {}
        self._asked: set[Aggregate] = set()

    def __call__(self, subjects: Collection[Aggregate]) -> dict[Aggregate, Links]:
        fresh = set(subjects) - self._asked
        if fresh:
            self._asked |= fresh
            self._known |= self._links_of(fresh)
        return {one: self._known[one] for one in subjects if one in self._known}

    def begun(self, births: Births) -> None:
        """Let what was begun lead where the jobs lead that it was begun beside."""
        for identity in births:
            beside = _root(births, identity)
            links = self([(NOUN, beside)]).get((NOUN, beside)) if beside is not None else None
            if links is not None and (NOUN, identity) not in self._known:
                own = {"asset_id": births[identity].begun.asset, "checklist_id": None}
                self._known[(NOUN, identity)] = {**links, **own}


def named_by(one: Arrived) -> set[str]:
    """The jobs that an op is on, is begun beside or signed for with; not the one it begins."""
    on = {one.on[1]} if one.on is not None and one.on[0] == NOUN else set()
    said = (getattr(one.args, name, None) for name in ("beside", "work_order"))
    also = getattr(one.args, "also", None) or ()
    return {name for name in (*on, *said, *also) if isinstance(name, str)} - {one.op_id}


def births(
    authority: Authority, links: Remembered, ops: Iterable[Arrived], also: Iterable[Arrived] = ()
) -> dict[str, Birth]:
    """The acts that began what these ops name and is not there, in the books or just handed in.

    They may be among the ops themselves, or among others that came `also`.
    """
    judged = list(ops)
    wanted = {name for one in judged for name in named_by(one)}
    links(linked(judged) | {(NOUN, name) for name in wanted})  # all at once
    said = {one.op_id: one for one in (*also, *judged) if one.on == (NOUN, one.op_id)}
    found: dict[str, Birth] = {}
    for _ in range(CHAIN_MAX):
        here = links([(NOUN, name) for name in wanted])
        missing = {name for name in wanted if (NOUN, name) not in here} - found.keys()
        if not missing:
            break
        new = _births_of(authority, said, missing)
        found |= new
        wanted = {one.begun.beside for one in new.values() if one.begun.beside is not None}
    links.begun(found)
    return found


def _births_of(
    authority: Authority, said: Mapping[str, Arrived], missing: Collection[str]
) -> dict[str, Birth]:
    known = authority.recall(missing)
    kept = {name: one for name, one in known.items() if one.on == (NOUN, name)}
    unsaid = kept.keys() - said.keys()
    bodies = authority.bodies(unsaid) if unsaid else {}
    found: dict[str, Birth] = {}
    for name in sorted(kept.keys() | (missing & said.keys())):
        act, before = said.get(name), kept.get(name)
        told = _words(act) if act is not None else _read(bodies.get(name, ""))
        by = (act.by if act is not None else kept[name].by) or ""
        at = before.done_at if before is not None else 0
        found[name] = Birth(kept=before, begun=Begun(id=name, by=by, at=at, **told))
    return found


def _words(one: Arrived) -> dict[str, str]:
    """What an act says that was read, as it may have been corrected."""
    if one.args is None:
        return _read(one.body)
    return told_of({"args": msgspec.to_builtins(one.args)})


def _read(body: str) -> dict[str, str]:
    try:
        return told_of(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}


def _root(found: Births, identity: str) -> str | None:
    """The job there is that something was begun beside, in the end."""
    end: str | None = identity
    for _ in range(CHAIN_MAX):
        if end is None or end not in found:
            return end
        end = found[end].begun.beside
    return None


def roots(found: Births) -> set[Aggregate]:
    """The jobs there are that all these were begun beside."""
    ends = {_root(found, identity) for identity in found}
    return {(NOUN, end) for end in ends if end is not None}


def is_provisional(verdict: str | None) -> bool:
    """Whether an act may still come to something."""
    return verdict is not None and Verdict(verdict) in PROVISIONAL


def stub(state: State, found: Births, identity: str, entry: Entry | None) -> tuple[Record, ...]:
    """The rows of the stub of something that came to nothing; none where it has no place.

    It has one only beside a job that is there, and that its author has or once had.
    """
    beside = state.find(WorkOrder, _root(found, identity))
    begun = found[identity].begun
    if entry is not None:  # it came in just now
        begun = structs.replace(begun, at=entry.done_at)
    author = state.find(Person, begun.by)
    if beside is None or author is None:
        return ()
    stranger = standing(state, beside.id, begun.by) == "stranger"
    return () if stranger and needs_the_job(author, BEGIN) else orphan(begun, beside)
