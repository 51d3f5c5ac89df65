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
    {
        *("late", "incomplete", "by_former_assignee", "not_accepted", "not_arrived", "orphan"),
        *("no_ink", "seal_broken", "not_arrived_too", "incomplete_too"),
        *("over_limit", "charged_twice", "nothing_charged", "not_collector"),
    }
)

REFUSALS = frozenset(
    {
        "already_so",
        "already_exists",
        "already_settled",
        "apart",
        "awaits",
        "cancelled_meanwhile",
        "changed_meanwhile",
        "corrected_too_late",
        "crashed",
        "discarded",
        "disk_full",
        "edited_meanwhile",
        "ends_before",
        "exchanged",
        "former_assignee",
        "future_field",
        "future_kind",
        "future_version",
        "id_mismatch",
        "id_reused",
        "illegal_status",
        "incomplete",
        "incomplete_too",
        "into_itself",
        "late",
        "by_former_assignee",
        "log_doubted",
        "machine_gone",
        "merged_meanwhile",
        "missing_field",
        "no_ink",
        "not_a_calendar",
        "not_accepted",
        "not_arrived",
        "not_arrived_too",
        "not_assigned",
        "not_done_yet",
        "not_its_step",
        "not_permitted",
        "not_text",
        "mends_another",
        "on_file",
        "out_of_range",
        "seal_broken",
        "revoked",
        "sealed",
        "behind",
        "step_missing",
        "taken_off",
        "told_already",
        "too_far_off",
        "too_large",
        "no_placeholder",
        "no_return",
        "one_return",
        "paper_missing",
        "return_step",
        "return_too_late",
        "too_many",
        "torn",
        "two_subjects",
        "unconfirmed_feedback",
        "unknown_choice",
        "unknown_field",
        "unknown_person",
        "unknown_subject",
        "unreadable",
        "wiped",
        "word_kept",
        "wrong_author",
        "wrong_quantity",
        "wrong_type",
        "wrong_value",
        "charged_twice",
        "edition_fixed",
        "handed_over",
        "no_money",
        "not_collector",
        "not_issued",
        "nothing_charged",
        "orphan",
        "over_limit",
        "price_is_listed",
        "wrong_check_digit",
    }
)

FLAGS = frozenset(
    {
        "alias_twice",
        "by_former_assignee",
        "clock_uncertain",
        "done_after_cancel",
        "incomplete",
        "incomplete_too",
        "ink_reused",
        "kept_both",
        "late",
        "no_evidence",
        "no_ink",
        "not_accepted",
        "not_arrived",
        "not_arrived_too",
        "orphan",
        "other_prices",
        "out_of_order",
        "out_of_limits",
        "over_quote",
        "repaired",
        "taken_as_is",
        "role_ended",
        "seal_broken",
        "seal_diverged",
        "seen_older",
        "serial_twice",
        "short",
        "unsigned_addition",
        "amount_changed",
        "category_changed",
        "charged_twice",
        "nothing_charged",
        "not_collector",
        "over_limit",
        "overpaid",
        "price_by_hand",
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
