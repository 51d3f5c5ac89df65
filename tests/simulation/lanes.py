"""Lanes in the simulation: a phone comes back by itself, and soon, once its network is there."""

from typing import Any, Final

from msgspec import Struct

from mobile.lane import PARKED_S, Lane, Pace
from mobile.wire import Unreachable
from sync.memory import MemoryPhone
from tests.world import World

ROUNDS_MAX: Final = 12  # so often a lane may have to try until all is through
FAILURES: Final = 3  # so often there is no network at first


class _Talked(Struct, frozen=True):
    """What a conversation came to, as a lane wants to know it."""

    timed_out: bool
    has_news: bool = False


class _Bell:
    """Nobody rings: a lane has to come back by itself."""

    def wait(self, timeout: float) -> bool:
        return timeout < 0

    def set(self) -> None:
        """Unheard."""

    def clear(self) -> None:
        """Nothing to forget."""


def come_back(world: World, phone: MemoryPhone) -> None:
    """A lane tries until the outbox is empty, and never rests longer than one that is parked."""
    down = [Unreachable("no network")] * FAILURES

    def talk(_alive: Any) -> _Talked:
        if down:
            raise down.pop()
        return _Talked(timed_out=world.sync(phone).timed_out)

    def seconds() -> float:
        return world.now_ms / 1000

    lane = Lane(talk, Pace(bell=_Bell(), dice=lambda: 1.0, monotonic=seconds))
    for _ in range(ROUNDS_MAX):
        wait_s = lane.round()
        assert wait_s <= PARKED_S
        world.tick(int(wait_s * 1000))
        if not (down or phone.outgoing(1, 1)):
            break
    assert phone.outgoing(1, 1) == []
