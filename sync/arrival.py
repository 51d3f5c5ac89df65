"""Reading ops as they arrive, each on its own, so that one bad op stops only itself."""

import re
from typing import Any

import msgspec
from msgspec import Struct, structs

from shared.amounts import has_control_characters
from shared.errors import Params
from shared.ids import fingerprint_of, id_of_unreadable, is_id
from shared.ops import BODY_BYTES_MAX, Op, Verdict, decode
from shared.records import Aggregate
from shared.registry import Kind, Registry
from sync.protocol import WireOp

PAIR = 2
VERSION_MAX = 1_000_000
# The codes of what a later version of the server may be able to judge.
BEYOND_US = frozenset({"future_kind", "future_version", "future_field", "crashed"})
_PATH = re.compile(r" - at (?:`key` in )?`\$(.*)`$")
_UNKNOWN = re.compile(r"^Object contains unknown field `(.*)`")
_MISSING = re.compile(r"^Object missing required field `(.*)`")
_WRONG_TYPE = re.compile(r"^Expected `.*`, got `.*`")
_ESCAPE = re.compile(rb"\\u[0-9a-fA-F]{4}|\\[bf]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]|\x7f")


class Problem(Struct, frozen=True, kw_only=True):
    """What is wrong with an op before anybody looks at the books."""

    verdict: Verdict
    code: str
    field: str | None = None
    params: Params = msgspec.field(default_factory=dict)


class Arrived(Struct, frozen=True, kw_only=True):
    """An op as it arrived: what could be read of it, and the problem if not all could.

    `kind`, `on` and `by` are what the header says, also where the rest is not understood. `op` is
    there as well where only its verb or its arguments are beyond us. `alias` is the id that it was
    said under, where that has been merged into what it is `on` now.
    """

    lseq: int
    wire_id: str
    op_id: str
    body: str
    fingerprint: str
    op: Op | None = None
    args: Any = None
    rule: Kind | None = None
    problem: Problem | None = None
    kind: str | None = None
    v: int | None = None
    on: Aggregate | None = None
    by: str | None = None
    origin: str | None = None
    alias: str | None = None


class Header(Struct, frozen=True, kw_only=True):
    """As much of a body as is needed to know whose it is and what it is on, whatever it holds."""

    id: str
    kind: Any = None
    v: Any = None
    on: Any = None
    by: Any = None
    origin: Any = None


_header = msgspec.json.Decoder(Header)


def read(wire: WireOp, registry: Registry) -> Arrived:
    """Everything that can be said of an op without the books."""
    said = wire.body.encode("utf-8", "surrogatepass")
    print_ = fingerprint_of(said)
    if len(said) > BODY_BYTES_MAX:
        op_id = wire.id if is_id(wire.id) else id_of_unreadable(print_)
        limit: Params = {"limit": BODY_BYTES_MAX}
        problem = Problem(verdict=Verdict.REJECTED, code="too_large", params=limit)
        return structs.replace(_unread(wire, print_), op_id=op_id, problem=problem)
    try:
        op = decode(wire.body)
        if op.id == wire.id:
            return _understand(wire, print_, op, registry)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass  # what is wrong is said below
    return _misunderstood(wire, print_)


def _unread(wire: WireOp, print_: str) -> Arrived:
    return Arrived(
        lseq=wire.lseq, wire_id=wire.id, op_id=wire.id, body=wire.body, fingerprint=print_
    )


def _misunderstood(wire: WireOp, print_: str) -> Arrived:
    """An op that is no op, or not the one it is said to be: as much as its header says."""
    arrived = _unread(wire, print_)
    header = _read_header(wire.body)
    if header is None or not is_id(header.id):
        return set_aside(arrived, "unreadable")
    if header.id != wire.id:
        return set_aside(arrived, "id_mismatch")
    try:
        decode(wire.body)
    except msgspec.ValidationError as wrong:
        return structs.replace(_headed(arrived, header), problem=shape_problem(wrong, ""))
    except RecursionError:  # brackets without end
        pass
    return set_aside(arrived, "unreadable")


def _headed(arrived: Arrived, header: Header) -> Arrived:
    on = header.on if isinstance(header.on, list) else []
    named = len(on) == PAIR and all(isinstance(one, str) for one in on)
    is_version = isinstance(header.v, int) and abs(header.v) <= VERSION_MAX
    return structs.replace(
        arrived,
        kind=header.kind if isinstance(header.kind, str) else None,
        v=header.v if is_version else None,
        on=(on[0], on[1]) if named else None,
        by=header.by if isinstance(header.by, str) else None,
        origin=header.origin if isinstance(header.origin, str) else None,
    )


def _read_header(body: str) -> Header | None:
    try:
        return _header.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def set_aside(arrived: Arrived, code: str) -> Arrived:
    """The op under the id of its bytes, because it cannot be kept under the id it claims."""
    return structs.replace(
        arrived,
        op_id=id_of_unreadable(arrived.fingerprint),
        op=None,
        args=None,
        rule=None,
        kind=None,
        v=None,
        on=None,
        by=None,
        origin=None,
        problem=Problem(verdict=Verdict.QUARANTINED, code=code),
    )


def _understand(wire: WireOp, print_: str, op: Op, registry: Registry) -> Arrived:
    rule, problem, args = registry.kinds.get(op.kind), None, None
    if rule is None:
        problem = _from_the_future(op, "future_kind", "kind")
    elif op.v > rule.version:
        rule, problem = None, _from_the_future(op, "future_version", "v")
    else:
        args = read_args(op, rule, registry)
        if isinstance(args, Problem):
            rule, problem, args = None, args, None
    return Arrived(
        lseq=wire.lseq,
        wire_id=wire.id,
        op_id=wire.id,
        body=wire.body,
        fingerprint=print_,
        op=op,
        args=args,
        rule=rule,
        problem=problem,
        kind=op.kind,
        v=op.v,
        on=op.on,
        by=op.by,
        origin=op.origin,
    )


def read_args(op: Op, rule: Kind, registry: Registry) -> Any | Problem:
    """The checked arguments of an op in today's version, or what is wrong with them."""
    raw = bytes(op.args)
    unsayable = _unsayable(raw)
    if unsayable is not None:
        return Problem(verdict=Verdict.REJECTED, code="not_text", field=unsayable)
    try:
        if op.v == rule.version:
            return registry.args(op.kind, raw)
        older = msgspec.json.decode(raw, type=dict[str, Any])
        today = _upcast(op, registry, older)
        return today if isinstance(today, Problem) else registry.args(op.kind, today)
    except msgspec.ValidationError as wrong:
        return shape_problem(wrong, "args")


def _upcast(op: Op, registry: Registry, older: dict[str, Any]) -> bytes | Problem:
    """Nobody has checked what an older version said: where a step breaks on it, a person looks."""
    try:
        return msgspec.json.encode(registry.upcast(op.kind, op.v, older))
    except (LookupError, TypeError, ValueError, AttributeError):
        return Problem(verdict=Verdict.QUARANTINED, code="crashed", params={"reference": op.id})


def shape_problem(wrong: msgspec.ValidationError, root: str) -> Problem:
    """The problem behind a failed check: what is wrong, and the path of the field at fault.

    The library tells them apart only in words, so this is the one place that reads them. A field
    nobody knows means an op from the future; everything else is wrong for good.
    """
    text = str(wrong)
    found = _PATH.search(text)
    path = (root + found.group(1)) if found else root
    path = path.removeprefix(".")
    reason = _PATH.sub("", text)
    for pattern, code, verdict in (
        (_UNKNOWN, "future_field", Verdict.QUARANTINED),
        (_MISSING, "missing_field", Verdict.REJECTED),
    ):
        named = pattern.search(reason)
        if named:
            field = f"{path}.{named.group(1)}".removeprefix(".")
            return Problem(verdict=verdict, code=code, field=field)
    code = "wrong_type" if _WRONG_TYPE.search(reason) else "out_of_range"
    return Problem(
        verdict=Verdict.REJECTED, code=code, field=path or None, params={"reason": reason}
    )


def _from_the_future(op: Op, code: str, field: str) -> Problem:
    params: Params = {"kind": op.kind}
    return Problem(verdict=Verdict.QUARANTINED, code=code, field=field, params=params)


def _unsayable(raw: bytes) -> str | None:
    """The path of a text in the arguments that holds what no person types, if there is one."""
    if _ESCAPE.search(raw) is None:
        return None
    return _with_control(msgspec.json.decode(raw), "args")


def _with_control(value: Any, path: str) -> str | None:
    if isinstance(value, str):
        return path if has_control_characters(value) else None
    if isinstance(value, list):
        inside = [(path, one) for one in value]
    elif isinstance(value, dict):
        if any(has_control_characters(name) for name in value):
            return path
        inside = [(f"{path}.{name}", one) for name, one in value.items()]
    else:
        return None
    return next((found for where, one in inside if (found := _with_control(one, where))), None)
