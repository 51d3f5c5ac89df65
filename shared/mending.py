"""Mending an op that could not be judged: sent again corrected, taken as it is, or given up."""

from typing import Annotated, Final, get_args

from msgspec import Meta, Raw

from shared.amounts import Id, Line
from shared.charges import BASES
from shared.errors import Refused, refuse_value
from shared.feedback import GRADES, KINDS_OF, TYPES, WAYS
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

Choices = dict[str, tuple[str, tuple[str, ...]]]
# What a phone says by one of a few codes: the field, the group of its words, the codes.
CHOICES: Final[Choices] = {
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
# Where a kind of act means something else by the same field.
OWN_CHOICES: Final[dict[str, Choices]] = {
    "feedback.record": {
        "grade": ("feedback_grades", GRADES),
        "kind": ("feedback_kinds", KINDS_OF),
        "means": ("feedback_means", WAYS),
        "solved": ("feedback_solved", ("yes", "no")),
        "type": ("feedback_types", TYPES),
    },
}


# And where it is called something else then, among the words for fields.
OWN_LABELS: Final[dict[str, dict[str, str]]] = {"feedback.record": {"kind": "feedback_kind"}}


def label_of(kind: str, name: str) -> str:
    """What a field of an act of a kind is called, as the words for fields have it."""
    return OWN_LABELS.get(kind, {}).get(name, name)


def choices_of(kind: str) -> Choices:
    """What an act of a kind says by one of a few codes, by field."""
    return {**CHOICES, **OWN_CHOICES.get(kind, {})}


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
