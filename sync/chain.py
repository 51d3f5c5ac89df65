"""The chain: each body names the one recorded before it on the same phone (`prev`)."""

from collections.abc import Collection, Mapping

import msgspec
from msgspec import Struct

from shared.ids import fingerprint
from sync.arrival import Arrived


class Link(Struct, frozen=True, kw_only=True):
    """A body at its place, and the one that it names as recorded before it."""

    lseq: int
    print: str
    prev: str | None


class Links(Struct, frozen=True, kw_only=True):
    """What does not follow in ops that came: `loose` name no predecessor though there is one.

    `doubled` name one that another names as well; `asked` name one that only the books may know.
    """

    loose: tuple[Link, ...] = ()
    doubled: tuple[Link, ...] = ()
    asked: tuple[Link, ...] = ()


class _Named(Struct):
    prev: str | None = None


_named = msgspec.json.Decoder(_Named)


def link_of(lseq: int, body: str) -> Link | None:
    """The link in a body; None in one that nobody can read."""
    try:
        prev = _named.decode(body).prev
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return Link(lseq=lseq, print=fingerprint(body), prev=prev)


def link_in(one: Arrived) -> Link | None:
    """The link in an op as it arrived."""
    if one.op is None:  # which may be a body all the same, under an id that was taken
        return link_of(one.lseq, one.body)
    return Link(lseq=one.lseq, print=one.fingerprint, prev=one.op.prev)


def links_of(told: Collection[Link], known: Mapping[int, str]) -> Links:
    """Hold ops against each other, and against the places (with prints) known before they came.

    What was known already was looked at when it came first.
    """
    prints = {**known, **{one.lseq: one.print for one in told}}
    named: dict[str, int] = {}
    found: dict[str, list[Link]] = {"loose": [], "doubled": [], "asked": []}
    for one in sorted(told, key=lambda link: link.lseq):
        sort = _sort(one, prints, named)
        if one.prev is not None:
            named.setdefault(one.prev, one.lseq)
        if sort and one.lseq not in known:
            found[sort].append(one)
    return Links(**{sort: tuple(links) for sort, links in found.items()})


def _sort(one: Link, prints: Mapping[int, str], named: Mapping[str, int]) -> str:
    """What is to be said of a link; nothing if it follows."""
    before = prints.get(one.lseq - 1)
    if one.prev is None:
        return "loose" if before is not None else ""
    if one.prev in named:
        return "doubled"
    return "" if one.prev == before else "asked"
