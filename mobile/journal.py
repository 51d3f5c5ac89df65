"""The phone's one door for writes: what a person did becomes an op in the outbox, or is refused."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from mobile.database import Full
from mobile.outbox import is_torn
from mobile.queries import TORN, Queries
from mobile.replica import Replica
from shared.clock import At
from shared.editing import subject_of
from shared.errors import Refused, refuse_state, refuse_value
from shared.fields import FIELDS
from shared.ids import RANDOM_BYTES, derive, fingerprint, is_id, uuid7
from shared.kinds import REGISTRY
from shared.ops import SALT_BYTES
from shared.people import Person
from shared.records import Aggregate, State
from shared.visit import open_visit
from shared.work_order import WorkOrder
from sync.ports import Notice, Outboxed, Wanted
from sync.recording import Draft, record

DICE_BYTES: Final = RANDOM_BYTES + SALT_BYTES  # what `record` needs of randomness
PAIR: Final = 2


class Said(Struct, frozen=True, kw_only=True):
    """What somebody says they did: the verb, on what, in which words, on which visit.

    `args` may leave out what goes without saying: the visit one is on, the value that was on the
    screen when a field was edited (`{"fields": {"contact_phone": "..."}}`), one's own van. A part
    may be named by its number or bar code. A repair says what is to be different (`args` as a
    whole); the rest is as in the op that `of` names, by its own id or the one it is kept under.
    What begins a job is said of the job that one is on.
    """

    kind: str
    on: Aggregate
    args: dict[str, Any]
    visit: str | None = None


class Journal:
    """Records what its person does. `queries` and `replica` share one connection."""

    def __init__(self, replica: Replica, queries: Queries) -> None:
        self._replica = replica
        self._queries = queries

    def record(self, said: Said, *, now: At, random: bytes) -> Outboxed | Refused:
        """Write one act down, with its effect on what is shown; or say why not.

        `random` is `DICE_BYTES` of it. One transaction: when this returns an entry of the outbox,
        a power cut changes nothing any more; when it returns a refusal, nothing was written.
        """
        assert len(random) == DICE_BYTES
        rule = REGISTRY.kinds.get(said.kind)
        if rule is None:
            return refuse_value("unknown_choice", "kind")
        wrong = _unwritable(said)
        if wrong is not None:
            return wrong
        meant = self._completed(said, self._replica.identity().person)
        if isinstance(meant, Refused):
            return meant
        identity = uuid7(now.wall, random[:RANDOM_BYTES])
        draft = Draft(
            id=identity,
            kind=meant.kind,
            v=rule.version,
            on=(meant.on[0], identity) if rule.creates else meant.on,
            args=meant.args,
            at=now,
            salt=random[RANDOM_BYTES:].hex(),
            visit=meant.visit,
        )
        try:
            return record(self._replica, REGISTRY, draft)
        except Full:
            return refuse_state("disk_full")

    def acknowledge(self, notices: Iterable[str], op_id: str | None = None) -> None:
        """Keep that its person has read these notices, by id. No other phone learns of it.

        An op that came to harm on this phone is told of by nobody: `op_id` is noted as read, too.
        """
        entry = self._replica.known_as(op_id) if op_id is not None else None
        torn = [_told_torn(entry)] if entry is not None and is_torn(entry) else []
        with self._replica.transaction():
            self._replica.notify(torn)
            self._replica.acknowledge([*notices, *(one.id for one in torn)])

    def _completed(self, said: Said, person: str) -> Said | Refused:
        """What was said, with what goes without saying."""
        state = self._replica.load(_about(said.on, person), base=False)
        if said.visit is None and said.on[0] == "work_order":
            visit = open_visit(state, said.on[1], person)
            said = structs.replace(said, visit=visit.id if visit is not None else None)
        complete = _COMPLETE.get(said.kind)
        scene = _Scene(self._replica, self._queries, state, person)
        return complete(said, scene) if complete is not None else said


class _Scene(Struct, frozen=True):
    """What completing an act may look at: the phone, what is shown of the thing, and who acts."""

    replica: Replica
    queries: Queries
    state: State
    person: str


def _complete_edit(said: Said, scene: _Scene) -> Said | Refused:
    """New values get what is shown now as what was seen; a site is edited from a job."""
    fields = said.args.get("fields")
    if not isinstance(fields, dict):
        return said
    order = scene.state.find(WorkOrder, said.on[1])
    args, on, state = dict(said.args), said.on, scene.state
    nouns = {_noun(name) for name in fields} - {None}
    if len(nouns) > 1:
        return refuse_value("two_subjects", "args.fields")
    if order is not None and "site" in nouns:
        on = ("site", order.site_id)
        args.setdefault("work_order", order.id)
        state = scene.replica.load(_about(on, scene.person), base=False)
    here = subject_of(state, on)
    args["fields"] = {
        name: value if _is_pair(value) else [getattr(here, name, None), value]
        for name, value in fields.items()
    }
    return structs.replace(said, on=on, args=args)


def _complete_begin(said: Said, scene: _Scene) -> Said:
    """A job is begun beside the one that one is on, or the one beside which that was begun.

    What the office does not have yet is nothing to lean on: it may come to nothing.
    """
    order = scene.state.find(WorkOrder, said.on[1])
    here = said.on[1]
    if order is not None and order.version is None and order.beside_id is not None:
        here = order.beside_id
    return structs.replace(said, args={"beside": here, **said.args}, visit=None)


def _complete_part(said: Said, scene: _Scene) -> Said | Refused:
    """A part may be named by its number or bar code."""
    part = said.args.get("part")
    if not isinstance(part, str) or is_id(part):
        return said
    found = scene.queries.part_named(part)
    if found is None:
        return refuse_value("unknown_subject", "args.part")
    return structs.replace(said, args={**said.args, "part": found.id})


def _complete_use(said: Said, scene: _Scene) -> Said | Refused:
    """A part may be named by its number or bar code; it comes from one's own van."""
    known = _complete_part(said, scene)
    me = scene.state.find(Person, scene.person)
    if isinstance(known, Refused) or "location" in known.args or me is None or me.van_id is None:
        return known
    return structs.replace(known, args={**known.args, "location": me.van_id})


def _complete_mend(said: Said, scene: _Scene) -> Said:
    """An op is mended under the id it is kept under; what a repair does not say stays as it was."""
    found = scene.replica.known_as(str(said.args.get("of", "")))
    if found is None:
        return said
    kept = found.detail.get("op_id", found.op_id)
    args = {**said.args, "of": kept}
    if said.kind == "op.repair":
        args = {**_as_it_was(found), **args}
    return structs.replace(said, on=("op", kept), args=args)


def _as_it_was(entry: Outboxed) -> dict[str, Any]:
    """What a repair needs of an op, as far as its body can be read."""
    known = {
        "body_fingerprint": fingerprint(entry.body),
        "kind": entry.kind,
        "on": list(entry.on),
    }
    try:
        told = msgspec.json.decode(entry.body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return known
    names = ("kind", "v", "on", "args")
    said = {name: told[name] for name in names if name in told} if isinstance(told, dict) else {}
    return {**known, **said}


_COMPLETE: Final[dict[str, Callable[[Said, _Scene], Said | Refused]]] = {
    "edit": _complete_edit,
    "op.discard": _complete_mend,
    "op.repair": _complete_mend,
    "work_order.begin": _complete_begin,
    "parts.order": _complete_part,
    "parts.plan": _complete_part,
    "parts.use": _complete_use,
}


def _told_torn(entry: Outboxed) -> Notice:
    """What the inbox tells of an op that came to harm."""
    job = entry.on[1] if entry.on[0] == "work_order" else None
    return Notice(
        id=derive("notice", entry.op_id),
        kind="refused",
        at=entry.recorded,
        job=job,
        op_id=entry.op_id,
        op_kind=entry.kind,
        code=TORN,
    )


def _about(on: Aggregate, person: str) -> Wanted:
    return Wanted(aggregates=frozenset({on}), refs=frozenset({(Person, person)}))


def _noun(field: str) -> str | None:
    return FIELDS[field].noun if field in FIELDS else None


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == PAIR


def _unwritable(said: Said) -> Refused | None:
    """The refusal of words that no JSON can hold, such as half a character or a huge number."""
    try:
        msgspec.json.encode((said.on, said.args, said.visit)).decode()
    except (OverflowError, RecursionError, TypeError, UnicodeError):
        return refuse_value("not_text", "args")
    return None
