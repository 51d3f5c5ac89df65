"""A phone of the small company, with its real database, as most tests here need it."""

from pathlib import Path
from typing import Any

from mobile import database
from mobile.journal import DICE_BYTES, Journal, Said
from mobile.queries import Queries
from mobile.replica import Replica
from shared.errors import Refused
from sync.ports import Identity, Outboxed
from tests.world import ANN, CHECKLIST, World


class Phone:
    """Ann's phone, enrolled and in step with the server, with one accepted job on it."""

    def __init__(self, folder: Path, world: World) -> None:
        self.world = world
        self.folder = folder
        self.path = database.path_of(folder, ANN)
        self.connection = database.connect(self.path)
        self.replica = Replica(self.connection)
        self.queries = Queries(self.connection)
        self.journal = Journal(self.replica, self.queries)
        self.job = world.job(ANN, checklist=CHECKLIST)
        world.phone(ANN, self._enrolled)
        self.sync()

    @property
    def on(self) -> tuple[str, str]:
        return ("work_order", self.job)

    def _enrolled(self, identity: Identity) -> Replica:
        with self.replica.transaction():
            self.replica.identify(identity)
        return self.replica

    def sync(self) -> None:
        summary = self.world.sync(self.replica)
        assert summary.checksum_ok

    def record(
        self, kind: str, args: dict[str, Any] | None = None, on: tuple[str, str] | None = None
    ) -> Outboxed | Refused:
        """What a tap does."""
        self.world.count += 1
        return self.journal.record(
            Said(kind=kind, on=on or self.on, args=args or {}),
            now=self.world.clock(self.replica),
            random=self.world.count.to_bytes(DICE_BYTES, "big"),
        )

    def must(
        self, kind: str, args: dict[str, Any] | None = None, on: tuple[str, str] | None = None
    ) -> Outboxed:
        """What a tap does that has to be recorded."""
        self.world.tick()
        recorded = self.record(kind, args, on)
        assert isinstance(recorded, Outboxed), recorded
        return recorded

    def work(self) -> None:
        """As far as work has begun."""
        for verb in ("accept", "depart", "arrive", "start"):
            self.must(f"work_order.{verb}")
