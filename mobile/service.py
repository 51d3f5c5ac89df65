"""The phone without a face: everything put together over one folder, for the command."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from mobile import database, enrolment
from mobile.courier import Busy, Courier, Post, Report
from mobile.database import Damaged, Full, Missing, Shut, TooNew
from mobile.device import (
    INCARNATION_BYTES,
    Clock,
    Garbled,
    Installation,
    dice,
    free_bytes,
    installation,
)
from mobile.enrolment import Newcomer, WorkWaiting
from mobile.journal import DICE_BYTES, Journal, Said
from mobile.keys import KeyLost, next_key, open_key
from mobile.queries import Condition, Queries
from mobile.replica import Replica
from mobile.wire import (
    REPLY_BYTES_MAX,
    Oversized,
    Refused as TurnedAway,
    Throttled,
    Unauthorised,
    Unreachable,
    Wire,
)
from shared.errors import Params, Refused, refuse_person, refuse_state, refuse_value
from shared.kinds import REGISTRY
from shared.records import Aggregate
from sync.enrolment import Invitation
from sync.ports import Outboxed
from sync.session import Surroundings

# What an act is on when it is on no work order: the argument that names it.
ON_OP: Final = ("op.repair", "op.discard")
# What may be wrong with the folder of an installation, and the words for it.
FAULTS: Final[dict[type[Exception], str]] = {
    Damaged: "phone_damaged",
    Garbled: "enrol_again",
    KeyLost: "enrol_again",
    Missing: "phone_missing",
    Shut: "folder_shut",
    TooNew: "app_too_old",
}
ABSORB_MS: Final = 8  # a tap that waits so long is still durable within some ten milliseconds
TROUBLES: Final[tuple[type[Exception], ...]] = (
    *(TurnedAway, Unauthorised, Throttled, Busy, Full, Unreachable, WorkWaiting),
    *FAULTS,
)


class Phone(Struct, frozen=True, kw_only=True):
    """One installation, opened: whose it is, what it shows, and the one door for writes."""

    folder: Path
    owner: Installation
    clock: Clock
    replica: Replica
    queries: Queries
    journal: Journal

    def condition(self) -> Condition:
        """How the phone is."""
        return self.queries.condition(free_bytes(self.folder))


def enrol(folder: Path, invitation: Invitation, name: str) -> Installation:
    """Make a folder an installation. Raises one of the `TROUBLES`, and `mobile.enrolment.Unfit`."""
    with database.room():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        newcomer = Newcomer(folder=folder, name=name, app=app_name(), key=next_key(folder))
        with _line(invitation.server, invitation.key) as wire:
            return enrolment.enrol(invitation, newcomer, wire, dice)


@contextmanager
def opened(folder: Path) -> Iterator[Phone | None]:
    """The installation in a folder, or None where there is none. Raises one of the `FAULTS`."""
    with database.room():
        owner = installation(folder)
    if owner is None:
        yield None
        return
    path = database.path_of(folder, owner.person)
    if not path.exists() or path.stat().st_size == 0:
        raise Missing(path.name)
    with database.opened(path) as connection:
        if database.identity(connection) is None:
            raise Missing(path.name)
        replica, queries = Replica(connection), Queries(connection)
        yield Phone(
            folder=folder,
            owner=owner,
            clock=Clock(),
            replica=replica,
            queries=queries,
            journal=Journal(replica, queries),
        )


def act(phone: Phone, kind: str, number: str | None, args: dict[str, Any]) -> Outboxed | Refused:
    """Record one act of the command line; `number` names the work order it is on."""
    on = _subject(phone, kind, number, args)
    if isinstance(on, Refused):
        return on
    return record(phone, Said(kind=kind, on=on, args=args))


def record(phone: Phone, said: Said) -> Outboxed | Refused:
    """Record one act, as of now; when this returns it is on the disk, or refused."""
    return phone.journal.record(said, now=phone.clock.now(), random=dice(DICE_BYTES))


def _subject(
    phone: Phone, kind: str, number: str | None, args: dict[str, Any]
) -> Aggregate | Refused:
    if kind not in REGISTRY.kinds:
        return refuse_value("unknown_choice", "kind")
    if kind in ON_OP:
        return ("op", str(args.get("of", "")))
    if number is None:
        return refuse_value("missing_field", "wo")
    order = phone.queries.job_named(number)
    return ("work_order", order.id) if order else refuse_value("unknown_subject", "wo")


def talk(
    phone: Phone,
    *,
    ops_only: bool,
    gently: bool = False,
    progress: Callable[[], None] = lambda: None,
) -> Report:
    """One conversation with the server; `progress` is called after each answer.

    In an app it is held in a thread of its own, over a phone opened there; `gently` then keeps a
    tap on the other connection from waiting for it. Raises what the courier raises; all is kept.
    """
    key = open_key(phone.folder)
    around = Surroundings(
        now=phone.clock.now,
        name=lambda: dice(INCARNATION_BYTES).hex(),
        app=app_name(),
        ops_only=ops_only,
        free_bytes=lambda: free_bytes(phone.folder),
        absorb_ms=ABSORB_MS if gently else None,
    )
    with _line(phone.owner.server, phone.owner.key) as wire:
        post = Post(wire=wire, key=key, folder=phone.folder, monotonic=time.monotonic)
        report = Courier(phone.replica, post, around).talk(progress)
    phone.replica.checkpoint()
    return report


@contextmanager
def _line(server: str, key: str | None) -> Iterator[Wire]:
    """A wire to a server, which whoever cannot reach it names."""
    wire = Wire(server, key)
    try:
        yield wire
    except Unreachable as ended:
        ended.server = server
        raise
    finally:
        wire.close()


def trouble(ended: Exception) -> Refused:
    """What one of the `TROUBLES` is called.

    A refusal of the person, a fault of the folder (a value), or a state that passes.
    """
    if type(ended) in FAULTS:
        params: Params = {"detail": str(ended)}
        return Refused(code=FAULTS[type(ended)], grounds="value", field="data", params=params)
    if isinstance(ended, TurnedAway | Unauthorised):
        told = ended.problem.code if isinstance(ended, TurnedAway) else "not_signed_in"
        return refuse_person(told)
    if isinstance(ended, WorkWaiting):
        whose = ended.whose
        return refuse_person("work_waiting", count=whose.waiting, name=whose.name or whose.person)
    if isinstance(ended, Throttled):
        return refuse_state("too_many_tries", seconds=int(ended.retry_after_s))
    if isinstance(ended, Busy | Full):
        return refuse_state("busy" if isinstance(ended, Busy) else "disk_full")
    if isinstance(ended, Oversized):
        return refuse_state("answer_too_large", limit=REPLY_BYTES_MAX)
    server = ended.server if isinstance(ended, Unreachable) else None
    return refuse_state("unreachable", url=server, detail=str(ended))


def fault_in(wrong: Exception) -> Refused | None:
    """What a fault of the phone's database is called that shows when it is read, if it is one."""
    found = database.meaning(wrong)
    return trouble(found) if found is not None else None


def app_name() -> str:
    """What this app calls itself to the server."""
    from importlib.metadata import version

    return f"fieldfare {version('fieldfare')}"
