"""Mending an op that could not be judged: sent again corrected, or given up, by a person."""

from typing import Annotated

from msgspec import Meta, Raw

from shared.amounts import Id, Line
from shared.errors import Refused, refuse_value
from shared.records import State
from shared.registry import Act, Args, Kind, Outcome


class RepairArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What the op should have said. Its author, place and time stay as they were."""

    of: Id
    body_fingerprint: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
    kind: Annotated[str, Meta(max_length=40)]
    v: int
    on: tuple[str, Id]
    args: Raw


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
        name="op.discard",
        cls="settle",
        nouns=frozenset({"op"}),
        args=DiscardArgs,
        reduce=mend,
        device=True,
    ),
)
