"""What an older app says of a verb is read as today's version says it, and judged the same."""

from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, structs

from shared.clock import At
from shared.ids import derive
from shared.kinds import REGISTRY
from shared.ops import Op, Verdict, encode
from shared.records import State
from shared.registry import Act, Args, Kind, Outcome, Registry, Upcast
from sync.arrival import Arrived, read
from sync.protocol import WireOp


class Weighed(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Version 3 of a verb that has said the same in pounds, and then in kilogrammes."""

    grammes: Annotated[int, Meta(ge=0)]
    place: str = ""


def in_kilogrammes(args: dict[str, Any]) -> dict[str, Any]:
    return {"kilogrammes": args["pounds"] // 2}


def in_grammes(args: dict[str, Any]) -> dict[str, Any]:
    return {"grammes": args.pop("kilogrammes") * 1_000, **args}


def nothing_happens(_state: State, _act: Act) -> Outcome:
    return Outcome()


WEIGH = Kind(
    name="parcel.weigh",
    cls="fact",
    nouns=frozenset({"work_order"}),
    args=Weighed,
    reduce=nothing_happens,
    version=3,
    upcasts=(in_kilogrammes, in_grammes),
    device=True,
)
TODAY = Registry((WEIGH,), {})


def said(v: int, args: Any) -> Arrived:
    op = Op(
        id=derive("upcast", "op"),
        kind="parcel.weigh",
        v=v,
        on=("work_order", derive("upcast", "job")),
        by=derive("upcast", "ann"),
        origin="device",
        at=At(wall=1, boot="b", mono=1, src="boottime"),
        salt="0" * 32,
        args=msgspec.Raw(msgspec.json.encode(args)),
    )
    return read(WireOp(lseq=1, id=op.id, body=encode(op)), TODAY)


@pytest.mark.parametrize(
    ("v", "args"),
    [
        (1, {"pounds": 8}),
        (2, {"kilogrammes": 4}),
        (3, {"grammes": 4_000}),
    ],
)
def test_every_version_means_the_same_today(v: int, args: Any) -> None:
    """C24."""
    arrived = said(v, args)
    assert (arrived.problem, arrived.args, arrived.v) == (None, Weighed(grammes=4_000), v)
    assert arrived.op is not None
    assert msgspec.json.decode(arrived.op.args) == args  # what was said stays as it was said


def test_what_a_version_did_not_know_yet_goes_through_the_steps_untouched() -> None:
    assert said(2, {"kilogrammes": 4, "place": "van"}).args == Weighed(grammes=4_000, place="van")


def test_a_version_that_is_not_there_yet_waits_for_it() -> None:
    problem = said(4, {"grammes": 1}).problem
    assert problem is not None
    assert (problem.verdict, problem.code) == (Verdict.QUARANTINED, "future_version")


@pytest.mark.parametrize("args", [{}, {"pounds": None}, {"pounds": [1]}])
def test_old_words_that_a_step_breaks_on_stop_only_their_op(args: Any) -> None:
    problem = said(1, args).problem
    assert problem is not None
    assert (problem.verdict, problem.code) == (Verdict.QUARANTINED, "crashed")


def test_what_comes_out_of_the_steps_is_checked_as_what_is_said_today() -> None:
    problem = said(1, {"pounds": -8}).problem
    assert problem is not None
    assert (problem.verdict, problem.field) == (Verdict.REJECTED, "args.grammes")


@pytest.mark.parametrize("upcasts", [(), (in_grammes,), (in_grammes,) * 3])
def test_a_kind_without_a_step_from_each_older_version_is_no_kind(
    upcasts: tuple[Upcast, ...],
) -> None:
    with pytest.raises(AssertionError, match=r"parcel\.weigh"):
        Registry((structs.replace(WEIGH, upcasts=upcasts),), {})


def test_every_kind_there_is_reads_all_its_older_versions() -> None:
    """R11."""
    for kind in REGISTRY.kinds.values():
        assert len(kind.upcasts) == kind.version - 1, kind.name
