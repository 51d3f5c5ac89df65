"""Refusals and flags: every reason the rules can give, named once, with who must act."""

from typing import Any, Literal

from msgspec import Struct

Grounds = Literal["value", "permission", "state"]
Params = dict[str, str | int | None]


class Refused(Struct, frozen=True, kw_only=True):
    """Why an act is not done. Returned by the rules, never raised.

    `grounds` say what would have to change: the `value` given, the person's `permission`, or
    the `state` of the thing acted on. `field` is the path of the argument at fault, if one is.
    `keep` holds what must be kept all the same (an `Outcome`), such as a task for a person.
    """

    code: str
    grounds: Grounds
    field: str | None = None
    params: Params = {}
    keep: Any = None


class Flag(Struct, frozen=True, kw_only=True):
    """Something a person may want to know about an act that was done all the same."""

    code: str
    params: Params = {}


# A flag on the server; on the device the same precondition refuses before anything is recorded.
REFUSED_ON_DEVICE = frozenset(
    {"late", "incomplete", "by_former_assignee", "not_accepted", "not_arrived"}
)

REFUSALS = frozenset(
    {
        "already_so",
        "already_exists",
        "already_settled",
        "cancelled_meanwhile",
        "crashed",
        "discarded",
        "disk_full",
        "edited_meanwhile",
        "former_assignee",
        "future_field",
        "future_kind",
        "future_version",
        "id_mismatch",
        "id_reused",
        "illegal_status",
        "incomplete",
        "late",
        "by_former_assignee",
        "missing_field",
        "not_accepted",
        "not_arrived",
        "not_assigned",
        "not_permitted",
        "not_text",
        "on_file",
        "out_of_range",
        "behind",
        "too_large",
        "torn",
        "two_subjects",
        "unknown_choice",
        "unknown_field",
        "unknown_person",
        "unknown_subject",
        "unreadable",
        "wrong_author",
        "wrong_quantity",
        "wrong_type",
        "wrong_value",
    }
)

FLAGS = frozenset(
    {
        "by_former_assignee",
        "clock_uncertain",
        "done_after_cancel",
        "incomplete",
        "kept_both",
        "late",
        "no_evidence",
        "not_accepted",
        "not_arrived",
        "out_of_limits",
        "repaired",
        "role_ended",
        "serial_twice",
        "short",
    }
)


def refuse_value(code: str, field: str, **params: str | int | None) -> Refused:
    """A refusal because of the value of one argument."""
    return Refused(code=code, grounds="value", field=field, params=params)


def refuse_state(code: str, **params: str | int | None) -> Refused:
    """A refusal because of the state that the thing acted on is in."""
    return Refused(code=code, grounds="state", params=params)


def refuse_person(code: str, **params: str | int | None) -> Refused:
    """A refusal because of who asks."""
    return Refused(code=code, grounds="permission", params=params)
