"""Priorities: how urgent a request is by its class, by a table that a person may overrule."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from shared.fields import PRIORITIES

Told = Mapping[str, str]


class Rule(Struct, frozen=True, kw_only=True):
    """What counts where all that it names is so: a priority to begin with, or steps more.

    `code` is that of the text that says why.
    """

    code: str
    when: Mapping[str, tuple[str, ...]] = {}
    begins: str = ""
    more: int = 0
    source: str = ""


class Derived(Struct, frozen=True, kw_only=True):
    """A priority, and the codes of the rules that made it, in their order."""

    priority: str
    because: tuple[str, ...] = ()


# The first that begins something begins it; then all that add to it do so (R-CLS-11).
RULES: Final = (
    Rule(code="urgent", when={"urgency": ("urgent",)}, begins="urgent", source="R-CLS-10"),
    Rule(code="advice", when={"kind": ("advice",)}, begins="low", source="R-CLS-16"),
    Rule(code="general", begins="normal", source="R-CLS-10"),
    Rule(
        code="many_affected",
        when={"impact": ("many", "key_process")},
        more=1,
        source="R-CLS-13",
    ),
    Rule(code="complaints", when={"complaints": ("frequent",)}, more=1, source="R-CLS-14"),
    Rule(code="high_value", when={"tier": ("key",)}, more=1, source="R-CLS-08"),
    Rule(
        code="not_ours",
        when={"urgency": ("urgent",), "handled_by": ("external",)},
        more=1,
        source="R-CLS-11",
    ),
)
# What is urgent unless somebody says otherwise (R-CLS-12).
URGENT_BY_DEFAULT: Final = (
    Rule(code="broken", when={"tag": ("classes:device_damage", "faults:system_crash")}),
    Rule(code="out_of_warranty", when={"warranty": ("out",), "kind": ("fault",)}),
    Rule(code="interruption", when={"impact": ("key_process",)}),
)


def derive_priority(told: Told) -> Derived:
    """The priority of a request of this class, and why it is that."""
    applying = [rule for rule in RULES if holds(rule, told)]
    first = next(rule for rule in applying if rule.begins)
    raising = [rule for rule in applying if rule.more]
    place = PRIORITIES.index(first.begins) + sum(rule.more for rule in raising)
    priority = PRIORITIES[min(place, len(PRIORITIES) - 1)]
    return Derived(priority=priority, because=(first.code, *(one.code for one in raising)))


def usual_urgency(told: Told, tags: tuple[str, ...] = ()) -> Derived:
    """How urgent such a request is where nobody has said, and the codes of why."""
    known = [{**told, "tag": tag} for tag in tags] or [dict(told)]
    because = [rule.code for rule in URGENT_BY_DEFAULT if any(holds(rule, one) for one in known)]
    return Derived(priority="urgent" if because else "general", because=tuple(because))


def holds(rule: Rule, told: Told) -> bool:
    """Whether all that a rule names is so."""
    return all(told.get(name, "") in values for name, values in rule.when.items())
