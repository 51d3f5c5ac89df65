"""Acts that no journal of today would record, put straight into a phone's outbox."""

import msgspec

from shared.clock import At
from shared.ids import fingerprint
from shared.ops import Op, encode
from sync.ports import Outboxed, Replica
from tests.world import World


def smuggled(
    world: World, replica: Replica, order: str, said: tuple[str, bytes], by: str = ""
) -> Outboxed:
    """An act on a job, by its kind and arguments, as the next one of a phone, or of another."""
    identity, clock = replica.identity(), world.clock(replica)
    op = Op(
        id=world.name(),
        kind=said[0],
        v=1,
        on=("work_order", order),
        by=by or identity.person,
        origin="device",
        at=At(wall=clock.wall, boot=clock.boot, mono=clock.mono, src="boottime"),
        salt="2" * 32,
        args=msgspec.Raw(said[1]),
    )
    body = encode(op)
    entry = Outboxed(
        lseq=replica.next_lseq(),
        op_id=op.id,
        fingerprint=fingerprint(body),
        body=body,
        kind=op.kind,
        on=op.on,
        by=op.by,
        recorded=clock.wall,
        incarnation=identity.incarnation,
        on_top=not by,
    )
    with replica.transaction():
        replica.append(entry)
    return entry
