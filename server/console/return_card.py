"""The return of a ticket on its page: how it stands, and which step comes next."""

from collections.abc import Mapping
from typing import Any, Final

from server.console.speech import Speech
from server.queries.pages import Item
from shared.money import written
from shared.people import may

# Which steps are offered next, by how far a return has come.
NEXT: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("ask",),
    "asked": ("decide", "drop"),
    "granted": ("receive", "drop"),
    "received": ("inspect", "drop"),
    "inspected": ("exchange", "refund", "drop"),
}
TONES: Final = {"done": "success", "refused": "danger", "dropped": "neutral"}


def return_card(s: Speech, roles: tuple[str, ...], found: Item | None) -> dict[str, Any]:
    """What a ticket's page says of its return, and which steps somebody may take now."""
    step = found["step"] if found is not None else ""
    steps = [one for one in NEXT.get(step, ()) if may(roles, f"return.{one}")]
    if found is not None and found["wish"] == "return":
        steps.sort(key=lambda one: one == "exchange")
    return {
        "return_case": found,
        "return_steps": [(one, s.text("buttons", f"return.{one}")) for one in steps],
        "return_tone": TONES.get(step, "info"),
        "return_facts": facts(s, found) if found is not None else [],
    }


def facts(s: Speech, one: Item) -> list[tuple[str, str]]:
    """A return in pairs of a name and what is known."""
    amount = {name: one[name] is not None for name in ("fee", "refund")}
    told = {
        "wish": s.text("return_wishes", one["wish"]),
        "reason": one["reason"] and s.text("return_reasons", one["reason"]),
        "asset": one["asset"] and machine_name(one["asset"]),
        "papers": ", ".join(s.text("return_papers", each) for each in one["papers"]),
        "borne_by": one["borne_by"] and s.text("return_bearers", one["borne_by"]),
        "fee": written(one["fee"], one["currency"]) if amount["fee"] else "",
        "why": one["why"],
        "way": one["way"] and s.text("return_ways", one["way"]),
        "item": one["item"] and f"{one['item']['what']} · {one['item']['receipt']}",
        "finding": one["finding"],
        "refund": written(one["refund"], one["currency"]) if amount["refund"] else "",
        "replaced_by": one["new_asset"] and machine_name(one["new_asset"]),
    }
    own = {"why": "why", "item": "taken", "reason": "reason"}
    return [
        (s.text("console.returns", own[name]) if name in own else s.text("fields", name), value)
        for name, value in told.items()
        if value
    ]


def machine_name(machine: Item) -> str:
    """A machine as people tell it from others."""
    return " · ".join(filter(None, (machine["name"], machine["model"], machine["serial"])))
