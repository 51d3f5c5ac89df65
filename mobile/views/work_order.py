"""What the first screen of a job shows: what is wrong, where, with which machine, and what next."""

from typing import Any, Final, Literal

from msgspec import Struct

from mobile.queries import Gap, Sheet, Sync
from mobile.texts import Words
from mobile.views.ready import Readiness, ready
from mobile.views.step import Step, failed, missing, step
from shared.fields import read_out
from shared.tasks import Conflict
from shared.work_order import WorkOrder

Tone = Literal["neutral", "primary", "info", "success", "warning", "danger"]

STATUS_TONES: Final[dict[str, Tone]] = {
    "assigned": "warning",
    "accepted": "info",
    "en_route": "primary",
    "on_site": "primary",
    "working": "primary",
    "paused": "warning",
    "done": "success",
    "handed_in": "success",
    "cancelled": "danger",
}
PRIORITY_TONES: Final[dict[str, Tone]] = {"urgent": "warning", "emergency": "danger"}
SYNC_TONES: Final[dict[Sync, Tone]] = {
    "safe": "success",
    "waiting": "info",
    "attention": "warning",
    "refused": "danger",
}
SYNC_ICONS: Final[dict[Sync, str]] = {
    "safe": "cloud_done",
    "waiting": "cloud_upload",
    "attention": "error",
    "refused": "error",
}
SECTIONS: Final = ("checklist", "photos", "parts", "bill", "notes", "details", "history")
OPEN_ENDED: Final = ("done", "handed_in", "cancelled")


class Mark(Struct, frozen=True, kw_only=True):
    """A state in words, with its icon and only then its colour."""

    text: str
    tone: Tone
    icon: str = ""


class Section(Struct, frozen=True, kw_only=True):
    """One part of a job, and how much is in it; `sign` says whether the office has that, too."""

    name: str
    label: str
    count: str
    sign: str = ""
    tone: Tone = "neutral"


class Place(Struct, frozen=True, kw_only=True):
    """Where to go, whom to ask for, and how to get in. The address is never cut."""

    customer: str
    site: str
    address: str
    contact: str
    phone: str
    access: str


class Machine(Struct, frozen=True, kw_only=True):
    """What stands there, and what was last done to it."""

    name: str
    model: str
    serial: str
    delivered: str
    last: str


class WorkOrderView(Struct, frozen=True, kw_only=True):
    """A job at a glance. `status` and `sync` also say what they mean in words."""

    id: str
    number: str
    title: str
    status: Mark
    priority: Mark | None
    sync: Mark
    alerts: tuple[Mark, ...]
    needs: Mark | None
    ready: Readiness | None
    planned: str
    team: str
    problem: str
    order_note: str
    terms: str
    place: Place
    machine: Machine | None
    step: Step
    sections: tuple[Section, ...]
    is_open: bool


def status_tone(status: str, sync: Sync) -> Tone:
    """How a status is drawn. Green is what the office has, never what only this phone knows."""
    tone = STATUS_TONES.get(status, "neutral")
    return "info" if tone == "success" and sync != "safe" else tone


def work_order(
    sheet: Sheet, person: str, words: Words, now: int, lacks: tuple[Gap, ...] = ()
) -> WorkOrderView:
    """The overview of a job. `lacks` is what the phone lacks for a day without a network."""
    order, job = sheet.order, sheet.job
    return WorkOrderView(
        id=order.id,
        number=words.called(order),
        title=order.summary,
        status=Mark(text=words("statuses", order.status), tone=status_tone(order.status, job.sync)),
        priority=_priority(order.priority, words),
        sync=_sync(sheet, words),
        alerts=_alerts(sheet, words),
        needs=_needs(sheet, words),
        ready=ready(sheet, lacks, words),
        planned=planned(job.planned_from, job.planned_to, words, now),
        team=_team(sheet, person, words),
        problem=sheet.ticket.problem if sheet.ticket is not None else order.summary,
        order_note=order.job_note,
        terms=words.join(
            words("services", order.service),
            words("categories", order.category),
            str(getattr(sheet.tier, words.language)) if sheet.tier is not None else None,
            sheet.ticket.number if sheet.ticket is not None else None,
            _was(order, words),
        ),
        place=_place(sheet, words),
        machine=_machine(sheet, words, now),
        step=step(sheet, person, words),
        sections=tuple(_section(name, sheet, words) for name in SECTIONS),
        is_open=is_open(sheet),
    )


def _was(order: WorkOrder, words: Words) -> str | None:
    """What a job was called on the phone that it was begun on, once the office has numbered it."""
    if order.number is None or order.provisional is None:
        return None
    return words("job", "was", provisional=order.provisional)


def is_open(sheet: Sheet) -> bool:
    """Whether something can still be recorded on a job by whoever holds this phone."""
    return not sheet.job.leaving and sheet.order.status not in OPEN_ENDED


def in_words(conflict: Conflict, words: Words) -> str:
    """What two people meant, what stands, and who may change it."""
    field = conflict.field
    loser = conflict.losers[-1].value if conflict.losers else None
    known = {"office": "office", "device": "device"}
    code = "status" if field == "status" else known.get(conflict.rule, "office")
    return words(
        "job_conflict",
        code,
        field=field,
        winner=_value(field, conflict.winner, words),
        loser=_value(field, loser, words),
    )


def _value(field: str, value: Any, words: Words) -> str:
    if value in (None, ""):
        return words("job_conflict", "empty")
    if field in ("planned_from", "planned_to"):
        return words.join(words.day(str(value)), words.time(str(value)))
    group = {"status": "statuses", "priority": "priorities"}.get(field)
    return words(group, str(value)) if group else str(value)


def _alerts(sheet: Sheet, words: Words) -> tuple[Mark, ...]:
    """What two people meant differently and nobody has decided yet."""
    return tuple(
        Mark(text=in_words(one, words), tone="warning", icon="call_split")
        for one in sheet.conflicts
        if one.settled_at is None
    )


def _needs(sheet: Sheet, words: Words) -> Mark | None:
    """What was recorded here and not taken as it was meant; the outbox tells more."""
    state = sheet.job.sync
    if state not in ("attention", "refused"):
        return None
    return Mark(text=words("job_sync", state), tone=SYNC_TONES[state], icon=SYNC_ICONS[state])


def _sync(sheet: Sheet, words: Words) -> Mark:
    state = sheet.job.sync
    waiting = sum(line.state == "waiting" for line in sheet.ops)
    text = words("job_sync", state, count=waiting)
    return Mark(text=text, tone=SYNC_TONES[state], icon=SYNC_ICONS[state])


def _priority(priority: str, words: Words) -> Mark | None:
    tone = PRIORITY_TONES.get(priority)
    if tone is None:
        return None
    return Mark(text=words("priorities", priority), tone=tone, icon="priority_high")


def planned(begin: str | None, end: str | None, words: Words, now: int) -> str:
    """When somebody is expected, in words."""
    if begin is None:
        return words("job", "unplanned")
    day = words.near_day(begin[:10], words.today(now))
    return words("kit.dates", "day_time", day=day, time=words.span(begin, end))


def _team(sheet: Sheet, person: str, words: Words) -> str:
    """Who else has the job."""
    others = [one.person.name for one in sheet.team if one.person.id != person]
    return words("job", "team", names=words("job", "comma").join(others)) if others else ""


def _place(sheet: Sheet, words: Words) -> Place:
    site, customer = sheet.site, sheet.customer
    name = words.join(customer.name, customer.salutation) if customer is not None else ""
    return Place(
        customer=name,
        site=site.name if site is not None else "",
        address=site.address if site is not None else "",
        contact=site.contact_name if site is not None else "",
        phone=read_out(
            (site.contact_phone if site is not None else "")
            or (customer.phone if customer is not None else "")
        ),
        access=site.access_notes if site is not None else "",
    )


def _machine(sheet: Sheet, words: Words, now: int) -> Machine | None:
    asset = sheet.asset
    if asset is None:
        return None
    delivered = asset.delivered_on
    return Machine(
        name=asset.name,
        model=asset.model,
        serial=asset.serial,
        delivered=words.day(delivered, words.today(now)) if delivered else "",
        last=_last(sheet, words, now),
    )


def _last(sheet: Sheet, words: Words, now: int) -> str:
    """When somebody was last at this machine, and how that ended."""
    if not sheet.history:
        return words("job", "first_visit")
    visit = sheet.history[0].visit
    when = words.near_day(words.local(visit.ended_at).date(), words.today(now))
    return words.join(when, words("outcomes", visit.outcome), sheet.history[0].person)


def _photos(sheet: Sheet, label: str) -> Section:
    """How many photos were taken, and whether the office has all of them."""
    count = len(sheet.photos)
    if not count:
        return Section(name="photos", label=label, count="")
    state: Sync = "safe" if sheet.photos_safe == count else "waiting"
    return Section(
        name="photos",
        label=label,
        count=str(count),
        sign=SYNC_ICONS[state],
        tone=SYNC_TONES[state],
    )


def _section(name: str, sheet: Sheet, words: Words) -> Section:
    label = words("job_sections", name)
    if name == "checklist" and sheet.checklist:
        done = sum(one.reading is not None for one in sheet.checklist)
        left, bad = missing(sheet.checklist), failed(sheet.checklist)
        tone: Tone = "danger" if bad else "warning" if left else "success"
        return Section(name=name, label=label, count=f"{done}/{len(sheet.checklist)}", tone=tone)
    if name == "photos":
        return _photos(sheet, label)
    counts = {
        "parts": len(sheet.parts),
        "bill": sheet.lines,
        "notes": len(sheet.notes),
        "history": len(sheet.history),
    }
    count = counts.get(name, 0)
    return Section(name=name, label=label, count=str(count) if count else "")
