"""Score: how a customer found what was done, by the link to their request; once, and corrected.

It needs no account, no script and no cookie. Its id is made of the ticket and of how often that was
taken up again, so that what is sent twice is there once, whoever sends it and at the same time.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct

from server import rows
from server.incoming import paragraphs
from server.office import TIMER, Asked, Office
from server.portal.speech import Here, Speech, when
from shared.feedback import ASPECTS, CORRECTED_MS, RESOLVED, Feedback, is_low
from shared.ids import derive
from shared.ops import SYSTEM
from shared.standing import Standing
from shared.ticket import TicketEvent
from sync.protocol import WireOp

POINTS: Final = ("5", "4", "3", "2", "1")
CHARS_MAX: Final[Mapping[str, int]] = {"text": 2000}
Args = dict[str, object]


class Asking(Struct, frozen=True, kw_only=True):
    """The form as it is drawn: to be filled in, given and open to correction, or given for good.

    `until` is until when it may be corrected, `call` by when somebody calls because it was low.
    """

    state: Literal["ask", "given", "fixed"]
    score: str = ""
    solved: str = ""
    text: str = ""
    aspects: Mapping[str, str] = {}
    until: str = ""
    call: str = ""
    fault: str = ""


def identity_of(ticket_id: str, story: tuple[TicketEvent, ...]) -> str:
    """The id of the score of a ticket: one each time that it was done."""
    again = sum(1 for one in story if "reopened" in one.events and not one.about)
    return derive("score", ticket_id, again)


def asking(books: Any, speech: Speech, known: Standing, now: int) -> Asking | None:
    """What the page asks of a request; nothing as long as it is not done."""
    if known.ticket.status not in RESOLVED:
        return None
    given = _given(books, identity_of(known.ticket.id, known.events))
    if given is None:
        return Asking(state="ask")
    here = Here(zone=known.site.time_zone if known.site else "", now=now)
    last = given.at + CORRECTED_MS
    low = next((one for one in known.clocks if one.about == given.id and one.due), None)
    is_asked = is_low(given.score) and low is not None and low.stopped is None
    return Asking(
        state="given" if given.closed_by is None and now <= last else "fixed",
        score=str(given.score),
        solved=given.solved,
        text=given.text,
        aspects={name: str(points) for name, points in given.aspects.items()},
        until=when(speech, last, here),
        call=when(speech, low.due, here) if is_asked and low and low.due else "",
    )


def _given(books: Any, identity: str) -> Feedback | None:
    found = rows.fetch(books, "feedback", "id", [identity])
    return next((one for one in found if isinstance(one, Feedback)), None)


def args_of(typed: Mapping[str, str]) -> Args | None:
    """What was typed, as the act takes it; None as long as there is no score."""
    if typed.get("score") not in POINTS:
        return None
    args: Args = {"score": int(typed["score"])}
    text = paragraphs(typed.get("text", ""))
    solved = typed.get("solved", "")
    solved = solved if solved in ("yes", "no") else ""
    aspects = {one: int(typed[one]) for one in ASPECTS if typed.get(one) in POINTS}
    told = {"text": text, "solved": solved, "aspects": aspects}
    return args | {name: value for name, value in told.items() if value not in ("", {})}


def keep(office: Office, known: Standing, args: Args) -> str:
    """Keep it in one transaction with its verdict; the code of why not, or nothing."""
    now, identity = office.now_ms(), identity_of(known.ticket.id, known.events)
    on = ("feedback", identity)
    with office.writing() as books:
        office.ledger(books).hold({on, ("ticket", known.ticket.id)})  # two that send it at once
        given = _given(books, identity)
        if given is None:
            asked = Asked(
                id=identity, kind="feedback.score", on=on, args={"ticket": known.ticket.id, **args}
            )
        else:
            told = hashlib.sha256(repr(sorted(args.items())).encode()).hexdigest()
            again = derive(identity, given.version or 0, told)
            asked = Asked(id=again, kind="feedback.correct", on=on, args=args)
        body = office.body(asked, SYSTEM, now, origin=TIMER)
        (result,) = office.announce(books, [WireOp(lseq=0, id=asked.id, body=body)], now)
    return "" if result.verdict in ("applied", "merged") else f"{result.code}"


def as_typed(typed: Mapping[str, str], fault: str) -> Asking:
    """The form once more, with what was typed and what is wrong with it."""
    return Asking(
        state="ask",
        score=typed.get("score", ""),
        solved=typed.get("solved", ""),
        text=typed.get("text", ""),
        aspects={one: typed[one] for one in ASPECTS if one in typed},
        fault=fault,
    )
