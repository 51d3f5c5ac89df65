"""The document of a visit holds what a customer may see, no more, and is what the rows say."""

from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec import structs

from shared.checklist import Checklist
from shared.comparing import SUM, Compared, compare, listed_ids
from shared.document import (
    Machine,
    Named,
    SeenCharge,
    SeenItem,
    SeenReading,
    SeenVisit,
    Sum,
    TaxPart,
    hash_of,
    read,
    write,
)
from shared.errors import refuse_value
from shared.records import Record, State
from shared.showing import build
from shared.sign_off import SignOff
from shared.visible import unlisted
from shared.visit import Attendance, Visit, visit_at_hand
from tests.shared.company import (
    ANN,
    ASSET,
    BEN,
    CUSTOMER,
    FILTER,
    NOW,
    ORDER,
    SITE,
    TICKET,
    VISIT,
    ident,
)
from tests.shared.proven import (
    ADVICE,
    DECIDED,
    DONE,
    HERE,
    HOUSE,
    INTERNAL,
    LABOUR,
    LEAKS,
    PAID,
    PLATE,
    PRESSURE,
    PRICES,
    PUMP,
    QUOTED,
    REPORT,
    SHOWN,
    USED,
    VISIT_FEE,
    asked,
    books,
    document,
)
from tests.shared.test_photos import seal


def test_a_document_says_what_was_found_done_and_used() -> None:
    (job,) = document().jobs
    assert (job.number, job.summary, job.problem) == ("WO-26-000007", "Leak", TICKET.problem)
    assert (job.diagnosis, job.work_done, job.report_id) == ("滤网堵塞", "清洗", REPORT.id)
    assert job.machine == Machine(id=ASSET.id, name="Pump", model="P-1")
    assert job.visit == SeenVisit(
        id=VISIT.id,
        outcome="done",
        remark="ok",
        departed_at=NOW - 900,
        arrived_at=NOW,
        ended_at=NOW + 500,
    )
    assert [(one.item, one.value) for one in job.readings] == [("leaks", "pass"), ("pressure", "2")]
    assert job.readings[1] == SeenReading(
        id=PRESSURE.id,
        item="pressure",
        label=Named(en="Pressure", zh="压力"),
        value="2",
        unit="MPa",
        low=500,
        high=1_600,
        out_of_limits=True,
    )
    (part,) = job.parts
    assert (part.number, part.amount, part.unit, part.old_part) == (
        "F-1",
        2_000,
        "piece",
        "scrapped",
    )
    (photo,) = job.photos
    assert (photo.sha256, photo.slot) == (PLATE.sha256, Named(en="Rating plate", zh="铭牌"))
    assert [one.text for one in job.notes] == ["半年后再清洗"]
    assert job.coverage is not None
    assert job.coverage.params == {"until": "2026-03-01"}
    assert [one.id for one in job.payments] == [PAID.id]
    assert [one.id for one in job.items] == [PUMP.id]


def test_a_document_says_whose_it_is_and_for_whom() -> None:
    site = structs.replace(SITE, contact_name="陈先生", contact_phone="138 0013 8000")
    made = document(books(site))
    assert made.head.name == Named(en="Cloud Brook Service", zh="云溪服务")
    assert made.head.tagline == Named(en="二十年", zh="二十年")
    assert made.head.address is None
    assert (made.technician, made.technician_code) == ("Ann", "T01")
    assert (made.party.customer, made.party.contact) == ("陈美玲", "陈先生")
    assert made.party.phone == "138 **** 8000"
    assert (made.time_zone, made.language, made.guarantee_days) == ("Asia/Shanghai", "zh", 90)


def test_a_number_is_masked_also_where_only_the_customer_has_one() -> None:
    customer = structs.replace(CUSTOMER, phone="13800138000")
    assert document(books(customer)).party.phone == "138****8000"


def test_the_total_is_that_of_the_lines_that_are_charged() -> None:
    made = document()
    assert [one.id for one in made.jobs[0].charges] == [
        *(VISIT_FEE.id, LABOUR.id, ident("charge part"))
    ]
    assert made.sum == Sum(
        currency="CNY",
        price_list_id=PRICES.id,
        price_list="2026",
        edition=3,
        lines=26_000,
        taxes=(TaxPart(rate=600, base=26_000, tax=1_560),),
        total=27_560,
        paid=6_000,
        due=21_560,
    )


def test_what_is_on_account_was_not_collected() -> None:
    made = document(books(structs.replace(PAID, method="account")))
    assert made.sum is not None
    assert (made.sum.paid, made.sum.due) == (0, 27_560)


def test_what_is_internal_or_taken_back_is_left_out() -> None:
    text = write(document())
    assert [row.id for row in SHOWN if row.id not in text] == []
    assert [row.id for row in INTERNAL if row.id in text] == []


def test_a_quote_is_shown_with_its_lines_and_total() -> None:
    made = document(purpose="quote", subject=QUOTED.id)
    assert made.quote is not None
    assert made.quote.lines == (
        SeenCharge(
            id="1",
            kind="labour",
            name=Named(en="Labour", zh="工时"),
            amount=2_000,
            unit="hour",
            price=12_000,
            tax=600,
            net=24_000,
        ),
    )
    assert made.sum is not None
    assert (made.sum.total, made.sum.paid, made.guarantee_days) == (25_440, 0, 0)
    assert listed_ids(made.jobs[0]) == (DECIDED.id,)


@pytest.mark.parametrize("purpose", ["take_away", "item_return"])
def test_an_item_on_its_way_is_shown_alone(purpose: str) -> None:
    made = document(purpose=purpose, subject=PUMP.id)
    assert made.jobs[0].items == (
        SeenItem(
            id=PUMP.id,
            receipt="TA-1",
            what="水泵",
            condition="旧",
            reason="检修",
            back_by="2026-12-01",
            estimate=30_000,
        ),
    )
    assert listed_ids(made.jobs[0]) == (PUMP.id,)
    assert made.sum is None


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"jobs": (ident("nothing"),)}, "jobs"),
        ({"jobs": ()}, "jobs"),
        ({"purpose": "quote"}, "subject"),
        ({"purpose": "quote", "subject": PUMP.id}, "subject"),
        ({"purpose": "take_away", "subject": QUOTED.id}, "subject"),
        ({"purpose": "item_return", "subject": ident("nothing")}, "subject"),
    ],
)
def test_a_document_of_what_is_not_there_is_refused(more: dict[str, Any], field: str) -> None:
    assert build(books(), asked(**more)) == refuse_value("unknown_subject", field)


def test_a_bare_job_has_a_document_too() -> None:
    bare = State([structs.replace(ORDER, asset_id=None, version=1)])
    made = document(bare, person=BEN.id)
    assert (made.technician, made.party.customer, made.time_zone) == ("", "", "UTC")
    assert (made.jobs[0].machine, made.jobs[0].visit, made.sum) == (None, None, None)
    assert made.head.name == Named(en="", zh="")
    assert compare(bare, made) == Compared()


def test_answers_that_no_checklist_asks_for_come_last_with_their_code() -> None:
    """R11."""
    stray = structs.replace(LEAKS, id=ident("stray"), item="colour", value="blue", at=NOW)
    (job,) = document(books(stray)).jobs
    assert [one.item for one in job.readings] == ["leaks", "pressure", "colour"]
    assert job.readings[-1].label == Named(en="colour", zh="colour")
    (job,) = document(books(stray, without=books().find(Checklist, ORDER.checklist_id))).jobs
    assert {one.label.en for one in job.readings} == {"leaks", "pressure", "colour"}
    assert job.photos[0].slot is None


def test_a_choice_is_shown_in_words() -> None:
    chosen = structs.replace(LEAKS, id=ident("oil"), item="oil", value="good")
    (job,) = document(books(chosen)).jobs
    assert job.readings[-1].choice == Named(en="Good", zh="好")


def test_the_same_rows_at_the_same_time_make_the_same_text() -> None:
    text = write(document(books()))
    rows = list(books()._rows.values())
    assert write(document(State(reversed(rows)))) == text
    assert read(text) == document()
    assert hash_of(text) == hash_of(write(document()))


# Two visits

SECOND = structs.replace(
    HERE,
    id=ident("second visit"),
    ended_at=NOW + 9_000,
    attendance=(Attendance(person_id=ANN.id, departed_at=NOW + 8_000, arrived_at=NOW + 8_500),),
)
FIRST_SEAL = seal(listed=listed_ids(document().jobs[0]))


def test_the_second_signature_is_for_what_the_first_one_is_not() -> None:
    late = structs.replace(ADVICE, id=ident("late note"))
    fresh = structs.replace(ADVICE, id=ident("fresh note"), visit_id=SECOND.id)
    (job,) = document(books(SECOND, FIRST_SEAL, late, fresh)).jobs
    assert job.visit is not None
    assert job.visit.id == SECOND.id
    assert [one.id for one in job.notes] == sorted([late.id, fresh.id])
    assert (job.readings, job.parts, job.photos, job.charges, job.payments) == ((), (), (), (), ())
    assert job.coverage is not None


def test_a_visit_that_is_signed_again_is_shown_whole_again() -> None:
    again = document(books(FIRST_SEAL))
    assert listed_ids(again.jobs[0]) == listed_ids(document().jobs[0])


# What nobody signed


def test_a_document_of_everything_leaves_nothing_unsigned() -> None:
    listed = listed_ids(document().jobs[0])
    assert unlisted(books(), ORDER.id, VISIT.id, listed) == ()


@pytest.mark.parametrize("row", [REPORT, LEAKS, USED, PLATE, ADVICE, DECIDED, VISIT_FEE])
def test_whatever_a_document_does_not_list_is_found(row: Record) -> None:
    listed = [one for one in listed_ids(document().jobs[0]) if one != row.id]
    assert unlisted(books(), ORDER.id, VISIT.id, listed) == (row.id,)


@pytest.mark.parametrize("row", [PAID, PUMP])
def test_what_has_a_paper_of_its_own_is_not_missed(row: Record) -> None:
    listed = [one for one in listed_ids(document().jobs[0]) if one != row.id]
    assert unlisted(books(), ORDER.id, VISIT.id, listed) == ()


def test_what_belongs_to_a_visit_that_is_still_to_be_signed_waits_for_that() -> None:
    theirs = structs.replace(ADVICE, id=ident("theirs"), visit_id=SECOND.id)
    listed = listed_ids(document().jobs[0])
    assert unlisted(books(theirs, SECOND), ORDER.id, VISIT.id, listed) == ()
    signed: SignOff = seal(id=ident("second seal"), visit_id=SECOND.id)
    assert unlisted(books(theirs, SECOND, signed), ORDER.id, VISIT.id, listed) == (theirs.id,)
    covered = structs.replace(signed, listed=(theirs.id,))
    assert unlisted(books(theirs, SECOND, covered), ORDER.id, VISIT.id, listed) == ()


# Compared with the rows


def test_a_document_is_what_the_rows_say() -> None:
    purposes: tuple[dict[str, Any], ...] = (
        {},
        {"purpose": "quote", "subject": QUOTED.id},
        {"purpose": "take_away", "subject": PUMP.id},
    )
    for more in purposes:
        assert compare(books(), document(**more)) == Compared()


CHANGES: tuple[tuple[Record, str, Any], ...] = (
    (DONE, "id", None),
    (HERE, "outcome", "no_fault_found"),
    (HERE, "remark", "bad"),
    (REPORT, "diagnosis", "x"),
    (REPORT, "work_done", "x"),
    (LEAKS, "item", "oil"),
    (LEAKS, "value", "fail"),
    (LEAKS, "not_applicable", True),
    (PRESSURE, "out_of_limits", False),
    (USED, "amount", 4_000),
    (USED, "returned", 2_000),
    (USED, "serial", "S-2"),
    (USED, "old_part", None),
    (PLATE, "sha256", "f" * 64),
    (PLATE, "caption", "x"),
    (PLATE, "audience", "internal"),
    (PLATE, "dropped_at", NOW),
    (ADVICE, "text", "x"),
    (ADVICE, "audience", "internal"),
    (DECIDED, "category", "C"),
    (DECIDED, "basis", "goodwill"),
    (DECIDED, "code", "x"),
    (DECIDED, "params", {"until": "2027-03-01"}),
    (DECIDED, "note", "x"),
    *((LABOUR, name, value) for name, value in (("net", 1), ("price", 1), ("amount", 1))),
    *((LABOUR, name, value) for name, value in (("tax", 1), ("unit", "x"), ("kind", "other"))),
    *((LABOUR, name, value) for name, value in (("note", "x"), ("covered", True), ("en", "x"))),
    (LABOUR, "dropped_at", NOW),
    (PAID, "amount", 1),
    (PAID, "method", "qr"),
    (PAID, "receipt", "R-2"),
    (PAID, "void_at", NOW),
    *((PUMP, name, "x") for name in ("receipt", "what", "serial", "accessories", "condition")),
    (PUMP, "reason", "x"),
    (PUMP, "back_by", None),
    (PUMP, "estimate", 1),
)


@pytest.mark.parametrize(
    ("row", "field", "value"),
    CHANGES,
    ids=[f"{type(row).__name__}.{field}" for row, field, _ in CHANGES],
)
def test_each_changed_value_is_found(row: Record, field: str, value: Any) -> None:
    made = document()
    if field == "id":
        assert row.id in compare(books(without=row), made).absent
        return
    changed = books(structs.replace(row, **{field: value}))
    assert compare(changed, made) == Compared(wrong=(row.id,))


@pytest.mark.parametrize("row", [HERE, *SHOWN], ids=lambda row: type(row).__name__)
def test_a_fact_that_is_not_there_or_is_anothers_is_found(row: Record) -> None:
    made = document()
    gone = books(without=row)
    assert compare(gone, made) == Compared(absent=(row.id,))
    elsewhere = books(structs.replace(row, work_order_id=ident("other order")))
    assert compare(elsewhere, made) == Compared(wrong=(row.id,))


def test_a_row_that_only_this_phone_has_is_not_there_yet() -> None:
    rows = [
        structs.replace(row, version=None) if row.id == ADVICE.id else row
        for row in books()._rows.values()
    ]
    assert compare(State(rows), document()) == Compared(absent=(ADVICE.id,))


@pytest.mark.parametrize(
    "change",
    [
        {"total": 27_559},
        {"taxes": ()},
        {"lines": 0},
        {"discount": -1},
        {"paid": 0},
        {"due": 0},
        {"price_list": "2025"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_total_that_its_lines_do_not_come_to_is_found(change: dict[str, Any]) -> None:
    made = document()
    assert made.sum is not None
    false = structs.replace(made, sum=structs.replace(made.sum, **change))
    assert compare(books(), false) == Compared(wrong=(SUM,))


def test_lines_without_a_total_are_found() -> None:
    assert compare(books(), structs.replace(document(), sum=None)) == Compared(wrong=(SUM,))


@pytest.mark.parametrize(
    "change",
    [{"currency": "EUR"}, {"edition": 4}, {"tax_inclusive": not PRICES.tax_inclusive}],
    ids=str,
)
def test_prices_of_another_edition_are_found_and_those_that_are_not_there_waited_for(
    change: dict[str, Any],
) -> None:
    other = structs.replace(PRICES, **change)
    assert compare(books(other), document()) == Compared(wrong=(PRICES.id, SUM))
    assert compare(books(without=PRICES), document()).absent == (PRICES.id,)


def test_what_is_said_of_a_quote_is_that_quote() -> None:
    made = document(purpose="quote", subject=QUOTED.id)
    line = structs.replace(QUOTED.lines[0], en="Work")
    otherwise = books(structs.replace(QUOTED, lines=(line,)))
    assert compare(otherwise, made) == Compared(wrong=(QUOTED.id,))


def test_newer_words_of_the_office_are_no_difference() -> None:
    newer = (
        structs.replace(DONE, summary="x", priority="low"),
        structs.replace(FILTER, en="x", number="x"),
        structs.replace(ASSET, model="x"),
        structs.replace(HOUSE, zh="x"),
        structs.replace(HERE, ended_at=NOW + 501),
    )
    assert compare(books(*newer), document()) == Compared()


texts = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\u2028\u2029"),
    max_size=30,
)


@given(
    note=texts,
    caption=texts,
    nets=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=4),
    rates=st.lists(st.integers(0, 10_000), min_size=4, max_size=4),
    inclusive=st.booleans(),
    back=st.integers(0, 3_000),
)
def test_whatever_is_recorded_is_shown_as_it_is(
    note: str, caption: str, nets: list[int], rates: list[int], inclusive: bool, back: int
) -> None:
    lines = [
        structs.replace(LABOUR, id=ident(f"line {place}"), net=net, tax=rates[place])
        for place, net in enumerate(nets)
    ]
    known = books(
        *lines,
        structs.replace(PRICES, tax_inclusive=inclusive),
        structs.replace(ADVICE, text=note),
        structs.replace(PLATE, caption=caption),
        structs.replace(USED, returned=back),
    )
    made = document(known)
    assert compare(known, made) == Compared()
    assert read(write(made)) == made
    listed = listed_ids(made.jobs[0])
    assert unlisted(known, ORDER.id, VISIT.id, listed) == ()
    assert (USED.id in listed) == (back < 3_000)
    assert made.sum is not None
    assert made.sum.total == sum(part.base + part.tax for part in made.sum.taxes)


PLANNED = structs.replace(VISIT, id=ident("planned"), planned_from="2026-11-24T09:00")
BEGUN = structs.replace(
    PLANNED,
    id=ident("begun"),
    attendance=(Attendance(person_id=ANN.id, departed_at=NOW),),
)


@pytest.mark.parametrize(
    ("visits", "found"),
    [
        ((), None),
        ((PLANNED,), PLANNED),
        ((PLANNED, HERE), HERE),
        ((HERE, SECOND), SECOND),
        ((PLANNED, HERE, BEGUN), BEGUN),
        ((structs.replace(HERE, person_id=BEN.id),), None),
    ],
    ids=["none", "planned", "ended", "ended last", "begun", "another's"],
)
def test_a_signature_is_for_the_visit_one_is_on_else_for_the_last_one(
    visits: tuple[Visit, ...], found: Visit | None
) -> None:
    assert visit_at_hand(visits, ANN.id) == found
