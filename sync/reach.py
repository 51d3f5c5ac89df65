"""How far ops reach: everything that has to be there before they can be judged."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from shared.people import Person
from shared.records import Aggregate
from shared.registry import Links, Reach, Ref
from sync.arrival import Arrived
from sync.ports import Wanted

FindLinks = Callable[[Collection[Aggregate]], dict[Aggregate, Links]]


def reach(ops: Sequence[Arrived], links_of: FindLinks) -> Wanted:
    """All that judging these ops may look at, and all they may change elsewhere."""
    judged = [(one, one.op, one.rule) for one in ops if one.op is not None and one.rule is not None]
    aggregates: set[Aggregate] = {op.on for _, op, _ in judged}
    named = {one.op_id: _named(rule.names, one.args) for one, _, rule in judged}
    links = links_of(aggregates | {subject for subjects in named.values() for subject in subjects})
    refs: set[Ref] = set()
    for one, op, rule in judged:
        if op.on[0] not in rule.nouns:
            continue
        told = (links.get(subject, {}) for subject in (op.on, *named[one.op_id]))
        far = Reach(on=op.on, args=one.args, links={k: v for one in told for k, v in one.items()})
        aggregates |= set(rule.touches(far))
        refs |= {(Person, op.by), *rule.refs(far)}
    return Wanted(aggregates=frozenset(aggregates), refs=frozenset(refs))


def _named(names: tuple[str, str] | None, args: Any) -> tuple[Aggregate, ...]:
    """The row that an argument names, if the kind wants to know where it leads."""
    if names is None:
        return ()
    noun, argument = names
    identity = getattr(args, argument, None)
    return ((noun, identity),) if identity else ()
