"""Satisfaction: what customers scored and complained of in some months, down to their words."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from server.console import frame, promises, spreadsheets
from server.console.addresses import Query, listing, opt
from server.console.feedback import on_page
from server.console.figures import KINDS, MONTH, MONTHS_MAX
from server.console.policies import today_of
from server.console.speech import NOTHING, Speech
from server.console.spreadsheets import Table
from server.office import AnyRequest, Office
from server.problems import wrong_parameter
from server.queries import feedback as asked, policies, satisfaction as read
from server.queries.pages import Item
from server.queries.reckoning import Reader
from server.sessions import Actor
from shared.feedback import ASPECTS, KINDS_OF, is_low
from shared.figures import STATES, VERDICTS, Verdict, rates
from shared.policy import FEEDBACK_NODES, in_force
from shared.satisfaction import POINTS, Scores, scores, share_of
from shared.standing import Standing

PATH: Final = "/figures/satisfaction"
READ: Final = "read.figures"
TARGET: Final = "satisfaction"
LISTED_MAX: Final = 200


class Months(Struct, frozen=True, kw_only=True):
    """The months that are looked at, and what they are in milliseconds."""

    first: str
    last: str
    start: int
    end: int

    def address(self, path: str = PATH, **more: str) -> str:
        """The address of a page about them."""
        return listing(path, {"first": self.first, "last": self.last, **more})


class Told(Struct, frozen=True, kw_only=True):
    """What customers said in some months, each with how its clocks stand."""

    rows: list[Item]
    verdicts: Mapping[str, Mapping[str, Verdict]]
    leads: Mapping[str, str]

    def of(self, kind: str) -> list[Item]:
        """What is of one kind."""
        return [one for one in self.rows if one["kind"] == kind]


@get(PATH, opt=opt(READ, "first", "last"), sync_to_thread=True)
def show(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    first: Query = "",
    last: Query = "",
) -> Response[str]:
    """Scores, complaints in time, and the rest that customers said."""
    s, months = frame.speech_of(request, office), _months(office, first, last)
    told = _told(office, months)
    given = told.of("score")
    with office.reading() as books:
        scored, done = read.answered(books, months.start, months.end)
        door = scores(read.at_the_door(books, months.start, months.end))
    every = scores(one["score"] for one in given)
    target = _target(office)
    counted = rates(told.verdicts.get(one["id"], {}) for one in told.rows)
    context = {
        "months": months,
        "scores": every,
        "mean": mean(every),
        "share": share(every.share),
        "is_met": None if target is None or every.share is None else every.share >= target.share,
        "target": promises.target(s, target) if target is not None else "",
        "answered": (scored, done, share(share_of(scored, done))),
        "door": (door.total, mean(door)),
        "most": max(every.counts.values(), default=0),
        "aspects": _aspects(s, given),
        "people": _people(told, given),
        "kinds": [
            (one, s.text("feedback_kinds", one), len(told.of(one)), _open(told.of(one)))
            for one in KINDS_OF
            if one != "score"
        ],
        "limits": [
            (node, s.text("limit_nodes", node), counted[node], share(counted[node].share))
            for node in FEEDBACK_NODES
            if node in counted
        ],
        "types": _types(s, told.of("complaint")),
        "verdicts": VERDICTS,
        "points": POINTS,
        "section": "figures",
    }
    return frame.page(request, office, actor, "satisfaction.html", context)


@get(
    f"{PATH}/said",
    opt=opt(READ, "first", "last", "kind", "score", "node", "verdict", "type"),
    sync_to_thread=True,
)
def drill(  # noqa: PLR0913  what is looked at, and what of it
    *,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    first: Query = "",
    last: Query = "",
    kind: Query = "",
    score: Query = "",
    node: Query = "",
    verdict: Query = "",
    type: Query = "",  # noqa: A002  as the address has it
) -> Response[str]:
    """What was said behind one number."""
    s, months = frame.speech_of(request, office), _months(office, first, last)
    if verdict not in ("", *VERDICTS):
        raise wrong_parameter("verdict")
    told = _told(office, months)
    wanted = {"kind": kind, "score": score, "type": type}
    found = [
        one
        for one in told.rows
        if all(not value or str(one[name]) == value for name, value in wanted.items())
        and (not node or told.verdicts.get(one["id"], {}).get(node) in _either(verdict))
    ]
    with office.reading() as books:
        said = on_page(books, office, s, actor.person.roles, found[:LISTED_MAX])
    context = {
        "months": months,
        "said": said,
        "count": len(found),
        "listed_max": LISTED_MAX,
        "what": _what(s, wanted, (node, verdict)),
        "section": "figures",
    }
    return frame.page(request, office, actor, "satisfaction_said.html", context)


@get(f"{PATH}/export", opt=opt(READ, "first", "last", "kind"), sync_to_thread=True)
def export(
    request: AnyRequest,
    office: NamedDependency[Office],
    first: Query = "",
    last: Query = "",
    kind: Query = "csv",
) -> Response[bytes]:
    """All that was said, a line each, for a spreadsheet."""
    if kind not in KINDS:
        raise wrong_parameter("kind")
    s, months = frame.speech_of(request, office), _months(office, first, last)
    table = _table(s, office, _told(office, months))
    content = spreadsheets.as_csv(table) if kind == "csv" else spreadsheets.as_xlsx([table])
    name = f"satisfaction-{months.first}-{months.last}.{kind}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=KINDS[kind], headers=headers)


def _months(office: Office, first: str, last: str) -> Months:
    """This month, unless somebody says others; a year at most."""
    now = today_of(office)[:7]
    begin, end = first or last or now, last or first or now
    for name, month in (("first", begin), ("last", end)):
        if not MONTH.fullmatch(month):
            raise wrong_parameter(name)
    count = (int(end[:4]) - int(begin[:4])) * 12 + int(end[5:]) - int(begin[5:])
    if not 0 <= count < MONTHS_MAX:
        raise wrong_parameter("last")
    zone = office.settings.zone
    start = datetime.datetime.fromisoformat(f"{begin}-01").replace(tzinfo=zone)
    after = datetime.datetime.fromisoformat(f"{end}-01").replace(tzinfo=zone)
    over = (after + datetime.timedelta(days=32)).replace(day=1)
    start_ms, end_ms = (int(one.timestamp() * 1000) for one in (start, over))
    return Months(first=begin, last=end, start=start_ms, end=end_ms)


def _told(office: Office, months: Months) -> Told:
    with office.reading() as books:
        found = asked.said(books, months.start, months.end, KINDS_OF)
        tickets = {one["ticket_id"] for one in found if _may_have_limits(one)}
        standing = Reader(books, office.now_ms()).standing(tickets)
        leads = read.leads(books, found)
    return Told(rows=found, verdicts=_verdicts(standing.values()), leads=leads)


def _may_have_limits(one: Item) -> bool:
    """Whether a clock may ever have run for it: most scores are good ones, and ask for nothing."""
    return one["kind"] != "score" or is_low(one["score"]) or one["changed_at"] is not None


def _verdicts(standing: Iterable[Standing]) -> dict[str, dict[str, Verdict]]:
    """How each feedback stands with each of its limits."""
    found: dict[str, dict[str, Verdict]] = {}
    for one in standing:
        for clock in one.clocks:
            if clock.about and clock.state != "dropped":
                said = STATES.get(clock.state, "open")
                found.setdefault(clock.about, {})[clock.node] = said
    return found


def mean(found: Scores) -> str:
    """A mean as it is written: 4.25."""
    return NOTHING if found.mean is None else f"{found.mean // 100}.{found.mean % 100:02}"


def share(points: int | None) -> str:
    """A share as it is written: 82.5 %."""
    return NOTHING if points is None else promises.share(points)


def _target(office: Office) -> Any:
    """How many are to be content, by the policy in force."""
    today = today_of(office)
    with office.reading() as books:
        edition = in_force(policies.choice(books), today)
        known = policies.by_ids(books, [edition.policy_id] if edition is not None else [])
    targets = (each for one in known.values() for each in one.targets)
    return next((one for one in targets if one.id == TARGET), None)


def _aspects(s: Speech, given: list[Item]) -> list[tuple[str, str, int]]:
    found = [(one, scores(row["aspects"].get(one) for row in given)) for one in ASPECTS]
    return [(s.text("feedback_aspects", one), mean(each), each.total) for one, each in found]


def _people(told: Told, given: list[Item]) -> list[tuple[str, str, str, int]]:
    """The scores of each technician's requests; whose are most first."""
    by_name: dict[str, list[int]] = {}
    for row in given:
        by_name.setdefault(told.leads.get(row["ticket_id"], NOTHING), []).append(row["score"])
    found = [(name, scores(each)) for name, each in by_name.items()]
    ordered = sorted(found, key=lambda pair: (-pair[1].total, pair[0]))
    return [(name, mean(each), share(each.share), each.total) for name, each in ordered]


def _types(s: Speech, rows: list[Item]) -> list[tuple[str, str, int]]:
    """What complaints are about, the most frequent first (R-CMP-07)."""
    codes = [one["type"] for one in rows if one["type"]]
    counted = sorted(((codes.count(one), one) for one in set(codes)), reverse=True)
    return [(code, s.text("feedback_types", code), count) for count, code in counted]


def _open(rows: list[Item]) -> int:
    return sum(one["state"] == "open" for one in rows)


def _either(verdict: str) -> tuple[str, ...]:
    return (verdict,) if verdict else VERDICTS


def _what(s: Speech, wanted: Mapping[str, str], limit: tuple[str, str]) -> str:
    """What the list is of, in words."""
    node, verdict = limit
    told = [
        s.text("feedback_kinds", wanted["kind"]) if wanted["kind"] in KINDS_OF else "",
        s.text("console.feedback", "of_five", score=wanted["score"]) if wanted["score"] else "",
        s.text("feedback_types", wanted["type"]) if wanted["type"] else "",
        s.text("limit_nodes", node) if node in FEEDBACK_NODES else "",
        s.text("console.verdicts", verdict) if verdict else "",
    ]
    return " · ".join(filter(None, told))


def _table(s: Speech, office: Office, told: Told) -> Table:
    zone = office.settings.zone.key
    nodes = [one for one in FEEDBACK_NODES if any(one in each for each in told.verdicts.values())]
    head = [
        *(s.text("fields", one) for one in ("number", "customer")),
        s.text("console.feedback", "kind"),
        *(s.text("fields", one) for one in ("score", "solved")),
        *(s.text("feedback_aspects", one) for one in ASPECTS),
        *(s.text("fields", one) for one in ("text", "said_by", "means", "at", "type", "grade")),
        *(s.text("fields", one) for one in ("status", "cause", "measure", "outcome")),
        s.text("roles", "technician"),
        *(s.text("limit_nodes", one) for one in nodes),
    ]
    rows = [_row(s, zone, told, one, nodes) for one in told.rows]
    return Table(name=s.text("console.satisfaction", "title"), head=head, rows=rows)


def _row(s: Speech, zone: str, told: Told, one: Item, nodes: list[str]) -> list[spreadsheets.Cell]:
    said = told.verdicts.get(one["id"], {})
    return [
        *(one["number"] or "", one["customer"], s.text("feedback_kinds", one["kind"])),
        one["score"],
        s.text("console.handling", one["solved"]) if one["solved"] else "",
        *(one["aspects"].get(each) for each in ASPECTS),
        *(one["text"], one["said_by"], s.text("feedback_means", one["means"])),
        s.second(one["at"], zone),
        s.text("feedback_types", one["type"]) if one["type"] else "",
        s.text("feedback_grades", one["grade"]) if one["grade"] else "",
        s.text("console.feedback", "open" if one["state"] == "open" else "closed"),
        *(one[name] for name in ("cause", "measure", "outcome")),
        told.leads.get(one["ticket_id"], ""),
        *(s.text("console.verdicts", said[each]) if each in said else "" for each in nodes),
    ]


ROUTES: Final[list[Any]] = [show, drill, export]
