"""A job begun on the phone: what is filled in, how it is called, by which numbers it is found."""

from pathlib import Path

from msgspec import structs

from mobile.papers import Asked, print_out
from mobile.texts import Words
from mobile.views.job_card import job_card
from mobile.views.work_order import work_order
from shared.beginning import phone_code
from shared.errors import Refused
from shared.work_order import WorkOrder
from tests.mobile.phones import Phone
from tests.papers.papers import text_of
from tests.world import ANN, ASSET, SITE

FOUND = {"summary": "Bracket is loose", "service": "repair"}
EN, ZH = Words("en"), Words("zh")


def begun(phone: Phone, beside: str | None = None, **more: str) -> WorkOrder:
    on = ("work_order", beside or phone.job)
    entry = phone.must("work_order.begin", {**FOUND, **more}, on)
    assert entry.on == ("work_order", entry.op_id)
    found = phone.queries.job_named(entry.op_id)
    assert found is not None
    return found


def code_of(phone: Phone) -> str:
    return phone_code(phone.replica.identity().incarnation)


def test_it_is_begun_beside_the_job_one_is_on_and_counted(phone: Phone) -> None:
    phone.work()
    first, second = begun(phone, asset=ASSET), begun(phone)
    assert (first.beside_id, first.asset_id, first.status) == (phone.job, ASSET, "accepted")
    numbers = [one.provisional for one in (first, second)]
    assert numbers == [f"{code_of(phone)}-0001", f"{code_of(phone)}-0002"]
    assert phone.queries.begun() == second.id
    assert [one.id for one in phone.queries.machines_at(SITE)] == [ASSET]


def test_beside_one_that_the_office_does_not_have_it_is_begun_beside_what_that_was(
    phone: Phone,
) -> None:
    """Nothing leans on what may come to nothing."""
    phone.work()
    first = begun(phone)
    assert begun(phone, first.id).beside_id == phone.job
    phone.sync()
    assert begun(phone, first.id).beside_id == first.id


def test_the_count_goes_on_where_ops_have_left_the_outbox_and_the_app_was_killed(
    phone: Phone,
) -> None:
    phone.work()
    begun(phone)
    phone.sync()
    with phone.replica.transaction():
        phone.replica.let_go_of_ops(phone.world.now_ms + 1)
    assert begun(phone).provisional == f"{code_of(phone)}-0002"


def test_what_is_refused_takes_no_number(phone: Phone) -> None:
    phone.work()
    refused = phone.record("work_order.begin", {**FOUND, "summary": "\u200b"})
    assert isinstance(refused, Refused)
    assert begun(phone).provisional == f"{code_of(phone)}-0001"


def test_screens_call_it_by_its_provisional_number_and_then_say_what_it_was(phone: Phone) -> None:
    phone.work()
    order = begun(phone)
    number = str(order.provisional)
    sheet = phone.queries.sheet(order.id)
    assert sheet is not None
    assert EN.called(order) == f"{number} (provisional)"
    assert work_order(sheet, ANN, ZH, 0).number == f"{number}（临时编号）"
    assert job_card(sheet.job, EN, "2026-11-23T09:00").number == f"{number} (provisional)"
    phone.sync()
    sheet = phone.queries.sheet(order.id)
    assert sheet is not None
    shown = work_order(sheet, ANN, EN, 0)
    assert shown.number == "WO-26-000002"
    assert f"was {number}" in shown.terms
    assert f"原临时编号 {number}" in work_order(sheet, ANN, ZH, 0).terms


def test_it_is_found_by_either_number_before_and_after(phone: Phone) -> None:
    phone.work()
    order = begun(phone)
    number = str(order.provisional)
    for _ in range(2):
        assert [one.id for one in phone.queries.find_jobs(number.lower())] == [order.id]
        named = phone.queries.job_named(number)
        assert named is not None
        assert named.id == order.id
        assert {one.number for one in phone.queries.outbox() if one.job == order.id} <= {
            number,
            "WO-26-000002",
        }
        phone.sync()
    assert [one.id for one in phone.queries.find_jobs("WO-26-000002")] == [order.id]


def test_papers_say_that_its_number_is_provisional(phone: Phone, tmp_path: Path) -> None:
    phone.work()
    order = begun(phone)
    asked = Asked(number=order.id, now_ms=phone.world.now_ms)
    for language, says in (("en", "(provisional)"), ("zh", "临时编号")):
        asked = structs.replace(asked, language=language)
        printed = print_out(phone.queries, tmp_path, asked)
        assert not isinstance(printed, Refused)
        assert says in text_of(printed.pdf)
        assert str(order.provisional) in printed.name
    phone.sync()
    printed = print_out(phone.queries, tmp_path, structs.replace(asked, language="en"))
    assert not isinstance(printed, Refused)
    assert "(provisional)" not in text_of(printed.pdf)
    assert "WO-26-000002" in text_of(printed.pdf)
