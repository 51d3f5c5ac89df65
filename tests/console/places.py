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
    Place(path="/phones?show=unconfirmed"),
    Place(path="/phones/{device}"),
    Place(path="/phones/{device}/lost"),
    Place(path="/enrol-phone"),
    Place(path="/enrol-phone", posted={"login": "zhou.jian"}),
    Place(path="/enrol-phone/arrivals?login=zhou.jian", role="dispatcher"),
    Place(path="/rescue-files"),
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
    Place(path="/work-orders/{work_order}/visits/new"),
    Place(path="/work-orders/{work_order}/cancel"),
    Place(path="/work-orders/{work_order}/parts?q=belt"),
    Place(path="/work-orders/{work_order}/verify"),
    Place(path="/work-orders/{signed}"),
    Place(path="/work-orders/{signed}", role="finance"),
    Place(path="/work-orders/{diverged}"),
    Place(path="/work-orders/{signed}/photos/{photo}"),
    Place(path="/work-orders/{signed}/pays"),
    Place(path="/work-orders/{signed}/charges"),
    Place(path="/work-orders/{signed}/invoice"),
    Place(path="/work-orders/{signed}/bill/void/{payment}"),
    Place(path="/work-orders/{signed}/bill/issue/{invoice}", role="finance"),
    Place(path="/policies"),
    Place(path="/policies", role="dispatcher"),
    Place(path="/policies/p-default"),
    Place(path="/policies/p-default/next"),
    Place(path="/policies/p-hotline", role="dispatcher"),
    Place(path="/figures?first=2026-10&last=2026-11&by=technician"),
    Place(path="/figures/tickets?first=2026-11&last=2026-11&figure=resolution"),
    Place(path="/figures?first=2020-01", role="inspector"),
    Place(path="/tickets/{ticket}/clocks"),
    Place(path="/tickets?tab=at_risk"),
    Place(path="/calendars?year=2026"),
    Place(path="/calendars?day=2026-12-05"),
    Place(path="/calendars?year=2027", role="dispatcher"),
    Place(path="/calendars?year=2026", posted={"action": "/calendars/import", "country": "CN"}),
    Place(path="/money", role="finance"),
    Place(path="/money/prices"),
    Place(path="/money/prices/{edition}", role="finance"),
    Place(path="/money/new-prices"),
    Place(path="/money/company"),
    Place(path="/verify", role=""),
    Place(path="/verify?code=DEAD-BEEF", role=""),
    Place(path="/t/{link}", role=""),
    Place(path="/t/no-such-link", role=""),
    Place(path="/board"),
    Place(path="/board?day=2030-01-01&zone=nowhere"),
    Place(path="/board/job?visit={visit}"),
    Place(path="/conflicts"),
    Place(path="/conflicts?status=settled"),
    Place(path="/conflicts/set-aside"),
    Place(path="/tasks"),
    Place(path="/tasks?status=closed"),
    Place(path="/stock"),
    Place(path="/stock/{location}?only=short"),
    Place(path="/stock/WH1/{part}?does=move"),
    Place(path="/stock/WH1/movements"),
    Place(path="/"),
    Place(path="/tickets"),
    Place(path="/tickets/{ticket}/link", role="dispatcher"),
    Place(path="/tickets?tab=repeats&open={ticket}"),
    Place(path="/tickets?q=nothing-of-this-name"),
    Place(path="/tickets/{ticket}"),
    Place(path="/tickets/{ticket}/work-order"),
    Place(path="/tickets/{ticket}/say/classify", role="dispatcher"),
    Place(path="/tickets/{ticket}/say/scope"),
    Place(path="/tickets/{ticket}/say/excuse"),
    Place(path="/tickets/{ticket}/say/link"),
    Place(path="/enquiries"),
    Place(path="/enquiries?only=refused"),
    Place(path="/enquiries/upload", role="customer_service"),
    Place(path="/request", role=""),
    Place(path="/tickets/{ticket}/messages/new"),
    Place(path="/tickets/{ticket}/messages/new?template=visit_agreed", role="dispatcher"),
    Place(path="/messages"),
    Place(path="/messages?show=told", role="dispatcher"),
    Place(path="/messages?show=off"),
    Place(path="/tickets/new"),
    Place(path="/tickets/new?site={site}&asset={asset}", role="dispatcher"),
    Place(path="/tickets/new", posted={"channel": "chat"}),
    Place(path="/customers"),
    Place(path="/customers/{customer}"),
    Place(path="/machines/{asset}"),
    Place(path="/sites/{site}/edit"),
    Place(path="/merge/customer/{customer}?q=a"),
    Place(path="/merge/asset/{asset}"),
    Place(path="/merge/site/{site}?other={other_site}"),
    Place(path="/merge/customer/{customer}?other={other_customer}&keep={customer}"),
    Place(path="/work-orders/{work_order}/edit"),
    Place(path="/search?q=%E6%B3%B5"),
)


def examples(house: Template | Served | Console) -> dict[str, str]:
    """Something of the demo company for every name in the addresses."""
    template = house if isinstance(house, Template) else house.template
    return template.examples
