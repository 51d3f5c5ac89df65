"""An assignment gets to a phone once, on both databases, whatever cursors are told."""

from contextlib import closing

from server import database
from server.queries.delivery import Confirmed, confirm, deliveries
from server.tables import METADATA
from tests.contracts.servers import BookServer
from tests.world import ANN, BOB, World


def test_the_first_device_that_has_read_so_far_counts(database_url: str) -> None:
    with closing(BookServer(database_url)) as server:
        world = World(server)
        jobs = [world.job(ANN, BOB), world.job(ANN)]
        with server.reading() as library:
            ends = {f"wo:{job}": library.heads([f"wo:{job}"])[f"wo:{job}"].seq for job in jobs}
        with database.writing(server.engine) as books:
            devices = [
                {
                    "id": name,
                    "person_id": ANN,
                    "name": name,
                    "public_key": "k",
                    "app": "t",
                    "created_at": 1,
                    "clock_ms": 0,
                }
                for name in ("one", "two")
            ]
            books.execute(METADATA.tables["device"].insert(), devices)
            early = {**dict.fromkeys(ends, 1), "catalog": 99}
            for at, device, cursors in ((7, "one", early), (8, "one", ends), (9, "two", ends)):
                confirm(
                    books,
                    Confirmed(person=ANN, device=device, at=at, cursors=cursors),
                )
            found = deliveries(books, jobs)
        told = [
            (one["person"]["login"], one["on_phone_at"], one["device"]) for one in found[jobs[0]]
        ]
        assert told == [("ann", 8, "one"), ("bob", None, None)]
        assert [(one["on_phone_at"], one["role"]) for one in found[jobs[1]]] == [(8, "lead")]
