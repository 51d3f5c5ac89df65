"""Telling: brings to the gateway what customers are to be told by it, at least once each.

A job of one process at a time. That a try is begun, and from when on the next may be, is written
down before anything leaves: killed anywhere, the next one comes, under the same id, by which the
gateway knows that it had the message already.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from server import gateway, notary
from server.gateway import Answer, Letter
from server.office import TIMER, Asked, Office
from server.queries import messages
from server.queries.messages import Offer
from server.settings import Webhook
from shared.ids import derive
from shared.ops import SYSTEM
from sync.protocol import WireOp

LEASE: Final = "gateway"
AT_ONCE_MAX: Final = 20
PATIENCES: Final = 3  # of a try, after which it is certainly over
SECOND_MS: Final = 1_000
# How long after a try the next one comes; the last of them is repeated.
WAITS_S: Final = (30, 120, 600, 1_800, 3_600, 7_200, 14_400)
JITTER: Final = 5  # a part of the wait, so that not all come at once after a long silence

Post = Callable[[Webhook, Letter, int], Answer]


def offer(office: Office, holder: str, post: Post = gateway.post) -> int:
    """Bring what is due to the gateway, one after the other; returns how many tries that were.

    Where nobody answers there, the rest waits for the next time.
    """
    for tried in range(AT_ONCE_MAX):
        one = _begin(office, holder)
        if one is None:
            return tried
        answer = post(office.settings.webhook, letter_of(one), office.now_ms())
        _end(office, one, answer)
        if answer.fault and answer.status is None:
            return tried + 1
    return AT_ONCE_MAX


def letter_of(one: Offer) -> Letter:
    """A message as the gateway gets it: who is to be told what, and by which id it is known."""
    told = one.message
    names = ("id", "template", "language", "to", "phone", "email", "text", "at")
    body = {**{name: told[name] for name in names}, "ticket": one.number}
    return Letter(id=told["id"], body=msgspec.json.encode(body))


def wait_ms(tries: int, dice: Callable[[int], bytes]) -> int:
    """How long (ms) after its so many-th try a message is tried again."""
    usual = WAITS_S[min(tries, len(WAITS_S)) - 1] * SECOND_MS
    return usual + usual * dice(1)[0] // (255 * JITTER)


def _begin(office: Office, holder: str) -> Offer | None:
    """Take what is due next, so that nobody else brings it meanwhile."""
    with office.reading() as books:
        if messages.due(books, office.now_ms()) is None:
            return None
    now = office.now_ms()
    with office.writing() as books:
        if not notary.take_lease(books, LEASE, holder, now):
            return None
        one = messages.due(books, now)
        if one is None:
            return None
        beyond = PATIENCES * office.settings.webhook.timeout_s * SECOND_MS
        wait = max(wait_ms(one.tries + 1, office.dice), beyond)
        messages.begin(books, one, holder, (now, now + wait))
    return one


def _end(office: Office, one: Offer, answer: Answer) -> None:
    """Write down what came of a try, and what it means for the message, as one."""
    now = office.now_ms()
    tried = one.tries + 1
    later = now + max(wait_ms(tried, office.dice), answer.after_s * SECOND_MS)
    over = bool(answer.fault) and (not answer.again or tried >= office.settings.webhook.tries)
    with office.writing() as books:
        key = (one.message["id"], tried)
        messages.end(books, key, (now, later, answer.status, answer.fault))
        if over or not answer.fault:
            results = office.announce(books, [_outcome(office, one, answer, now)], now)
            assert all(result.code is None for result in results), results
    if answer.fault:
        office.log.warning(
            "a message was not taken", fault=answer.fault, status=answer.status, tries=tried
        )


def _outcome(office: Office, one: Offer, answer: Answer, now: int) -> WireOp:
    """What the server says of a message that was taken, or that it gives up: once each."""
    kind = "message.fail" if answer.fault else "message.send"
    args: dict[str, Any] = {"why": answer.fault}
    if not answer.fault:
        args = {"channel": "webhook", "delivered": answer.delivered, "reference": answer.reference}
    message = one.message["id"]
    asked = Asked(id=derive(message, kind), kind=kind, on=("message", message), args=args)
    return WireOp(lseq=0, id=asked.id, body=office.body(asked, SYSTEM, now, origin=TIMER))
