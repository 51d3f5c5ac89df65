"""Fields that won are written; a conflict is settled, and settled otherwise, by a person."""

from typing import Any

import msgspec
import pytest
from msgspec import structs

from shared.editing import EditArgs, SettleArgs, Winners, subject_of
from shared.fields import read_out
from shared.kinds import REGISTRY
from shared.records import Record, State
from shared.registry import Act, Outcome
from shared.site import Site
from shared.tasks import Conflict, Loser
from shared.work_order import Assignment, StatusChange, WorkOrder
from tests.shared.company import (
    ANN,
    CUSTOMER,
    DORA,
    LEAD,
    NOW,
    ORDER,
    SITE,
    act,
    done,
    ident,
    land,
    only,
    refusal,
    state,
    tables,
)

ON_ORDER, ON_SITE = ("work_order", ORDER.id), ("site", SITE.id)


def lost(value: Any, op: str) -> Loser:
    return Loser(value=value, by=ANN.id, op_id=ident(op), at=NOW, side="device")


def conflict(field: str, winner: Any, *losers: Loser, on: tuple[str, str] = ON_ORDER) -> Conflict:
    return Conflict(
        id=ident("conflict"),
        home_noun=on[0],
        home_id=on[1],
        field=field,
        rule="office",
        winner=winner,
        losers=losers,
        at=NOW,
    )


def settling(choice: str, *, on: tuple[str, str] = ON_ORDER, op: str = "op", **more: Any) -> Act:
    args = {"conflict": ident("conflict"), "choice": choice, **more}
    return act("conflict.settle", args, on=on, by=DORA, op=op)


def winning(on: tuple[str, str], **fields: Any) -> Act:
    return msgspec.structs.replace(act("edit", {"fields": {}}, on=on), args=Winners(fields=fields))


def test_the_fields_that_won_are_written() -> None:
    outcome = done(state(), winning(ON_SITE, contact_name="王阿姨", access_notes="gate 3"))
    assert outcome.rows == (structs.replace(SITE, contact_name="王阿姨", access_notes="gate 3"),)
    outcome = done(state(), winning(ON_ORDER, priority="urgent"))
    assert outcome.rows == (structs.replace(ORDER, priority="urgent"),)


def test_nothing_is_written_where_nothing_won() -> None:
    assert done(state(), winning(ON_ORDER)) == Outcome()


@pytest.mark.parametrize("on", [("site", ident("no")), ("customer", CUSTOMER.id)])
def test_only_what_is_there_is_edited(on: tuple[str, str]) -> None:
    assert refusal(state(), winning(on, priority="low")) == ("unknown_subject", "on")
    assert subject_of(state(), on) is None


def test_an_edit_carries_what_its_author_saw() -> None:
    """C56."""
    args = REGISTRY.args("edit", b'{"fields":{"priority":["normal","urgent"]}}')
    assert args == EditArgs(fields={"priority": ("normal", "urgent")})


def open_conflict(*losers: Loser) -> State:
    return state(
        conflict("priority", "normal", *(losers or (lost("low", "1"), lost("urgent", "2"))))
    )


def test_keeping_the_winner_writes_nothing_but_the_decision() -> None:
    outcome = done(open_conflict(), settling("keep"))
    settled = only(outcome, Conflict)
    assert (settled.settled_at, settled.settled_by, settled.choice) == (NOW + 1000, DORA.id, "keep")
    assert tables(outcome) == ["Conflict"]


@pytest.mark.parametrize(("loser", "priority"), [(None, "urgent"), (0, "low"), (1, "urgent")])
def test_a_losing_value_can_be_brought_back(loser: int | None, priority: str) -> None:
    outcome = done(open_conflict(), settling("swap", loser=loser))
    assert only(outcome, WorkOrder).priority == priority
    assert only(outcome, Conflict).choice == "swap"


def test_a_swap_can_be_undone_and_keeping_twice_changes_nothing() -> None:
    rows = open_conflict()
    keep(rows, done(rows, settling("swap", op="1")))
    undone = done(rows, settling("keep", op="2"))
    assert only(undone, WorkOrder).priority == "normal"
    keep(rows, undone)
    assert done(rows, settling("keep", op="3")).merged


def keep(rows: State, outcome: Outcome) -> None:
    for row in outcome.rows:
        rows.put(row)


def test_a_status_that_lost_is_brought_back_with_a_line_in_the_history() -> None:
    rows = state(conflict("status", "assigned", lost("done", "1")))
    outcome = done(rows, settling("swap"))
    assert only(outcome, WorkOrder).status == "done"
    step = only(outcome, StatusChange)
    assert (step.before, step.after, step.edge, step.person_id) == (
        "assigned",
        "done",
        "settled",
        DORA.id,
    )


def test_a_site_is_settled_like_a_job() -> None:
    rows = state(conflict("contact_name", "A", lost("B", "1"), on=ON_SITE))
    assert only(done(rows, settling("swap", on=ON_SITE)), Site).contact_name == "B"


def test_a_field_that_is_no_more_is_settled_without_being_written() -> None:
    rows = state(conflict("colour", "red", lost("blue", "1")))
    assert tables(done(rows, settling("swap"))) == ["Conflict"]


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"conflict": ident("none")}, "args.conflict", "unknown_subject"),
        ({"on": ON_SITE}, "args.conflict", "unknown_subject"),
        ({"on": ("site", ident("none"))}, "args.conflict", "unknown_subject"),
        ({"loser": 2}, "args.loser", "out_of_range"),
        ({"loser": -1}, "args.loser", "out_of_range"),
    ],
)
def test_only_a_conflict_of_the_thing_is_settled(
    changes: dict[str, Any], field: str, code: str
) -> None:
    on = changes.pop("on", ON_ORDER)
    assert refusal(open_conflict(), settling("swap", on=on, **changes)) == (code, field)


def test_a_conflict_without_a_loser_has_nothing_to_bring_back() -> None:
    rows: list[Record] = [conflict("priority", "low")]
    assert refusal(state(*rows), settling("swap")) == ("out_of_range", "args.loser")
    assert SettleArgs(conflict="c", choice="keep").loser is None


def test_a_decline_that_is_brought_back_gives_the_job_up_and_its_undo_takes_it_up_again() -> None:
    rows = state(structs.replace(ORDER, status="en_route"))
    declined = conflict("status", "en_route", lost("created", "1"))
    rows.put(declined)
    land(rows, done(rows, settling("swap", op="swap")))
    order, lead = rows.find(WorkOrder, ORDER.id), rows.find(Assignment, LEAD.id)
    assert order is not None
    assert lead is not None
    assert (order.status, lead.until_ms) == ("created", NOW + 1000)
    back = act(
        "conflict.settle",
        {"conflict": declined.id, "choice": "keep"},
        by=DORA,
        op="keep",
        at=NOW + 5000,
    )
    outcome = done(rows, back)
    land(rows, outcome)
    order, lead = rows.find(WorkOrder, ORDER.id), rows.find(Assignment, LEAD.id)
    assert order is not None
    assert lead is not None
    assert (order.status, lead.until_ms) == ("en_route", None)
    assert {(emit.on, emit.name) for emit in outcome.emits if emit.on[0] == "person"} == {
        (("person", ANN.id), "subscribe")
    }


@pytest.mark.parametrize(
    ("before", "after", "back"),
    [("cancelled", "working", True), ("cancelled", "done", False), ("en_route", "working", False)],
)
def test_a_closed_job_that_is_opened_again_is_on_the_phones_again(
    before: str, after: str, back: bool
) -> None:
    rows = state(structs.replace(ORDER, status=before))
    rows.put(conflict("status", before, lost(after, "1")))
    outcome = done(rows, settling("swap"))
    followed = {(emit.on, emit.name) for emit in outcome.emits if emit.on[0] == "person"}
    assert followed == ({(("person", ANN.id), "subscribe")} if back else set())


def test_an_undo_takes_nobody_back_who_left_for_another_reason() -> None:
    rows = state(structs.replace(ORDER, status="created"), structs.replace(LEAD, until_ms=NOW + 7))
    rows.put(
        structs.replace(
            conflict("status", "en_route", lost("created", "1")),
            settled_at=NOW + 1000,
            choice="swap",
        )
    )
    outcome = done(rows, settling("keep"))
    assert only(outcome, WorkOrder).status == "en_route"
    assert "Assignment" not in tables(outcome)


def test_a_mobile_number_is_read_out_in_groups_and_another_as_it_is_written() -> None:
    written = ("13900002222", "+86-139-0000-2222", "0512-8800 1234", "13900002222x3", "")
    assert [read_out(one) for one in written] == [
        "139 0000 2222",
        "+86 139 0000 2222",
        "0512-8800 1234",
        "13900002222x3",
        "",
    ]
