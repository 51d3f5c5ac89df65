"""Promises: what was agreed with the customer, what excuses a limit, and what clocks wait for."""

from typing import Annotated, Final, Literal

from msgspec import Meta, structs

from shared.amounts import Code, Id, LocalTime, OptionalText, is_real, tidy
from shared.casework import FAR_MS, moment
from shared.errors import Refused, refuse_state, refuse_value
from shared.reception import on_ticket, standing, unreadable, written
from shared.records import State
from shared.registry import Act, Args, Outcome
from shared.ticket import ALL, Excused, Settled, Step, Ticket, agreed_on

# Why a limit need not be kept: the circumstances that the rules leave open.
EXCUSES: Final = ("weather", "traffic", "customer", "authority", "supplier", "other")
Excuse = Annotated[str, Meta(pattern=rf"^({'|'.join(EXCUSES)})$(?!\n)")]


class AgreeArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """The time of the visit, or until when it is to be finished, by the clock at the site."""

    visit: LocalTime | None = None
    due: LocalTime | None = None
    note: OptionalText = ""


class ExcuseArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which limit need not be kept, and why; who says so has approved it.

    `about` is the feedback, where it is a limit of one.
    """

    limit: Code
    reason: Excuse
    note: OptionalText = ""
    about: Id | None = None


class SettleArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Whether a limit was kept, where the time of an act leaves it open; `about` as above."""

    limit: Code
    said: Literal["met", "breached"]
    note: OptionalText = ""
    about: Id | None = None


class WaitArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What is waited for, and until when, if the customer has chosen a date."""

    reason: Literal["customer_date", "parts", "mail_in", "customer_absent"]
    until: LocalTime | None = None
    note: OptionalText = ""


class GoOnArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """That nothing is waited for any more."""

    note: OptionalText = ""


def agree(state: State, act: Act) -> Outcome | Refused:
    """Write down what was agreed with the customer (R-SLA-06, R-SLA-09, R-COM-14)."""
    found = standing(state, act)
    if isinstance(found, Refused):
        return found
    args: AgreeArgs = act.args
    if args.visit is None and args.due is None:
        return refuse_value("missing_field", "args.visit")
    wrong = _unreal(act, "visit", "due") or unreadable(act, "note")
    if wrong is not None:
        return wrong
    after = agreed_on(found, args.visit, act.at)
    after = structs.replace(after, agreed_due=args.due or found.agreed_due)
    return written(act, found, after, Step(note=tidy(args.note)))


def excuse(state: State, act: Act) -> Outcome | Refused:
    """Approve that a limit need not be kept, with a reason that counts (R-SLA-03)."""
    found = state.find(Ticket, act.on[1])
    if found is None:
        return refuse_value("unknown_subject", "on")
    args: ExcuseArgs = act.args
    wrong = unreadable(act, "note")
    if wrong is not None:
        return wrong
    if args.reason == "other" and not args.note:
        return refuse_value("missing_field", "args.note")
    about, note = args.about or "", tidy(args.note)
    made = Excused(
        limit=args.limit,
        reason=args.reason,
        note=_on_phones(note, about),
        by=act.by.id,
        at=act.at,
        about=about,
    )
    which = (args.limit, about)
    others = tuple(one for one in found.excused if (one.limit, one.about) != which)
    after = structs.replace(found, excused=(*others, made))
    return written(act, found, after, Step(note=note, about=about))


def _on_phones(note: str, about: str) -> str:
    """A ticket's row goes to phones: what is said of feedback is in its story alone (0044)."""
    return "" if about else note


def settle_time(state: State, act: Act) -> Outcome | Refused:
    """Say whether a limit was kept, where the clocks of a phone leave it open."""
    found = state.find(Ticket, act.on[1])
    if found is None:
        return refuse_value("unknown_subject", "on")
    args: SettleArgs = act.args
    wrong = unreadable(act, "note")
    if wrong is not None:
        return wrong
    about, note = args.about or "", tidy(args.note)
    said = Settled(
        limit=args.limit,
        said=args.said,
        note=_on_phones(note, about),
        by=act.by.id,
        at=act.at,
        about=about,
    )
    which = (args.limit, about)
    others = tuple(one for one in found.settled if (one.limit, one.about) != which)
    after = structs.replace(found, settled=(*others, said))
    return written(act, found, after, Step(note=note, about=about))


def wait(state: State, act: Act) -> Outcome | Refused:
    """Let the clocks rest: the customer's own date, a part, or what is sent in (R-COM-13)."""
    found = standing(state, act)
    if isinstance(found, Refused):
        return found
    args: WaitArgs = act.args
    wrong = _unreal(act, "until") or unreadable(act, "note")
    if wrong is not None:
        return wrong
    if found.status == "resolved":
        return refuse_state("illegal_status", status=found.status, verb=act.kind)
    step = Step(pause=args.reason, until=args.until, note=tidy(args.note))
    return written(act, found, found, step)


def go_on(state: State, act: Act) -> Outcome | Refused:
    """Let the clocks go on: what was waited for is here."""
    found = standing(state, act)
    if isinstance(found, Refused):
        return found
    wrong = unreadable(act, "note")
    return wrong or written(act, found, found, Step(resume=ALL, note=tidy(act.args.note)))


def _unreal(act: Act, *names: str) -> Refused | None:
    """The refusal of a time that is not in the calendar, or is ten years away: a slip."""
    for name in names:
        local = getattr(act.args, name)
        if local is None:
            continue
        if not is_real(local):
            return refuse_value("wrong_value", f"args.{name}", reason=local)
        if abs(moment(local, "") - act.at) > FAR_MS:
            return refuse_value("too_far_off", f"args.{name}", day=local[:10])
    return None


KINDS = (
    on_ticket(name="ticket.agree", args=AgreeArgs, reduce=agree),
    on_ticket(name="ticket.excuse", args=ExcuseArgs, reduce=excuse),
    on_ticket(name="ticket.settle_time", args=SettleArgs, reduce=settle_time),
    on_ticket(name="ticket.wait", args=WaitArgs, reduce=wait),
    on_ticket(name="ticket.go_on", args=GoOnArgs, reduce=go_on),
)
