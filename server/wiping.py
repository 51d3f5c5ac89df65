"""Wiping: a revoked device is emptied when one person asked for it and another confirmed it, and
what it still holds is given up when two people said how much that is.

Each step is one transaction with an entry in the audit log, and harmless when it is repeated. A
step that cannot be taken answers with the code of the reason.
"""

from typing import Any, Final

from msgspec import Struct

from server import drains, enrolment, people, wipes
from server.office import Office
from server.wipes import Order
from shared.people import may
from sync.exchange import Caller

HOUR_MS: Final = 3_600_000
INTENT: Final = "device.wipe"


class Held(Struct, frozen=True, kw_only=True):
    """What a device said at its last contact that it holds and nobody else has.

    None is what it never said.
    """

    ops: int | None
    files: int | None

    @property
    def is_nothing(self) -> bool:
        """Whether it said that it holds nothing more."""
        return (self.ops, self.files) == (0, 0)


def close_drain(office: Office, device: str, by: str) -> str | None:
    """Take nothing more from a revoked device."""
    with office.writing() as books:
        if _revoked_at(office, books, device) is None:
            return "not_revoked"
        if drains.close(books, device, office.now_ms()):
            office.ledger(books).note_event(office.event("drain.close", by, ("device", device)))
    return None


def ask(office: Office, device: str, by: str) -> str | None:
    """Ask that a device be emptied; somebody else has to confirm it."""
    with office.writing() as books:
        if _revoked_at(office, books, device) is None:
            return "not_revoked"
        if wipes.standing(books, device) is None:
            now = office.now_ms()
            order = Order(id=office.fresh_id(), device_id=device, asked_by=by, asked_at=now)
            wipes.ask(books, order)
            said = {"order": order.id}
            office.ledger(books).note_event(office.event("wipe.ask", by, ("device", device), said))
    return None


def confirm(office: Office, device: str, by: str) -> str | None:
    """Confirm an order that somebody else asked for; it is in force some hours later."""
    with office.writing() as books:
        order = _standing(office, books, device)
        if order is None:
            return "no_order"
        if order.asked_by == by:
            return "second_person"
        if not _may_still_ask(books, order.asked_by):
            return "asker_left"
        if order.due_at is None:
            due = office.now_ms() + office.settings.limits.wipe_delay_hours * HOUR_MS
            wipes.change(books, order.id, confirmed_by=by, due_at=due)
            said = {"order": order.id, "due": due}
            office.ledger(books).note_event(
                office.event("wipe.confirm", by, ("device", device), said)
            )
    return None


def give_up(office: Office, device: str, by: str, held: Held) -> str | None:
    """Say that what a device holds may be lost: exactly as much as it last told of.

    It may once a second person has said the same, and again some hours later: so long either may
    take the order back.
    """
    with office.writing() as books:
        order = _standing(office, books, device)
        if order is None:
            return "no_order"
        if held != held_by(office, books, device):
            return "told_otherwise"
        lost = {"ops": held.ops or 0, "files": held.files or 0}
        said_before = order.given_up_by is not None and lost == {
            "ops": order.ops,
            "files": order.files,
        }
        if not said_before or not _may_still_ask(books, str(order.given_up_by)):
            changed: dict[str, Any] = {"given_up_by": by, "given_up_with": None, **lost}
        elif order.given_up_with is not None:
            return None
        elif order.given_up_by == by:
            return "second_giver"
        else:
            changed = {"given_up_with": by, "due_at": _due_anew(office, order)}
        wipes.change(books, order.id, **changed)
        said = {"order": order.id, **lost}
        office.ledger(books).note_event(office.event("wipe.give_up", by, ("device", device), said))
    return None


def _due_anew(office: Office, order: Order) -> int | None:
    """From when (ms) an order is in force of which more is lost than was confirmed."""
    if order.due_at is None:
        return None
    return max(order.due_at, office.now_ms() + office.settings.limits.wipe_delay_hours * HOUR_MS)


def cancel(office: Office, device: str, by: str) -> str | None:
    """Take an order back, as long as its device has not been told."""
    with office.writing() as books:
        order = _standing(office, books, device)
        if order is None:
            return None
        if not wipes.cancel(books, order.id, by, office.now_ms()):
            return "told_already"
        said = {"order": order.id}
        office.ledger(books).note_event(office.event("wipe.cancel", by, ("device", device), said))
    return None


def send(office: Office, caller: Caller, order: str) -> bool:
    """Note that a device is being told to empty itself; False if the order was taken back."""
    with office.writing() as books:
        stands, first = wipes.send(books, order, office.now_ms())
        if first:
            on = ("device", caller.device)
            office.ledger(books).note_event(office.event("wipe.send", None, on, {"order": order}))
    return stands


def done(office: Office, device: str, order: str) -> None:
    """Note that a device says that it is empty."""
    with office.writing() as books:
        if wipes.done(books, device, order, office.now_ms()):
            on = ("device", device)
            office.ledger(books).note_event(office.event("wipe.done", None, on, {"order": order}))


def held_by(office: Office, books: Any, device: str) -> Held:
    """What a device last said that it holds, also where that is not written down yet."""
    heard = office.contacts.get(device)
    if heard is not None:
        return Held(ops=heard.unsent, files=heard.unsent_files)
    ops, files = enrolment.unsent(books, device)
    return Held(ops=ops, files=files)


def _may_still_ask(books: Any, person: str) -> bool:
    """Whether somebody still works here, and plans work: else one of the two people is missing."""
    known = people.find(books, person)
    return known is not None and not known.disabled and may(known.roles, INTENT)


def _standing(office: Office, books: Any, device: str) -> Order | None:
    """The order for a device, which nobody else changes meanwhile."""
    office.ledger(books).hold({("device", device)})
    return wipes.standing(books, device)


def _revoked_at(office: Office, books: Any, device: str) -> int | None:
    """Since when a device is revoked; nobody else orders anything about it meanwhile."""
    office.ledger(books).hold({("device", device)})
    return enrolment.revoked_at(books, device)
