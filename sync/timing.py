"""When ops were done, as far as their evidence tells, and what speaks against that evidence."""

from collections.abc import Callable, Iterable

from msgspec import Struct, structs

from shared.clock import Corrected, Sighting, corrected
from shared.errors import Flag
from shared.ops import Op, Stamp


class Evidence(Struct, frozen=True, kw_only=True):
    """What the time of an op is found by: the exchanges of its device, and its receipt (ms).

    `is_ours` tells a genuine stamp; without it every stamp is taken for one.
    """

    sightings: Iterable[Sighting]
    received: int
    is_ours: Callable[[Stamp], bool] | None = None


def time_of(op: Op, evidence: Evidence) -> Corrected:
    """When an op was done; what the office does is done when it says so."""
    if op.origin != "device":
        return Corrected(ms=min(op.at.wall, evidence.received), uncertain=False)
    proven = op.after is not None and is_proven(op, evidence.is_ours)
    since = op.after.server_ms if op.after is not None and proven else 0
    return corrected(op.at, evidence.sightings, evidence.received, since=since)


def time_here(recorded: int) -> Corrected:
    """When an op was done, as its own phone shows it. How far that is a guess, the server says:
    what a phone lays over the office's rows must not change with what it hears of the time.
    """
    return Corrected(ms=recorded, uncertain=False)


def time_kept(op: Op, evidence: Evidence, done_at: int) -> Corrected:
    """When an op was done that waited: `done_at` as it was found when it came, with its bounds."""
    return structs.replace(time_of(op, evidence), ms=done_at)


def is_proven(op: Op, is_ours: Callable[[Stamp], bool] | None) -> bool:
    """Whether an op says truly which answer of this server its device had last."""
    return op.after is not None and (is_ours is None or is_ours(op.after))


def doubts(op: Op, time: Corrected, is_ours: Callable[[Stamp], bool] | None) -> tuple[Flag, ...]:
    """What speaks against the evidence that an op of a phone carries."""
    if op.origin != "device":
        return ()
    return (
        *((Flag(code="clock_uncertain"),) if time.uncertain else ()),
        *(() if is_proven(op, is_ours) else (Flag(code="no_evidence"),)),
    )
