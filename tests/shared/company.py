"""A company of a few rows, and acts said in it, for tests of the rules."""

import json
from typing import Any, TypeVar

from shared.checklist import Checklist, Choice, Item
from shared.errors import Refused
from shared.ids import derive
from shared.kinds import REGISTRY
from shared.parts import Balance, Location, Part, balance_id
from shared.people import Person
from shared.records import Record, State
from shared.registry import Act, Landing, Outcome
from shared.site import Asset, Customer, Site
from shared.ticket import Ticket
from shared.visit import Visit
from shared.work_order import Assignment, WorkOrder

NOW = 1_795_000_000_000
R = TypeVar("R", bound=Record)


def ident(name: str) -> str:
    """The id of something of the test company."""
    return derive("test", name)


ANN = Person(id=ident("ann"), login="ann", name="Ann", roles=("technician",), code="T01")
BEN = Person(id=ident("ben"), login="ben", name="Ben", roles=("technician",), code="T02")
DORA = Person(id=ident("dora"), login="dora", name="Dora", roles=("dispatcher",))
WILL = Person(id=ident("will"), login="will", name="Will", roles=("warehouse",))
GONE = Person(id=ident("gone"), login="gone", name="Gone", roles=("technician",), disabled=True)
CUSTOMER = Customer(id=ident("customer"), name="陈美玲", type="person")
SITE = Site(
    id=ident("site"),
    customer_id=CUSTOMER.id,
    address="江州市云溪区桂月路 1 号",
    time_zone="Asia/Shanghai",
)
ELSEWHERE = Site(
    id=ident("elsewhere"), customer_id=ident("other"), address="x", time_zone="Asia/Shanghai"
)
ASSET = Asset(id=ident("asset"), site_id=SITE.id, name="Pump", model="P-1")
OTHER_ASSET = Asset(id=ident("other asset"), site_id=ELSEWHERE.id, name="Fan", model="F-1")
CHECKLIST = Checklist(
    id=ident("checklist"),
    en="Check",
    zh="检测",
    items=(
        Item(code="leaks", type="pass_fail", en="Leaks", zh="渗漏", required=True),
        Item(
            code="pressure",
            type="number",
            en="Pressure",
            zh="压力",
            required=True,
            unit="MPa",
            low=500,
            high=1_600,
        ),
        Item(
            code="oil",
            type="choice",
            en="Oil",
            zh="油",
            choices=(Choice(code="good", en="Good", zh="好"),),
        ),
        Item(code="remark", type="text", en="Remark", zh="备注"),
    ),
)
VAN = Location(id=ident("van"), code="V01", en="Van", zh="车", type="van", person_id=ANN.id)
SHELF = Location(id=ident("shelf"), code="WH", en="Shelf", zh="库", type="warehouse")
FILTER = Part(
    id=ident("filter"), number="F-1", en="Filter", zh="滤芯", type="generic", unit="piece"
)
BOARD = Part(
    id=ident("board"),
    number="B-1",
    en="Board",
    zh="主板",
    type="original",
    unit="piece",
    serialised=True,
)
TICKET = Ticket(
    id=ident("ticket"),
    customer_id=CUSTOMER.id,
    site_id=SITE.id,
    asset_id=ASSET.id,
    channel="phone",
    problem="Leaks",
    priority="normal",
    status="planned",
    opened_by=DORA.id,
    opened_at=NOW,
)
ORDER = WorkOrder(
    id=ident("order"),
    ticket_id=TICKET.id,
    customer_id=CUSTOMER.id,
    site_id=SITE.id,
    asset_id=ASSET.id,
    checklist_id=CHECKLIST.id,
    category="A",
    service="repair",
    priority="normal",
    summary="Leak",
    status="assigned",
    created_at=NOW,
)
LEAD = Assignment(
    id=ident("lead"), work_order_id=ORDER.id, person_id=ANN.id, role="lead", from_ms=NOW
)
VISIT = Visit(
    id=ident("visit"),
    work_order_id=ORDER.id,
    person_id=ANN.id,
    planned_from="2026-11-21T09:00",
    planned_to="2026-11-21T10:00",
)
ROWS: tuple[Record, ...] = (
    *(ANN, BEN, DORA, WILL, GONE),
    *(CUSTOMER, SITE, ELSEWHERE, ASSET, OTHER_ASSET, CHECKLIST),
    *(VAN, SHELF, FILTER, BOARD),
    *(TICKET, ORDER, LEAD, VISIT),
)


def stock(part: Part, amount: int, place: Location = VAN) -> Balance:
    """A balance of so many thousandths."""
    return Balance(
        id=balance_id(place.id, part.id), location_id=place.id, part_id=part.id, amount=amount
    )


def state(*more: Record, without: Record | None = None) -> State:
    """The company's rows, with some replaced or added, and one left out."""
    return State([row for row in (*ROWS, *more) if without is None or row.id != without.id])


def act(
    kind: str,
    args: dict[str, Any] | None = None,
    *,
    on: tuple[str, str] = ("work_order", ORDER.id),
    by: Person = ANN,
    op: str = "op",
    visit: str | None = None,
    at: int = NOW + 1000,
) -> Act:
    """An act with checked arguments, as the rules get it."""
    return Act(
        op_id=ident(op),
        kind=kind,
        on=on,
        by=by,
        at=at,
        origin="device",
        visit=visit,
        args=REGISTRY.args(kind, json.dumps(args or {}).encode()),
    )


def judge(state: State, act: Act) -> Outcome | Refused:
    """What the rules say."""
    return REGISTRY.kinds[act.kind].reduce(state, act)


def done(state: State, act: Act) -> Outcome:
    """What the rules say of an act that they allow."""
    outcome = judge(state, act)
    assert isinstance(outcome, Outcome), outcome
    return outcome


def refused(state: State, act: Act) -> Refused:
    """What the rules say of an act that they do not allow."""
    answer = judge(state, act)
    assert isinstance(answer, Refused), answer
    return answer


def refusal(state: State, act: Act) -> tuple[str, str | None]:
    """The code and the field of a refusal."""
    answer = refused(state, act)
    return answer.code, answer.field


def only(outcome: Outcome | Landing, kind: type[R]) -> R:
    """The one row of a type that an outcome holds."""
    (row,) = [row for row in outcome.rows if isinstance(row, kind)]
    return row


def tables(outcome: Outcome | Landing) -> list[str]:
    """The types of the rows an outcome holds, sorted."""
    return sorted(type(row).__name__ for row in outcome.rows)


def flags(outcome: Outcome | Landing) -> list[str]:
    """The codes of an outcome's flags."""
    return [flag.code for flag in outcome.flags]


def land(state: State, outcome: Outcome, op: str = "op") -> list[Landing]:
    """Keep an outcome's rows and what its emitted facts do where they land."""
    for row in outcome.rows:
        state.put(row)
    landings = []
    for emit in outcome.emits:
        landing = REGISTRY.absorbs[emit.name](state, emit, ident(op), NOW)
        for row in landing.rows:
            state.put(row)
        for row in landing.removed:
            state.remove(row)
        landings.append(landing)
    return landings
