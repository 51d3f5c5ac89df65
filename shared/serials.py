"""Serial numbers: who was first to use one, and what happens when it turns up twice."""

from typing import Protocol

from shared.amounts import Id, Line
from shared.errors import Flag
from shared.ids import derive
from shared.records import Record, State
from shared.registry import Emit, Landing
from shared.tasks import Task


class SerialClaim(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Who was first to say that a numbered part was used, and on which job."""

    home = ("location", "location_id")

    location_id: Id
    part_id: Id
    serial: Line
    work_order_id: Id
    op_id: Id


class SerialUse(Protocol):
    """What has to be known of the use of a numbered part."""

    @property
    def id(self) -> str: ...
    @property
    def work_order_id(self) -> str: ...
    @property
    def part_id(self) -> str: ...
    @property
    def location_id(self) -> str: ...
    @property
    def serial(self) -> str: ...


def claim(used: SerialUse) -> Emit:
    """The fact that a numbered part was used on a job."""
    return Emit(
        on=("location", used.location_id),
        name="serial.claim",
        args={"part": used.part_id, "serial": used.serial, "work_order": used.work_order_id},
    )


def claimed(state: State, emit: Emit, op_id: str, at: int) -> Landing:
    """The first claim of a serial number stands; a second one opens a task (promise: F12)."""
    part, serial = str(emit.args["part"]), str(emit.args["serial"])
    first = state.find(SerialClaim, claim_id(part, serial))
    if first is None or first.op_id == op_id:
        claim = SerialClaim(
            id=claim_id(part, serial),
            location_id=emit.on[1],
            part_id=part,
            serial=serial,
            work_order_id=str(emit.args["work_order"]),
            op_id=op_id,
        )
        return Landing(rows=(claim,))
    second = Task(
        id=derive(op_id, "task", "serial_twice"),
        home_noun="location",
        home_id=emit.on[1],
        code="serial_twice",
        params={"serial": serial, "part": part, "first": first.work_order_id},
        op_id=op_id,
        at=at,
    )
    return Landing(rows=(second,), flags=(Flag(code="serial_twice", params={"serial": serial}),))


def release(used: SerialUse) -> Emit:
    """The fact that the use of a numbered part was booked by mistake."""
    return Emit(
        on=("location", used.location_id),
        name="serial.release",
        args={"part": used.part_id, "serial": used.serial, "use": used.id},
    )


def released(state: State, emit: Emit, _op_id: str, _at: int) -> Landing:
    """A serial number whose use was booked by mistake is free again."""
    claim = state.find(SerialClaim, claim_id(str(emit.args["part"]), str(emit.args["serial"])))
    if claim is None or derive(claim.op_id, "part") != emit.args["use"]:
        return Landing()
    return Landing(removed=(claim,))


def claim_id(part_id: str, serial: str) -> str:
    """The id of the one claim of a serial number."""
    return derive("serial", part_id, serial)


ABSORBS = {"serial.claim": claimed, "serial.release": released}
