"""Mending an op that could not be judged: sent again corrected, taken as it is, or given up."""

from typing import Annotated, Final, get_args

from msgspec import Meta, Raw

from shared.amounts import Id, Line
from shared.charges import BASES
from shared.errors import Refused, refuse_value
from shared.fields import PRIORITIES
from shared.messages import CHANNELS
from shared.parts import OLD_PARTS
from shared.payments import METHODS, Delivery, InvoiceType
from shared.photos import Audience
from shared.reception import MEANS
from shared.records import State
from shared.registry import Act, Args, Kind, Outcome
from shared.visit import OUTCOMES
from shared.work_order import SERVICES

# What a phone says by one of a few codes: the field, the group of its words, the codes.
CHOICES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "audience": ("audiences", get_args(Audience)),
    "basis": ("bases", BASES),
    "channel": ("message_channels", CHANNELS),
    "delivery": ("deliveries", get_args(Delivery)),
    "means": ("contact_means", MEANS),
    "method": ("payment_methods", METHODS),
    "old_part": ("old_parts", OLD_PARTS),
    "outcome": ("outcomes", tuple(OUTCOMES)),
    "priority": ("priorities", PRIORITIES),
    "service": ("services", SERVICES),
    "type": ("invoice_types", get_args(InvoiceType)),
}


class RepairArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What the op should have said. Its author, place and time stay as they were."""

    of: Id
    body_fingerprint: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
    kind: Annotated[str, Meta(max_length=40)]
    v: int
    on: tuple[str, Id]
    args: Raw


class AcceptArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which op is taken as it came, by somebody who has seen these very bytes."""

    of: Id
    body_fingerprint: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]


class DiscardArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which op is given up, and why."""

    of: Id
    reason: Line


def mend(_state: State, act: Act) -> Outcome | Refused:
    """Settling another op is the engine's work; the act itself must only name it rightly."""
    if act.on != ("op", act.args.of):
        return refuse_value("wrong_value", "args.of", reason=act.on[1])
    return Outcome()


KINDS = (
    Kind(
        name="op.repair",
        cls="settle",
        nouns=frozenset({"op"}),
        args=RepairArgs,
        reduce=mend,
        device=True,
    ),
    Kind(
        name="op.accept",
        cls="office",
        nouns=frozenset({"op"}),
        args=AcceptArgs,
        reduce=mend,
    ),
    Kind(
        name="op.discard",
        cls="settle",
        nouns=frozenset({"op"}),
        args=DiscardArgs,
        reduce=mend,
        device=True,
    ),
)
