"""Admission: a phone that waits is let in or turned away, and one that was revoked is taken back.

Each step is one transaction with an entry in the audit log, and harmless when it is repeated. A
step that cannot be taken answers with the code of the reason.
"""

from typing import Any, Final

from server import enrolment, people, wipes
from server.enrolment import Known
from server.office import Office
from shared.ops import SYSTEM
from shared.people import Person, may

ISSUE: Final = "enrolment.issue"
CONFIRM: Final = "enrolment.confirm"


def may_confirm(person: Person, issued_by: str | None) -> bool:
    """Whether somebody may let in a phone whose code somebody gave out: their own, or anybody's."""
    own = person.id == issued_by and may(person.roles, ISSUE)
    return not person.disabled and (own or may(person.roles, CONFIRM))


def digits_of(office: Office, device: str) -> str:
    """The digits by which people compare a phone's key with what its screen shows."""
    with office.reading() as books:
        return enrolment.digits_of(books, device)


def confirm(office: Office, device: str, by: Person | None) -> str | None:
    """Let a phone in that waits for it. Nobody is whoever has the command of the server."""
    with office.writing() as books:
        known = _held(office, books, device)
        if known is None:
            return "not_found"
        if by is not None and not may_confirm(by, known.issued_by):
            return "not_yours_to_confirm"
        if by is not None and _is_above(books, known, by):
            return "confirm_above"
        if known.revoked:
            return "confirm_revoked"
        if not _may_work(books, known):
            return "confirm_person_gone"
        if known.unconfirmed:
            enrolment.confirm(books, device, office.now_ms())
            whose = by.id if by is not None else SYSTEM
            office.ledger(books).note_event(
                office.event("device.confirm", whose, ("device", device))
            )
    return None


def deny(office: Office, device: str, by: str) -> str | None:
    """Turn a phone away that waits: it is revoked, and nothing is taken from it."""
    with office.writing() as books:
        known = _held(office, books, device)
        if known is None:
            return "not_found"
        if not known.unconfirmed:
            return None if known.revoked else "deny_confirmed"
        enrolment.revoke(books, device, office.now_ms())
        office.ledger(books).note_event(office.event("device.deny", by, ("device", device)))
    return None


def take_back(office: Office, device: str, by: Person, reason: str) -> str | None:
    """Undo that a phone was revoked, as long as it was not told to empty itself.

    It waits to be let in again: whoever holds it reads its digits out, and they are compared.
    """
    with office.writing() as books:
        known = _held(office, books, device)
        if known is None:
            return "not_found"
        if not known.revoked:
            return "back_already"
        order = wipes.standing(books, device)
        if order is not None:
            return "back_wiped" if order.sent_at is not None else "back_wipe_stands"
        if not _may_work(books, known):
            return "back_person_gone"
        enrolment.take_back(books, device, by.id)
        said = {"reason": reason}
        office.ledger(books).note_event(
            office.event("device.take_back", by.id, ("device", device), said)
        )
    return None


def _held(office: Office, books: Any, device: str) -> Known | None:
    """A device, of which nobody else decides anything meanwhile."""
    office.ledger(books).hold({("device", device)})
    return enrolment.known(books, device)


def _is_above(books: Any, known: Known, by: Person) -> bool:
    """Whether whose phone it is may more than who lets it in: codes are no way to their rights."""
    owner = people.find(books, known.person_id)
    return owner is not None and may(owner.roles, CONFIRM) and not may(by.roles, CONFIRM)


def _may_work(books: Any, known: Known) -> bool:
    """Whether whose phone it is still works with one."""
    person = people.find(books, known.person_id)
    return person is not None and not person.disabled and may(person.roles, "sync")
