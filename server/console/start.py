"""The start page: what needs a person now, worst first, and how full the day is."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct, structs

from server.console import frame
from server.console.addresses import opt
from server.console.clock_words import brief
from server.console.loads import load_of
from server.console.speech import Speech
from server.console.tasks import ICONS, words
from server.discretion import HEAR
from server.office import AnyRequest, Office
from server.queries import money, pressing, queue, start
from server.queries.frame import lines
from server.queries.pages import Item
from server.queries.reckoning import Reader
from server.queries.start import Group
from server.sessions import Actor
from shared.money import written
from shared.people import may
from shared.pressing import is_over

LOCAL: Final = "%Y-%m-%dT%H:%M"
PRESSING: Final = ("urgent", "emergency")
DAY_MS: Final = 24 * 3_600_000
MINUTE_MS: Final = 60_000


class Row(Struct, frozen=True, kw_only=True):
    """One thing that needs a person: what, where, since when, and the button for it.

    Who may not do what `intent` names is led to `otherwise`.
    """

    id: str
    icon: str
    tone: str
    what: str
    ref: str = ""
    place: str = ""
    clock: str = ""
    clock_icon: str = "schedule"
    clock_tone: str = ""
    to: str
    button: str
    intent: str = ""
    otherwise: str = ""


class Need(Struct, frozen=True, kw_only=True):
    """A group of them: how many there are, the worst few, and where all of them are."""

    key: str
    count: int
    rows: list[Row]
    to: str


@get("/", opt=opt("read.tickets"), sync_to_thread=True)
def show(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """What needs a person now."""
    speech = frame.speech_of(request, office)
    roles = actor.person.roles
    day = speech.moment(speech.now_ms).date().isoformat()
    heard = {one: (told.at, told.clock_ms) for one, told in office.contacts.items()}
    with office.reading() as books:
        clocks = clocks_of(speech, queue.time_zones(books))
        lately, late = partial(office.lately.told, lines(books)), ("late", *sorted(clocks.items()))
        asked: dict[str, Callable[[], Group]] = {
            "admission": lambda: start.unconfirmed(books),
            "at_risk": lambda: pressing.at_risk(books, Reader(books, speech.now_ms), speech.now_ms),
            "late": lambda: lately(late, lambda: start.late(books, clocks)),
            "unassigned": lambda: lately("unassigned", lambda: start.unassigned(books)),
            "conflicts": lambda: start.conflicts(books),
            "set_aside": lambda: start.set_aside(books),
            "seals": lambda: start.seals(books),
            "photos": lambda: start.lost_photos(books),
            "money": lambda: purse(books, day, speech.now_ms),
            "tasks": lambda: start.tasks(books, hears=may(roles, HEAR)),
            "phones": lambda: start.phones(books, heard, day, office.silent_since),
            "short": lambda: start.short_stock(books),
        }
        found = {key: asked[key]() for key, intent in SHOWN.items() if may(roles, intent)}
        figures = lately(
            ("figures", speech.now_ms // MINUTE_MS),
            lambda: start.figures(books, day, speech.now_ms),
        )
        loads = start.loads(books, day)
    needs = [_need(speech, roles, key, group) for key, group in found.items() if group[0]]
    context = {
        "needs": needs,
        "figures": figures,
        "waiting": sum(need.count for need in needs),
        "unassigned": found["unassigned"][0],
        "loads": [load_of(one) for one in loads],
        "day": day,
    }
    return frame.page(request, office, actor, "start.html", context)


def purse(books: Any, day: str, now_ms: int) -> Group:
    """Money that should be here: more than may be collected, then what is out for over a day."""
    prices = money.in_force(books, day)
    over = start.over_limit(books, prices.on_spot_limit) if prices is not None else []
    late = money.overdue(books, now_ms - DAY_MS)
    found = [*({**one, "over": True} for one in over), *({**one, "over": False} for one in late)]
    return len(found), found[: start.ROWS_MAX]


def clocks_of(speech: Speech, zones: list[str]) -> dict[str, str]:
    """The wall time now in each time zone, as planned times are written."""
    return {zone: f"{speech.moment(speech.now_ms, zone):{LOCAL}}" for zone in zones}


def _need(speech: Speech, roles: tuple[str, ...], key: str, group: Group) -> Need:
    count, found = group
    rows = [_led(speech, roles, DRAWN[key](speech, one)) for one in found]
    return Need(key=key, count=count, rows=rows, to=MORE[key])


def _led(s: Speech, roles: tuple[str, ...], row: Row) -> Row:
    """The row with a button that this reader may press."""
    if not row.intent or may(roles, row.intent):
        return row
    return structs.replace(row, to=row.otherwise, button=s.text("console.start", "open"))


def _at_risk(s: Speech, one: Item) -> Row:
    clock = one["clock"]
    over = is_over(clock)
    return Row(
        id=one["id"],
        icon="timer",
        tone="danger" if over else "warning",
        what=one["problem"],
        ref=one["number"] or "",
        place=one["customer"],
        clock=brief(s, clock),
        clock_icon="timer",
        clock_tone="over" if over else "warning",
        to=f"/tickets/{one['number'] or one['id']}{'' if clock.about else '/clocks'}",
        button=s.text("console.start", "open"),
    )


def _late(s: Speech, one: Item) -> Row:
    assign = one["status"] == "created"
    place = " · ".join(filter(None, (one["customer"], one["person"])))
    return Row(
        id=one["id"],
        icon="timer",
        tone="danger",
        what=one["summary"],
        ref=one["number"],
        place=place,
        clock=s.text("console.start", "over", span=s.span(over_ms(s, one))),
        clock_icon="timer",
        clock_tone="over",
        to=f"/work-orders/{one['number']}" + ("/assign" if assign else ""),
        button=s.text("console.start", "assign" if assign else "open"),
        intent="work_order.assign",
        otherwise=f"/work-orders/{one['number']}",
    )


def over_ms(s: Speech, one: Item) -> int:
    """How long a planned time at a site is over."""
    here = s.moment(s.now_ms, one["time_zone"])
    end = here.strptime(one["planned_to"], LOCAL).replace(tzinfo=here.tzinfo)
    return int((here - end).total_seconds() * 1000)


def _unassigned(s: Speech, one: Item) -> Row:
    pressing = one["priority"] in PRESSING
    order = one["work_order"]
    return Row(
        id=one["id"],
        icon="priority_high" if pressing else "person_off",
        tone="danger" if pressing else "warning",
        what=one["problem"],
        ref=one["number"],
        place=one["customer"],
        clock=s.text("console.start", "waits", span=s.span(s.now_ms - one["opened_at"])),
        clock_tone="danger" if pressing else "",
        to=f"/work-orders/{order}/assign" if order else f"/tickets/{one['number']}/work-order",
        button=s.text("console.start", "assign" if order else "plan"),
        intent="work_order.assign",
        otherwise=f"/tickets/{one['number']}",
    )


def _conflict(s: Speech, one: Item) -> Row:
    field = s.text("statuses" if one["field"] == "status" else "fields", one["field"])
    return Row(
        id=one["id"],
        icon="alt_route",
        tone="info",
        what=s.text("console.start", "two_values", field=field)
        if one["field"] != "status"
        else s.text("console.start", "two_statuses"),
        ref=one["number"] or "",
        place=one["customer"] or "",
        clock=s.text("console.start", "waits", span=s.span(s.now_ms - one["at"])),
        clock_icon="alt_route",
        to=f"/conflicts/{one['id']}",
        button=s.text("console.start", "decide"),
    )


def _set_aside(s: Speech, one: Item) -> Row:
    doing = s.text("buttons", one["kind"]) if one["kind"] else s.text("console.start", "unreadable")
    return Row(
        id=one["id"],
        icon="block",
        tone="warning",
        what=s.text("console.start", "set_aside_act", act=doing),
        ref=one["number"] or "",
        place=one["person"] or "",
        clock=s.text("console.start", "waits", span=s.span(s.now_ms - one["received"])),
        clock_icon="hourglass_top",
        to=f"/conflicts/set-aside/{one['id']}",
        button=s.text("console.start", "look"),
    )


def _task(s: Speech, one: Item) -> Row:
    homes = {"ticket": f"/tickets/{one['home_id']}", "work_order": f"/work-orders/{one['number']}"}
    return Row(
        id=one["id"],
        icon=ICONS.get(one["code"], "task_alt"),
        tone="danger" if one["code"] == "clock_overdue" else "info",
        what=words(s, one),
        ref=one["number"] or "",
        place=one["customer"] or "",
        clock=s.text("console.start", "waits", span=s.span(s.now_ms - one["at"])),
        to=homes.get(one["home_noun"], "/tasks"),
        button=s.text("console.start", "open"),
    )


def _seal(s: Speech, one: Item) -> Row:
    diverged = one["code"] == "seal_diverged"
    false = one["code"] != "unsigned_addition"
    return Row(
        id=one["id"],
        icon="gpp_maybe" if false else "signature",
        tone="danger" if false else "warning",
        what=s.text("tasks", one["code"], **one["params"]),
        ref=one["number"] or "",
        place=one["customer"] or "",
        clock=s.text("console.start", "waits", span=s.span(s.now_ms - one["at"])),
        clock_tone="danger" if false else "",
        to=f"/work-orders/{one['number']}#signatures" if one["number"] else "/tasks",
        button=s.text("console.start", "compare" if diverged else "look"),
    )


def _photo(s: Speech, one: Item) -> Row:
    name = one["caption"] or s.text("console.photos", "photo")
    return Row(
        id=one["id"],
        icon="broken_image",
        tone="warning",
        what=s.text("console.start", f"photo_{one['fault']}", name=name),
        ref=one["number"] or "",
        place=" · ".join(filter(None, (one["customer"], one["person"]))),
        clock=s.text("console.start", "waits", span=s.span(s.now_ms - one["at"])),
        to=f"/work-orders/{one['number']}/photos/{one['id']}" if one["number"] else "/",
        button=s.text("console.start", "look"),
    )


def _money(s: Speech, one: Item) -> Row:
    amount = written(one["amount"], one["currency"])
    over = one["over"]
    return Row(
        id=f"{one['id']}-{'over' if over else 'out'}",
        icon="payments",
        tone="danger" if over else "warning",
        what=s.text("console.start", "over_limit" if over else "not_handed", amount=amount),
        ref=(one["number"] or "") if over else "",
        place=one["person"] or "",
        clock=s.text("console.start", "waits", span=s.span(s.now_ms - one["at"])),
        clock_tone="warning",
        to=f"/work-orders/{one['number']}#bill" if over and one["number"] else "/money",
        button=s.text("console.start", "look"),
    )


def _unconfirmed(s: Speech, one: Item) -> Row:
    waits = s.text("console.start", "waits", span=s.span(s.now_ms - one["created_at"]))
    drawn = _phone(s, {**one, "contact_at": one["created_at"], "is_silent": True})
    what = s.text("console.admission", "wants_in", name=one["person"])
    look = s.text("console.admission", "look_at")
    icons = {"icon": "mobile", "clock_icon": "hourglass_top"}
    return structs.replace(drawn, **icons, what=what, clock=waits, button=look)


def _phone(s: Speech, one: Item) -> Row:
    silent = one["is_silent"]
    said = "silent" if silent else "clock_wrong"
    span = s.span(s.now_ms - one["contact_at"] if silent else one["clock_ms"])
    return Row(
        id=one["id"],
        icon="mobile_off" if silent else "schedule",
        tone="warning",
        what=_held(s, one),
        place=" · ".join(filter(None, (one["name"], one["app"]))),
        clock=s.text("console.start", said, span=span),
        clock_icon="cloud_off" if silent else "warning",
        clock_tone="warning",
        to=f"/phones/{one['id']}",
        button=s.text("console.start", "look"),
    )


def _held(s: Speech, one: Item) -> str:
    """Whose phone it is, and what it held when it was last heard of."""
    if one["unsent"]:
        return s.text("console.start", "holds", count=one["unsent"], person=one["person"])
    if one["unsent_files"]:
        return s.text(
            "console.start", "holds_files", count=one["unsent_files"], person=one["person"]
        )
    return str(one["person"])


def _short(s: Speech, one: Item) -> Row:
    chinese = s.language == "zh"
    unit = s.text("units", one["unit"])
    return Row(
        id=one["id"],
        icon="inventory_2",
        tone="",
        what=one["zh" if chinese else "en"],
        ref=one["number"],
        place=one["place_zh" if chinese else "place_en"],
        clock=s.text("console.start", "counts_to", quantity=one["quantity"], unit=unit),
        clock_icon="inventory_2",
        clock_tone="danger",
        to=f"/stock/{quote(one['code'], safe='')}/{quote(one['number'], safe='')}",
        button=s.text("console.start", "recount"),
    )


# The worst first; each only for those who may look at where it leads.
SHOWN: Final[Mapping[str, str]] = {
    "admission": "enrolment.issue",
    "at_risk": "read.tickets",
    "late": "read.work_orders",
    "unassigned": "read.tickets",
    "conflicts": "read.conflicts",
    "set_aside": "read.conflicts",
    "seals": "task.close",
    "photos": "read.evidence",
    "money": "payment.hand_over",
    "tasks": "task.close",
    "phones": "read.devices",
    "short": "read.stock",
}
DRAWN: Final[Mapping[str, Callable[[Speech, Item], Row]]] = {
    "admission": _unconfirmed,
    "at_risk": _at_risk,
    "late": _late,
    "unassigned": _unassigned,
    "conflicts": _conflict,
    "set_aside": _set_aside,
    "seals": _seal,
    "photos": _photo,
    "money": _money,
    "tasks": _task,
    "phones": _phone,
    "short": _short,
}
MORE: Final[Mapping[str, str]] = {
    "admission": "/phones?show=unconfirmed",
    "at_risk": "/tickets?tab=at_risk",
    "late": "/tickets?tab=late",
    "unassigned": "/tickets?tab=unassigned",
    "conflicts": "/conflicts",
    "set_aside": "/conflicts/set-aside",
    "seals": "/tasks?code=seal_diverged",
    "photos": "",  # all of them are shown
    "money": "/money",
    "tasks": "/tasks",
    "phones": "/phones",
    "short": "/stock",
}

ROUTES: Final[list[Any]] = [show]
