"""Reception: what the desk does with a request before anybody goes there."""

from typing import Annotated, Final, Literal

from msgspec import Meta, structs

from shared.amounts import Id, OptionalText, Text, is_sayable, tidy
from shared.errors import Refused, refuse_state, refuse_value
from shared.fields import Priority
from shared.people import Person
from shared.priorities import derive_priority
from shared.records import State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref
from shared.site import Customer
from shared.tag_sets import TagSet, tag_set_id
from shared.ticket import ENDS, Step, Ticket, line

CLASSES: Final = ("fault", "service", "advice", "complaint")  # R-CLS-02
MEANS: Final = ("phone", "sms", "email", "chat", "in_person")
Means = Annotated[str, Meta(pattern=rf"^({'|'.join(MEANS)})$(?!\n)")]
TagName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}:[a-z][a-z0-9_]{0,39}$(?!\n)")]
TAGS_MAX: Final = 20
# What of a ticket its priority follows from.
CLASSED_BY: Final = ("kind", "urgency", "complexity", "impact", "complaints", "handled_by")


class TellArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """By what means the customer was told something, and what."""

    means: Means
    note: OptionalText = ""


class AnswerArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What was proposed or done, and by what means the customer was told."""

    means: Means
    text: Text


class ClassifyArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Of which class a request is; urgency and complexity apart (C-15).

    Without a `priority` it is derived. `owner` tracks what is `major` (R-DSP-06). `handled_by` says
    whether it can be solved in the house (R-CLS-15), `mode` where (R-INT-18, R-CLS-09).
    """

    kind: Literal["fault", "service", "advice", "complaint"]
    urgency: Literal["", "general", "urgent"] = ""
    complexity: Literal["", "general", "complex"] = ""
    impact: Literal["", "one", "many", "key_process"] = ""
    complaints: Literal["", "frequent"] = ""
    service_type: Annotated[str, Meta(pattern=r"^([a-z][a-z0-9_]{0,39})?$(?!\n)")] = ""
    mode: Literal["", "on_site", "remote", "mail_in"] = ""
    handled_by: Literal["", "in_house", "external"] = ""
    tags: Annotated[tuple[TagName, ...], Meta(max_length=TAGS_MAX)] = ()
    major: bool = False
    owner: Id | None = None
    priority: Priority | None = None


class ScopeArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Whether it is ours to do; if not, why, and how the customer was told (R-INT-16, R-INT-17)."""

    scope: Literal["in", "out"]
    reason: OptionalText = ""
    means: Means | None = None


def standing(state: State, act: Act) -> Ticket | Refused:
    """The ticket an act is on, unless it has come to its end."""
    found = state.find(Ticket, act.on[1])
    if found is None:
        return refuse_value("unknown_subject", "on")
    if found.status in ENDS:
        return refuse_state("illegal_status", status=found.status, verb=act.kind)
    return found


def written(act: Act, before: Ticket, after: Ticket, step: Step) -> Outcome:
    """A ticket as it is from now on, with the line that says so."""
    told = line(act, after, step)
    return Outcome(rows=(after, told) if after != before else (told,))


def unsayable(act: Act, *names: str) -> Refused | None:
    """The refusal of an argument that has to say something and does not."""
    for name in names:
        if not is_sayable(getattr(act.args, name)):
            return refuse_value("not_text", f"args.{name}")
    return None


def unreadable(act: Act, name: str) -> Refused | None:
    """The refusal of an argument that may be empty, but not of what cannot be shown."""
    said = getattr(act.args, name)
    return unsayable(act, name) if said else None


def acknowledge(state: State, act: Act) -> Outcome | Refused:
    """Tell the customer that the request is seen to: the first response (C-02, R-SLA-01)."""
    return _told(state, act, ("acknowledged",))


def inform(state: State, act: Act) -> Outcome | Refused:
    """Tell the customer how far it has come (R-SLA-13, R-COM-01)."""
    return _told(state, act, ("progress_told",))


def _told(state: State, act: Act, events: tuple[str, ...]) -> Outcome | Refused:
    found = standing(state, act)
    if isinstance(found, Refused):
        return found
    wrong = unreadable(act, "note")
    return wrong or written(act, found, found, Step(events=events, note=tidy(act.args.note)))


def propose(state: State, act: Act) -> Outcome | Refused:
    """Tell the customer what is to be done about it (R-SLA-12, R-SLA-25)."""
    return _answered(state, act, "", ("diagnosed", "proposed"))


def resolve(state: State, act: Act) -> Outcome | Refused:
    """Solve it from the desk: an answer, guidance from afar (R-INT-18, R-INT-19)."""
    return _answered(state, act, "resolved", ("diagnosed", "proposed", "resolved"))


def _answered(state: State, act: Act, status: str, events: tuple[str, ...]) -> Outcome | Refused:
    found = standing(state, act)
    if isinstance(found, Refused):
        return found
    wrong = unsayable(act, "text")
    if wrong is not None:
        return wrong
    if status and found.status == status:
        return Outcome(merged=True)
    after = structs.replace(found, status=status or found.status)
    return written(act, found, after, Step(events=events, note=tidy(act.args.text)))


def classify(state: State, act: Act) -> Outcome | Refused:
    """Say of which class a request is (R-CLS-01): its priority follows, or is said by a person."""
    found = standing(state, act)
    if isinstance(found, Refused):
        return found
    args: ClassifyArgs = act.args
    wrong = _unowned(state, args) or _unknown_tag(state, args, found)
    if wrong is not None:
        return wrong
    after = structs.replace(
        found,
        kind=args.kind,
        urgency=args.urgency,
        complexity=args.complexity,
        impact=args.impact,
        complaints=args.complaints,
        service_type=args.service_type,
        mode=args.mode,
        handled_by=args.handled_by,
        tags=tuple(dict.fromkeys(args.tags)),
        major=args.major,
        owner_id=args.owner,
    )
    customer = state.find(Customer, found.customer_id)
    tier = customer.tier if customer is not None else ""
    after = structs.replace(after, priority=args.priority or priority_of(after, tier))
    return Outcome(merged=True) if after == found else written(act, found, after, Step())


def priority_of(ticket: Ticket, tier: str = "") -> str:
    """The priority that follows from the class of a request and the tier of who asks."""
    told = {name: getattr(ticket, name) for name in CLASSED_BY}
    return derive_priority({**told, "tier": tier}).priority


def _unowned(state: State, args: ClassifyArgs) -> Refused | None:
    if args.major and args.owner is None:
        return refuse_value("missing_field", "args.owner")
    owner = state.find(Person, args.owner)
    if args.owner is not None and (owner is None or owner.disabled):
        return refuse_value("unknown_person", "args.owner")
    return None


def _unknown_tag(state: State, args: ClassifyArgs, before: Ticket) -> Refused | None:
    """A word that is in no set; one that is retired stays where it was chosen before."""
    for name in args.tags:
        code, _, word = name.partition(":")
        known = state.find(TagSet, tag_set_id(code))
        tag = next((one for one in known.tags if one.code == word), None) if known else None
        if tag is None or (tag.retired and name not in before.tags):
            return refuse_value("unknown_subject", "args.tags", name=name)
    return None


def decide_scope(state: State, act: Act) -> Outcome | Refused:
    """Go on only with what is ours to do; else the customer is told why (R-INT-16, R-INT-17)."""
    found = standing(state, act)
    if isinstance(found, Refused):
        return found
    args: ScopeArgs = act.args
    if args.scope == "in":
        wrong = unreadable(act, "reason")
        if wrong is not None or found.scope == "in":
            return wrong or Outcome(merged=True)
        after = structs.replace(found, scope="in")
        return written(act, found, after, Step(note=tidy(args.reason)))
    if args.means is None:
        return refuse_value("missing_field", "args.means")
    if found.status != "new":
        return refuse_state("illegal_status", status=found.status, verb=act.kind)
    after = structs.replace(found, scope="out", status="refused")
    step = Step(events=("acknowledged", "withdrawn", "closed"), note=tidy(args.reason))
    return unsayable(act, "reason") or written(act, found, after, step)


def _owner_and_words(reach: Reach) -> tuple[Ref, ...]:
    args: ClassifyArgs = reach.args
    owner: tuple[Ref, ...] = ((Person, args.owner),) if args.owner is not None else ()
    sets = sorted({name.partition(":")[0] for name in args.tags})
    asks = reach.links.get("customer_id")
    customer: tuple[Ref, ...] = ((Customer, asks),) if asks is not None else ()
    return (*owner, *customer, *((TagSet, tag_set_id(one)) for one in sets))


def on_ticket(**given: object) -> Kind:
    """A kind that the desk says of a ticket."""
    fixed = {"cls": "office", "nouns": frozenset({"ticket"})}
    return Kind(**{**fixed, **given})  # type: ignore[arg-type]


KINDS = (
    on_ticket(name="ticket.acknowledge", args=TellArgs, reduce=acknowledge),
    on_ticket(name="ticket.inform", args=TellArgs, reduce=inform),
    on_ticket(name="ticket.classify", args=ClassifyArgs, reduce=classify, refs=_owner_and_words),
    on_ticket(name="ticket.decide_scope", args=ScopeArgs, reduce=decide_scope),
    on_ticket(name="ticket.propose", args=AnswerArgs, reduce=propose),
    on_ticket(name="ticket.resolve", args=AnswerArgs, reduce=resolve),
)
