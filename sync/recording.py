"""The one door on the phone: an act is judged, and if the rules allow it, it is in the outbox."""

from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from shared.beginning import provisional_number
from shared.clock import MS_MAX, At, corrected
from shared.errors import Refused, refuse_person
from shared.ids import fingerprint
from shared.ops import BODY_BYTES_MAX, Op, encode
from shared.records import Aggregate
from shared.registry import Kind, Registry
from shared.visit import Visit, first_open, visit_at_hand
from sync.arrival import read
from sync.facts import did, moved as facts_moved, moves
from sync.files import named
from sync.overlay import Weighed, weigh
from sync.ports import Identity, Outboxed, Replica, Wanted
from sync.protocol import WireOp
from sync.timing import time_here

# What a server keeps because it may learn it, the device that says it simply does not know.
_UNKNOWN_HERE: Final = {"future_kind": "unknown_choice", "future_field": "unknown_field"}


class Draft(Struct, frozen=True, kw_only=True):
    """What somebody means to do: everything of an op that its author's device does not know.

    `args` are builtins, as JSON has them; `at` is the clock evidence of the tap.
    """

    id: str
    kind: str
    on: Aggregate
    args: Any
    at: At
    salt: str
    v: int = 1
    visit: str | None = None


def record(replica: Replica, registry: Registry, draft: Draft) -> Outboxed | Refused:
    """Write an act down in one transaction, or say why not and write nothing."""
    with replica.transaction():
        done = _recorded(replica, registry, draft)
    if isinstance(done, Refused):
        return structs.replace(done, code=_UNKNOWN_HERE.get(done.code, done.code))
    return done


def _recorded(replica: Replica, registry: Registry, draft: Draft) -> Outboxed | Refused:
    identity = replica.identity()
    if identity.wipe is not None:
        return refuse_person("wiped")
    rule = registry.kinds.get(draft.kind)
    visit = draft.visit or _visit_at_hand(replica, identity.person, draft.on, rule)
    if rule is not None and rule.provisional:
        identity = structs.replace(identity, begun=identity.begun + 1)
        draft = _called(identity, rule, draft)
    body = encode(_op(identity, draft, visit))
    size = len(body.encode())
    if size > BODY_BYTES_MAX:
        return Refused(code="too_large", grounds="value", params={"limit": BODY_BYTES_MAX})
    lseq = replica.next_lseq()
    arrived = read(WireOp(lseq=lseq, id=draft.id, body=body), registry)
    if arrived.problem is not None:
        problem = arrived.problem
        return Refused(
            code=problem.code, grounds="value", field=problem.field, params=problem.params
        )
    assert arrived.op is not None
    known = [identity.sighting] if identity.sighting is not None else []
    since = identity.stamp.server_ms if identity.stamp is not None else 0
    moment = corrected(draft.at, known, MS_MAX, since=since).ms
    weighed = weigh(replica, registry, arrived, time_here(moment))
    if isinstance(weighed, Refused):
        return weighed
    entry = Outboxed(
        lseq=lseq,
        op_id=draft.id,
        fingerprint=fingerprint(body),
        body=body,
        kind=draft.kind,
        on=draft.on,
        by=identity.person,
        recorded=moment,
        incarnation=identity.incarnation,
        emits=weighed.judged.emits,
        flags=weighed.judged.flags,
    )
    replica.append(entry)
    replica.hold(named(replica, entry.on, arrived.args, moment))
    replica.show_also(weighed.rows)
    _learn(replica, entry, weighed)
    replica.identify(structs.replace(identity, prev=entry.fingerprint))
    return entry


def _called(identity: Identity, rule: Kind, draft: Draft) -> Draft:
    """An act that begins something, with the number that it has until the office gives it one."""
    number = provisional_number(identity.incarnation, identity.begun)
    args = draft.args if isinstance(draft.args, dict) else {}
    return structs.replace(draft, args={**args, rule.provisional: number})


def _learn(replica: Replica, entry: Outboxed, weighed: Weighed) -> None:
    """What somebody did themselves is no news to them when it comes back from the server."""
    on, moved = entry.on, moves(weighed.judged.emits)
    if not (weighed.learnt or moved):
        return
    told = replica.told([on, *moved])
    known = {place: facts_moved(told[place], moved[place]) for place in moved if place in told}
    if on in told or entry.op_id == on[1]:  # what they began is theirs from the beginning
        known[on] = did(told.get(on, {}), entry.op_id, weighed.learnt)
    replica.tell(known)


def _op(identity: Identity, draft: Draft, visit: str | None) -> Op:
    return Op(
        id=draft.id,
        kind=draft.kind,
        v=draft.v,
        on=draft.on,
        by=identity.person,
        origin="device",
        at=draft.at,
        salt=draft.salt,
        args=msgspec.Raw(msgspec.json.encode(draft.args)),
        after=identity.stamp,
        prev=identity.prev,
        visit=visit,
    )


def _visit_at_hand(replica: Replica, person: str, on: Aggregate, rule: Kind | None) -> str | None:
    """The visit this person is on, or is planned to go on, at this job.

    What may come after the end of a visit belongs to the last one, until the next has begun.
    """
    if on[0] != "work_order":
        return None
    state = replica.load(Wanted(aggregates=frozenset({on}), refs=frozenset()), base=False)
    belated = rule is not None and rule.belated
    visit = (visit_at_hand if belated else first_open)(state.of(Visit, on[1]), person)
    return visit.id if visit is not None else None
