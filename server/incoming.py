"""Incoming: what somebody sent by any channel is kept once, before anybody looks at it."""

from collections.abc import Mapping
from typing import Any, Final

from server.office import TIMER, Asked, Office
from shared.amounts import LINE_CHARS_MAX, TEXT_CHARS_MAX, has_control_characters, tidy
from shared.ids import derive
from shared.ops import SYSTEM, Verdict
from sync.protocol import WireOp

KIND: Final = "enquiry.receive"


def identity_of(channel: str, reference: str) -> str:
    """The id of what came by a channel under a reference: the same thing twice is there once."""
    return derive("enquiry", channel, reference)


def keep(office: Office, identity: str, args: Mapping[str, Any]) -> bool:
    """Keep it, in one transaction with its verdict; whether it is new."""
    with office.writing() as books:
        return keep_in(books, office, identity, args)


def keep_in(books: Any, office: Office, identity: str, args: Mapping[str, Any]) -> bool:
    """Keep it in the transaction at hand; whether it is new."""
    now = office.now_ms()
    asked = Asked(id=identity, kind=KIND, on=("enquiry", identity), args=dict(args))
    body = office.body(asked, SYSTEM, now, origin=TIMER)
    office.ledger(books).hold({asked.on})  # two that bring it at once
    if office.ledger(books).recall({identity}):
        return False
    (result,) = office.announce(books, [WireOp(lseq=0, id=identity, body=body)], now)
    assert result.verdict == Verdict.APPLIED, result.code
    return True


def one_line(text: str) -> str:
    """What was typed, as one line that can be kept."""
    return cleaned(" ".join(text.split()))[:LINE_CHARS_MAX].strip()


def paragraphs(text: str) -> str:
    """What was written, as text that can be kept."""
    return cleaned(text)[:TEXT_CHARS_MAX].strip()


def cleaned(text: str) -> str:
    """A text without the signs that cannot be shown."""
    kept = tidy(text.encode("utf-8", "ignore").decode())
    return "".join(sign for sign in kept if not has_control_characters(sign))
