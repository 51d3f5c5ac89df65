"""Verbs of the desk: which fields the form of each has, and what a page offers of them now."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from server.console.speech import Speech
from server.queries.pages import Item
from shared.casework import pauses_of
from shared.feedback import RESOLVED
from shared.fields import PRIORITIES
from shared.people import may
from shared.priorities import derive_priority
from shared.promises import EXCUSES
from shared.reception import CLASSED_BY, CLASSES, MEANS
from shared.stages import happened_in, stage_of
from shared.ticket import ENDS, TicketEvent


class Field(Struct, frozen=True, kw_only=True):
    """A field of a form: the argument, how it is drawn, and where its choices come from."""

    name: str
    drawn: str = "area"
    group: str = ""
    codes: tuple[str, ...] = ()
    required: bool = False


class Verb(Struct, frozen=True, kw_only=True):
    """What may be said of a request: the kind, its fields, and while the ticket stands how."""

    kind: str
    fields: tuple[Field, ...] = ()
    status: frozenset[str] = frozenset({"new", "planned", "in_progress"})


_NOTE: Final = Field(name="note")
_MEANS: Final = Field(
    name="means", drawn="choice", group="contact_means", codes=MEANS, required=True
)
_REASON: Final = Field(name="reason", required=True)
_TEXT: Final = Field(name="text", required=True)
_LIMIT: Final = Field(name="limit", drawn="limit", required=True)
_RESOLVED: Final = frozenset({"resolved"})
_UNENDED: Final = frozenset({"new", "planned", "in_progress", "resolved"})
_ANY: Final = _UNENDED | ENDS


def _chosen(name: str, group: str, *codes: str) -> Field:
    return Field(name=name, drawn="choice", group=group, codes=("", *codes))


VERBS: Final[Mapping[str, Verb]] = {
    "acknowledge": Verb(kind="ticket.acknowledge", fields=(_MEANS, _NOTE)),
    "classify": Verb(
        kind="ticket.classify",
        fields=(
            Field(name="kind", drawn="choice", group="request_kinds", codes=CLASSES, required=True),
            _chosen("urgency", "urgencies", "general", "urgent"),
            _chosen("complexity", "complexities", "general", "complex"),
            _chosen("impact", "impacts", "one", "many", "key_process"),
            _chosen("complaints", "complaint_rates", "frequent"),
            _chosen("mode", "service_modes", "on_site", "remote", "mail_in"),
            _chosen("handled_by", "handlers", "in_house", "external"),
            Field(name="service_type", drawn="service_type"),
            Field(name="tags", drawn="tags"),
            Field(name="priority", drawn="choice", group="priorities", codes=("", *PRIORITIES)),
            Field(name="major", drawn="tick"),
            Field(name="owner", drawn="person"),
        ),
    ),
    "scope": Verb(
        kind="ticket.decide_scope",
        fields=(
            Field(name="scope", drawn="choice", group="scopes", codes=("in", "out"), required=True),
            Field(name="reason"),
            Field(name="means", drawn="choice", group="contact_means", codes=("", *MEANS)),
        ),
    ),
    "agree": Verb(
        kind="ticket.agree",
        fields=(Field(name="visit", drawn="local"), Field(name="due", drawn="local"), _NOTE),
    ),
    "propose": Verb(kind="ticket.propose", fields=(_MEANS, _TEXT)),
    "resolve": Verb(kind="ticket.resolve", fields=(_MEANS, _TEXT)),
    "inform": Verb(kind="ticket.inform", fields=(_MEANS, _NOTE)),
    "chase": Verb(kind="ticket.chase", fields=(_NOTE,)),
    "urge": Verb(kind="ticket.urge", fields=(_NOTE,)),
    "wait": Verb(
        kind="ticket.wait",
        fields=(
            Field(
                name="reason",
                drawn="choice",
                group="pauses",
                codes=("customer_date", "parts", "mail_in", "customer_absent"),
                required=True,
            ),
            Field(name="until", drawn="local"),
            _NOTE,
        ),
    ),
    "go-on": Verb(kind="ticket.go_on", fields=(_NOTE,)),
    "call-back": Verb(
        kind="ticket.call_back",
        fields=(
            _MEANS,
            Field(name="reached", drawn="yes_no", required=True),
            Field(name="satisfied", drawn="yes_no"),
            _NOTE,
        ),
        status=_RESOLVED,
    ),
    "take-up": Verb(kind="ticket.take_up", fields=(_REASON,), status=RESOLVED),
    "close": Verb(kind="ticket.close", fields=(_REASON,), status=_UNENDED),
    "link": Verb(
        kind="ticket.link",
        fields=(Field(name="ticket", drawn="number", required=True),),
        status=_ANY,
    ),
    "withdraw": Verb(kind="ticket.withdraw", fields=(_REASON,)),
    "excuse": Verb(
        kind="ticket.excuse",
        fields=(
            _LIMIT,
            Field(name="reason", drawn="choice", group="excuses", codes=EXCUSES, required=True),
            _NOTE,
        ),
        status=_ANY,
    ),
    "settle": Verb(
        kind="ticket.settle_time",
        fields=(
            _LIMIT,
            Field(
                name="said",
                drawn="choice",
                group="findings",
                codes=("met", "breached"),
                required=True,
            ),
            _NOTE,
        ),
        status=_ANY,
    ),
}
FIRST: Final = ("acknowledge", "classify", "scope", "agree", "propose", "call-back", "close")


def offered(s: Speech, roles: tuple[str, ...], ticket: Item) -> dict[str, Any]:
    """What the page of a ticket tells of its handling, and what may be said of it now."""
    story = _story(ticket)
    events = happened_in(story)
    paused = pauses_of(story, ticket["site"]["time_zone"] if ticket["site"] else "")
    waiting = [one.reason for one in paused if one.end is None]
    known = {
        "acknowledge": "acknowledged" not in events,
        "scope": ticket["scope"] == "" and ticket["status"] == "new",
        "urge": ticket["urgency"] != "urgent",
        "wait": not waiting,
        "go-on": bool(waiting),
        "resolve": ticket["status"] != "resolved",
        "settle": any(line["earliest"] is not None for line in ticket["events"]),
    }
    told = [
        (name, s.text("buttons", verb.kind))
        for name, verb in VERBS.items()
        if ticket["status"] in verb.status and may(roles, verb.kind) and known.get(name, True)
    ]
    first = [one for one in told if one[0] in FIRST and not _is_late_in_line(one[0], ticket)]
    return {
        "stage": stage_of(ticket["status"], events),
        "handling": _facts(s, ticket, waiting),
        "say_first": first[:4],
        "say_more": [one for one in told if one not in first[:4]],
    }


def _is_late_in_line(name: str, ticket: Item) -> bool:
    """What is offered before its turn only among the rest."""
    return name == "close" and ticket["status"] != "resolved"


def _story(ticket: Item) -> list[TicketEvent]:
    """The lines of a ticket's story, as the rules read them."""
    lines = [
        TicketEvent(
            id=one["id"],
            ticket_id=ticket["id"],
            **{name: one[name] for name in ("what", "status", "by", "at")},
            **{name: one[name] for name in ("pause", "resume", "until")},
            events=tuple(one["events"]),
        )
        for one in ticket["events"]
    ]
    return sorted(lines, key=lambda one: (one.at, one.id))


def _facts(s: Speech, ticket: Item, waiting: Iterable[str]) -> list[tuple[str, str]]:
    groups = {
        "kind": "request_kinds",
        "urgency": "urgencies",
        "complexity": "complexities",
        "impact": "impacts",
        "complaints": "complaint_rates",
        "mode": "service_modes",
        "handled_by": "handlers",
        "scope": "scopes",
    }
    told = [
        (label(s, name), s.text(group, ticket[name]))
        for name, group in groups.items()
        if ticket[name]
    ]
    if ticket["scope"] == "" and ticket["status"] == "new":
        told.append((label(s, "scope"), s.text("console.handling", "scope_open")))
    if ticket["kind"]:
        derived = derive_priority(
            {name: ticket[name] for name in CLASSED_BY}
            | {"tier": ticket["customer"]["tier"] if ticket["customer"] else ""}
        )
        because = s.text("console.handling", "and").join(
            s.text("priority_reasons", one) for one in derived.because
        )
        overruled = derived.priority != ticket["priority"]
        why = s.text("console.handling", "overruled") if overruled else because
        shown = s.text("priorities", ticket["priority"])
        told.append(
            (s.text("fields", "priority"), s.text("console.handling", "why", what=shown, why=why))
        )
    promised = ("agreed_visit", "agreed_due")
    told += [(label(s, one), ticket[one].replace("T", " ")) for one in promised if ticket[one]]
    told += [(label(s, "waits"), s.text("pauses", one)) for one in waiting]
    if ticket["chased"]:
        told.append((label(s, "chased"), str(ticket["chased"])))
    for name, group, code in (("excused", "excuses", "reason"), ("settled", "findings", "said")):
        found = [f"{one['limit']} · {s.text(group, one[code])}" for one in ticket[name]]
        told += [(label(s, name), one) for one in found]
    return told


def label(s: Speech, name: str) -> str:
    """What a field is called on these pages."""
    known = s.knows("console.handling", name)
    return s.text("console.handling" if known else "fields", name)
