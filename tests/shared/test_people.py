"""Who may do what: every role against every intent, written out."""

from itertools import combinations

import pytest

from shared.kinds import REGISTRY
from shared.people import MAY, ROLES, Person, is_field_only, may, needs_the_job

# t technician, d dispatcher, c customer service, l team leader, w warehouse, f finance,
# m service manager, i inspector, p partner, a administrator
LETTERS = dict(zip("tdclwfmipa", ROLES, strict=True))
TABLE = {
    "customer.add": "d c l m a",
    "site.add": "d c l m a",
    "asset.add": "d c l m a",
    "asset.correct": "d c l m f a",
    "customer.classify": "d c l m a",
    "customer.merge": "d l m a",
    "site.merge": "d l m a",
    "asset.merge": "d l m a",
    "contract.add": "m f a",
    "contract.end": "m f a",
    "policy.publish": "m a",
    "policy.choose": "m a",
    "calendar.set": "m a",
    "enquiry.receive": "d c l m a",
    "enquiry.link": "d c l m a",
    "enquiry.refuse": "d c l m a",
    "ticket.acknowledge": "d c l m a",
    "ticket.inform": "d c l m a",
    "ticket.classify": "d c l m a",
    "ticket.decide_scope": "d c l m a",
    "ticket.propose": "d c l m a",
    "ticket.resolve": "d c l m a",
    "ticket.agree": "d c l m a",
    "ticket.wait": "d c l m a",
    "ticket.go_on": "d c l m a",
    "ticket.excuse": "l m a",
    "ticket.settle_time": "l m a",
    "ticket.chase": "d c l m a",
    "ticket.urge": "d c l m a",
    "ticket.withdraw": "d c l m a",
    "ticket.link": "d c l m a",
    "ticket.call_back": "d c l m a",
    "ticket.close": "d c l m a",
    "return.ask": "d c l m a",
    "return.decide": "l m a",
    "return.receive": "d c l w m a",
    "return.inspect": "d c l w m a",
    "return.refund": "l m f a",
    "return.exchange": "d c l w m a",
    "return.drop": "d c l m a",
    "return.set_terms": "m a",
    "foresight.set": "m a",
    "ticket.take_up": "d c l m a",
    "feedback.record": "t p d c l m i a",
    "feedback.sort": "d c l m a",
    "feedback.contact": "d c l m a",
    "feedback.plan": "d c l m a",
    "feedback.result": "d c l m a",
    "feedback.call": "m a",
    "feedback.put_right": "l m i a",
    "feedback.confirm": "d c l m i a",
    "feedback.close": "d c l m i a",
    "feedback.take_back": "d c l m a",
    "feedback.score": "",
    "feedback.correct": "",
    "read.feedback": "d c l m i a",
    "work_order.contact": "t p",
    "ticket.open": "d c l m a",
    "work_order.create": "d l m a",
    "work_order.begin": "t p",
    "work_order.assign": "d l m a",
    "work_order.reassign": "d l m a",
    "work_order.unassign": "d l m a",
    "work_order.cancel": "d l m a",
    "work_order.put_away": "",
    "work_order.see": "t p",
    "work_order.decline": "t p",
    "work_order.accept": "t p",
    "work_order.depart": "t p",
    "work_order.arrive": "t p",
    "work_order.start": "t p",
    "work_order.pause": "t p",
    "work_order.resume": "t p",
    "work_order.complete": "t p",
    "visit.plan": "d l m a",
    "visit.move": "d l m a",
    "checklist.answer": "t p",
    "parts.plan": "t p d l m a",
    "parts.unplan": "t p d l m a",
    "parts.use": "t p",
    "parts.return": "t p",
    "parts.order": "t p d l m a",
    "parts.supply": "w d l m a",
    "note.add": "t p d c l m a",
    "photo.add": "t p",
    "photo.describe": "t p d l m a",
    "photo.drop": "t p d l m a",
    "photo.arrive": "",
    "sign_off.take": "t p",
    "sign_off.check": "",
    "charge.decide": "t p d l m f a",
    "charge.add": "t p d l m f a",
    "charge.drop": "t p d l m f a",
    "quote.make": "t p d l m f a",
    "quote.decline": "t p d l m f a",
    "payment.take": "t p",
    "payment.void": "t p f a",
    "payment.hand_over": "f a",
    "invoice.ask": "t p d c l m f a",
    "invoice.issue": "f a",
    "invoice.reverse": "f a",
    "item.take": "t p",
    "item.hand_in": "w d c l m a",
    "item.return": "t p d c l m a",
    "edit": "t p d c l m a",
    "conflict.settle": "d l m a",
    "op.repair": "t p d l m a",
    "op.discard": "t p d l m a",
    "op.accept": "d l m a",
    "stock.receive": "w a",
    "stock.move": "w a",
    "stock.count": "w a",
    "task.close": "d c l m w f a",
    "task.raise": "",
    "task.settle": "",
    "message.queue": "d c l m a",
    "message.send": "t p d c l m a",
    "message.fail": "t p d c l m a",
    "message.cancel": "d c l m a",
    "message.word": "m a",
    "message.set_rules": "m a",
    "master.put": "a",
    "phone.reveal": "d c l m a",
    "portal.link": "d c l m a",
    "read.tickets": "d c l w f m i a",
    "read.work_orders": "d c l w f m i a",
    "read.evidence": "d c l w f m i a",
    "read.papers": "d c l w f m i a",
    "read.dropped": "m i a",
    "evidence.upload": "t p",
    "read.stock": "d c l w f m i a",
    "read.conflicts": "d l m i a",
    "read.devices": "d l m i a",
    "read.audit": "d l m i a",
    "read.figures": "d l m i a",
    "sync": "t p w a",
    "sign_in": "t d c l w f m i p a",
    "password.change": "t d c l w f m i p a",
    "people.manage": "a",
    "enrolment.issue": "d l m a",
    "enrolment.confirm": "a",
    "device.wipe": "d l m a",
    "device.take_back": "a",
}


def test_no_intent_is_left_out() -> None:
    assert MAY.keys() == TABLE.keys()
    assert REGISTRY.kinds.keys() <= MAY.keys()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("intent", sorted(TABLE))
def test_a_role_may_what_the_table_says(intent: str, role: str) -> None:
    assert may((role,), intent) == (role in {LETTERS[one] for one in TABLE[intent].split()})


@pytest.mark.parametrize("intent", sorted(TABLE))
def test_two_roles_may_what_either_may(intent: str) -> None:
    for one, other in combinations(ROLES, 2):
        assert may((one, other), intent) == (may((one,), intent) or may((other,), intent))


def test_an_intent_without_a_line_is_nobodys() -> None:
    assert not any(may((role,), "world.end") for role in ROLES)
    assert not may((), "sign_in")


@pytest.mark.parametrize(
    ("roles", "field_only"),
    [
        (("technician",), True),
        (("partner",), True),
        (("technician", "warehouse"), True),
        (("technician", "dispatcher"), False),
        (("technician", "customer_service"), False),
        (("administrator",), False),
    ],
)
def test_who_works_in_the_field_only_touches_what_is_assigned(
    roles: tuple[str, ...], field_only: bool
) -> None:
    person = Person(id="p", login="p1", name="P", roles=roles)
    assert is_field_only(person) is field_only


@pytest.mark.parametrize(
    ("roles", "intent", "needed"),
    [
        (("technician",), "note.add", True),
        (("technician", "warehouse"), "parts.use", True),
        (("technician", "warehouse"), "parts.supply", False),
        (("warehouse",), "parts.supply", False),
        (("technician", "dispatcher"), "parts.use", False),
    ],
)
def test_whose_right_comes_from_the_field_alone_needs_the_job(
    roles: tuple[str, ...], intent: str, needed: bool
) -> None:
    person = Person(id="p", login="p1", name="P", roles=roles)
    assert needs_the_job(person, intent) is needed
