"""Following: which phones a change concerns, asked for all that listen at once."""

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import Connection, select

from server.queries.pages import T
from server.rows import among, listed
from shared.people import may
from shared.records import stream_of

FIRST: Final = 1  # of an op's verdicts: its author is answered by it


def moved(
    connection: Connection, epoch: str, between: tuple[int, int]
) -> set[tuple[str, str | None]]:
    """The streams that leaves from one number up to another moved, each with who need not be told.

    A phone hears of what it pushed in the answer; of what became of that later it does not.
    """
    leaf, op = T["leaf"], T["op"]
    rows = connection.execute(
        select(leaf.c.n, op.c.device, op.c.at)
        .join(op, op.c.op_id == leaf.c.op_id)
        .where(leaf.c.epoch == epoch, leaf.c.number >= between[0], leaf.c.number < between[1])
    )
    return {(stream, row.device if row.n <= FIRST else None) for row in rows for stream in row.at}


def concerned(
    connection: Connection,
    listening: Mapping[str, str],
    moves: Collection[tuple[str, str | None]],
) -> set[str]:
    """Which of the devices that listen (each with its person) follow a stream that was moved."""
    subscription = T["subscription"]
    streams, dialect = {stream for stream, _ in moves}, connection.dialect.name
    rows = connection.execute(
        select(subscription.c.person_id, subscription.c.stream)
        .where(
            among(subscription.c.person_id, "people", dialect),
            among(subscription.c.stream, "streams", dialect),
        )
        .distinct(),
        {
            "people": listed(connection, set(listening.values())),
            "streams": listed(connection, streams),
        },
    )
    followed = {(person, stream) for person, stream in rows}
    followed |= {(person, stream_of(("person", person))) for person in listening.values()}
    return {
        device
        for device, person in listening.items()
        if any((person, stream) in followed and by != device for stream, by in moves)
    }


def readers(connection: Connection, devices: Collection[str]) -> set[str]:
    """Which of these devices may read at all."""
    device, person = T["device"], T["person"]
    rows = connection.execute(
        select(device.c.id, person.c.roles)
        .select_from(device.join(person, person.c.id == device.c.person_id))
        .where(
            among(device.c.id, "devices", connection.dialect.name),
            device.c.revoked_at.is_(None),
            device.c.confirmed_at.is_not(None),
            person.c.disabled.is_not(True),
        ),
        {"devices": listed(connection, devices)},
    )
    return {row.id for row in rows if may(tuple(row.roles), "sync")}
