"""Resolving aliases: what an op names is, from then on, what that was merged into.

Its body stays as it is; what is stored of it and judged beside it names the thing there is.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from msgspec import structs

from shared.aliases import MERGED_NOUNS, Alias, alias_id
from shared.records import Aggregate, State
from sync.arrival import Arrived
from sync.ports import Recorded

Aliases = Mapping[Aggregate, str]  # of each thing that was merged, the id of the one there is
FindAliases = Callable[[Collection[Aggregate]], dict[Aggregate, str]]


def resolve(ops: Sequence[Arrived], aliases_of: FindAliases) -> list[Arrived]:
    """The ops with every alias they name replaced; nothing is asked where none can be named."""
    named = {thing for one in ops for thing in named_by(one)}
    known = aliases_of(named) if named else {}
    return [resolved(one, known) for one in ops] if known else list(ops)


def merged_here(state: State, things: Collection[Aggregate]) -> dict[Aggregate, str]:
    """Those of the things that were merged by an earlier op of the same sitting."""
    found = {thing: state.find(Alias, alias_id(thing)) for thing in things}
    return {thing: alias.into_id for thing, alias in found.items() if alias is not None}


def named_by(one: Arrived) -> set[Aggregate]:
    """The things an op names that may have been merged into others."""
    things = {one.on} if one.on is not None and one.on[0] in MERGED_NOUNS else set()
    mentions = one.rule.mentions if one.rule is not None and one.args is not None else ()
    if not mentions:
        return things
    said = ((noun, _said(one.args, path)) for noun, path in mentions)
    return things | {(noun, name) for noun, name in said if isinstance(name, str)}


def resolved(one: Arrived, known: Aliases) -> Arrived:
    """An op as it is said of the things there are."""
    if one.rule is not None and one.args is not None:
        args = one.args
        for noun, path in one.rule.mentions:
            instead = known.get((noun, str(_said(args, path))))
            args = _saying(args, path, instead) if instead is not None else args
        one = structs.replace(one, args=args)
    instead = known.get(one.on) if one.on is not None else None
    if instead is None or one.on is None:
        return one
    on = (one.on[0], instead)
    op = structs.replace(one.op, on=on) if one.op is not None else None
    return structs.replace(one, on=on, op=op, alias=one.on[1])


def recorded(ops: Iterable[Recorded], aliases_of: FindAliases) -> list[Recorded]:
    """Ops in the books, on the things there are."""
    found = list(ops)
    named = {one.on for one in found if one.on is not None and one.on[0] in MERGED_NOUNS}
    known = aliases_of(named) if named else {}
    return [
        structs.replace(one, on=(one.on[0], known[one.on]))
        if one.on is not None and one.on in known
        else one
        for one in found
    ]


def _said(args: Any, path: str) -> Any:
    """What stands in an argument, or in one field of an argument that is a row."""
    name, _, inner = path.partition(".")
    value = getattr(args, name, None)
    return value.get(inner) if inner and isinstance(value, dict) else value


def _saying(args: Any, path: str, value: str) -> Any:
    name, _, inner = path.partition(".")
    told = {**getattr(args, name), inner: value} if inner else value
    return structs.replace(args, **{name: told})
