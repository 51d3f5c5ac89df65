"""A server that is behind its phones, and is brought to their release."""

import contextlib
from typing import Annotated, Any

from msgspec import Meta, structs

from shared.amounts import Code, Id
from shared.errors import Refused
from shared.kinds import REGISTRY
from shared.readings import VALUE_CHARS_MAX, AnswerArgs
from shared.records import State
from shared.registry import Act, Args, Outcome, Registry
from sync.replays import Upgrade, is_beyond_us, judge_again
from tests.simulation.kills import Killed
from tests.world import MemoryServer, World

# What the server's release does not know yet, of all that phones say.
LACKING: tuple[frozenset[str], ...] = (
    frozenset(),
    frozenset({"work_order.start", "photo.add"}),
    frozenset({"work_order.accept", "parts.use", "edit"}),
    frozenset({"work_order.begin"}),
)


def without(lacks: frozenset[str]) -> Registry:
    """The rules of a release that lacks these kinds."""
    kinds = [kind for kind in REGISTRY.kinds.values() if kind.name not in lacks]
    return Registry(kinds, REGISTRY.absorbs)


class AnsweredArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Version 2 of an answer: it calls the value a result."""

    item: Code
    result: Annotated[str, Meta(min_length=1, max_length=VALUE_CHARS_MAX)]
    not_applicable: bool = False
    asset: Id | None = None


def _renamed(args: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: said for name, said in args.items() if name != "value"},
        "result": args["value"],
    }


def _answered(state: State, act: Act) -> Outcome | Refused:
    said: AnsweredArgs = act.args
    args = AnswerArgs(
        item=said.item, value=said.result, not_applicable=said.not_applicable, asset=said.asset
    )
    return _ANSWER.reduce(state, structs.replace(act, args=args))


_ANSWER = REGISTRY.kinds["checklist.answer"]
_ANEW = structs.replace(
    _ANSWER, version=2, upcasts=(_renamed,), args=AnsweredArgs, reduce=_answered
)
# A release after today's, that says one thing otherwise.
NEWER = Registry(
    [_ANEW if kind is _ANSWER else kind for kind in REGISTRY.kinds.values()], REGISTRY.absorbs
)


def upgrade(world: World, after: int) -> None:
    """To the release that the phones have; dies after so many steps of one op, if any are named."""
    server = world.server
    assert isinstance(server, MemoryServer)
    world.server_registry = REGISTRY
    waiting = [op for op in server.books.pages.ops.values() if is_beyond_us(op)]
    server.dies_after = after or None
    with contextlib.suppress(Killed):
        for op in sorted(waiting, key=lambda op: (op.received, op.lseq or 0)):
            _judge_again(world, server, op.op_id)
    server.dies_after = None


def _judge_again(world: World, server: MemoryServer, op_id: str) -> None:
    act, now = world.name(), world.tick()
    world.upgrades.add(act)
    newer = Upgrade(app="newer", registry=REGISTRY, act=act, received=now)
    with server.writing() as authority:
        verdict = judge_again(authority, newer, op_id)
    op = server.books.pages.ops[op_id]
    assert verdict in (None, op.verdict)
    assert verdict is None or op.detail["judged_again_by"] == "newer"
    assert not is_beyond_us(op) or op.kind not in REGISTRY.kinds
