"""The phone without a face: everything put together over one folder, for the command."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

from msgspec import Struct, structs

from mobile import ballast, darkroom, database, enrolment, evidence, keeping, pictures, wiping
from mobile.carrier import Carrier, Delivery, Luggage
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
from mobile.keys import KeyLost, is_signed, next_key, open_key
from mobile.passes import Passes
from mobile.queries import Condition, Queries
from mobile.replica import Replica
from mobile.wiping import Emptied
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
from shared.ids import derive
from shared.kinds import REGISTRY
from shared.records import Aggregate
from sync.enrolment import Invitation, check_digits
from sync.ports import Outboxed
from sync.protocol import Wipe
from sync.session import Sizes, Surroundings
from sync.shelf import DRAWING as LAST
from sync.transfer import Around, Pace

# What an act is on when it is on no work order: the argument that names it.
ON_OP: Final = ("op.repair", "op.discard")
OFF: Final = ("device_revoked", "device_denied")
EMPTIED: Final = "emptied"
# What may be wrong with the folder of an installation, and the words for it.
FAULTS: Final[dict[type[Exception], str]] = {
    Damaged: "phone_damaged",
    Emptied: EMPTIED,
    Garbled: "enrol_again",
    KeyLost: "enrol_again",
    Missing: "phone_missing",
    Shut: "folder_shut",
    TooNew: "app_too_old",
}
TURNS_MAX: Final = 10  # of ops and files, while there are always new ops
PHOTO: Final = "photo.add"
PICTURES: Final = ("sha256", "thumb_sha256")
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

    def office_now(self) -> int:
        """What the office's clock says, as far as this phone can tell, in milliseconds."""
        return self.queries.office_time(self.clock.now())

    def condition(self) -> Condition:
        """How the phone is."""
        return self.queries.condition(free_bytes(self.folder))


def enrol(folder: Path, invitation: Invitation, name: str) -> Installation:
    """Make a folder an installation. Raises one of the `TROUBLES`, and `mobile.enrolment.Unfit`."""
    with database.room():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _finish(folder)
        newcomer = Newcomer(folder=folder, name=name, app=app_name(), key=next_key(folder))
        with _line(invitation.server, invitation.key) as wire:
            known = enrolment.enrol(invitation, newcomer, wire, dice)
        wiping.forget(folder)
        return known


def _finish(folder: Path) -> None:
    """Empty a phone that somebody wants emptied before it is another's, and tell the office.

    What else is wrong with it is no concern of whoever comes next.
    """
    with suppress(*FAULTS), opened(folder):
        pass
    tell_emptied(folder)


@contextmanager
def opened(folder: Path) -> Iterator[Phone | None]:
    """The installation in a folder, or None where there is none. Raises one of the `FAULTS`."""
    with database.room():
        wiping.go_on(folder)
        owner = installation(folder)
    if owner is None:
        if wiping.mark_in(folder) is not None:
            raise Emptied
        yield None
        return
    path = database.path_of(folder, owner.person)
    if not path.exists() or path.stat().st_size == 0:
        raise Missing(path.name)
    with closing(_connected(path)) as connection, database.room():
        identity = database.identity(connection)
        if identity is None:
            raise Missing(path.name)
        if identity.wipe is not None:  # killed before it began
            give_way(folder, owner, identity.wipe)
        replica, queries = Replica(connection), Queries(connection)
        yield Phone(
            folder=folder,
            owner=owner,
            clock=Clock(),
            replica=replica,
            queries=queries,
            journal=Journal(replica, queries),
        )


def _connected(path: Path) -> database.Connection:
    """The database, for which even a full disk has room as long as there is ballast."""
    try:
        return database.connect(path)
    except Full:
        if not ballast.throw_off(path.parent):
            raise
        return database.connect(path)


def act(phone: Phone, kind: str, number: str | None, args: dict[str, Any]) -> Outboxed | Refused:
    """Record one act of the command line; `number` names the work order it is on."""
    on = _subject(phone, kind, number, args)
    if isinstance(on, Refused):
        return on
    return record(phone, Said(kind=kind, on=on, args=args))


def record(phone: Phone, said: Said) -> Outboxed | Refused:
    """Record one act, as of now; when this returns it is on the disk, or refused.

    A photo is recorded once its bytes are on the disk: else nobody could ever send them. Anything
    else still finds room on a full disk, as long as there is ballast.
    """
    named = [said.args.get(name) for name in PICTURES] if said.kind == PHOTO else []
    for sha256 in named:
        if isinstance(sha256, str) and evidence.path_of(phone.folder, sha256) is None:
            return refuse_value("picture_gone", "args.sha256")
    now, random = phone.clock.now(), dice(DICE_BYTES)
    done = phone.journal.record(said, now=now, random=random)
    is_full = isinstance(done, Refused) and done.code == "disk_full"
    if is_full and said.kind != PHOTO and ballast.throw_off(phone.folder):
        return phone.journal.record(said, now=now, random=random)
    return done


def photograph(phone: Phone, number: str, source: Path, said: dict[str, Any]) -> Any:
    """Make a photo of a picture's file and record it on a job; what was recorded, or a refusal.

    `said` are the arguments of `photo.add` that do not come from the picture.
    """
    order = phone.queries.job_named(number)
    sheet = phone.queries.sheet(number) if order is not None else None
    if order is None or sheet is None:
        return refuse_value("unknown_subject", "wo", value=number)
    if said.get("slot", "") not in ("", *(slot.code for slot in sheet.slots)):
        return refuse_value("unknown_choice", "args.slot")
    made = pictures.prepare(source, phone.folder)
    if isinstance(made, Refused):
        return made
    args = {**structs.asdict(made), **said}
    done = record(phone, Said(kind=PHOTO, on=("work_order", order.id), args=args))
    if isinstance(done, Refused):
        return done
    told = {"id": done.op_id, "lseq": done.lseq, "kind": done.kind}
    flags = [flag.code for flag in done.flags]
    return {**told, "flags": flags, "photo": derive(done.op_id, "photo"), **structs.asdict(made)}


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
    nothing = refuse_value("unknown_subject", "wo", value=number)
    return ("work_order", order.id) if order else nothing


def talk(
    phone: Phone,
    *,
    ops_only: bool,
    gently: bool = False,
    sizes: Sizes | None = None,
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
        beside=lambda: darkroom.left(phone.folder, phone.owner.person),
        others=lambda: wiping.held_by_others(phone.folder, phone.owner.person),
        verify=is_signed,
        absorb_ms=ABSORB_MS if gently else None,
        sizes=sizes,
    )
    with _line(phone.owner.server, phone.owner.key) as wire:
        post = Post(wire=wire, key=key, folder=phone.folder, monotonic=time.monotonic)
        report = Courier(phone.replica, post, around).talk(progress)
    phone.replica.checkpoint()
    wipe = phone.replica.identity().wipe
    if wipe is None:
        return report
    try:
        give_way(phone.folder, phone.owner, wipe)
    finally:
        tell_emptied(phone.folder)


def digits(phone: Phone) -> str:
    """The digits by which the office knows this phone's key. Raises `KeyLost`."""
    return phone.owner.digits or check_digits(open_key(phone.folder).public())


def give_way(folder: Path, owner: Installation, wipe: Wipe) -> NoReturn:
    """Empty the folder as the office wants it. Raises `Emptied`."""
    wiping.begin(folder, owner, wipe.order)
    wiping.go_on(folder)
    raise Emptied


def tell_emptied(folder: Path) -> None:
    """Tell the office that this phone is empty, if it is and that has not been told; else later."""
    mark = wiping.mark_in(folder)
    if mark is None or mark.told:
        return
    with suppress(Unreachable), _line(mark.server, mark.key) as wire:
        wiping.tell(folder, partial(wire.carry, token=None))


def exchange(phone: Phone, *, ops_only: bool = False, files: bool = True) -> Report:
    """One conversation, then the files, until nothing is left of either. Raises what both raise."""
    report = talk(phone, ops_only=ops_only)
    sent = set_aside = 0
    timed_out = report.timed_out
    for _ in range(TURNS_MAX if files and not (ops_only or timed_out) else 0):
        try:
            delivery = carry(phone)
        except Busy:  # another process of this phone brings them
            break
        sent, set_aside = sent + delivery.files_sent, set_aside + delivery.set_aside
        timed_out = delivery.timed_out
        if not delivery.paused:
            break
        report = _both(report, talk(phone, ops_only=False))
    return structs.replace(
        report,
        timed_out=timed_out,
        files_sent=sent,
        files_set_aside=set_aside,
        pending_files=phone.replica.left().files,
    )


def _both(one: Report, other: Report) -> Report:
    """Two conversations as one."""
    verdicts = Counter(one.verdicts) + Counter(other.verdicts)
    return structs.replace(
        other,
        pushed=one.pushed + other.pushed,
        pulled_rows=one.pulled_rows + other.pulled_rows,
        verdicts=dict(verdicts),
        checksum_ok=one.checksum_ok and other.checksum_ok,
        audit_ok=one.audit_ok and other.audit_ok,
    )


def carry(
    phone: Phone,
    around: Around | None = None,
    pace: Pace | None = None,
    *,
    progress: Callable[[], None] = lambda: None,
) -> Delivery:
    """Bring files to the server until none is left that may go; `progress` after each answer.

    It waits while there are ops to hand in, unless `around` says otherwise. Raises what the
    carrier raises; all is kept.
    """
    replica, folder = phone.replica, phone.folder
    keeping.take_up(replica, folder)
    left = replica.left()
    delivery = Delivery(files_sent=0, pending_files=left.files, pending_bytes=left.bytes)
    if replica.next_file(LAST, ()) is not None:
        around = around or Around(ops_wait=lambda: bool(replica.outgoing(1, 1)))
        key = open_key(folder)
        with _line(phone.owner.server, phone.owner.key) as wire:
            passes = Passes(wire, key, time.monotonic)
            luggage = Luggage(road=wire, passes=passes, folder=folder, monotonic=time.monotonic)
            delivery = Carrier(replica, luggage, around, pace or Pace()).carry(progress)
    keeping.tidy(replica, folder, phone.clock.now().wall / 1000)
    ballast.take_on(folder)
    return delivery


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
        return refuse_person(_turned_away(ended))
    if isinstance(ended, WorkWaiting):
        whose = ended.whose
        return refuse_person("work_waiting", count=whose.waiting, name=whose.name or whose.person)
    if isinstance(ended, Throttled):
        return refuse_state(ended.code, seconds=int(ended.retry_after_s))
    if isinstance(ended, Busy | Full):
        return refuse_state("busy" if isinstance(ended, Busy) else "disk_full")
    if isinstance(ended, Oversized):
        return refuse_state("answer_too_large", limit=REPLY_BYTES_MAX)
    server = ended.server if isinstance(ended, Unreachable) else None
    return refuse_state("unreachable", url=server, detail=str(ended))


def _turned_away(ended: TurnedAway | Unauthorised) -> str:
    """The code of why; of a missing sign-in only that it is missing, whatever else was said."""
    if isinstance(ended, TurnedAway):
        return ended.problem.code
    return str(ended) if str(ended) in OFF else "not_signed_in"


def fault_in(wrong: Exception) -> Refused | None:
    """What a fault of the phone's database is called that shows when it is read, if it is one."""
    found = database.meaning(wrong)
    return trouble(found) if found is not None else None


def app_name() -> str:
    """What this app calls itself to the server."""
    from importlib.metadata import version

    return f"fieldfare {version('fieldfare')}"
