"""Every page of the console, for the tests that look at all of them. A new page adds itself here.

`{ticket}` and the like stand for something of the demo company (`Template.examples`).
"""

from typing import Final

from msgspec import Struct

from tests.console.house import Console, Served, Template


class Place(Struct, frozen=True, kw_only=True):
    """A page, and a role that may see it; `posted` is the form that has to be sent to see it."""

    path: str
    role: str = "administrator"
    posted: dict[str, str] = {}


PLACES: Final = (
    Place(path="/sign-in", role=""),
    Place(path="/nothing-here"),
    Place(path="/account", role="technician"),
    Place(path="/account/password"),
    Place(path="/help"),
    Place(path="/phones"),
    Place(path="/phones?show=revoked"),
    Place(path="/phones/{device}"),
    Place(path="/enrol-phone"),
    Place(path="/enrol-phone", posted={"login": "zhou.jian"}),
    Place(path="/people"),
    Place(path="/people?q=nobody-of-this-name"),
    Place(path="/people/new"),
    Place(path="/people/zhou.jian"),
    Place(path="/audit"),
    Place(path="/audit?thing=nothing-of-this-name"),
    Place(path="/audit/{op}"),
    Place(path="/audit", posted={"action": "/audit/verify"}),
    Place(path="/work-orders/{work_order}"),
    Place(path="/work-orders/{work_order}/assign", role="dispatcher"),
    Place(path="/work-orders/{work_order}/assign?day=2026-11-24&at=10:00&minutes=90"),
    Place(path="/work-orders/{work_order}/visits/new"),
    Place(path="/work-orders/{work_order}/cancel"),
    Place(path="/work-orders/{work_order}/parts?q=belt"),
    Place(path="/work-orders/{work_order}/verify"),
    Place(path="/board"),
    Place(path="/board", role="finance"),
    Place(path="/board?day=2030-01-01&zone=nowhere"),
    Place(path="/board/job?visit={visit}"),
    Place(path="/conflicts"),
    Place(path="/conflicts/{conflict}"),
    Place(path="/conflicts?status=settled"),
    Place(path="/conflicts/set-aside"),
    Place(path="/tasks"),
    Place(path="/tasks?status=closed"),
    Place(path="/stock"),
    Place(path="/stock/{location}?only=short"),
    Place(path="/stock/WH1/{part}?does=move"),
    Place(path="/stock/WH1/{part}?does=count"),
    Place(path="/stock/WH1/movements"),
)


def examples(house: Template | Served | Console) -> dict[str, str]:
    """Something of the demo company for every name in the addresses."""
    template = house if isinstance(house, Template) else house.template
    return template.examples
