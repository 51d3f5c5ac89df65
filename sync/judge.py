"""Judging one op against the rows it may see. The same on the phone and on the server."""

from typing import Any

from msgspec import Struct, field, structs

from shared.beginning import BeginArgs
from shared.clock import Corrected
from shared.editing import EditArgs, Winners, subject_of
from shared.errors import Flag, Params, Refused, refuse_person, refuse_value
from shared.fields import FIELDS
from shared.ops import SYSTEM, Op, Verdict
from shared.people import Person, may, needs_the_job
from shared.records import Record, State, home, stream_of
from shared.registry import Act, Emit, Kind, Outcome, Registry
from shared.work_order import Completion, WorkOrder, standing
from sync.merge import Lost, Merged, merge, opened

SYSTEM_PERSON = Person(
    id=SYSTEM,
    login="system",
    name="system",
    roles=(
        *("administrator", "dispatcher", "warehouse", "customer_service", "service_manager"),
        "system",
    ),
)


class Case(Struct, frozen=True, kw_only=True):
    """An op that can be judged: read, with its rule, its arguments and when it was done.

    `alias` is as in `Arrived`.
    """

    op: Op
    rule: Kind
    args: Any
    time: Corrected
    alias: str | None = None


class Judgement(Struct, frozen=True, kw_only=True):
    """What becomes of an op: the verdict, why, and everything it does.

    `rows` and `removed` belong to the thing the op is on; `emits` land elsewhere. `keep` of a
    refusal is already among them. `detail` is what the author is told.
    """

    verdict: Verdict
    code: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    rows: tuple[Record, ...] = ()
    removed: tuple[Record, ...] = ()
    emits: tuple[Emit, ...] = ()
    flags: tuple[Flag, ...] = ()


class Stood(Struct, frozen=True, kw_only=True):
    """An author's right to act, with flags; `former` when the job was taken from him since."""

    flags: tuple[Flag, ...] = ()
    former: bool = False


def judge(state: State, case: Case) -> Judgement:
    """The one judgement: authorise, merge, reduce. Never raises for what a person can cause."""
    if case.op.on[0] not in case.rule.nouns:
        return _refused(refuse_value("wrong_value", "on", reason=case.op.on[0]), ())
    author = person(state, case.op.by)
    if author is None:
        return _refused(refuse_value("unknown_person", "by"), ())
    act = Act(
        op_id=case.op.id,
        kind=case.op.kind,
        on=case.op.on,
        by=author,
        at=case.time.ms,
        origin=case.op.origin,
        visit=case.op.visit,
        args=case.args,
        alias=case.alias,
        earliest=case.time.earliest,
        latest=case.time.latest,
        received=case.time.received,
    )
    stood = _authorise(state, act)
    if isinstance(stood, Refused):
        return _refused(stood, ())
    if case.rule.creates and case.op.on[1] != case.op.id:
        return _refused(refuse_value("wrong_value", "on", reason=case.op.on[1]), ())
    if stood.former and case.rule.cls in ("status", "edit") and not case.rule.withdraws:
        return _former(state, act, case)
    if case.rule.cls == "edit":
        return _edited(state, act, case, stood.flags)
    return _reduced(state, act, case, stood.flags)


def person(state: State, identity: str) -> Person | None:
    """The author, also when it is the system itself."""
    return SYSTEM_PERSON if identity == SYSTEM else state.find(Person, identity)


def land(registry: Registry, state: State, judged: Judgement, op: tuple[str, int]) -> Judgement:
    """Put what a judgement does into the rows; returns it with the flags of where it landed.

    `op` is (id of the op, corrected time in ms).
    """
    for row in judged.rows:
        state.put(row)
    for row in judged.removed:
        state.remove(row)
    flags = list(judged.flags)
    for emit in judged.emits:
        landing = registry.absorbs[emit.name](state, emit, *op)
        for row in landing.rows:
            state.put(row)
        for row in landing.removed:
            state.remove(row)
        flags += landing.flags
    if len(flags) == len(judged.flags):
        return judged
    return structs.replace(judged, flags=tuple(flags))


def streams_of(judged: Judgement) -> frozenset[str]:
    """The streams a judgement's effect is in."""
    rows = (*judged.rows, *judged.removed)
    homes = [place for row in rows for place in (home(row), row.travels_with())]
    places = {place for place in homes if place is not None} | {emit.on for emit in judged.emits}
    return frozenset(stream_of(place) for place in places)


def _authorise(state: State, act: Act) -> Stood | Refused:
    if not may(act.by.roles, act.kind):
        return refuse_person("not_permitted", kind=act.kind)
    ended = (Flag(code="role_ended"),) if act.by.disabled else ()
    if _is_orphaned(state, act):
        return Stood(flags=(*ended, Flag(code="orphan")), former=True)
    if not needs_the_job(act.by, act.kind) or act.on[0] not in ("work_order", "site"):
        return Stood(flags=ended)
    job = _job(state, act)
    if isinstance(job, Refused):
        return job
    place = standing(state, job.id, act.by.id)
    if place == "stranger":
        return refuse_person("not_assigned", number=job.number)
    if place == "former_assignee":
        return Stood(flags=(*ended, Flag(code="by_former_assignee")), former=True)
    return Stood(flags=ended)


def _job(state: State, act: Act) -> WorkOrder | Refused:
    """The job that gives a field worker the right to act."""
    on_site = act.on[0] == "site"
    named, field = _job_named(act)
    if named is None:
        return refuse_value("missing_field", field)
    job = state.find(WorkOrder, named)
    if job is None or (on_site and job.site_id != act.on[1]):
        return refuse_value("unknown_subject", field)
    return job


def _job_named(act: Act) -> tuple[str | None, str]:
    """The job that gives the right to act, and where the op says so."""
    if act.on[0] == "site":
        return getattr(act.args, "work_order", None), "args.work_order"
    if isinstance(act.args, BeginArgs):  # beside that one
        return act.args.beside, "args.beside"
    return act.on[1], "on"


def _is_orphaned(state: State, act: Act) -> bool:
    """Whether this is on the stub of something whose beginning came to nothing, by its author."""
    job = state.find(WorkOrder, _job_named(act)[0])
    if job is None or not job.orphan or act.origin != "device":
        return False
    place = standing(state, job.id, act.by.id)
    return place == "former_assignee" or (
        place == "stranger" and not needs_the_job(act.by, act.kind)
    )


def _edited(state: State, act: Act, case: Case, flags: tuple[Flag, ...]) -> Judgement:
    args: EditArgs = act.args
    for name in args.fields:
        if name not in FIELDS:
            detail = _detail(f"args.fields.{name}", {"name": name})
            return Judgement(verdict=Verdict.QUARANTINED, code="future_field", detail=detail)
        if FIELDS[name].noun != act.on[0]:
            return _refused(refuse_value("unknown_field", f"args.fields.{name}", name=name), ())
    current = subject_of(state, act.on)
    if current is None:
        return _refused(refuse_value("unknown_subject", "on"), ())
    merged = merge(state, act, current)
    if isinstance(merged, Refused):
        return _refused(merged, ())
    written = structs.replace(act, args=Winners(fields=merged.winners))
    outcome = case.rule.reduce(state, written)
    if isinstance(outcome, Refused):
        return _refused(outcome, ())
    verdict = _worst(merged)
    both = "kept_both" in merged.results.values()
    return Judgement(
        verdict=verdict,
        code="edited_meanwhile" if verdict is Verdict.CONFLICT else None,
        detail={"fields": dict(merged.results)},
        rows=(*outcome.rows, *merged.conflicts),
        flags=(*flags, *((Flag(code="kept_both"),) if both else ())),
    )


def _worst(merged: Merged) -> Verdict:
    if merged.conflicts:
        return Verdict.CONFLICT
    return Verdict.MERGED if set(merged.results.values()) <= {"merged"} else Verdict.APPLIED


def _reduced(state: State, act: Act, case: Case, flags: tuple[Flag, ...]) -> Judgement:
    outcome = case.rule.reduce(state, act)
    if isinstance(outcome, Refused):
        if outcome.grounds == "state" and case.rule.cls == "status":
            return _contradicted(state, act, outcome, flags)
        return _refused(outcome, flags)
    return Judgement(
        verdict=Verdict.MERGED if outcome.merged else Verdict.APPLIED,
        rows=outcome.rows,
        removed=outcome.removed,
        emits=outcome.emits,
        flags=(*flags, *outcome.flags),
    )


def _contradicted(state: State, act: Act, refused: Refused, flags: tuple[Flag, ...]) -> Judgement:
    """A status that cannot be: what stands stays, what was wanted is kept for a person."""
    kept = refused.keep if isinstance(refused.keep, Outcome) else Outcome()
    lost = Lost(
        "status",
        refused.code,
        None,
        refused.params.get("status"),
        refused.params.get("wanted"),
    )
    return Judgement(
        verdict=Verdict.CONFLICT,
        code=refused.code,
        detail=_detail(refused.field, refused.params),
        rows=(*kept.rows, opened(state, act, lost)),
        emits=kept.emits,
        flags=(*flags, *kept.flags),
    )


def _former(state: State, act: Act, case: Case) -> Judgement:
    """A status or an edit by somebody who no longer has the job: kept, never run (C47, C48)."""
    current = subject_of(state, act.on)
    wanted = case.rule.reduce(state, act) if case.rule.cls == "status" else None
    why = "orphan" if _is_orphaned(state, act) else "former_assignee"
    pairs: list[Lost] = []
    if isinstance(act.args, EditArgs):
        for name, (seen, new) in act.args.fields.items():
            if name in FIELDS and FIELDS[name].noun == act.on[0]:
                pairs.append(Lost(name, why, seen, getattr(current, name, None), new))
    else:
        pairs.append(Lost("status", why, None, *_step(current, wanted)))
    kept = _evidence(wanted)
    return Judgement(
        verdict=Verdict.CONFLICT,
        code=why,
        detail=_detail(None, {"kind": act.kind}),
        rows=(*kept, *(opened(state, act, one) for one in pairs)),
        flags=(Flag(code="orphan" if why == "orphan" else "by_former_assignee"),),
    )


def _step(current: Record | None, wanted: Outcome | Refused | None) -> tuple[Any, Any]:
    """The status that stands, and the one the step would have led to."""
    stands = getattr(current, "status", None)
    if isinstance(wanted, Refused):
        return (stands, wanted.params.get("wanted"))
    rows = wanted.rows if wanted is not None else ()
    return (stands, next((row.status for row in rows if isinstance(row, WorkOrder)), stands))


def _evidence(wanted: Outcome | Refused | None) -> tuple[Record, ...]:
    """What a refused step leaves as evidence: the technician's report."""
    from_refusal = wanted.keep if isinstance(wanted, Refused) else wanted
    rows = from_refusal.rows if isinstance(from_refusal, Outcome) else ()
    return tuple(row for row in rows if isinstance(row, Completion))


def _refused(refused: Refused, flags: tuple[Flag, ...]) -> Judgement:
    return Judgement(
        verdict=Verdict.REJECTED,
        code=refused.code,
        detail=_detail(refused.field, refused.params),
        flags=flags,
    )


def _detail(path: str | None, params: Params) -> dict[str, Any]:
    told: dict[str, Any] = {"field": path} if path else {}
    return {**told, "params": dict(params)} if params else told
