"""Ops from the office: what a person or a program there does, through the same one door."""

from typing import Annotated, Any, Final

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from server.office import AnyRequest, Asked, LastAdministrator, Office, catalogue_of
from server.problems import FAULTS, Fault, reason, wrong_fields
from server.sessions import Actor
from shared.errors import Params
from shared.kinds import REGISTRY
from shared.ops import Verdict
from shared.texts import Catalogue, say
from sync.arrival import read
from sync.protocol import OPS_PER_PUSH_MAX, Result, WireOp

# What means "from the future" of a phone's op is a slip of the pen in one made for this server.
SLIPS: Final = {
    "future_kind": ("unknown_choice", "kind"),
    "future_version": ("out_of_range", "v"),
    "future_field": ("unknown_field", None),
}


class Batch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ops, decided in order."""

    ops: Annotated[list[Asked], Meta(min_length=1, max_length=OPS_PER_PUSH_MAX)]


class ToldFlag(Struct, frozen=True, kw_only=True):
    """A flag, in words."""

    code: str
    text: str
    params: dict[str, Any]


class Told(Struct, frozen=True, kw_only=True):
    """What became of an op; `reason` is in the caller's language."""

    id: str
    verdict: str
    code: str | None
    reason: str | None
    field: str | None
    detail: dict[str, Any]
    flags: list[ToldFlag]


class Results(Struct, frozen=True, kw_only=True):
    """What became of the ops, in the order they were asked."""

    results: list[Told]


@post("/api/ops", opt={"intent": "sign_in"}, status_code=200, responses=FAULTS, sync_to_thread=True)
def act(
    data: JSONBody[Batch],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Results:
    """Give every op its verdict. A refusal is an answer, not an error."""
    now, by = office.now_ms(), actor.person.id
    first = now - len(data.ops) + 1
    wires = [
        # A millisecond apart, so that a story tells them in the order they were said.
        WireOp(lseq=place, id=asked.id, body=office.body(asked, by, first + place))
        for place, asked in enumerate(data.ops)
    ]
    faults = [fault for place, wire in enumerate(wires) if (fault := _slip(place, wire))]
    if faults:
        raise wrong_fields(faults)
    try:
        results = office.receive(wires, by, now)
    except LastAdministrator:
        params: Params = {"login": actor.person.login}
        raise wrong_fields([Fault(code="last_administrator", field="ops", params=params)]) from None
    office.log.info(
        "ops",
        person=by,
        ops=[wire.id for wire in wires],
        verdicts=[str(result.verdict) for result in results],
    )
    catalogue = catalogue_of(office, request)
    return Results(results=[_told(catalogue, result) for result in results])


def _slip(place: int, wire: WireOp) -> Fault | None:
    """What a phone of tomorrow might mean, and a client of today cannot."""
    problem = read(wire, REGISTRY).problem
    if problem is None or problem.verdict is not Verdict.QUARANTINED:
        return None
    code, field = SLIPS.get(problem.code, (problem.code, None))
    path = field or problem.field or "args"
    return Fault(code=code, field=f"ops.{place}.{path}", op=wire.id, params=problem.params)


def _told(catalogue: Catalogue, result: Result) -> Told:
    why = None
    if result.code is not None:
        why = reason(catalogue, result.code, result.detail)
    field = result.detail.get("field")
    return Told(
        id=result.id,
        verdict=result.verdict,
        code=result.code,
        reason=why,
        field=field if isinstance(field, str) else None,
        detail=result.detail,
        flags=[
            ToldFlag(
                code=flag.code,
                text=say(catalogue, "flags", flag.code, flag.params),
                params=dict(flag.params),
            )
            for flag in result.flags
        ],
    )
