"""Returns and exchanges: asked for, decided, received, inspected, and done (R-RET, R-SLA-45).

There is one to a ticket. Its end stops its clock, whatever the end is. No money moves here: what is
to be paid back is a task for the accounts.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from msgspec import structs

from shared.amounts import is_real, tidy
from shared.errors import Params, Refused, refuse_state, refuse_value
from shared.ids import derive
from shared.machine import its_serial, same_on_file, unreal
from shared.money import written as in_figures
from shared.pricing import unreadable as all_unreadable, unsaid
from shared.reception import on_ticket, unreadable, unsayable, written
from shared.records import Aggregate, Record, State
from shared.registry import Act, Outcome, Reach, Ref, by
from shared.return_case import (
    SERVICE_TYPE,
    AskArgs,
    DecideArgs,
    DropArgs,
    ExchangeArgs,
    InspectArgs,
    ReceiveArgs,
    RefundArgs,
    ReturnCase,
    asked_for,
    case_id,
)
from shared.return_terms import TERMS, USUAL, ReturnTerms, bearer_of, last_day
from shared.site import Asset
from shared.take_away import TakenItem
from shared.tasks import Task
from shared.ticket import Step, Ticket
from shared.work_order import WorkOrder

ASKED: Final = "return_asked"
DONE: Final = "return_done"
OnReturn = Callable[[State, Act, Ticket, ReturnCase], Outcome | Refused]
Reducer = Callable[[State, Act], Outcome | Refused]
OVER: Final = frozenset({"withdrawn", "refused"})  # a ticket of which nothing is asked any more


def _at(step: str) -> Callable[[OnReturn], Reducer]:
    """A rule for a return that has come as far as a step, with its ticket; refused at any other."""

    def of(rule: OnReturn) -> Reducer:
        def reduce(state: State, act: Act) -> Outcome | Refused:
            found = _ticket(state, act)
            if isinstance(found, Refused):
                return found
            case = state.find(ReturnCase, case_id(found.id))
            if case is None:
                return refuse_state("no_return")
            if case.step != step:
                return refuse_state("return_step", step=case.step, verb=act.kind)
            return rule(state, act, found, case)

        return wraps(rule)(reduce)

    return of


def ask(state: State, act: Act) -> Outcome | Refused:
    """Write down that a customer wants to give a machine back, or to have another (R-RET-01)."""
    found = _ticket(state, act)
    if isinstance(found, Refused):
        return found
    args: AskArgs = act.args
    asset = _machine(state, found, args.asset, found.asset_id)
    if isinstance(asset, Refused):
        return asset
    wrong = unreadable(act, "note")
    if wrong is not None:
        return wrong
    known = state.find(ReturnCase, case_id(found.id))
    if known is not None:
        same = (known.wish, known.step) == (args.wish, "asked")
        return Outcome(merged=True) if same else refuse_state("one_return", step=known.step)
    case = asked_for(found, act, args.wish, args.reason)
    case = structs.replace(case, asset_id=args.asset or found.asset_id)
    after = structs.replace(found, service_type=found.service_type or SERVICE_TYPE)
    return _with(written(act, found, after, Step(events=(ASKED,), note=tidy(args.note))), case)


@_at("asked")
def decide(state: State, act: Act, ticket: Ticket, case: ReturnCase) -> Outcome | Refused:
    """Grant or refuse it after a review (R-RET-03), by the terms unless somebody says why not."""
    args: DecideArgs = act.args
    asset = _machine(state, ticket, args.asset, case.asset_id if args.granted else None)
    if isinstance(asset, Refused):
        return asset
    wrong = unreadable(act, "why") or (None if args.granted else unsayable(act, "why"))
    wrong = wrong or _incomplete(args)
    terms = state.find(ReturnTerms, TERMS) or USUAL
    wish, reason = args.wish or case.wish, args.reason or case.reason
    if wrong is None and args.granted and not args.why:
        wrong = _against_terms(terms, args, wish, asset)
    if wrong is not None:
        return wrong
    product = asset.product_class if asset is not None else ""
    after = structs.replace(
        case,
        wish=wish,
        reason=reason,
        asset_id=args.asset or case.asset_id,
        step="granted" if args.granted else "refused",
        papers=tuple(dict.fromkeys(args.papers)),
        why=tidy(args.why),
        borne_by=(args.borne_by or bearer_of(terms, reason, product)) if args.granted else "",
        fee=args.fee,
        currency=args.currency or "",
        decided_at=act.at,
        decided_by=act.by.id,
    )
    events = ("progress_told",) if args.granted else ("progress_told", DONE)
    return _with(written(act, ticket, ticket, Step(events=events, note=tidy(args.why))), after)


def _incomplete(args: DecideArgs) -> Refused | None:
    if args.day is not None and not is_real(args.day):
        return refuse_value("wrong_value", "args.day", reason=args.day)
    if args.fee is not None and args.currency is None:
        return refuse_value("missing_field", "args.currency")
    return None


def _against_terms(
    terms: ReturnTerms, args: DecideArgs, wish: str, asset: Asset | None
) -> Refused | None:
    """What the company's terms have against it: a paper that is not there, or too late a day."""
    for paper in terms.papers:
        if paper not in args.papers:
            return refuse_value("paper_missing", "args.papers", paper=paper)
    last = last_day(terms, wish, asset) if asset is not None else None
    if last is not None and args.day is not None and args.day > last:
        return refuse_value("return_too_late", "args.why", day=last)
    return None


@_at("granted")
def receive(state: State, act: Act, ticket: Ticket, case: ReturnCase) -> Outcome | Refused:
    """Take it in at the workshop, from a technician, the customer, or a parcel."""
    args: ReceiveArgs = act.args
    wrong = unreadable(act, "note") or _foreign(state, ticket, args.item)
    if wrong is not None:
        return wrong
    after = structs.replace(
        case,
        step="received",
        way=args.way,
        item_id=args.item,
        received_at=act.at,
        received_by=act.by.id,
    )
    step = Step(resume="mail_in", note=tidy(args.note))
    return _with(written(act, ticket, ticket, step), after)


def _foreign(state: State, ticket: Ticket, item: str | None) -> Refused | None:
    """The refusal of an item that was not taken away on a job of this ticket."""
    taken = state.find(TakenItem, item)
    job = state.find(WorkOrder, taken.work_order_id) if taken is not None else None
    if item is None or (job is not None and job.ticket_id == ticket.id):
        return None
    return refuse_value("unknown_subject", "args.item")


@_at("received")
def inspect(_state: State, act: Act, ticket: Ticket, case: ReturnCase) -> Outcome | Refused:
    """Say what is wrong with it; where nothing is, the return ends, and why is said."""
    args: InspectArgs = act.args
    wrong = unreadable(act, "text") or (None if args.confirmed else unsayable(act, "text"))
    if wrong is not None:
        return wrong
    after = structs.replace(
        case,
        step="inspected" if args.confirmed else "refused",
        confirmed=args.confirmed,
        finding=tidy(args.text),
        inspected_at=act.at,
        inspected_by=act.by.id,
    )
    events = () if args.confirmed else (DONE,)
    return _with(written(act, ticket, ticket, Step(events=events, note=tidy(args.text))), after)


@_at("inspected")
def refund(state: State, act: Act, ticket: Ticket, case: ReturnCase) -> Outcome | Refused:
    """End it with the money back (R-RET-08): the accounts are told, and the machine is gone."""
    args: RefundArgs = act.args
    asset = _machine(state, ticket, args.asset, case.asset_id)
    if isinstance(asset, Refused):
        return asset
    wrong = unreadable(act, "note")
    if wrong is None and args.day is not None and not is_real(args.day):
        wrong = refuse_value("wrong_value", "args.day", reason=args.day)
    if wrong is not None:
        return wrong
    done = _ended(case, act, refund=args.amount, currency=args.currency)
    told: Params = {"amount": in_figures(args.amount, args.currency)}
    task = Task(
        id=derive(act.op_id, "task", "refund_due", ticket.id),
        home_noun="ticket",
        home_id=ticket.id,
        code="refund_due",
        params=told,
        op_id=act.op_id,
        at=act.at,
    )
    gone = () if asset is None else (_gone(asset, "returned", args.day),)
    note = tidy(f"{told['amount']} {args.note}")
    return _with(written(act, ticket, ticket, Step(events=(DONE,), note=note)), done, task, *gone)


@_at("inspected")
def exchange(state: State, act: Act, ticket: Ticket, case: ReturnCase) -> Outcome | Refused:
    """End it with another machine in place of the old one, which stays on file as gone."""
    args: ExchangeArgs = act.args
    old = _machine(state, ticket, args.asset, None)
    if not isinstance(old, Asset):
        return old or refuse_value("unknown_subject", "args.asset")
    wrong = unsaid(args, "model") or all_unreadable(args) or unreal(args)
    if wrong is not None:
        return wrong
    made = Asset(
        id=derive(act.op_id, "asset"),
        site_id=old.site_id,
        name=old.name if tidy(args.model) == old.model else tidy(args.model),
        model=tidy(args.model),
        serial=tidy(args.serial),
        product_class=old.product_class,
        delivered_on=args.delivered_on,
        invoiced_on=args.delivered_on,
        warranty_until=args.warranty_until,
    )
    wrong = same_on_file(state, made)
    if wrong is not None:
        return wrong
    done = _ended(case, act, new_asset_id=made.id)
    gone = structs.replace(_gone(old, "exchanged", args.delivered_on), replaced_by=made.id)
    note = tidy(" ".join(filter(None, (made.model, made.serial, args.note))))
    return _with(written(act, ticket, ticket, Step(events=(DONE,), note=note)), done, made, gone)


def drop(state: State, act: Act) -> Outcome | Refused:
    """End it because the customer does not want it any more."""
    found = _ticket(state, act)
    if isinstance(found, Refused):
        return found
    case = state.find(ReturnCase, case_id(found.id))
    if case is None:
        return refuse_state("no_return")
    if case.step == "dropped":
        return Outcome(merged=True)
    if case.done_at is not None or case.step == "refused":
        return refuse_state("return_step", step=case.step, verb=act.kind)
    why = tidy(act.args.reason)
    after = structs.replace(_ended(case, act), step="dropped", why=why)
    wrong = unsayable(act, "reason")
    return wrong or _with(written(act, found, found, Step(events=(DONE,), note=why)), after)


def _ticket(state: State, act: Act) -> Ticket | Refused:
    """The ticket: also one that is closed, because a return may go on longer than its repair."""
    found = state.find(Ticket, act.on[1])
    if found is None:
        return refuse_value("unknown_subject", "on")
    if found.status in OVER:
        return refuse_state("illegal_status", status=found.status, verb=act.kind)
    return found


def _machine(
    state: State, ticket: Ticket, named: str | None, usual: str | None
) -> Asset | Refused | None:
    """The machine that an act is about: the one it names, or the usual one, if there is any.

    It stands at the ticket's site, and did not leave by another return. What is not at hand, as
    only the ticket's own machine is without being named, has to be named.
    """
    identity = named or usual
    asset = state.find(Asset, identity)
    if named is not None and (asset is None or asset.site_id != ticket.site_id):
        return refuse_value("unknown_subject", "args.asset")
    if asset is None:
        return refuse_value("missing_field", "args.asset") if identity is not None else None
    return refuse_value("machine_gone", "args.asset", machine=asset.name) if asset.gone else asset


def _ended(case: ReturnCase, act: Act, **told: Any) -> ReturnCase:
    return structs.replace(case, step="done", done_at=act.at, done_by=act.by.id, **told)


def _gone(asset: Asset, how: str, day: str | None) -> Asset:
    return structs.replace(asset, gone=how, gone_on=day)


def _with(outcome: Outcome, *rows: Record) -> Outcome:
    return structs.replace(outcome, rows=(*outcome.rows, *rows))


def _case(reach: Reach) -> tuple[Ref, ...]:
    return ((ReturnCase, case_id(reach.on[1])),)


def _case_and_machine(reach: Reach) -> tuple[Ref, ...]:
    """The return, the company's terms, and the machines that it may be about."""
    named = {reach.links.get("asset_id"), getattr(reach.args, "asset", None)}
    machines = tuple((Asset, one) for one in sorted(filter(None, named)))
    return (*_case(reach), (ReturnTerms, TERMS), *machines)


def _case_and_item(reach: Reach) -> tuple[Ref, ...]:
    """The return, what was taken away on jobs of the ticket, and these."""
    item = reach.args.item
    if item is None:
        return _case(reach)
    return (*_case(reach), (TakenItem, item), (WorkOrder, by("ticket_id", reach.on[1])))


def _old_and_new(reach: Reach) -> tuple[Ref, ...]:
    return (*_case_and_machine(reach), *its_serial(reach.args.serial))


def _its_site(reach: Reach) -> tuple[Aggregate, ...]:
    site = reach.links.get("site_id")
    return (("site", site),) if site is not None else ()


_ASSET: Final = (("asset", "asset"),)

KINDS = (
    on_ticket(name="return.ask", args=AskArgs, reduce=ask, refs=_case_and_machine, mentions=_ASSET),
    on_ticket(
        name="return.decide",
        args=DecideArgs,
        reduce=decide,
        refs=_case_and_machine,
        mentions=_ASSET,
    ),
    on_ticket(name="return.receive", args=ReceiveArgs, reduce=receive, refs=_case_and_item),
    on_ticket(name="return.inspect", args=InspectArgs, reduce=inspect, refs=_case),
    on_ticket(
        name="return.refund",
        args=RefundArgs,
        reduce=refund,
        refs=_case_and_machine,
        mentions=_ASSET,
        touches=_its_site,
    ),
    on_ticket(
        name="return.exchange",
        args=ExchangeArgs,
        reduce=exchange,
        refs=_old_and_new,
        mentions=_ASSET,
        touches=_its_site,
    ),
    on_ticket(name="return.drop", args=DropArgs, reduce=drop, refs=_case),
)
