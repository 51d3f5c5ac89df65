"""The page of a job shows its photos as safe as they are, and who signed what; it prints papers."""

from typing import Any

import pytest

from server.console import proof
from tests.console.house import Console

STANDING = {
    "en": ("Safe", "On its way, 6", "On the phone", "Unreadable", "3 of 6 photos safe", "Missing"),
    "zh": ("已存妥", "上传中 6", "在手机上", "无法读取", "6 张中 3 张已存妥", "缺照片"),
}


def signed(console: Console) -> str:
    return f"/work-orders/{console.template.examples['signed']}"


def photo(console: Console, caption: str) -> str:
    ((identity,),) = console.ask("SELECT id FROM photo WHERE caption = ?", caption)
    return f"{signed(console)}/photos/{identity}"


def went(name: str, at: int) -> dict[str, Any]:
    return {"id": name, "attendance": [{"person_id": "p", "arrived_at": at}], "ended_at": None}


def test_a_seal_is_of_its_own_visit_and_not_of_the_next() -> None:
    planned: dict[str, Any] = {"id": "planned", "attendance": [], "ended_at": None}
    visits = [went("second", 20), planned, went("first", 10)]
    assert proof.visit_numbers(visits) == {"first": 1, "second": 2}
    first = {"purpose": "visit", "visit_id": "first"}
    second = {"purpose": "visit", "visit_id": "second"}
    quote = {"purpose": "quote", "visit_id": "second"}
    told = {
        name: proof.unsigned_visit({"visits": visits, "sign_offs": signed_for})
        for name, signed_for in {
            "nothing": [],
            "the first": [first],
            "a quote on the second": [first, quote],
            "both": [first, second],
        }.items()
    }
    assert told == {"nothing": None, "the first": 2, "a quote on the second": 2, "both": None}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_photo_says_how_safe_it_is(console: Console, language: str) -> None:
    text = console.visitor(language=language).get(signed(console)).text
    assert [words for words in STANDING[language] if words not in text] == []


def test_small_pictures_are_loaded_late_have_a_size_and_say_what_they_show(
    console: Console,
) -> None:
    pictures = console.visitor().get(signed(console)).page.all("img")
    told = [(one["alt"], one["loading"], one["width"], one["height"]) for one in pictures]
    assert told == [
        ("Rating plate", "lazy", "160", "120"),
        ("烧蚀的接触器", "lazy", "160", "120"),
        ("Contact 3, marked", "lazy", "160", "120"),
    ]


def test_a_picture_is_a_jpeg_that_is_nothing_else_and_a_look_at_it_is_written_down(
    new_console: Console,
) -> None:
    visitor = new_console.visitor("customer_service")
    at = photo(new_console, "Contact 3, marked")
    for size in ("small", "whole"):
        answer = visitor.get(f"{at}/{size}")
        assert answer.status == 200
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.response.content.startswith(b"\xff\xd8")
    assert visitor.get(f"{at}/small").headers["cache-control"] == "private, max-age=3600"
    whole = visitor.get(f"{at}/whole")
    assert whole.headers["cache-control"] == "no-store"
    person = new_console.template.people["customer_service"]
    looks = "SELECT count(*) FROM op WHERE kind = 'evidence.read' AND by_id = ?"
    assert new_console.ask(looks, person) == [(3,)]  # once for small ones, each whole one


@pytest.mark.parametrize("caption", ["=1+1 gauge after refilling", "<b>blurred</b>"])
@pytest.mark.parametrize("size", ["small", "whole", "huge"])
def test_what_is_not_here_or_no_picture_is_not_shown(
    console: Console, caption: str, size: str
) -> None:
    assert console.visitor().get(f"{photo(console, caption)}/{size}").status == 404


def test_a_photo_of_another_job_is_not_found_under_this_one(console: Console) -> None:
    other = console.template.examples["diverged"]
    identity = console.template.examples["photo"]
    assert console.visitor().get(f"/work-orders/{other}/photos/{identity}/whole").status == 404
    assert console.visitor().get(f"/work-orders/{other}/photos/{identity}").status == 404


def test_a_drawing_leads_to_the_photo_it_was_drawn_on_and_back(console: Console) -> None:
    visitor = console.visitor()
    drawing = visitor.get(photo(console, "Contact 3, marked"))
    assert "Drawn on: 烧蚀的接触器" in drawing.text
    original = photo(console, "烧蚀的接触器")
    assert original in drawing.page.links()
    assert "With a drawing: Contact 3, marked" in visitor.get(original).text


def test_what_people_wrote_is_text_and_never_markup_or_a_formula(console: Console) -> None:
    """S12."""
    answer = console.visitor().get(signed(console))
    assert "&lt;b&gt;blurred&lt;/b&gt;" in answer.response.text
    assert "<b>blurred</b>" not in answer.response.text
    assert "=1+1 gauge after refilling" in answer.text


def test_a_signature_is_ink_on_white_with_who_when_and_the_code(console: Console) -> None:
    answer = console.visitor().get(signed(console))
    (ink, technicians) = answer.page.all("svg", cls="ink")
    assert ink["aria-label"] == "Signature of 陈建国"
    assert technicians["aria-label"] != ink["aria-label"]
    ((code,),) = console.ask(
        "SELECT s.code FROM sign_off s JOIN work_order w ON w.id = s.work_order_id "
        "WHERE w.number = ?",
        console.template.examples["signed"],
    )
    for words in ("Seal holds", "陈建国", "For the company · 设备科", "received", code):
        assert words in answer.text, words


def test_what_came_after_the_signature_is_listed(console: Console) -> None:
    english = console.visitor().get(signed(console)).text
    assert "One thing came after the signature:" in english
    assert "Note · Please check the filter in spring." in english
    chinese = console.visitor(language="zh").get(signed(console)).text
    assert "签字之后又有 1 项新增或改动：" in chinese


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Kept by the technician"), ("zh", "技术人员保管")]
)
def test_where_an_old_part_is_stands_in_words(console: Console, language: str, said: str) -> None:
    number = console.template.examples["diverged"]
    assert said in console.visitor(language=language).get(f"/work-orders/{number}").text


def test_a_seal_that_diverged_names_what_was_signed_and_what_is_on_record(
    console: Console,
) -> None:
    number = console.template.examples["diverged"]
    text = console.visitor().get(f"/work-orders/{number}").text
    for words in ("Differs", "Signed otherwise than the records say:", "signed: ", "records: "):
        assert words in text, words
    start = console.visitor().get("/").text
    assert "Signatures to look at" in start
    assert "Photos that did not arrive" in start
    assert "Compare" in start


def test_a_story_words_proof_and_money_in_both_languages(console: Console) -> None:
    english = console.visitor().get(signed(console)).text
    for words in (
        *("Photo: Rating plate", "Drawing on a photo: Contact 3, marked", "A photo cannot be read"),
        *("Signed by 陈建国: Visit report", "Paid ¥200.00, Cash", "Taken away: Control board"),
        *("Required checks are missing: Trial run", "Quote made, lines: 1"),
        *("Invoice asked for: 江州明湖物业管理有限公司"),
    ):
        assert words in english, words
    chinese = console.visitor(language="zh").get(signed(console)).text
    for words in ("照片：铭牌", "陈建国 签字：上门服务报告", "收款 ¥200.00，现金"):
        assert words in chinese, words


def test_a_look_at_a_picture_is_no_act_on_the_job(new_console: Console) -> None:
    visitor = new_console.visitor()
    before = visitor.get(signed(new_console)).page.all("tr")
    visitor.get(f"{photo(new_console, 'Contact 3, marked')}/whole")
    assert len(visitor.get(signed(new_console)).page.all("tr")) == len(before)


def test_papers_are_printed_from_the_page_in_the_language_and_size_wanted(
    new_console: Console,
) -> None:
    at = signed(new_console)
    visitor = new_console.visitor("finance")
    links = visitor.get(at).page.links()
    assert f"{at}/papers/report?paper=80mm&language=zh" in links
    payment = new_console.template.examples["payment"]
    for path in ("report?paper=80mm&language=zh", "dispatch?language=en", f"receipt/{payment}"):
        answer = visitor.get(f"{at}/papers/{path}")
        assert answer.status == 200, path
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.response.content.startswith(b"%PDF-")
        assert answer.headers["content-disposition"].startswith('inline; filename="')
    for wrong in ("report?paper=a5", "report?language=fr"):
        assert visitor.get(f"{at}/papers/{wrong}").status == 400, wrong
    for none in ("poster", f"receipt/{new_console.template.examples['photo']}"):
        assert visitor.get(f"{at}/papers/{none}").status == 404, none


def test_who_works_in_the_field_is_shown_no_picture_and_no_paper(console: Console) -> None:
    visitor = console.visitor("technician")
    at = photo(console, "Contact 3, marked")
    asked = (f"{at}/whole", at, f"{signed(console)}/papers/report")
    assert [visitor.get(path).status for path in asked] == [403, 403, 403]


def test_a_photo_stands_as_what_is_known_of_its_file() -> None:
    waits: dict[str, Any] = {"fault": "", "arrived_at": None, "upload": None, "dropped_at": None}
    told: dict[str, dict[str, Any]] = {
        "waiting": waits,
        "coming": {**waits, "upload": "u"},
        "safe": {**waits, "arrived_at": 1},
        "unreadable": {**waits, "arrived_at": 1, "fault": "unreadable"},
        "set_aside": {**waits, "fault": "set_aside"},
    }
    assert {name: proof.standing(one) for name, one in told.items()} == {one: one for one in told}
    assert [name for name, one in told.items() if proof.is_shown(one)] == ["safe"]
    assert not proof.is_shown({**waits, "arrived_at": 1, "dropped_at": 2})
    sides = [proof.small(*one) for one in ((1600, 1200), (1, 12_000))]
    assert sides == [(160, 120), (1, 160)]
