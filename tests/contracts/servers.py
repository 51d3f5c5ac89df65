"""The real server books and the real phone file, as the small world of the tests knows them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from mobile import database as phone_database
from mobile.replica import Replica as PhoneReplica
from server import database, migrations
from server.ledger import Ledger
from server.library import ReadingRoom
from server.portions import Portions
from shared.ids import derive
from sync.library import Library
from sync.ports import Authority, Identity, Replica
from tests.simulation.kills import Mortal
from tests.world import START_MS

ZONE = ZoneInfo("Asia/Shanghai")


class BookServer:
    """Books in a real database."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = database.open_engine(url)
        migrations.upgrade(self.engine)
        self.dies_after: int | None = None
        self.portions = Portions()
        self.epochs = 1
        with database.writing(self.engine) as connection:
            Ledger(connection, ZONE).begin_epoch(derive("epoch", 1), START_MS, "0" * 32)

    @contextmanager
    def writing(self) -> Iterator[Authority]:
        with database.writing(self.engine) as connection:
            ledger = Ledger(connection, ZONE)
            yield Mortal(ledger, self.dies_after) if self.dies_after is not None else ledger

    @contextmanager
    def reading(self) -> Iterator[Library]:
        with database.reading(self.engine) as connection:
            yield ReadingRoom(connection, self.portions)

    def renew(self) -> None:
        with database.writing(self.engine) as connection:
            ledger = Ledger(connection, ZONE)
            ledger.begin_epoch(derive("epoch", ledger.epoch), START_MS, "0" * 32)

    def close(self) -> None:
        self.engine.dispose()


class PhoneShelf:
    """Phones that keep their files in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connections: list[object] = []

    def __call__(self, identity: Identity) -> Replica:
        connection = phone_database.connect(self.folder / f"{identity.device}.db")
        phone_database.identify(connection, identity)
        self.connections.append(connection)
        return PhoneReplica(connection)

    def close(self) -> None:
        for connection in self.connections:
            connection.close()  # type: ignore[attr-defined]
