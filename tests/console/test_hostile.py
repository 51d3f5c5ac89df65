"""A phone with a valid key may say anything at all: no page breaks on it, and none lets it out."""

from typing import Any, Final

import pytest

from server.console.told import WORDS
from shared.amounts import LINE_CHARS_MAX, tidy
from shared.clock import At
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


@pytest.mark.slow
def test_no_page_of_the_office_breaks_on_what_a_phone_says(new_console: Console) -> None:
    """S12."""
    for kind in WORDS:
        for args in TWISTED:
            new_console.push(kind, args)
    for clock in CLOCKS:
        new_console.push("note.add", {"text": BAD, "audience": "internal"}, clock)
    _, number = new_console.push("note.add", {"text": BAD, "audience": "internal"})
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


def test_a_text_that_grows_when_it_is_tidied_stops_no_page(new_console: Console) -> None:
    grown = tidy("\ufb2c" * LINE_CHARS_MAX)
    assert len(grown) > LINE_CHARS_MAX
    number = new_console.template.examples["signed"]
    with new_console.office.writing() as books:
        books.exec_driver_sql("UPDATE photo SET caption = ?", (grown,))
        books.exec_driver_sql("UPDATE charge SET en = ?, zh = ?, note = ?", (grown,) * 3)
        books.exec_driver_sql("UPDATE sign_off SET signer = ?", (grown,))
    answer = new_console.visitor("administrator").client.get(f"/work-orders/{number}")
    assert answer.status_code == 200


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
        *(
            visitor.client.post(
                f"/work-orders/{number}/assign", data={**visitor.proof(), "person": "x", name: "²"}
            )
            for name in ("day", "at")
        ),
        visitor.client.post(f"/conflicts/{conflict}", data={**visitor.proof(), "loser": "²"}),
    ]
    assert [one.status_code for one in asked if one.status_code >= 500] == []
