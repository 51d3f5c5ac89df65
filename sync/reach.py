"""How far ops reach: everything that has to be there before they can be judged."""

from collections.abc import Callable, Collection, Sequence

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
    links = links_of(aggregates)
    refs: set[Ref] = set()
    for one, op, rule in judged:
        if op.on[0] not in rule.nouns:
            continue
        far = Reach(on=op.on, args=one.args, links=links.get(op.on, {}))
        aggregates |= set(rule.touches(far))
        refs |= {(Person, op.by), *rule.refs(far)}
    return Wanted(aggregates=frozenset(aggregates), refs=frozenset(refs))
