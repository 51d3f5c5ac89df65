"""The enquiry: what somebody sent in by some channel, before a person made a ticket of it."""

from functools import partial
from typing import Annotated, Final

from msgspec import Meta, Struct, structs

from shared.amounts import (
    Id,
    OptionalLine,
    OptionalText,
    Text,
    has_control_characters,
    is_sayable,
    tidy,
)
from shared.errors import Refused, refuse_state, refuse_value
from shared.records import Aggregate, Record, State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref
from shared.site import Asset, Site
from shared.ticket import Channel, Step, Ticket, WishedFor, progress

STATES: Final = ("new", "opened", "linked", "refused")
FILES_MAX: Final = 20
NOTE_CHARS: Final = 1000  # of what came in, in the story of the ticket that it is about


class Attached(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file that came with it: what it is called, of which kind, and how large."""

    name: OptionalLine = ""
    type: OptionalLine = ""
    size: int | None = None


Files = Annotated[tuple[Attached, ...], Meta(max_length=FILES_MAX)]


class Enquiry(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What came in, from whom and when (ms), and what became of it. Never leaves the server.

    `reference` tells it from all others of its channel: the Message-ID of a mail. `site_id` and
    `asset_id` are those of the sticker whose link it came by, `wish` the service (R-INT-15).
    """

    channel: str
    reference: OptionalLine = ""
    sender: OptionalLine = ""
    contact: OptionalLine = ""
    address: OptionalLine = ""
    subject: OptionalLine = ""
    text: OptionalText = ""
    language: OptionalLine = ""
    wish: str = ""
    files: tuple[Attached, ...] = ()
    site_id: Id | None = None
    asset_id: Id | None = None
    received_at: int
    state: str
    ticket_id: Id | None = None
    reason: OptionalText = ""
    settled_by: Id | None = None
    settled_at: int | None = None


class ReceiveArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What came in by which channel, from whom, and when (ms); fields as in `Enquiry`."""

    channel: Channel
    received_at: Annotated[int, Meta(ge=0)]
    reference: OptionalLine = ""
    sender: OptionalLine = ""
    contact: OptionalLine = ""
    address: OptionalLine = ""
    subject: OptionalLine = ""
    text: OptionalText = ""
    language: Annotated[str, Meta(pattern=r"^(en|zh)?$(?!\n)")] = ""
    wish: WishedFor = ""
    files: Files = ()
    site: Id | None = None
    asset: Id | None = None


class LinkArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """The ticket that it is about."""

    ticket: Id


class RefuseArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Why nothing is made of it."""

    reason: Text


def receive(state: State, act: Act) -> Outcome | Refused:
    """Keep what came in until somebody has looked at it (R-INT-03: nothing is lost).

    A sticker of a machine that is not there any more is passed over: what was written stays.
    """
    args: ReceiveArgs = act.args
    for name in ("reference", "sender", "contact", "address", "subject", "text"):
        if has_control_characters(getattr(args, name)):
            return refuse_value("not_text", f"args.{name}")
    if not (args.text or args.subject or args.files):
        return refuse_value("missing_field", "args.text")
    asset = state.find(Asset, args.asset)
    site = state.find(Site, asset.site_id if asset is not None else args.site)
    made = Enquiry(
        id=act.on[1],
        channel=args.channel,
        reference=args.reference,
        sender=args.sender,
        contact=args.contact,
        address=args.address,
        subject=args.subject,
        text=args.text,
        language=args.language,
        wish=args.wish,
        files=args.files,
        site_id=site.id if site is not None else None,
        asset_id=asset.id if asset is not None else None,
        received_at=min(args.received_at, act.at),
        state="new",
    )
    return Outcome(rows=(made,))


def link(state: State, act: Act) -> Outcome | Refused:
    """Add it to the story of the ticket that it is about."""
    found = unsettled(state, act.on[1], "on")
    if isinstance(found, Refused):
        return found
    ticket = state.find(Ticket, act.args.ticket)
    if ticket is None:
        return refuse_value("unknown_subject", "args.ticket")
    after = settled(found, act, "linked", ticket=ticket.id)
    step = Step(note=(found.text or found.subject)[:NOTE_CHARS])
    return Outcome(rows=(after,), emits=progress(ticket.id, "", act, step))


def refuse(state: State, act: Act) -> Outcome | Refused:
    """Make nothing of it, and say why: it is no request."""
    found = unsettled(state, act.on[1], "on")
    if isinstance(found, Refused):
        return found
    if not is_sayable(act.args.reason):
        return refuse_value("not_text", "args.reason")
    return Outcome(rows=(settled(found, act, "refused", reason=tidy(act.args.reason)),))


def unsettled(state: State, identity: str, field: str) -> Enquiry | Refused:
    """What came in, if nobody has done anything with it yet."""
    found = state.find(Enquiry, identity)
    if found is None:
        return refuse_value("unknown_subject", field)
    return found if found.state == "new" else refuse_state("already_settled")


def settled(
    found: Enquiry, act: Act, how: str, *, ticket: str | None = None, reason: str = ""
) -> Enquiry:
    """It as it is once somebody has looked at it."""
    return structs.replace(
        found,
        state=how,
        ticket_id=ticket,
        reason=reason,
        settled_by=act.by.id,
        settled_at=act.at,
    )


def _sticker(reach: Reach) -> tuple[Ref, ...]:
    """The machine and the place that a link names; the place of a machine is that of its row."""
    args: ReceiveArgs = reach.args
    place = reach.links.get("site_id") or args.site
    site: tuple[Ref, ...] = ((Site, place),) if place is not None else ()
    asset: tuple[Ref, ...] = ((Asset, args.asset),) if args.asset is not None else ()
    return (*site, *asset)


def _itself(reach: Reach) -> tuple[Ref, ...]:
    return ((Enquiry, reach.on[1]),)


def _ticket(reach: Reach) -> tuple[Aggregate, ...]:
    return (("ticket", reach.args.ticket),)


_on_enquiry = partial(Kind, cls="office", nouns=frozenset({"enquiry"}))

KINDS = (
    _on_enquiry(
        name="enquiry.receive",
        args=ReceiveArgs,
        reduce=receive,
        creates=True,
        names=("asset", "asset"),
        mentions=(("site", "site"), ("asset", "asset")),
        refs=_sticker,
    ),
    _on_enquiry(name="enquiry.link", args=LinkArgs, reduce=link, touches=_ticket, refs=_itself),
    _on_enquiry(name="enquiry.refuse", args=RefuseArgs, reduce=refuse, refs=_itself),
)
