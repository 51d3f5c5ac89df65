"""Problems: what a caller did wrong or we could not do, as RFC 9457 documents in their language."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import ResponseSpec
from msgspec import Struct

from server.database import Busy, Unaskable
from server.evidence import NoRoom, Unreachable
from server.logs import Log, trace_of
from server.texts import Texts
from shared.errors import Params, Refused
from shared.texts import Catalogue, explain, field_name, say
from sync.arrival import shape_problem

# Which code becomes which status, in one place.
STATUS: Final[Mapping[str, int]] = {
    "not_json": 400,
    "wrong_encoding": 400,
    "wrong_parameter": 400,
    "wrong_header": 400,
    "wrong_value": 400,
    "wrong_request": 400,
    "weak_password": 400,
    "not_signed_in": 401,
    "wrong_password": 401,
    "wrong_signature": 401,
    "device_revoked": 401,
    "device_denied": 401,
    "device_unconfirmed": 403,
    "not_permitted": 403,
    "wrong_device": 403,
    "foreign_request": 403,
    "stale_form": 403,
    "password_must_change": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "hash_mismatch": 460,
    "checksum_mismatch": 460,
    "code_unknown": 403,
    "code_expired": 403,
    "code_used": 403,
    "cut": 408,
    "wrong_offset": 409,
    "set_aside": 409,
    "unreadable": 409,
    "not_yours_to_confirm": 403,
    "confirm_above": 403,
    "confirm_revoked": 409,
    "confirm_person_gone": 409,
    "deny_confirmed": 409,
    "rescue_unconfirmed": 409,
    "wrong_version": 412,
    "too_large": 413,
    "app_outdated": 426,
    "wrong_type": 415,
    "too_many_tries": 429,
    "enough_today": 429,
    "internal": 500,
    "rescue_no_file": 400,
    "rescue_newer": 400,
    "rescue_other_server": 400,
    "rescue_spoiled": 400,
    "rescue_unknown_device": 403,
    "rescue_forged": 403,
    "rescue_closed": 403,
    "rescue_too_large": 413,
    "rescue_gone": 404,
    "busy": 503,
    "no_room": 507,
}
# What the web framework finds by itself: its status, and our code for it.
FOUND_BY_LITESTAR: Final = {
    401: "not_signed_in",
    403: "not_permitted",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    429: "too_many_tries",
    503: "busy",
}
MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:fieldfare:problem:"
BUSY_RETRY_S: Final = 2
REFERENCE_BYTES: Final = 5
_QUERY: Final = ("query", "path", "header", "cookie")
_BAD_JSON: Final = re.compile(r"JSON|malformed|truncated|utf-8", re.IGNORECASE)


class Fault(Struct, frozen=True, kw_only=True):
    """One thing at fault in a request: which field, and the refusal that says why."""

    code: str
    field: str | None = None
    op: str | None = None
    params: Params = {}


class Problem(Exception):
    """Why a request is not answered. `retry_after_s` says when to come again."""

    def __init__(
        self,
        code: str,
        params: Mapping[str, Any] | None = None,
        faults: Sequence[Fault] = (),
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.params = dict(params or {})
        self.faults = tuple(faults)
        self.retry_after_s = retry_after_s


class FaultDocument(Struct, kw_only=True, omit_defaults=True):
    """A fault as it is sent; `reason` is in the caller's language."""

    code: str
    reason: str
    field: str | None = None
    op: str | None = None


class ProblemDocument(Struct, kw_only=True, omit_defaults=True):
    """A problem as it is sent (RFC 9457). `code` never changes its meaning."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FaultDocument] = []
    reference: str | None = None


FAULTS: Final = {
    status: ResponseSpec(ProblemDocument, description="A problem (RFC 9457)", media_type=MEDIA_TYPE)
    for status in sorted(set(STATUS.values()))
}


def throttled(seconds: int) -> Problem:
    """Too many tries; come again in so many seconds."""
    return Problem("too_many_tries", {"seconds": seconds}, retry_after_s=seconds)


def enough_today(seconds: int) -> Problem:
    """A device brought as much as it may in a day; the next one begins in so many seconds."""
    return Problem("enough_today", retry_after_s=seconds)


def wrong_parameter(name: str) -> Problem:
    """A parameter of the address has a value that is not possible."""
    return Problem("wrong_parameter", {"name": name}, (Fault(code="wrong_value", field=name),))


def wrong_field(name: str, code: str = "wrong_value") -> Problem:
    """A field of the body has a value that is not possible."""
    return wrong_fields([Fault(code=code, field=name)])


def wrong_fields(faults: Sequence[Fault]) -> Problem:
    """Fields of the body have values that are not possible; the first of them is named."""
    first = next((fault.field for fault in faults if fault.field), None)
    if first is None:
        return Problem("wrong_request", faults=faults)
    return Problem("wrong_value", {"field": field_name(first)}, faults)


def malformed(error: msgspec.DecodeError) -> Problem:
    """The problem behind bytes that are not JSON, or JSON that is not what was asked for."""
    if not isinstance(error, msgspec.ValidationError):
        return Problem("not_json")
    return wrong_fields([_fault(str(error))])


def reason(catalogue: Catalogue, code: str, detail: Mapping[str, Any]) -> str:
    """Why something was refused, in words. `detail` is that of a result: field, params."""
    field, params = detail.get("field"), detail.get("params", {})
    return explain(catalogue, Refused(code=code, grounds="value", field=field, params=params))


def document(catalogue: Catalogue, problem: Problem) -> ProblemDocument:
    """A problem in somebody's language."""
    status = STATUS[problem.code]
    return ProblemDocument(
        type=f"{TYPE_PREFIX}{problem.code}",
        title=say(catalogue, "titles", str(status)),
        status=status,
        code=problem.code,
        detail=say(catalogue, "problems", problem.code, problem.params),
        errors=[
            FaultDocument(
                code=fault.code,
                field=fault.field,
                op=fault.op,
                reason=explain(
                    catalogue,
                    Refused(
                        code=fault.code, grounds="value", field=fault.field, params=fault.params
                    ),
                ),
            )
            for fault in problem.faults
        ],
    )


Handlers = dict[type[Exception] | int, Callable[[Request[Any, Any, Any], Any], Response[Any]]]


# Draws a problem for somebody at a browser; None where a program asks.
Draw = Callable[[Request[Any, Any, Any], Problem], Response[Any] | None]


class Counter(Protocol):
    """Of the office that is asked: what it speaks, and how it notes down what went wrong."""

    @property
    def texts(self) -> Texts: ...
    @property
    def log(self) -> Log: ...
    @property
    def dice(self) -> Callable[[int], bytes]: ...


def handlers(draw: Draw) -> Handlers:
    """What turns every exception into an answer: ours, the framework's, and the unexpected."""

    def asked(request: Request[Any, Any, Any]) -> Counter:
        office: Counter = request.app.state["office"]
        return office

    def answer(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
        return draw(request, problem) or _answer(asked(request).texts, request, problem)

    def ours(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
        return answer(request, problem)

    def frameworks(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
        return answer(request, as_problem(error))

    def always(problem: Problem) -> Callable[[Request[Any, Any, Any], Any], Response[Any]]:
        return lambda request, _: answer(request, problem)

    def unkept(request: Request[Any, Any, Any], error: NoRoom | Unreachable) -> Response[Any]:
        log = asked(request).log
        log.error("evidence cannot be kept", error=type(error).__name__, code=str(error))
        return answer(request, Problem("no_room" if isinstance(error, NoRoom) else "busy"))

    def unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        office = asked(request)
        reference = office.dice(REFERENCE_BYTES).hex()
        office.log.error(
            "request failed",
            reference=reference,
            route=request.scope.get("path_template") or "",
            method=request.method,
            error=type(error).__name__,
            trace=trace_of(error),
        )
        return answer(request, Problem("internal", {"reference": reference}))

    return {
        Problem: ours,
        Busy: always(Problem("busy")),
        Unaskable: always(Problem("wrong_value", {"field": "unnamed"})),
        Unreachable: unkept,
        NoRoom: unkept,
        HTTPException: frameworks,
        # The decoder raises these for bytes that are no text, and for brackets without end.
        UnicodeDecodeError: always(Problem("not_json")),
        RecursionError: always(Problem("not_json")),
        Exception: unexpected,
    }


def as_problem(error: HTTPException) -> Problem:
    """The problem behind an exception of the web framework."""
    if isinstance(error, ValidationException):
        return _invalid(error)
    known = FOUND_BY_LITESTAR.get(error.status_code)
    if known is not None:
        return Problem(known, {"seconds": BUSY_RETRY_S})
    return Problem("not_json" if _BAD_JSON.search(error.detail) else "wrong_request")


def _invalid(error: ValidationException) -> Problem:
    extra = error.extra if isinstance(error.extra, list) else []
    entries: list[dict[str, str]] = [one for one in extra if isinstance(one, dict)]
    for one in entries:
        if one.get("source") in _QUERY:
            return wrong_parameter(one.get("key", ""))
    named = re.search(r"required (?:query|path|header) parameter '?(\w+)'?", error.detail)
    if not entries and named:
        return wrong_parameter(named.group(1))
    return wrong_fields(
        [
            _fault(f"{one.get('message', '')} - at `$.{one['key']}`")
            if one.get("key") not in (None, "data")
            else _fault(one.get("message", ""))
            for one in entries
        ]
    )


def _fault(message: str) -> Fault:
    """What the decoder says, as a refusal with the path of the field."""
    shape = shape_problem(msgspec.ValidationError(message), "")
    code = "unknown_field" if shape.code == "future_field" else shape.code
    return Fault(code=code, field=shape.field)


def _answer(
    texts: Texts, request: Request[Any, Any, Any], problem: Problem
) -> Response[ProblemDocument]:
    accepted = request.headers.get("accept-language", "")
    language = texts.language_of(accepted)
    told = document(texts.of(accepted), problem)
    told.reference = problem.params.get("reference")
    headers = {"Content-Language": language, "Cache-Control": "no-store"}
    wait = problem.retry_after_s or (BUSY_RETRY_S if told.status == 503 else None)
    if wait is not None:
        headers["Retry-After"] = str(wait)
    if told.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="fieldfare"'
    return Response(told, status_code=told.status, media_type=MEDIA_TYPE, headers=headers)
