"""Absence: a phone that has not reached its office for long drops what it knows of customers.

Only the copy of the streams goes, and what was told of them: the office sends them again at the
next contact. The outbox, its files and the rows under what waits in it stay.
"""

from typing import Final

from msgspec import structs

from shared.clock import Absence, At, Sighting, absent
from shared.ids import derive
from shared.prices import AWAY_DAYS, Organisation
from shared.records import CATALOG, Aggregate
from sync.ports import Facts, Identity, Notice, Replica
from sync.settling import thing_of

DAY_MS: Final = 24 * 3_600_000
LOOK_EVERY_MS: Final = 3_600_000
OF_CUSTOMERS: Final = frozenset({"work_order", "ticket", "site", "customer"})
# What is remembered of a job so that nothing is told twice; none of it says whose it is.
REMEMBERED: Final = frozenset(
    {"number", "status", "planned_from", "planned_to", "assignment", "role", "since", "site_id"}
    | {"customer_id", "priority"}
)


def look(replica: Replica, now: At) -> bool:
    """Note how long the office was not reached, and drop what it was too long for.

    Whether anything was dropped. Asked before each conversation, also where there is no network.
    """
    if not _is_due(replica.identity(), now):
        return False
    with replica.transaction():
        identity = replica.identity()
        if not _is_due(identity, now) or identity.sighting is None:
            return False
        absence = absent(_known(identity, identity.sighting), now)
        days = _days(replica)
        over = absence.ms > days * DAY_MS
        replica.identify(structs.replace(identity, absence=structs.replace(absence, dropped=over)))
        if over:
            _drop(replica)
            _tell(replica, identity.sighting, absence, days)
    return over


def is_over(identity: Identity) -> bool:
    """Whether what this phone knew of customers is gone, and has to be read anew."""
    return identity.absence is not None and identity.absence.dropped


def _known(identity: Identity, last: Sighting) -> Absence:
    at = At(wall=last.wall, boot=last.boot, mono=last.mono, src="boottime")
    return identity.absence or Absence(seen=at)


def _is_due(identity: Identity, now: At) -> bool:
    """Once an hour, and after each restart."""
    if identity.sighting is None or is_over(identity):
        return False
    seen = _known(identity, identity.sighting).seen
    return seen.boot != now.boot or now.mono - seen.mono >= LOOK_EVERY_MS


def _days(replica: Replica) -> int:
    """After how many days, as the company wants it; what it said last is on this phone."""
    found = replica.living((CATALOG, CATALOG), Organisation)
    return next((one.away_days for one in found if one.away_days is not None), AWAY_DAYS)


def _drop(replica: Replica) -> None:
    things = {stream: thing_of(stream) for stream in replica.marks()}
    for stream, thing in sorted(things.items()):
        if thing is None or thing[0] not in OF_CUSTOMERS:
            continue
        if not (replica.unsettled_on({thing}) or replica.is_awaited({thing})):
            replica.drop(stream)
    replica.tell({thing: _remembered(thing, known) for thing, known in replica.told().items()})


def _remembered(thing: Aggregate, known: Facts) -> Facts | None:
    if thing[0] not in OF_CUSTOMERS:
        return known
    if thing[0] != "work_order":
        return None
    return {name: value for name, value in known.items() if name in REMEMBERED}


def _tell(replica: Replica, last: Sighting, absence: Absence, days: int) -> None:
    notice = Notice(
        id=derive("notice", "away", last.received),
        kind="away",
        at=last.received + absence.ms,
        params={"days": days},
    )
    replica.notify([notice])
