"""People: who they are, and the one table of who may do what."""

from functools import lru_cache
from typing import Annotated, Final

from msgspec import Meta

from shared.amounts import Id, Line, OptionalLine
from shared.records import Record

ROLES: Final = (
    "technician",
    "dispatcher",
    "customer_service",
    "team_leader",
    "warehouse",
    "finance",
    "service_manager",
    "inspector",
    "partner",
    "administrator",
)
Role = Annotated[str, Meta(pattern=rf"^({'|'.join(ROLES)})$(?!\n)")]
Login = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{1,39}$(?!\n)")]

LOOKED_UP_MAX: Final = 2_048  # roles and verbs of which it is remembered what they need
_FIELD = frozenset({"technician", "partner"})
_DESK = frozenset(
    {"dispatcher", "customer_service", "team_leader", "service_manager", "administrator"}
)
_PLAN = frozenset({"dispatcher", "team_leader", "service_manager", "administrator"})
_LEAD = frozenset({"team_leader", "service_manager", "administrator"})  # who approves exceptions
_STORE = frozenset({"warehouse", "administrator"})
_LOOK = frozenset(ROLES) - _FIELD
_ADMIN = frozenset({"administrator"})
_MONEY = frozenset({"finance", "administrator"})
_WATCH = frozenset({"inspector", "service_manager", "administrator"})
_RULES = frozenset({"service_manager", "administrator"})
_SYSTEM = frozenset({"system"})  # the server itself: nobody can be given this role

# Every route and every op goes through this table: intent -> the roles that may.
MAY: Final[dict[str, frozenset[str]]] = {
    "customer.add": _DESK,
    "site.add": _DESK,
    "asset.add": _DESK,
    "asset.correct": _DESK | _MONEY,
    "customer.classify": _DESK,
    "customer.merge": _PLAN,
    "site.merge": _PLAN,
    "asset.merge": _PLAN,
    "contract.add": _MONEY | frozenset({"service_manager"}),
    "contract.end": _MONEY | frozenset({"service_manager"}),
    "policy.publish": _RULES,
    "policy.choose": _RULES,
    "calendar.set": _RULES,
    "enquiry.receive": _DESK,
    "enquiry.link": _DESK,
    "enquiry.refuse": _DESK,
    "ticket.open": _DESK,
    "ticket.acknowledge": _DESK,
    "ticket.inform": _DESK,
    "ticket.classify": _DESK,
    "ticket.decide_scope": _DESK,
    "ticket.propose": _DESK,
    "ticket.resolve": _DESK,
    "ticket.agree": _DESK,
    "ticket.wait": _DESK,
    "ticket.go_on": _DESK,
    "ticket.excuse": _LEAD,
    "ticket.settle_time": _LEAD,
    "ticket.chase": _DESK,
    "ticket.urge": _DESK,
    "ticket.withdraw": _DESK,
    "ticket.link": _DESK,
    "ticket.call_back": _DESK,
    "ticket.close": _DESK,
    "return.ask": _DESK,
    "return.decide": _LEAD,  # R-RET-03: only after a review
    "return.receive": _DESK | frozenset({"warehouse"}),
    "return.inspect": _DESK | frozenset({"warehouse"}),
    "return.refund": _LEAD | frozenset({"finance"}),
    "return.exchange": _DESK | frozenset({"warehouse"}),
    "return.drop": _DESK,
    "return.set_terms": _RULES,
    "ticket.take_up": _DESK,
    "feedback.record": _FIELD | _DESK | frozenset({"inspector"}),
    "feedback.sort": _DESK,
    "feedback.contact": _DESK,
    "feedback.plan": _DESK,
    "feedback.result": _DESK,
    "feedback.call": _RULES,  # R-SLA-15: the manager
    "feedback.put_right": _LEAD | frozenset({"inspector"}),
    "feedback.confirm": _DESK | frozenset({"inspector"}),
    "feedback.close": _DESK | frozenset({"inspector"}),
    "feedback.take_back": _DESK,
    "feedback.score": _SYSTEM,
    "feedback.correct": _SYSTEM,
    "read.feedback": _DESK | frozenset({"inspector"}),
    "portal.link": _DESK,  # see, and take back, what customers follow their tickets by
    "work_order.create": _PLAN,
    "work_order.begin": _FIELD,
    "work_order.assign": _PLAN,
    "work_order.reassign": _PLAN,
    "work_order.unassign": _PLAN,
    "work_order.cancel": _PLAN,
    "work_order.put_away": _SYSTEM,
    "work_order.see": _FIELD,
    "work_order.accept": _FIELD,
    "work_order.decline": _FIELD,
    "work_order.contact": _FIELD,
    "work_order.depart": _FIELD,
    "work_order.arrive": _FIELD,
    "work_order.start": _FIELD,
    "work_order.pause": _FIELD,
    "work_order.resume": _FIELD,
    "work_order.complete": _FIELD,
    "visit.plan": _PLAN,
    "visit.move": _PLAN,
    "checklist.answer": _FIELD,
    "parts.plan": _FIELD | _PLAN,
    "parts.unplan": _FIELD | _PLAN,
    "parts.use": _FIELD,
    "parts.return": _FIELD,
    "parts.order": _FIELD | _PLAN,
    "parts.supply": _STORE | _PLAN,
    "note.add": _FIELD | _DESK,
    "photo.add": _FIELD,
    "photo.describe": _FIELD | _PLAN,
    "photo.drop": _FIELD | _PLAN,
    "photo.arrive": _SYSTEM,
    "sign_off.take": _FIELD,
    "sign_off.check": _SYSTEM,
    "charge.decide": _FIELD | _PLAN | _MONEY,
    "charge.add": _FIELD | _PLAN | _MONEY,
    "charge.drop": _FIELD | _PLAN | _MONEY,
    "quote.make": _FIELD | _PLAN | _MONEY,
    "quote.decline": _FIELD | _PLAN | _MONEY,
    "payment.take": _FIELD,
    "payment.void": _FIELD | _MONEY,
    "payment.hand_over": _MONEY,
    "invoice.ask": _FIELD | _DESK | _MONEY,
    "invoice.issue": _MONEY,
    "invoice.reverse": _MONEY,
    "item.take": _FIELD,
    "item.hand_in": frozenset({"warehouse"}) | _DESK,
    "item.return": _FIELD | _DESK,
    "edit": _FIELD | _DESK,
    "conflict.settle": _PLAN,
    "op.repair": _FIELD | _PLAN,
    "op.discard": _FIELD | _PLAN,
    "op.accept": _PLAN,
    "stock.receive": _STORE,
    "stock.move": _STORE,
    "stock.count": _STORE,
    "task.close": _DESK | _STORE | _MONEY,
    "task.raise": _SYSTEM,
    "task.settle": _SYSTEM,
    "message.queue": _DESK,
    "message.send": _FIELD | _DESK,
    "message.fail": _FIELD | _DESK,
    "message.cancel": _DESK,
    "message.word": _RULES,
    "message.set_rules": _RULES,
    "foresight.set": _RULES,
    "master.put": _ADMIN,
    "evidence.upload": _FIELD,
    "phone.reveal": _DESK,
    "read.tickets": _LOOK,
    "read.work_orders": _LOOK,
    "read.stock": _LOOK,
    "read.evidence": _LOOK,
    "read.papers": _LOOK,
    "read.dropped": _WATCH,
    "read.conflicts": _PLAN | _WATCH,
    "read.devices": _PLAN | _WATCH,
    "read.figures": _PLAN | _WATCH,
    "read.audit": _WATCH | _PLAN,
    "sync": _FIELD | _STORE,
    "sign_in": frozenset(ROLES),
    "password.change": frozenset(ROLES),
    "people.manage": _ADMIN,
    "enrolment.issue": _PLAN,
    "enrolment.confirm": _ADMIN,  # of anybody's code; one's own is confirmed by whoever may issue
    "device.wipe": _PLAN,
    "device.take_back": _ADMIN,
}


class Person(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody who acts: technician, dispatcher and so on. Credentials live elsewhere.

    `former_names` are those that stood here before, the newest first.
    """

    home = ("catalog", "")

    login: Login
    name: Line
    roles: tuple[Role, ...]
    skills: tuple[Line, ...] = ()
    zones: tuple[Line, ...] = ()
    code: OptionalLine = ""
    van_id: Id | None = None
    team_id: Id | None = None
    disabled: bool = False
    former_names: tuple[str, ...] = ()


class Subscription(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A stream that somebody's devices follow, and one reason why; several reasons may stand."""

    home = ("person", "person_id")

    person_id: Id
    stream: str
    reason: str


class OpState(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one of a person's provisional ops; lives in that person's own stream.

    `by_op` is the act that settled it; `claimed` the id under which the person's phone has it.
    """

    home = ("person", "person_id")

    person_id: Id
    verdict: str
    code: str | None = None
    at: int
    by_op: str | None = None
    claimed: str | None = None


def may(roles: tuple[str, ...], intent: str) -> bool:
    """Whether somebody with these roles may do this. An intent without a line is nobody's."""
    return not MAY.get(intent, frozenset()).isdisjoint(roles)


def is_field_only(person: Person) -> bool:
    """Whether somebody works in the field only, so that assignment decides what they may touch."""
    return _is_field_only(person.roles)


def _is_field_only(roles: tuple[str, ...]) -> bool:
    return _PLAN.isdisjoint(roles) and "customer_service" not in roles


def needs_the_job(person: Person, intent: str) -> bool:
    """Whether somebody may do this only on jobs that are theirs: by a role in the field alone."""
    return _by_field_alone(person.roles, intent)


@lru_cache(LOOKED_UP_MAX)
def _by_field_alone(roles: tuple[str, ...], intent: str) -> bool:
    elsewhere = tuple(role for role in roles if role not in _FIELD)
    return _is_field_only(roles) and not may(elsewhere, intent)
