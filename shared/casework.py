"""Casework: what the clocks of a ticket depend on, read from its rows. The same on both ends."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from shared.clock import zone_of
from shared.clocks import Case, named
from shared.coverage import warranty
from shared.policy import FEEDBACK_EVENTS, PolicyChoice
from shared.prices import Contract, PriceList
from shared.site import Asset, Customer, Site
from shared.story import Happened, Pause, Stretch
from shared.ticket import ALL, Ticket, TicketEvent

# What the story of a ticket meant before its lines said it.
BEFORE: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("ticket.open", "new"): ("recorded",),
    ("work_order.arrive", "in_progress"): ("arrived",),
    ("work_order.complete", "resolved"): ("resolved",),
}
CUSTOMERS: Final = frozenset({"customer_date", "customer_absent"})  # over once a date has come
CONTRACT: Final = "yes"
# What may happen to a feedback as well as to a request: one has nothing to do with the other.
OF_EITHER: Final = FEEDBACK_EVENTS | {"withdrawn", "reopened"}
FAR_MS: Final = 3_660 * 24 * 3_600_000  # whoever names a day ten years off has mistyped it


class Request(Struct, frozen=True, kw_only=True):
    """A ticket with its story, and what is known of where and for whom it is.

    `contracts` are those of its customer, `prices` says how long a warranty lasts, and `choice`
    what the company's own zones and classes mean to its policies.
    """

    ticket: Ticket
    events: Iterable[TicketEvent]
    site: Site | None = None
    asset: Asset | None = None
    customer: Customer | None = None
    contracts: Iterable[Contract] = ()
    prices: PriceList | None = None
    choice: PolicyChoice | None = None


def case_of(request: Request) -> Case:
    """All that the clocks of a ticket depend on."""
    ticket, zone = request.ticket, request.site.time_zone if request.site else ""
    story = sorted(request.events, key=lambda one: (one.at, one.id))
    since = ticket.opened_at if ticket.received_at is None else ticket.received_at
    return Case(
        facts=facts_of(request),
        events=(Happened(event="received", at=since), *happened(story)),
        pauses=pauses_of(story, zone),
        stretches=stretches_of(story),
        zone=zone,
        agreed=_agreed(ticket, zone),
        excused={named(one.limit, one.about): one.reason for one in ticket.excused},
        settled={named(one.limit, one.about): one.said for one in ticket.settled},
        apart={one.about: {"grade": one.grade} for one in story if one.about and one.grade},
    )


def happened(story: Iterable[TicketEvent]) -> tuple[Happened, ...]:
    """What the lines of a story say that happened, and between when where that is uncertain."""
    return tuple(
        Happened(
            event=event,
            at=line.at,
            earliest=line.earliest,
            latest=_latest(line),
            received=line.received,
            about=line.about if event in OF_EITHER else "",
        )
        for line in story
        for event in line.events or BEFORE.get((line.what, line.status), ())
    )


def stretches_of(story: Iterable[TicketEvent]) -> tuple[Stretch, ...]:
    """From when on which team had it, in order; the company before, and a helper's changes none."""
    return tuple(
        Stretch(since=line.at, team=line.team_id) for line in story if line.team_id is not None
    )


def _latest(line: TicketEvent) -> int | None:
    """On a phone nobody knows yet when the server will get it: not later than it was done."""
    return line.at if line.latest is None and line.earliest is not None else line.latest


def pauses_of(story: Iterable[TicketEvent], zone: str) -> tuple[Pause, ...]:
    """Why clocks rested, from when, until when. A date of the customer's ends what it began."""
    found: list[Pause] = []
    standing: dict[str, tuple[int, int | None]] = {}
    for line in story:
        over = standing if line.resume == ALL else {line.resume} & standing.keys()
        for reason in sorted({*over, *_passed(standing, line.at)}):
            found += _rested(reason, standing.pop(reason), line.at)
        until = _near(moment(line.until, zone), line.at) if line.until else None
        if line.pause:
            standing.setdefault(line.pause, (line.at, None))
        for reason in CUSTOMERS & standing.keys() if until is not None else ():
            standing[reason] = (standing[reason][0], until)
    for reason, span in standing.items():
        found += _rested(reason, span, None)
    return tuple(sorted(found, key=lambda one: (one.start, one.reason)))


def _passed(standing: Mapping[str, tuple[int, int | None]], at: int) -> set[str]:
    """What was over by a moment by itself: a date that is named after it begins anew."""
    return {reason for reason, (_, until) in standing.items() if until is not None and until <= at}


def _rested(reason: str, span: tuple[int, int | None], over: int | None) -> list[Pause]:
    start, until = span
    ends = [one for one in (until, over) if one is not None]
    end = min(ends, default=None)
    return [Pause(reason=reason, start=start, end=end)] if end is None or end > start else []


def facts_of(request: Request) -> dict[str, str]:
    """What the conditions of a policy ask for; what nobody has said is left out."""
    ticket, site, asset = request.ticket, request.site, request.asset
    choice = request.choice or PolicyChoice(id="")
    product = asset.product_class if asset is not None else ""
    told = {
        "urgency": ticket.urgency,
        "complexity": ticket.complexity,
        "zone": choice.zones.get(site.zone, "") if site is not None else "",
        "product_class": choice.classes.get(product, product),
        "tier": request.customer.tier if request.customer is not None else "",
        "service_type": ticket.service_type,
        "warranty": _warranty(request),
        "contract": CONTRACT if under_contract(request) else "",
        "kind": ticket.kind,
        "mode": ticket.mode,
        "complaints": ticket.complaints,
        "major": "yes" if ticket.major else "",
    }
    return {name: value for name, value in told.items() if value}


def _warranty(request: Request) -> str:
    asset = request.asset
    known = warranty(asset, request.prices) if asset is not None else None
    if known is None:
        return ""
    return "in" if day_of(request) <= known.until else "out"


def under_contract(request: Request) -> Contract | None:
    """The contract that the request falls under, if there is one."""
    day, site_id = day_of(request), request.ticket.site_id
    valid = (
        one
        for one in sorted(request.contracts, key=lambda one: one.id)
        if one.site_id in (None, site_id) and one.valid_from <= day <= one.valid_to
    )
    return next(valid, None)


def day_of(request: Request) -> str:
    """The day at the site on which the request was written down."""
    name = request.site.time_zone if request.site is not None else ""
    zone = zone_of(name) or datetime.UTC
    return datetime.datetime.fromtimestamp(request.ticket.opened_at / 1000, zone).date().isoformat()


def _agreed(ticket: Ticket, zone: str) -> dict[str, int]:
    told = {"arrive": ticket.agreed_visit, "solve": ticket.agreed_due, "repair": ticket.agreed_due}
    return {
        node: _near(moment(local, zone), ticket.opened_at)
        for node, local in told.items()
        if local is not None
    }


def moment(local: str, zone: str) -> int:
    """A wall time at a place, in milliseconds."""
    there = datetime.datetime.fromisoformat(local).replace(tzinfo=zone_of(zone) or datetime.UTC)
    return round(there.timestamp() * 1000)


def _near(at: int, since: int) -> int:
    """A moment that somebody named, as far off as can be: hours are laid out day by day."""
    return min(max(at, since - FAR_MS), since + FAR_MS)
