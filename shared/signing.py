"""Signing: what a sign-off does, what the books say of it, and looking at it again."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import Struct, structs

from shared import ink_claims
from shared.agreement import agree, covered
from shared.amounts import is_sayable, tidy
from shared.checklist import Checklist
from shared.comparing import Compared, compare, listed_ids
from shared.document import (
    VERSION,
    Document,
    SeenJob,
    code_of,
    hash_of,
    is_presentable,
    read,
    write,
)
from shared.errors import Flag, Refused, refuse_person, refuse_value
from shared.ids import derive
from shared.ink import is_signature, malformed
from shared.milestones import SIGNED
from shared.naming import NAMES, named, older
from shared.prices import PriceList
from shared.readiness import Signed, shown, unready, unready_too
from shared.records import Aggregate, State
from shared.registry import Act, Emit, Kind, Landing, Outcome, Reach, Ref, by
from shared.seal import seal_of
from shared.sign_off import CheckArgs, SealState, SignedDocument, SignOff, TakeArgs
from shared.site import Customer
from shared.tasks import Task
from shared.ticket import progress
from shared.visible import books_of, unlisted
from shared.work_order import (
    WorkOrder,
    billing_lateness,
    standing,
    subject,
    to_its_ticket,
    with_its_checklist,
)

DIVERGED: Final = "seal_diverged"
HASHES: Final = ("document", "shown_hash", "seal")  # what is wrong for good, in `SignOff.faults`


class Weighed(Struct, frozen=True, kw_only=True):
    """What the books say of a sign-off: its state, and why."""

    state: SealState
    faults: tuple[str, ...]


def take(state: State, act: Act) -> Outcome | Refused:
    """Take a signature, or the refusal of one: kept whatever the books say of it."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: TakeArgs = act.args
    document = _about(act.on[1], document_in(args.document))
    refused = _unusable(args, document) or _not_theirs(state, act)
    if refused is not None:
        return refused
    names = named(state, document, act)
    broken = (*_broken(args, document, act.by.id), *names.false)
    signed = _row(act, document, _weighed(state, document, broken))
    kept = SignedDocument(
        id=derive(act.op_id, "signed_document"),
        work_order_id=order.id,
        sign_off_id=signed.id,
        document=args.document,
        ink=args.ink,
        technician_ink=args.technician_ink,
        app=args.app,
    )
    more = agree(state, document, signed)
    claimed = ink_claims.claim(state, order, args, signed)
    also = [job for one in args.also if (job := _job(document, one)) is not None]
    alarm = _alarm(state, signed, (act.op_id, act.at))
    told = (*_flags(state, act, signed, also), *(older(one) for one in names.older))
    return Outcome(
        rows=(signed, kept, *more.rows, *claimed.rows, *alarm),
        emits=(*(_told(state, document, signed, one.id) for one in also), *_to_ticket(order, act)),
        flags=(*told, *more.flags, *claimed.flags, *billing_lateness(order)),
    )


def _to_ticket(order: WorkOrder, act: Act) -> tuple[Emit, ...]:
    """That the customer has signed for the visit; a signature that was refused is none."""
    args: TakeArgs = act.args
    if args.purpose != "visit" or args.refusal:
        return ()
    return progress(order.ticket_id, "", act, SIGNED)


def check(state: State, act: Act) -> Outcome | Refused:
    """Compare a sign-off with the books again; what is still not there is not as it was shown."""
    args: CheckArgs = act.args
    signed = state.find(SignOff, args.sign_off)
    kept = (
        state.find(SignedDocument, derive(signed.group_id, "signed_document")) if signed else None
    )
    if signed is None or kept is None or signed.work_order_id != act.on[1]:
        return refuse_value("unknown_subject", "args.sign_off")
    # What was as shown then is settled: what changed since is an amendment, not a divergence.
    document = document_in(kept.document)
    broken = tuple(one for one in signed.faults if one in (*HASHES, *NAMES))
    found = _weighed(state, document, broken).faults
    faults = tuple(one for one in found if one in signed.faults)
    verdict: SealState = "diverged" if faults else "sealed"
    after = structs.replace(signed, state=verdict, faults=faults)
    if after == signed:
        return Outcome(merged=True)
    flags = (Flag(code=DIVERGED),) if verdict == "diverged" else ()
    return Outcome(
        rows=(after, *_alarm(state, after, (act.op_id, act.at))),
        emits=tuple(_told(state, document, after, one) for one in args.also),
        flags=flags,
    )


def signed_too(state: State, emit: Emit, op_id: str, at: int) -> Landing:
    """A job that was signed for together with another has a sign-off of its own."""
    signed = msgspec.json.decode(str(emit.args["sign_off"]), type=SignOff)
    if signed.purpose != "visit":
        return Landing(rows=(signed,))
    rows, flags = covered(state, signed, all_of_it=not emit.args["unlisted"], op=(op_id, at))
    return Landing(rows=(signed, *rows), flags=flags)


@lru_cache(maxsize=16)
def document_in(text: str) -> Document | None:
    """The document in a text, or None where it is none, or says what cannot be shown."""
    try:
        document = read(text)
        is_whole = document.version != VERSION or write(document) == text
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return document if is_whole and is_presentable(document) else None


def sign_off_id(op_id: str, work_order_id: str) -> str:
    """The id of the sign-off that an op makes of one of its jobs."""
    return derive(op_id, "sign_off", work_order_id)


def diverged_id(group_id: str) -> str:
    """The id of the one task about a sign-off that is not what the books say."""
    return derive(group_id, "task", DIVERGED)


def _unusable(args: TakeArgs, document: Document | None) -> Refused | None:
    if args.purpose != "visit" and args.subject is None:
        return refuse_value("missing_field", "args.subject")
    if document is not None and document.purpose != args.purpose:
        return refuse_value("wrong_value", "args.purpose", reason=document.purpose)
    if document is not None and args.subject not in _subjects(document):
        return refuse_value("wrong_value", "args.subject")
    if not args.refusal and not args.signer:
        return refuse_value("missing_field", "args.signer")
    for name in ("signer", "relation", "refusal"):
        told = getattr(args, name)
        if told and not is_sayable(told):
            return refuse_value("not_text", f"args.{name}")
    return malformed(args.ink, "args.ink") or malformed(args.technician_ink, "args.technician_ink")


def _subjects(document: Document) -> set[str | None]:
    """What a document can be about; a visit is about nothing else."""
    if document.purpose == "visit":
        return {None}
    if document.purpose == "quote":
        return {document.quote.id} if document.quote is not None else set()
    return {item.id for job in document.jobs for item in job.items}


def _not_theirs(state: State, act: Act) -> Refused | None:
    """Nobody takes a signature for a job that is not there, or that they never had."""
    for one in act.args.also:
        if one == act.on[1] or state.find(WorkOrder, one) is None:
            return refuse_value("unknown_subject", "args.also")
        if standing(state, one, act.by.id) == "stranger":
            return refuse_person("not_assigned")
    return None


def _broken(args: TakeArgs, document: Document | None, technician: str) -> tuple[str, ...]:
    """Which of text, hash and seal do not belong together."""
    wrong = {
        "document": document is None,
        "shown_hash": hash_of(args.document) != args.shown_hash,
        "seal": seal_of(args, technician) != args.seal,
    }
    return tuple(name for name in HASHES if wrong[name])


def _weighed(state: State, document: Document | None, broken: tuple[str, ...]) -> Weighed:
    found = compare(state, document) if document is not None else Compared()
    if broken or found.wrong:
        return Weighed(state="diverged", faults=(*broken, *found.wrong, *found.absent))
    return Weighed(state="pending" if found.absent else "sealed", faults=found.absent)


def _row(act: Act, document: Document | None, weighed: Weighed) -> SignOff:
    args: TakeArgs = act.args
    job = _job(document, act.on[1])
    visit = job.visit if job is not None else None
    total = document.sum if document is not None else None
    return SignOff(
        id=sign_off_id(act.op_id, act.on[1]),
        work_order_id=act.on[1],
        visit_id=visit.id if visit is not None else act.visit,
        group_id=act.op_id,
        purpose=args.purpose,
        subject_id=args.subject,
        shown_hash=args.shown_hash,
        code=code_of(args.shown_hash),
        seal=args.seal,
        state=weighed.state,
        faults=weighed.faults,
        listed=listed_ids(job) if job is not None else (),
        language=document.language if document is not None else "",
        signer=tidy(args.signer),
        signer_role=args.signer_role,
        relation=tidy(args.relation),
        rating=args.rating,
        refusal=tidy(args.refusal),
        total=total.total if total is not None else None,
        currency=total.currency if total is not None else "",
        outcome=visit.outcome if visit is not None else "",
        person_id=act.by.id,
        signed_at=args.signed_at,
        at=act.at,
    )


def _about(job: str, document: Document | None) -> Document | None:
    """The document, unless it says nothing of the job it was signed on: another one's it may be."""
    return document if _job(document, job) is not None else None


def _job(document: Document | None, identity: str) -> SeenJob | None:
    jobs = document.jobs if document is not None else ()
    return next((job for job in jobs if job.id == identity), None)


def _told(state: State, document: Document | None, signed: SignOff, other: str) -> Emit:
    """The same signature, told to another job that it covers."""
    job = _job(document, other)
    visit = job.visit if job is not None else None
    row = structs.replace(
        signed,
        id=sign_off_id(signed.group_id, other),
        version=None,
        work_order_id=other,
        visit_id=visit.id if visit is not None else None,
        listed=listed_ids(job) if job is not None else (),
        outcome=visit.outcome if visit is not None else "",
    )
    return Emit(
        on=("work_order", other),
        name="order.signed",
        args={
            "sign_off": msgspec.json.encode(row).decode(),
            "unlisted": bool(unlisted(state, other, row.visit_id, row.listed)),
        },
    )


def _alarm(state: State, signed: SignOff, op: tuple[str, int]) -> tuple[Task, ...]:
    """The task about a sign-off that is not what the books say; closed once it is."""
    known = state.find(Task, diverged_id(signed.group_id))
    if signed.state == "diverged":
        opened = Task(
            id=diverged_id(signed.group_id),
            home_noun="work_order",
            home_id=signed.work_order_id,
            code=DIVERGED,
            params={"code": signed.code},
            op_id=op[0],
            at=op[1],
        )
        return (opened,) if known is None else ()
    if known is None or known.done:
        return ()
    return (structs.replace(known, done=True, closed_at=op[1], closed_by=signed.person_id),)


def _flags(state: State, act: Act, signed: SignOff, others: Iterable[SeenJob]) -> Iterator[Flag]:
    args: TakeArgs = act.args
    if any(one in HASHES for one in signed.faults):
        yield Flag(code="seal_broken")
    if not args.refusal and not is_signature(args.ink):
        yield Flag(code="no_ink")
    mine = Signed(
        job=signed.work_order_id,
        purpose=signed.purpose,
        visit_id=signed.visit_id,
        outcome=signed.outcome,
    )
    yield from unready(state, mine)
    for one in others:
        yield from unready_too(state, shown(one, signed.purpose))
    if signed.state == "diverged":
        yield Flag(code=DIVERGED)


def _others(reach: Reach) -> tuple[Aggregate, ...]:
    return tuple(("work_order", one) for one in reach.args.also)


def _others_and_ink(reach: Reach) -> tuple[Aggregate, ...]:
    return (*_others(reach), *ink_claims.held(reach), *to_its_ticket(reach))


def _books(reach: Reach, price_list: str | None) -> tuple[Ref, ...]:
    """All that a document may list of these jobs, and the prices that it names."""
    listed = (ref for job in (reach.on[1], *reach.args.also) for ref in books_of(job))
    prices: tuple[Ref, ...] = ((PriceList, price_list),) if price_list is not None else ()
    return (*listed, *with_its_checklist(reach), *prices)


def _of_the_document(reach: Reach) -> tuple[Ref, ...]:
    document = document_in(reach.args.document)
    total = document.sum if document is not None else None
    return (
        *_books(reach, total.price_list_id if total is not None else None),
        *_of_links(reach),
        *ink_claims.claimed(reach),
    )


def _of_links(reach: Reach) -> tuple[Ref, ...]:
    """Who is served, and what the other jobs that are signed for still ask for."""
    customer = reach.links.get("customer_id")
    lists = (found for one in reach.others if (found := one.get("checklist_id")))
    return (
        *(((Customer, customer),) if customer else ()),
        *((Checklist, one) for one in lists),
    )


def _of_the_sign_off(reach: Reach) -> tuple[Ref, ...]:
    kept: Ref = (SignedDocument, by("work_order_id", reach.on[1]))
    return (kept, *_books(reach, reach.args.price_list))


_ON = frozenset({"work_order"})

KINDS = (
    Kind(
        name="sign_off.take",
        cls="fact",
        nouns=_ON,
        args=TakeArgs,
        reduce=take,
        device=True,
        belated=True,
        sealed=True,
        names=("work_order", "also"),
        touches=_others_and_ink,
        refs=_of_the_document,
    ),
    Kind(
        name="sign_off.check",
        cls="office",
        nouns=_ON,
        args=CheckArgs,
        reduce=check,
        touches=_others,
        refs=_of_the_sign_off,
    ),
)
ABSORBS = {"order.signed": signed_too}
