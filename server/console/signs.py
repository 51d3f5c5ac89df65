"""Signs: each line of foresight in words, with the machine or the customer that it leads to."""

import calendar
import datetime
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from server.console.speech import Speech
from server.queries import foresight, money
from server.queries.foresight import SHOWN_MAX, When
from server.queries.pages import Item
from shared.amounts import quantity_text
from shared.coverage import warranty
from shared.foresight import DAY_MS
from shared.foresight_rules import ForesightRules, months_of
from shared.site import Asset

LOOKED_THROUGH_MAX: Final = 20_000  # machines of which dates are compared
SHOWN_CHARS: Final = 60
Rules = tuple[ForesightRules, When]


class Sign(Struct, frozen=True, kw_only=True):
    """One thing that is foreseen: of which machine or customer, why, and what to write down."""

    href: str
    title: str
    small: str
    reason: str
    plan: str
    asset: str = ""
    open: str = ""


def told(books: Any, s: Speech, by: Rules, sign: str) -> list[Sign]:
    """What is foreseen by one sign, the most pressing first."""
    found = _SIGNS[sign](books, s, by)
    machines = foresight.machines(books, {one for one, _ in found if one})
    lines = [
        _line(s, sign, machines[asset], reason) for asset, reason in found if asset in machines
    ]
    return [*(_contracts(books, s, by) if sign == "ends" else ()), *lines]


def _line(s: Speech, sign: str, machine: Item, reason: str) -> Sign:
    return Sign(
        href=f"/machines/{machine['id']}",
        title=" · ".join(filter(None, (machine["name"], machine["model"], machine["serial"]))),
        small=f"{machine['customer']} · {machine['address']}",
        reason=reason,
        plan=s.text("foresight_plans", sign, reason=reason),
        asset=machine["id"],
        open=machine["open"] or "",
    )


def _day(s: Speech, at: int) -> str:
    """The day of a moment, as it is reckoned with."""
    return s.moment(at).date().isoformat()


def _shown(s: Speech, day: str) -> str:
    """A day as it is read, with its year where that is another one."""
    return s.day(datetime.date.fromisoformat(day))


def _repeats(books: Any, s: Speech, by: Rules) -> list[tuple[str, str]]:
    rules, when = by
    return [
        (
            one["asset_id"],
            s.text(
                "foresight_reasons",
                "repeats",
                count=one["count"],
                days=rules.repeat_days,
                day=s.day(one["last"]),
            ),
        )
        for one in foresight.repeats(books, rules, when)
    ]


def _again(books: Any, s: Speech, by: Rules) -> list[tuple[str, str]]:
    rules, when = by
    return [
        (
            one["asset_id"],
            s.text(
                "foresight_reasons",
                "again",
                days=(one["opened_at"] - one["done_at"]) // DAY_MS,
                job=one["job"] or "…",
                what=_cut(one["problem"]),
            ),
        )
        for one in foresight.again(books, rules, when)
    ]


def _drift(books: Any, s: Speech, by: Rules) -> list[tuple[str, str]]:
    rules, when = by
    return [(one.asset_id, _drifts(s, one)) for one in foresight.drifts(books, rules, when)]


def _drifts(s: Speech, one: foresight.Drifting) -> str:
    drift, unit = one.drift, one.item.unit
    code = "drift_out" if drift.days is None else f"drift_{drift.side}"
    return s.text(
        "foresight_reasons",
        code,
        item=getattr(one.item, s.language),
        first=f"{quantity_text(drift.first.amount)} {unit}".strip(),
        since=s.day(drift.first.at),
        last=f"{quantity_text(drift.last.amount)} {unit}".strip(),
        day=s.day(drift.last.at),
        limit=f"{quantity_text(drift.limit)} {unit}".strip(),
        days=drift.days or 0,
    )


def _ends(books: Any, s: Speech, by: Rules) -> list[tuple[str, str]]:
    rules, when = by
    prices = money.in_force(books, when.day)
    last = when.on(rules.ends_days)
    found = []
    for row in foresight.may_end(books, when.day, last, LOOKED_THROUGH_MAX):
        known = warranty(Asset(**{name: row[name] for name in Asset.__struct_fields__}), prices)
        if known is not None and when.day <= known.until <= last:
            found.append((known.until, row["id"]))
    return [
        (identity, s.text("foresight_reasons", "warranty_ends", day=_shown(s, day)))
        for day, identity in sorted(found)[: SHOWN_MAX + 1]
    ]


def _contracts(books: Any, s: Speech, by: Rules) -> list[Sign]:
    rules, when = by
    found = []
    for one in foresight.contracts(books, when, rules.ends_days):
        day = _shown(s, one["valid_to"])
        reason = s.text("foresight_reasons", "contract_ends", number=one["number"], day=day)
        found.append(
            Sign(
                href=f"/customers/{one['customer_id']}",
                title=one["customer"],
                small="",
                reason=reason,
                plan=s.text("foresight_plans", "ends", reason=reason),
            )
        )
    return found


def _due(books: Any, s: Speech, by: Rules) -> list[tuple[str, str]]:
    rules, when = by
    least = min((one.months for one in rules.intervals), default=None)
    if least is None:
        return []
    since = _months_on(when.on(rules.due_days), -least)
    before = int(datetime.datetime.fromisoformat(since).timestamp() * 1_000) + DAY_MS
    found = []
    for one in foresight.untouched(books, before, since, LOOKED_THROUGH_MAX):
        months = months_of(rules, one["product_class"])
        start = _day(s, one["last"]) if one["last"] is not None else one["delivered_on"]
        due = _months_on(start, months) if months is not None else None
        if due is not None and due <= when.on(rules.due_days):
            code = "never" if one["last"] is None else "due"
            reason = s.text(
                "foresight_reasons", code, day=_shown(s, start), months=months, due=_shown(s, due)
            )
            found.append((due, one["id"], reason))
    return [(identity, reason) for _, identity, reason in sorted(found)[: SHOWN_MAX + 1]]


def _months_on(day: str, months: int) -> str:
    """The day so many months later, or earlier; the last of its month where that is shorter."""
    at = datetime.date.fromisoformat(day)
    years, month = divmod(at.month - 1 + months, 12)
    year = at.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return datetime.date(year, month + 1, min(at.day, last)).isoformat()


def _parts(books: Any, s: Speech, by: Rules) -> list[tuple[str, str]]:
    rules, when = by
    return [
        (
            one["asset_id"],
            s.text(
                "foresight_reasons",
                "parts",
                part=one["name"][s.language] or one["name"]["en"],
                used=quantity_text(one["amount"]),
                days=rules.parts_days,
                average=f"{one['average'] / 1_000:.1f}",
            ),
        )
        for one in foresight.parts(books, rules, when)
    ]


def _cut(text: str) -> str:
    """What was asked for, as far as a line has room."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARS else line[: SHOWN_CHARS - 1].rstrip() + "…"


_SIGNS: Final[Mapping[str, Callable[[Any, Speech, Rules], list[tuple[str, str]]]]] = {
    "repeats": _repeats,
    "again": _again,
    "drift": _drift,
    "ends": _ends,
    "due": _due,
    "parts": _parts,
}
