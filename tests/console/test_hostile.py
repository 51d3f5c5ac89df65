"""A phone with a valid key may say anything at all: no page breaks on it, and none lets it out."""

from typing import Any, Final

import msgspec

from server.console.told import WORDS
from shared.clock import At
from shared.ids import RANDOM_BYTES, uuid7
from shared.ops import Op, encode
from sync.desk import Parcel
from sync.intake import receive
from sync.protocol import WireOp
from tests.console.house import Console

LATEST_MS: Final = 2**53
BAD: Final = "<script>alert(1)</script>"
# Arguments that no rule would let through, and that a story has to tell of all the same.
TWISTED: Final[tuple[Any, ...]] = (
    None,
    [],
    {"fields": []},
    {"fields": {"planned_from": [None, "soon"], "priority": [1, {}], "status": "x", BAD: BAD}},
    {"fields": {"planned_to": 7}},
    {"planned_from": "soon", "planned_to": [], "person": {}, "fault": BAD},
    {"planned_from": "2026-11-23T10:00", "planned_to": 9},
    {"code": BAD, "count": "many", "group": "g", "speech": "s", "text": BAD, "reason": BAD},
    {"item": {}, "value": [], "part": [], "quantity": {}, "serial": BAD, "text": [BAD]},
    {"outcome": [], "choice": {}, "person": [], "conflict": 1},
)
CLOCKS: Final = (
    At(wall=LATEST_MS, boot="b", mono=LATEST_MS, src="boottime"),
    At(wall=0, boot="b", mono=0, src="boottime"),
)


def push(console: Console, kind: str, args: Any, at: At) -> str:
    """What a technician's phone says of a job of theirs; the job's number."""
    ((order, number, person),) = console.ask(
        "SELECT w.id, w.number, a.person_id FROM work_order w "
        "JOIN assignment a ON a.work_order_id = w.id AND a.until_ms IS NULL "
        "WHERE w.status = 'assigned' ORDER BY w.number LIMIT 1"
    )
    identity = uuid7(console.now_ms, console.office.dice(RANDOM_BYTES))
    op = Op(
        id=identity,
        kind=kind,
        v=1,
        on=("work_order", order),
        by=person,
        origin="device",
        at=at,
        salt="00" * 16,
        args=msgspec.Raw(msgspec.json.encode(args)),
    )
    wire = WireOp(lseq=1, id=identity, body=encode(op))
    parcel = Parcel(ops=[wire], origins=frozenset({"device"}), person=None, received=console.now_ms)
    with console.office.writing() as books:
        receive(console.office.ledger(books), parcel)
    return str(number)


def test_no_page_of_the_office_breaks_on_what_a_phone_says(new_console: Console) -> None:
    for kind in WORDS:
        for args in TWISTED:
            plain = At(wall=new_console.now_ms, boot="b", mono=1, src="boottime")
            number = push(new_console, kind, args, plain)
    for clock in CLOCKS:
        number = push(new_console, "note.add", {"text": BAD, "audience": "internal"}, clock)
    visitor = new_console.visitor("administrator")
    ops = [one for (one,) in new_console.ask("SELECT op_id FROM op WHERE origin = 'device'")]
    places = ["/", "/tickets", "/board", "/conflicts", "/conflicts/set-aside", "/audit", "/tasks"]
    places += [f"/work-orders/{number}", f"/work-orders/{number}/verify"]
    places += [f"/{where}/{op}" for where in ("conflicts/set-aside", "audit") for op in ops[::7]]
    wrong = []
    for place in places:
        answer = visitor.client.get(place)
        if answer.status_code not in (200, 404) or BAD in answer.text:
            wrong.append((place, answer.status_code))
    assert wrong == [], [one for one in new_console.log.getvalue().splitlines() if "failed" in one]


def test_a_digit_of_another_kind_is_no_number(console: Console) -> None:
    visitor = console.visitor()
    ((number,),) = console.ask("SELECT number FROM work_order WHERE status = 'assigned' LIMIT 1")
    ((conflict,),) = console.ask("SELECT id FROM conflict LIMIT 1") or [(None,)]
    asked = [
        visitor.client.get("/board?from=²"),
        visitor.client.post("/board/drop", data={**visitor.proof(), "minutes": "²", "at": "²"}),
        visitor.client.post(
            f"/work-orders/{number}/assign", data={**visitor.proof(), "minutes": "²"}
        ),
        visitor.client.post(f"/conflicts/{conflict}", data={**visitor.proof(), "loser": "²"}),
    ]
    assert [one.status_code for one in asked if one.status_code >= 500] == []
