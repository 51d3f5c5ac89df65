"""Announcing: what customers are told without anybody asking, once it has happened (R-COM-01).

Which of it, the company says (`shared.wordings.MessageRules`). Each message has the id of the line
of the story that it is about: asked again, it is the same one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from server import phrasing, promises
from server.office import Asked, Office
from server.queries import returns
from shared.errors import Params
from shared.ids import derive
from shared.messages import Message
from shared.money import written
from shared.site import Customer, Site
from shared.texts import Language, say
from shared.ticket import Ticket, TicketEvent

WITHIN_MS: Final = 24 * 3_600_000  # of what happened: later it is no news
WHY_CHARS_MAX: Final = 1_000  # of a reason: a message, and what stands around it, has to fit
PLANNED: Final = frozenset({"visit.plan", "ticket.agree", "work_order.contact"})
Given = dict[str, str] | None


class About(Struct, frozen=True, kw_only=True):
    """A ticket with all that messages about it name; `technician` has the job now."""

    ticket: Ticket
    events: Sequence[TicketEvent]
    site: Site
    customer: Customer
    messages: Sequence[Message] = ()
    names: Mapping[str, str] = {}
    technician: str = ""


class Voice(Struct, frozen=True, kw_only=True):
    """Who speaks in which language."""

    office: Office
    language: Language

    def piece(self, code: str, **params: str) -> str:
        """A part of a message in the server's own words."""
        return phrasing.piece(self.office, self.language, code, **params)

    def wall(self, local: str) -> str:
        """A wall time at the site: 11月24日 周二 09:00."""
        moment = datetime.fromisoformat(local)
        catalogue = self.office.texts.catalogues[self.language]
        weekday = say(catalogue, "dates.weekdays", str(moment.isoweekday()))
        month = say(catalogue, "dates.months", str(moment.month))
        told: Params = {"month": month, "day": moment.day, "weekday": weekday}
        day = say(catalogue, "dates", "day", told)
        return say(catalogue, "dates", "day_and_time", {"day": day, "time": f"{moment:%H:%M}"})


def announced(office: Office, about: About, automatic: Iterable[str], since: int) -> list[Asked]:
    """The messages that what happened since then (ms) asks for, and that nobody has asked for."""
    language = promises.language_of(office, about.customer.language)
    voice = Voice(office=office, language=language)
    found = []
    for template in automatic:
        news = _NEWS.get(template)
        line = _newest(about, template, since) if news is not None else None
        if news is None or line is None or _is_told(about, template, line):
            continue
        params = news(voice, about, line)
        if params is not None:
            found.append(_asked(voice, about, (template, line), params))
    return found


def _newest(about: About, template: str, since: int) -> TicketEvent | None:
    """The last line of the story that such a message is about, if it is news."""
    told = [one for one in about.events if one.at >= since and _is_about(template, one, about)]
    return max(told, key=lambda one: (one.at, one.id), default=None)


def _is_about(template: str, line: TicketEvent, about: About) -> bool:
    tests: dict[str, bool] = {
        "visit_agreed": line.what in PLANNED,
        "on_the_way": "departed" in line.events,
        "delayed": line.what == "visit.move" and line.pause != "customer_date",
        "progress": "assigned" in line.events,
        "result": "resolved" in line.events and line.what.startswith("work_order."),
        "return_decided": line.what == "return.decide",
        "survey": "closed" in line.events and about.ticket.status == "closed",
    }
    return tests[template]


def _is_told(about: About, template: str, line: TicketEvent) -> bool:
    return any(one.template == template and one.at >= line.at for one in about.messages)


def _asked(
    voice: Voice, about: About, news: tuple[str, TicketEvent], params: Mapping[str, str]
) -> Asked:
    template, line = news
    office, site = voice.office, about.site
    given = {
        "company": promises.company(office, voice.language),
        "number": about.ticket.number or "",
        **params,
    }
    with office.reading() as books:
        text = phrasing.phrased(office, books, (about.ticket.id, template, voice.language), given)
    phone = site.contact_phone or about.customer.phone
    args: dict[str, Any] = {
        "ticket": about.ticket.id,
        "template": template,
        "text": text,
        "language": voice.language,
        "to": about.ticket.caller or site.contact_name or about.customer.name,
        "phone": phone,
        "params": {name: value[:200] for name, value in given.items()},
        "channel": "webhook" if office.settings.webhook.url and phone else "copy",
    }
    identity = derive("announced", template, line.id)
    return Asked(id=identity, kind="message.queue", on=("message", identity), args=args)


def _visit(voice: Voice, about: About, line: TicketEvent) -> Given:
    """When the visit is that the line is about: planned, given another time, or agreed on."""
    start = line.until or about.ticket.agreed_visit
    return {"visit": voice.wall(start), "address": about.site.address} if start else None


def _on_the_way(_voice: Voice, about: About, line: TicketEvent) -> Given:
    name = about.names.get(line.by) or about.technician
    return {"technician": name} if name else None


def _assigned(voice: Voice, about: About, _line: TicketEvent) -> Given:
    name = about.technician
    return {"what": voice.piece("assigned", technician=name)} if name else None


def _done(voice: Voice, _about: About, _line: TicketEvent) -> Given:
    return {"what": voice.piece("done")}


def _decided(voice: Voice, about: About, line: TicketEvent) -> Given:
    if "return_done" in line.events:
        is_long = len(line.note) > WHY_CHARS_MAX
        why = f"{line.note[: WHY_CHARS_MAX - 1]}…" if is_long else line.note
        return {"what": voice.piece("return_refused", why=why)}
    with voice.office.reading() as books:
        case = returns.of_ticket(books, about.ticket.id)
    return {"what": _granted(voice, case or {})}


def _granted(voice: Voice, case: Mapping[str, Any]) -> str:
    """That a return is granted, and what it costs the customer (R-RET-07)."""
    if case.get("fee"):
        amount = written(case["fee"], case["currency"])
        return voice.piece("return_granted_fee", amount=amount)
    bearer = case.get("borne_by")
    return voice.piece(f"return_granted_{bearer}" if bearer else "return_granted")


def _survey(_voice: Voice, _about: About, _line: TicketEvent) -> Given:
    return {}


_NEWS: Final[Mapping[str, Callable[[Voice, About, TicketEvent], Given]]] = {
    "visit_agreed": _visit,
    "on_the_way": _on_the_way,
    "delayed": _visit,
    "progress": _assigned,
    "result": _done,
    "return_decided": _decided,
    "survey": _survey,
}
