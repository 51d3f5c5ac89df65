"""The demo company's outlets, and its teams with the hours that each keeps."""

from typing import Any, Final, NamedTuple

from msgspec import structs

from server.demo.premises import DemoOp, Premises

WEEK: Final = 7


class Crews(NamedTuple):
    """What is written down about teams, and whose team is which, by login."""

    ops: list[DemoOp]
    of: dict[str, str]


def teams(premises: Premises) -> Crews:
    """Two outlets, and a team at each."""
    written = premises.read("teams")
    made = Crews([], {})
    for one in written["outlets"]:
        row = {name: value for name, value in one.items() if name != "code"}
        made.ops.append(premises.put("outlet", premises.id("outlet", one["code"]), row))
    for one in written["teams"]:
        identity = premises.id("team", one["code"])
        outlet = premises.id("outlet", one["outlet"])
        row = {"name": one["name"], "outlet_id": outlet, "takes": one["takes"]}
        made.ops.append(premises.put("team", identity, row))
        made.ops.append(_hours(premises, identity, one))
        made.of.update(dict.fromkeys(one["people"], identity))
    return made


def _hours(premises: Premises, team: str, one: dict[str, Any]) -> DemoOp:
    """The hours of a team, for so many days of each week."""
    week = [one["hours"] if day < one["days"] else [] for day in range(WEEK)]
    put = premises.put("working_calendar", team, {})
    args = {"team": team, "time_zone": "Asia/Shanghai", "week": week}
    return structs.replace(put, kind="calendar.set", args=args)
