"""Figures: how often what was promised was kept, by whom, for what, when; down to the tickets."""

import datetime
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from server.console import frame, promises, spreadsheets
from server.console.addresses import Query, listing, opt
from server.console.machine import class_name
from server.console.policies import today_of
from server.console.speech import Speech
from server.console.spreadsheets import Table
from server.office import AnyRequest, Office
from server.problems import wrong_parameter
from server.queries import figures as asked, policies, teams
from server.queries.pages import Item
from server.sessions import Actor
from shared.figures import (
    FIRST_RESPONSE,
    ONE_TIME_FIX,
    RESOLUTION,
    VERDICTS,
    WORST,
    Rate,
    Verdict,
    rates,
)
from shared.policy import NODES, Target, in_force

PATH: Final = "/figures"
READ: Final = "read.figures"
MAIN: Final = (FIRST_RESPONSE, ONE_TIME_FIX, RESOLUTION)
ALL: Final = "limits"  # every limit together
LIMIT: Final = "limit:"
BY: Final = ("team", "technician", "zone", "product", "month")
MONTH: Final = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
MONTHS_MAX: Final = 12
LISTED_MAX: Final = 500
KINDS: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Told(Struct, frozen=True, kw_only=True):
    """One ticket with what it says to each figure."""

    ticket: Item
    verdicts: Mapping[str, Verdict]


class Asked(Struct, frozen=True, kw_only=True):
    """What is looked at: the months, how they are grouped, and what of it is drilled into."""

    first: str
    last: str
    by: str = ""

    def address(self, path: str = PATH, **more: str) -> str:
        """The address of a page about it."""
        return listing(path, {"first": self.first, "last": self.last, "by": self.by, **more})


class Figure(Struct, frozen=True, kw_only=True):
    """A rate as a page shows it: its share, its target, and how it is reckoned."""

    name: str
    title: str
    formula: str
    rate: Rate
    share: str
    target: str
    source: str
    is_met: bool | None


@get(PATH, opt=opt(READ, "first", "last", "by"), sync_to_thread=True)
def show(  # noqa: PLR0913  what is looked at
    *,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    first: Query = "",
    last: Query = "",
    by: Query = "",
) -> Response[str]:
    """The figures of some months."""
    speech = frame.speech_of(request, office)
    wanted = _asked(office, first, last, by)
    found, is_more, targets = _told(office, wanted)
    counted = rates(_with_all(one.verdicts) for one in found)
    context = {
        "asked": wanted,
        "main": [_figure(speech, name, counted.get(name, Rate()), targets) for name in MAIN],
        "limits": [
            _figure(speech, name, counted[name], targets)
            for name in (ALL, *(f"{LIMIT}{node}" for node in NODES))
            if name in counted
        ],
        "groups": _groups(speech, wanted, found, targets) if wanted.by else [],
        "by_what": [(one, speech.text("console.figures", f"by_{one}")) for one in BY],
        "count": len(found),
        "covers": _covers(speech, office, wanted),
        "is_more": is_more,
        "verdicts": VERDICTS,
        "section": "figures",
    }
    return frame.page(request, office, actor, "figures.html", context)


@get(
    "/figures/tickets",
    opt=opt(READ, "first", "last", "by", "figure", "verdict", "group"),
    sync_to_thread=True,
)
def drill(  # noqa: PLR0913  what is looked at, and what of it
    *,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    first: Query = "",
    last: Query = "",
    by: Query = "",
    figure: Query = FIRST_RESPONSE,
    verdict: Query = "",
    group: Query = "",
) -> Response[str]:
    """The tickets behind one number."""
    speech = frame.speech_of(request, office)
    wanted = _asked(office, first, last, by)
    if not _is_figure(figure):
        raise wrong_parameter("figure")
    if verdict not in ("", *VERDICTS):
        raise wrong_parameter("verdict")
    found, _, _ = _told(office, wanted)
    behind = [
        one
        for one in found
        if (not wanted.by or not group or _group_key(speech, wanted, one) == group)
        and _counts(one, figure, verdict)
    ]
    context = {
        "asked": wanted,
        "title_of": _title(speech, figure),
        "figure": figure,
        "verdict": verdict,
        "group": _group_name(speech, wanted.by, group) if group else "",
        "found": behind[:LISTED_MAX],
        "count": len(behind),
        "listed_max": LISTED_MAX,
        "section": "figures",
    }
    return frame.page(request, office, actor, "figure_tickets.html", context)


@get("/figures/export", opt=opt(READ, "first", "last", "by", "kind"), sync_to_thread=True)
def export(  # noqa: PLR0913  what is looked at, and as what
    *,
    request: AnyRequest,
    office: NamedDependency[Office],
    first: Query = "",
    last: Query = "",
    by: Query = "",
    kind: Query = "xlsx",
) -> Response[bytes]:
    """Every ticket with its verdicts, and the figures over them, for a spreadsheet (R-KPI-09)."""
    if kind not in KINDS:
        raise wrong_parameter("kind")
    speech = frame.speech_of(request, office)
    wanted = _asked(office, first, last, by)
    found, _, targets = _told(office, wanted)
    tickets = _ticket_table(speech, office, found)
    if kind == "csv":
        content = spreadsheets.as_csv(tickets)
    else:
        content = spreadsheets.as_xlsx([_rate_table(speech, wanted, found, targets), tickets])
    name = f"figures-{wanted.first}-{wanted.last}.{kind}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=KINDS[kind], headers=headers)


def _asked(office: Office, first: str, last: str, by: str) -> Asked:
    """The months that are looked at: this one, unless somebody says others."""
    now = today_of(office)[:7]
    told = Asked(first=first or last or now, last=last or first or now, by=by)
    for name, month in (("first", told.first), ("last", told.last)):
        if not MONTH.fullmatch(month):
            raise wrong_parameter(name)
    if by not in ("", *BY):
        raise wrong_parameter("by")
    if not 0 <= _number(told.last) - _number(told.first) < MONTHS_MAX:
        raise wrong_parameter("last")
    return told


def _covers(s: Speech, office: Office, wanted: Asked) -> str:
    """What is counted, in words: the tickets received from which day to which."""
    last = datetime.date.fromisoformat(f"{wanted.last}-01") + datetime.timedelta(days=31)
    end = last.replace(day=1) - datetime.timedelta(days=1)
    until = min(end.isoformat(), today_of(office))
    first = f"{wanted.first}-01"
    return s.text("console.figures", "covers", since=first, until=max(until, first))


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:])


def _told(office: Office, wanted: Asked) -> tuple[list[Told], bool, dict[str, Target]]:
    """The tickets of those months, whether there are more than are reckoned with, and targets."""
    now, today = office.now_ms(), today_of(office)
    zone = office.settings.zone
    begin = datetime.datetime.fromisoformat(f"{wanted.first}-01").replace(tzinfo=zone)
    after = datetime.datetime.fromisoformat(f"{wanted.last}-01").replace(tzinfo=zone)
    end = (after + datetime.timedelta(days=32)).replace(day=1)
    start_ms, end_ms = (int(one.timestamp() * 1000) for one in (begin, end))
    with office.reading() as books:
        found = asked.tickets(books, start_ms, end_ms)
        is_more = len(found) > asked.TICKETS_MAX
        found = found[: asked.TICKETS_MAX]
        judged = office.verdicts.of(books, found, now)
        names = teams.names(books)
        edition = in_force(policies.choice(books), today)
        policy = policies.by_ids(books, [edition.policy_id] if edition is not None else [])
    told = []
    for one in found:
        mine = judged[one["id"]]
        ticket = {**one, "team": names.get(mine.team, "")}
        told.append(Told(ticket=ticket, verdicts=mine.told))
    targets = {each.id: each for one in policy.values() for each in one.targets}
    return told, is_more, targets


def _with_all(told: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """The verdicts of a ticket, with one for all of its limits together."""
    limits = {verdict for name, verdict in told.items() if name.startswith(LIMIT)}
    if not limits:
        return dict(told)
    worst = next(one for one in WORST if one in limits)
    return {**told, ALL: worst}


def _figure(s: Speech, name: str, rate: Rate, targets: Mapping[str, Target]) -> Figure:
    target, share = targets.get(name), rate.share
    return Figure(
        name=name,
        title=_title(s, name),
        formula=s.text("console.figures", f"formula_{'limit' if LIMIT in name else name}"),
        rate=rate,
        share=promises.share(share) if share is not None else "–",
        target=promises.target(s, target) if target is not None else "",
        source=", ".join(target.source) if target is not None else "",
        is_met=None if target is None or share is None else (share >= target.share),
    )


def _title(s: Speech, name: str) -> str:
    if name.startswith(LIMIT):
        return s.text("limit_nodes", name.removeprefix(LIMIT))
    return s.text("console.figures", name)


def _is_figure(name: str) -> bool:
    return name in (*MAIN, ALL) or name.removeprefix(LIMIT) in NODES


def _counts(one: Told, figure: str, verdict: str) -> bool:
    said = _with_all(one.verdicts).get(figure)
    return said is not None and verdict in ("", said)


def _group_name(s: Speech, by: str, group: str) -> str:
    return class_name(s, group) if by == "product" else group


def _groups(
    s: Speech, wanted: Asked, found: Iterable[Told], targets: Mapping[str, Target]
) -> list[dict[str, Any]]:
    """The main figures of each technician, zone, class or month; where most tickets are first."""
    by_name: dict[str, list[Told]] = {}
    for one in found:
        by_name.setdefault(_group_key(s, wanted, one), []).append(one)
    rows = [
        {
            "group": name,
            "name": _group_name(s, wanted.by, name),
            "count": len(mine),
            "figures": [_figure(s, each, rate.get(each, Rate()), targets) for each in (*MAIN, ALL)],
        }
        for name, mine in by_name.items()
        for rate in (rates(_with_all(one.verdicts) for one in mine),)
    ]
    if wanted.by == "month":
        return sorted(rows, key=lambda one: str(one["group"]))
    return sorted(rows, key=lambda one: (-int(str(one["count"])), str(one["name"])))


def _group_key(s: Speech, wanted: Asked, one: Told) -> str:
    if wanted.by == "month":
        return f"{s.moment(one.ticket['received_at']):%Y-%m}"
    field = {"product": "product_class"}.get(wanted.by, wanted.by)
    return one.ticket[field] or "–"


def _ticket_table(s: Speech, office: Office, found: list[Told]) -> Table:
    nodes = [f"{LIMIT}{node}" for node in NODES]
    names = [*MAIN, *(one for one in nodes if any(one in each.verdicts for each in found))]
    zone = office.settings.zone.key
    head = [
        s.text("fields", "number"),
        s.text("console.figures", "received"),
        *(s.text("fields", one) for one in ("customer", "zone", "product_class", "model")),
        *(s.text("fields", "team"), s.text("roles", "technician"), s.text("fields", "problem")),
        *(_title(s, one) for one in names),
    ]
    rows = [
        [
            one.ticket["number"] or "",
            s.second(one.ticket["received_at"], zone),
            *(one.ticket[field] or "" for field in ("customer", "zone", "product_class", "model")),
            *(one.ticket[field] for field in ("team", "technician", "problem")),
            *(
                s.text("console.verdicts", one.verdicts[name]) if name in one.verdicts else ""
                for name in names
            ),
        ]
        for one in found
    ]
    return Table(name=s.text("console.figures", "tickets"), head=head, rows=rows)


def _rate_table(
    s: Speech, wanted: Asked, found: list[Told], targets: Mapping[str, Target]
) -> Table:
    """The figures over all, and over each group where there are groups."""
    head = [
        s.text("console.figures", "group"),
        s.text("console.figures", "figure"),
        s.text("console.figures", "share"),
        *(s.text("console.verdicts", one) for one in VERDICTS),
        s.text("console.figures", "target"),
    ]
    counted = rates(_with_all(one.verdicts) for one in found)
    rows = [
        [s.text("console.figures", "all"), *_cells(_figure(s, name, rate, targets))]
        for name, rate in counted.items()
    ]
    for group in _groups(s, wanted, found, targets) if wanted.by else ():
        rows += [[group["name"], *_cells(each)] for each in group["figures"]]
    return Table(name=s.text("console.figures", "title"), head=head, rows=rows)


def _cells(one: Figure) -> list[spreadsheets.Cell]:
    share = one.rate.share
    counts = [getattr(one.rate, verdict) for verdict in VERDICTS]
    return [one.title, share / 100 if share is not None else None, *counts, one.target]


ROUTES: Final[list[Any]] = [show, drill, export]
