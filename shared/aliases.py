"""Aliases: the id of a customer, a site or a machine that was merged into another one."""

from typing import Any, Final

from msgspec import field

from shared.amounts import Id
from shared.ids import derive
from shared.records import Aggregate, Record

MERGED_NOUNS: Final = ("customer", "site", "asset")


class Alias(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An id that means another thing now: `merged_id` is `into_id`, and there is no third one.

    It lives where that thing does. `name` and `phone` are those of what was merged, `was` all that
    was on file of it; `by` is who merged it, `at` when (ms).
    """

    home = ("*", "")

    noun: str
    merged_id: Id
    into_id: Id
    home_noun: str
    home_id: Id
    name: str = ""
    phone: str = ""
    was: dict[str, Any] = field(default_factory=dict)
    by: str
    at: int


def alias_id(thing: Aggregate) -> str:
    """The id of the one alias that something can have."""
    return derive("alias", *thing)
