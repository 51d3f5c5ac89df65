"""A server that is behind its phones, and is brought to their release."""

import contextlib

from shared.kinds import REGISTRY
from shared.registry import Registry
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
    newer = Upgrade(app="newer", registry=REGISTRY, act=act, received=now)
    with server.writing() as authority:
        verdict = judge_again(authority, newer, op_id)
    op = server.books.pages.ops[op_id]
    assert verdict in (None, op.verdict)
    assert verdict is None or op.detail["judged_again_by"] == "newer"
    assert not is_beyond_us(op) or op.kind not in REGISTRY.kinds
