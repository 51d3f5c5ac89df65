"""Ops name the one recorded before them: what follows, what does not, and what only books know."""

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from shared.ids import fingerprint
from sync.chain import Link, Links, link_of, links_of
from sync.protocol import WireOp


def chained(*prevs: str | None) -> list[WireOp]:
    """Ops at the places from 1 on; `-` names the one before."""
    ops: list[WireOp] = []
    for place, prev in enumerate(prevs, start=1):
        named = fingerprint(ops[-1].body) if prev == "-" else prev
        said: dict[str, Any] = {"n": place, **({"prev": named} if named is not None else {})}
        ops.append(WireOp(lseq=place, id=str(place), body=msgspec.json.encode(said).decode()))
    return ops


def told(ops: Iterable[WireOp]) -> list[Link]:
    """The links of those that can be read."""
    return [link for op in ops if (link := link_of(op.lseq, op.body)) is not None]


def places(links: Links) -> dict[str, list[int]]:
    """What does not follow, by its places."""
    found = {name: [one.lseq for one in getattr(links, name)] for name in links.__struct_fields__}
    return {name: told for name, told in found.items() if told}


def test_a_chain_follows_in_whatever_order_it_comes() -> None:
    ops = chained(None, "-", "-", "-")
    assert links_of(told(reversed(ops)), {}) == Links()
    assert links_of(told(ops[2:]), {2: fingerprint(ops[1].body)}) == Links()


def test_a_body_that_nobody_can_read_breaks_no_chain() -> None:
    ops = chained(None, "-")
    torn = WireOp(lseq=3, id="3", body="{")
    after = WireOp(lseq=4, id="4", body=f'{{"prev":"{fingerprint("{")}"}}')
    assert link_of(3, "{") is None
    assert places(links_of(told([*ops, torn, after]), {})) == {"asked": [4]}


@pytest.mark.parametrize(
    ("prevs", "found"),
    [
        pytest.param((None, None), {"loose": [2]}, id="none though there is one"),
        pytest.param((None, "-", "x"), {"asked": [3]}, id="one that did not come along"),
        pytest.param(("x", "x"), {"asked": [1], "doubled": [2]}, id="the same one twice"),
    ],
)
def test_what_does_not_follow_is_told_by_its_place(
    prevs: tuple[str | None, ...], found: dict[str, list[int]]
) -> None:
    ops = chained(*prevs)
    assert places(links_of(told(ops), {})) == found
    known = {op.lseq: fingerprint(op.body) for op in ops}
    assert links_of(told(ops), known) == Links(), "it was told when it came first"
