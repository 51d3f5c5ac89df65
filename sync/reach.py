"""How far ops reach: everything that has to be there before they can be judged."""

from collections import ChainMap
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from shared.people import Person
from shared.records import Aggregate, Record, home
from shared.registry import Links, Reach, Ref
from sync.aliases import named_by
from sync.arrival import Arrived
from sync.ports import Wanted

FindLinks = Callable[[Collection[Aggregate]], dict[Aggregate, Links]]
FindNaming = Callable[[Aggregate], Iterable[Record]]


def nobody(_thing: Aggregate) -> tuple[()]:
    """Where nothing is gathered: on a phone, which merges nothing."""
    return ()


def linked(ops: Iterable[Arrived]) -> set[Aggregate]:
    """The things whose links tell how far these ops reach."""
    found: set[Aggregate] = set()
    for one in ops:
        if one.op is not None and one.rule is not None:
            found |= {one.op.on, *_named(one.rule.names, one.args)}
    return found


def reach(
    ops: Sequence[Arrived],
    links_of: FindLinks,
    naming_of: FindNaming = nobody,
    also: Collection[Aggregate] = (),
) -> Wanted:
    """All that judging these ops may look at, and all they may change elsewhere.

    What they name is locked with it: nobody merges it into another thing meanwhile. So is what is
    wanted `also`.
    """
    judged = [(one, one.op, one.rule) for one in ops if one.op is not None and one.rule is not None]
    aggregates: set[Aggregate] = {op.on for _, op, _ in judged} | set(also)
    far_off = {one.op_id: _named(rule.names, one.args) for one, _, rule in judged}
    links = links_of(linked(ops))
    refs: set[Ref] = set()
    for one, op, rule in judged:
        if op.on[0] not in rule.nouns:
            continue
        others = tuple(links.get(subject, {}) for subject in far_off[one.op_id])
        own = links.get(op.on, {})
        far = Reach(
            on=op.on,
            args=one.args,
            links=ChainMap(*map(dict, (own, *others))) if others else own,
            others=others,
        )
        aggregates |= set(rule.touches(far))
        refs |= {(Person, op.by), *rule.refs(far)}
    named = {thing for one, _, _ in judged for thing in named_by(one)}
    rows = {op.on: list(naming_of(op.on)) for _, op, rule in judged if rule.gathers}
    gathered = {thing: frozenset((type(row), row.id) for row in rows[thing]) for thing in rows}
    places = {home(row) for found in rows.values() for row in found}
    return Wanted(
        aggregates=frozenset(aggregates | named | {one for one in places if one is not None}),
        refs=frozenset(refs).union(*gathered.values()),
        links=links,
        named=frozenset(named),
        gathered=gathered,
    )


def _named(names: tuple[str, str] | None, args: Any) -> tuple[Aggregate, ...]:
    """The rows that an argument names, if the kind wants to know where they lead."""
    if names is None:
        return ()
    noun, argument = names
    found = getattr(args, argument, None) or ()
    return tuple((noun, one) for one in ((found,) if isinstance(found, str) else found))
