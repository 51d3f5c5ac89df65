"""Money: the bill of a job, what was collected, invoices, prices, contracts and the company."""

import json
from typing import Any

import pytest

from server.queries import money
from server.queries.pages import by_number
from tests.console.house import DAY, Console

COMPANY: dict[str, Any] = {
    "en": "Brook Ltd",
    "zh": "云溪",
    "verify_url": "https://brook.example/verify",
}


def signed(console: Console) -> str:
    return f"/work-orders/{console.template.examples['signed']}"


def test_a_bill_says_who_pays_its_lines_totals_and_what_is_due(console: Console) -> None:
    text = console.visitor("finance").get(signed(console)).text
    for words in (
        *("Chargeable", "No delivery or invoice date is on file", "covered", "priced by hand"),
        *('=HYPERLINK("x") hose', "Total ¥505.00", "Paid ¥450.00", "Still due ¥55.00"),
        *("Waits for an answer", "With the technician", "Asked for", "Control board"),
    ):
        assert words in text, words
    chinese = console.visitor("finance", "zh").get(signed(console)).text
    for words in ("合计 ¥505.00", "尚欠 ¥55.00", "在技术人员处", "等待答复"):
        assert words in chinese, words


def test_a_bill_reads_the_editions_that_its_lines_and_quotes_are_at_and_the_one_in_force(
    console: Console,
) -> None:
    number = console.template.examples["signed"]
    used = console.ask(
        "SELECT price_list_id FROM charge JOIN work_order w ON w.id = work_order_id "
        "WHERE w.number = ? UNION SELECT price_list_id FROM quote "
        "JOIN work_order w ON w.id = work_order_id WHERE w.number = ?",
        number,
        number,
    )
    with console.office.reading() as books:
        order = by_number(books, "work_order", number)
        counts = money.in_force(books, DAY)
        assert order is not None
        assert counts is not None
        read = {one.id for one in money.bill(books, order, DAY)["editions"]}
    assert read == {counts.id, *(one for (one,) in used)}
    assert len(read) > 1


def test_each_role_is_offered_what_the_table_of_rights_gives_it(console: Console) -> None:
    offered = {}
    for role in ("finance", "customer_service", "inspector", "warehouse"):
        page = console.visitor(role).get(signed(console)).page
        forms = [one["action"] for one in page.all("form") if "/bill/" in one["action"]]
        links = [one for one in page.links() if "/bill/" in one]
        offered[role] = sorted({one.split("/bill/")[1].split("/")[0] for one in [*forms, *links]})
    assert offered == {
        "finance": ["decline", "drop", "hand_over", "issue", "void"],
        "customer_service": ["hand_in", "return"],
        "inspector": [],
        "warehouse": ["hand_in"],
    }


def test_what_a_price_by_hand_needs_is_open_until_something_of_the_list_is_chosen(
    console: Console,
) -> None:
    shown = console.visitor("finance").get(f"{signed(console)}/charges").response.text
    assert '<details class="more-fields" open>' in shown


def test_a_line_is_added_once_from_the_list_and_by_hand_and_taken_off(
    new_console: Console,
) -> None:
    visitor = new_console.visitor()
    at = f"{signed(new_console)}/charges"
    form = visitor.get(at).page.form(at)
    item = {**form, "item": "visit", "quantity": "2"}
    visitor.post(at, item)
    assert "The charge is on the bill." in visitor.post(at, item).text
    count = "SELECT count(*) FROM charge WHERE item = 'visit' AND amount = 2000"
    assert new_console.ask(count) == [(1,)]
    by_hand: dict[str, Any] = {
        "item": "",
        "kind": "other",
        "name": "Ladder",
        "price": "12.5",
        "quantity": "1",
    }
    done = visitor.send(at, at, **by_hand)
    assert "¥12.50" in done.text
    ((charge,),) = new_console.ask("SELECT id FROM charge WHERE en = 'Ladder'")
    dropped = visitor.send(signed(new_console), f"{signed(new_console)}/bill/drop/{charge}")
    assert "Taken off the bill." in dropped.text
    assert "Ladder" not in dropped.page.by_id("bill").text


@pytest.mark.parametrize(
    ("field", "value"), [("quantity", "0"), ("quantity", "many"), ("price", "-1"), ("name", "")]
)
def test_a_line_that_cannot_be_loses_nothing_that_was_typed(
    console: Console, field: str, value: str
) -> None:
    visitor = console.visitor()
    at = f"{signed(console)}/charges"
    asked: dict[str, Any] = {
        "item": "",
        "name": "Ladder",
        "price": "12",
        "quantity": "1",
        "note": "kept",
    }
    answer = visitor.send(at, at, **{**asked, field: value})
    assert answer.status == 422
    form = answer.page.form(at)
    assert (form["note"], form[field]) == ("kept", value)


def test_a_line_is_typed_on_a_chinese_keyboard(new_console: Console) -> None:
    visitor = new_console.visitor()
    at = f"{signed(new_console)}/charges"
    line: dict[str, Any] = {
        "kind": "other",
        "name": "梯子",
        "price": "１２３．５０",
        "quantity": "２",
    }
    assert visitor.send(at, at, item="", **line).status == 200
    kept = "SELECT price, amount, net FROM charge WHERE zh = '梯子'"
    assert new_console.ask(kept) == [(12_350, 2000, 24_700)]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "“about 12” in “Price” is no amount. Write it like 1280.50."),
        ("zh", "“单价”中的“about 12”不是金额，请按 1280.50 的格式填写。"),
    ],
)
def test_what_is_no_amount_is_told_with_its_field(
    console: Console, language: str, words: str
) -> None:
    visitor = console.visitor("dispatcher", language)
    at = f"{signed(console)}/charges"
    answer = visitor.send(at, at, item="", name="Ladder", price="about 12", quantity="1")
    assert answer.status == 422
    assert words in answer.text


def test_a_discount_says_its_share_and_when_the_lines_have_changed_since(
    new_console: Console,
) -> None:
    visitor = new_console.visitor()
    ((number,),) = new_console.ask(
        "SELECT number FROM work_order w WHERE NOT EXISTS "
        "(SELECT 1 FROM charge WHERE work_order_id = w.id) ORDER BY number LIMIT 1"
    )
    home = f"/work-orders/{number}"

    def charge(kind: str, name: str, price: str) -> str:
        new_console.now_ms += 1000
        line: dict[str, Any] = {"kind": kind, "name": name, "price": price, "quantity": "1"}
        return visitor.send(f"{home}/charges", f"{home}/charges", item="", **line).text

    charge("other", "Ladder", "500")
    first = charge("discount", "Regular", "50")
    assert "10 % of ¥500.00" in first
    assert "The lines have changed since" not in first
    later = charge("other", "Crane", "300")
    assert "10 % of ¥500.00" in later
    assert "this is 6.25 % of ¥800.00 now" in later
    chinese = new_console.visitor("dispatcher", "zh").get(home).text
    assert "现为 ¥800.00 的 6.25%" in chinese
    new_console.now_ms += 1000
    for (one,) in new_console.ask("SELECT id FROM charge WHERE en IN ('Ladder', 'Crane')"):
        visitor.send(home, f"{home}/bill/drop/{one}")
    assert "The lines it was given on are gone." in visitor.get(home).text


def test_who_pays_is_decided_with_a_reason_that_customers_can_read(new_console: Console) -> None:
    visitor = new_console.visitor()
    at = f"{signed(new_console)}/pays"
    assert visitor.send(at, at, code="nothing_such").status == 422
    done = visitor.send(at, at, code="goodwill", note="Long-time customer")
    for words in ("Decided who pays.", "Free as a gesture of goodwill", "Long-time customer"):
        assert words in done.text, words


def test_money_is_handed_over_with_one_click_and_all_of_one_person_with_one(
    new_console: Console,
) -> None:
    visitor = new_console.visitor("finance")
    page = visitor.get("/money")
    for words in ("¥250.00", "¥200.00", "All from 何俊", "Invoices to issue"):
        assert words in page.text, words
    payment = new_console.template.examples["payment"]
    at = f"{signed(new_console)}/bill/hand_over/{payment}"
    done = visitor.send("/money", at)
    assert done.path == "/money"
    assert "Noted: the money is here." in done.text
    state = "SELECT count(*) FROM payment WHERE id = ? AND handed_at IS NOT NULL"
    assert new_console.ask(state, payment) == [(1,)]


def test_all_that_was_shown_of_one_technician_is_received_by_an_act_each(
    new_console: Console,
) -> None:
    visitor = new_console.visitor("finance")
    ids = [
        str(one)
        for (one,) in new_console.ask(
            "SELECT p.id FROM payment p JOIN work_order w ON w.id = p.work_order_id "
            "WHERE w.number = ? AND p.handed_at IS NULL AND p.void_at IS NULL ORDER BY p.id",
            new_console.template.examples["signed"],
        )
    ]
    form = visitor.get("/money").page.form("/money/received")
    visitor.post("/money/received", {**form, "payment": ids})
    asked = "SELECT count(*) FROM op WHERE kind = 'payment.hand_over' AND by_id = ?"
    mine = new_console.template.people["finance"]
    assert new_console.ask(asked, mine) == [(len(ids),)]
    again = visitor.post("/money/received", {**form, "payment": ids})
    assert again.status == 200
    assert new_console.ask(asked, mine) == [(len(ids),)]


def test_an_invoice_is_issued_from_the_list_and_reversed_with_a_reason(
    new_console: Console,
) -> None:
    visitor = new_console.visitor("finance")
    invoice = new_console.template.examples["invoice"]
    issue = f"{signed(new_console)}/bill/issue/{invoice}"
    assert "2026-778" in visitor.send("/money", issue, word="2026-778").text
    reverse = f"{signed(new_console)}/bill/reverse/{invoice}"
    assert visitor.send(reverse, reverse, word=" ").status == 422
    assert "The invoice is reversed." in visitor.send(reverse, reverse, word="Wrong title").text
    assert visitor.get(f"{signed(new_console)}/bill/issue/nothing").status == 404


def test_a_payment_is_taken_back_only_with_a_reason_and_by_who_may(new_console: Console) -> None:
    payment = new_console.template.examples["payment"]
    at = f"{signed(new_console)}/bill/void/{payment}"
    assert new_console.visitor("dispatcher").get(at).status == 403
    visitor = new_console.visitor("finance")
    assert visitor.send(at, at, word="").status == 422
    assert "Taken back" in visitor.send(at, at, word="typed twice").page.by_id("bill").text


def test_a_payment_leads_to_the_photo_of_its_slip(console: Console) -> None:
    bill = console.visitor("finance").get(signed(console)).page.by_id("bill")
    slips = [one["href"] for one in bill.all("a") if one.text == "Slip"]
    assert slips == [
        f"{signed(console)}/photos/{photo}"
        for (photo,) in console.ask("SELECT photo_id FROM payment WHERE photo_id IS NOT NULL")
    ]
    assert slips
    assert console.visitor("finance").get(slips[0]).page.by_id("panel") is not None


def test_a_new_edition_names_every_field_that_is_wrong_and_keeps_the_old_one(
    new_console: Console,
) -> None:
    visitor = new_console.visitor("administrator")
    at = "/money/new-prices"
    wrong = visitor.send(
        at, at, valid_from="2026-02-30", p_visit="eighty", code_0="A B", en_0="Crane"
    )
    assert wrong.status == 422
    page = wrong.page
    faults = [one for one in page.all("input") if one["aria-invalid"] == "true"]
    assert sorted(one["name"] for one in faults) == [
        *("code_0", "p_visit", "price_0", "valid_from", "zh_0"),
    ]
    assert page.form(at)["p_visit"] == "eighty"
    more = {"code_0": "crane", "en_0": "Crane", "zh_0": "吊车", "price_0": "300", "tax_0": "6"}
    new: dict[str, Any] = {"valid_from": "2026-11-01", "p_visit": "85.00", "x_height": "1", **more}
    done = visitor.send(at, at, **new)
    assert "edition 3" in done.text
    assert "in force" in done.text
    ((items,),) = new_console.ask("SELECT CAST(items AS text) FROM price_list WHERE edition = 3")
    assert '"crane"' in items
    assert '"height"' not in items
    assert "¥85.00" in done.text
    old = new_console.template.examples["edition"]
    assert "¥72.00" in visitor.get(f"/money/prices/{old}").text


def test_the_head_of_papers_is_changed_and_an_address_must_be_one(new_console: Console) -> None:
    visitor = new_console.visitor("administrator")
    at = "/money/company"
    script = visitor.send(at, at, **{**COMPANY, "verify_url": "javascript:alert(1)"})
    assert script.status == 422
    assert "begins with https://" in script.text
    assert visitor.send(at, at, **{**COMPANY, "zh": ""}).status == 422
    assert "Saved." in visitor.send(at, at, **COMPANY).text
    assert "Brook Ltd" in new_console.visitor(None).get("/verify").text


def test_the_days_that_phones_keep_things_are_set_and_emptied_and_have_limits(
    new_console: Console,
) -> None:
    visitor = new_console.visitor("administrator")
    at = "/money/company"
    for wrong in ("0", "366", "many", "1.5"):
        refused = visitor.send(at, at, **COMPANY, keep_days=wrong)
        assert (refused.status, "from 1 to 365" in refused.text) == (422, True), wrong
    assert "Saved." in visitor.send(at, at, **COMPANY, keep_days="７", away_days="21").text
    with new_console.office.reading() as books:
        house = money.organisation(books) or {}
    assert (house["keep_days"], house["away_days"]) == (7, 21)
    assert "Saved." in visitor.send(at, at, **COMPANY, keep_days="", away_days="").text
    with new_console.office.reading() as books:
        house = money.organisation(books) or {}
    assert (house["keep_days"], house["away_days"]) == (None, None)


def test_the_months_of_warranty_are_made_anew_with_an_edition(new_console: Console) -> None:
    visitor = new_console.visitor("administrator", "zh")
    at = "/money/new-prices"
    form = visitor.get(at).page.form(at)
    fresh = {
        "name": "新价目",
        "valid_from": "2026-12-01",
        "class_new": "pump",
        "months_new": "１８",
    }
    classes = ({"class_new": "compressor"}, {"class_new": ""})
    for wrong in ({"w_0": "many"}, {"w_0": "601"}, *classes):
        assert visitor.post(at, {**form, **fresh, **wrong}).status == 422, wrong
    done = visitor.post(at, {**form, **fresh, "w_0": "24"})
    for words in ("螺杆空压机", "24 个月", "加压泵", "18 个月", "次"):
        assert words in done.text, words
    assert "compressor" not in done.text
    english = new_console.visitor("administrator").get("/money/prices").response.text
    assert "each time" in english
    assert ">×<" not in english
    ((terms,),) = new_console.ask(
        "SELECT CAST(warranty AS text) FROM price_list WHERE name = '新价目'"
    )
    kept = {one.get("product_class", ""): one["months"] for one in json.loads(terms)}
    assert (kept["compressor"], kept["pump"]) == (24, 18)


def bought(customer: str) -> dict[str, Any]:
    dates = {"valid_from": "2026-01-01", "valid_to": "2026-12-31"}
    return {"customer": customer, "number": "M-7", "covers": ["visit"], **dates}


def test_a_contract_is_added_and_dates_must_be_in_order(new_console: Console) -> None:
    ((customer,),) = new_console.ask("SELECT id FROM customer ORDER BY id LIMIT 1")
    at = f"/customers/{customer}/contracts/new"
    visitor = new_console.visitor("finance")
    dates = {"valid_from": "2026-01-01", "valid_to": "2026-12-31"}
    asked: dict[str, Any] = {"number": "M-2026-7", "covers": ["labour", "visit"], **dates}
    assert visitor.send(at, at, **{**asked, "covers": []}).status == 422
    answer = visitor.send(at, at, **{**asked, "valid_to": "2025-12-31"})
    assert answer.status == 422
    assert "“Valid until” lies before the first day." in answer.text
    assert answer.page.form(at)["number"] == "M-2026-7"
    done = visitor.send(at, at, **asked)
    for words in ("The contract is on file.", "M-2026-7", "in force", "Labour"):
        assert words in done.text, words
    again = visitor.send(at, at, **asked)
    assert again.status == 422
    assert "is on file already" in again.text


def test_a_contract_ends_on_another_day_and_that_is_taken_back(new_console: Console) -> None:
    ((customer,),) = new_console.ask("SELECT id FROM customer ORDER BY id LIMIT 1")
    added = new_console.say("contract.add", ("contract", ""), by="finance", **bought(customer))
    visitor = new_console.visitor("service_manager")
    assert f"/contracts/{added.id}/end" in visitor.get(f"/customers/{customer}").page.links()
    at = f"/contracts/{added.id}/end"
    assert visitor.send(at, at, last_day="2025-12-31").status == 422
    done = visitor.send(at, at, last_day="2026-11-22")
    for words in ("The contract has another last day.", "2026-01-01 – 2026-11-22", "over"):
        assert words in done.text, words
    back = visitor.post("/undo", done.page.form("/undo"))
    assert "2026-01-01 – 2026-12-31" in back.text


def test_a_contract_that_a_colleague_ended_meanwhile_is_not_ended_unseen(
    new_console: Console,
) -> None:
    ((customer,),) = new_console.ask("SELECT id FROM customer ORDER BY id LIMIT 1")
    added = new_console.say("contract.add", ("contract", ""), by="finance", **bought(customer))
    visitor = new_console.visitor("finance")
    at = f"/contracts/{added.id}/end"
    form = visitor.get(at).page.form(at)
    new_console.say("contract.end", ("contract", added.id), by="finance", last_day="2026-06-30")
    assert visitor.post(at, {**form, "last_day": "2026-11-22"}).status == 422
    assert new_console.ask("SELECT valid_to FROM contract WHERE id = ?", added.id) == [
        ("2026-06-30",)
    ]


def test_the_papers_of_a_machine_decide_who_pays(new_console: Console) -> None:
    number = new_console.template.examples["signed"]
    ((machine,),) = new_console.ask("SELECT asset_id FROM work_order WHERE number = ?", number)
    visitor = new_console.visitor("finance")
    pays, at = f"{signed(new_console)}/pays", f"/machines/{machine}/edit"
    assert "In warranty" not in visitor.get(pays).text
    assert at in visitor.get(f"/machines/{machine}").page.links()
    done = visitor.send(at, at, delivered_on="2026-10-30", invoiced_on="2026-11-02")
    for words in ("The machine's papers are corrected.", "2026-10-30", "2026-11-02", "until 20"):
        assert words in done.text, words
    assert "In warranty" in visitor.get(pays).text
    back = visitor.post("/undo", done.page.form("/undo"))
    assert back.status == 200
    assert "2026-11-02" not in back.text


def test_papers_that_cannot_be_lose_nothing_that_was_typed(console: Console) -> None:
    ((machine,),) = console.ask("SELECT id FROM asset ORDER BY id LIMIT 1")
    at = f"/machines/{machine}/edit"
    answer = console.visitor("finance").send(at, at, model=" ", serial="kept")
    assert answer.status == 422
    assert answer.page.form(at)["serial"] == "kept"


def test_a_machine_is_written_down_at_its_place_with_its_dates(new_console: Console) -> None:
    ((customer, site),) = new_console.ask("SELECT customer_id, id FROM site ORDER BY id LIMIT 1")
    visitor = new_console.visitor("customer_service", "zh")
    at = f"/sites/{site}/machines/new"
    assert at in visitor.get(f"/customers/{customer}").page.links()
    assert "required" not in visitor.get(at).page.by_id("f-product_class").attributes
    told: dict[str, Any] = {
        "model": "LG-22A",
        "product_class": "compressor",
        "invoiced_on": "2026-11-02",
    }
    done = visitor.send(at, at, **told)
    for words in ("设备已登记。", "LG-22A", "螺杆空压机", "2026-11-02"):
        assert words in done.text, words


def test_papers_and_contracts_are_for_those_whom_the_table_of_rights_names(
    console: Console,
) -> None:
    ((machine, customer),) = console.ask(
        "SELECT a.id, s.customer_id FROM asset a JOIN site s ON s.id = a.site_id LIMIT 1"
    )
    pages = (f"/machines/{machine}/edit", f"/customers/{customer}/contracts/new")
    told = {
        role: tuple(console.visitor(role).get(one).status for one in pages)
        for role in ("dispatcher", "finance", "service_manager", "warehouse", "inspector")
    }
    assert told == {
        "dispatcher": (200, 403),
        "finance": (200, 200),
        "service_manager": (200, 200),
        "warehouse": (403, 403),
        "inspector": (403, 403),
    }


def test_a_machine_tells_its_dates_and_its_warranty(console: Console) -> None:
    ((delivered, machine),) = console.ask(
        "SELECT delivered_on, id FROM asset WHERE delivered_on IS NOT NULL ORDER BY id LIMIT 1"
    )
    text = console.visitor().get(f"/machines/{machine}").text
    assert delivered in text
    assert "Warranty" in text
