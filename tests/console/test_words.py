"""The words for requests: added, renamed in both languages, put in order, retired, never lost."""

import time
from typing import Any

import pytest

from server import presets
from server.office import Asked
from server.queries import desk
from shared.tag_sets import tag_set_id
from sync.protocol import WireOp
from tests.console.house import Console, Visitor

AT = "/words/problems"


@pytest.fixture
def office(new_console: Console) -> Console:
    """A company that has the sets the product comes with."""
    deadline = time.monotonic() + 30
    while not new_console.ask("SELECT 1 FROM tag_set") and time.monotonic() < deadline:
        presets.publish(new_console.office, "test")
        time.sleep(0.05)
    return new_console


def words(console: Console, code: str) -> list[tuple[str, str, str, bool]]:
    """The words of a set as they are kept: code, English, Chinese, and whether it is retired."""
    with console.office.reading() as books:
        found = desk.tag_set(books, code)
    assert found is not None
    return [(one["code"], one["en"], one["zh"], one.get("retired", False)) for one in found["tags"]]


def form(visitor: Visitor, at: str = AT) -> dict[str, Any]:
    return dict(visitor.get(at).page.form(at))


def test_words_are_added_renamed_put_in_order_and_retired(office: Console) -> None:
    visitor = office.visitor("administrator")
    typed = form(visitor)
    typed |= {"en.basic": "Simple problem", "zh.basic": "简单问题", "place.experience": "0"}
    typed |= {"en.new0": "Noise at night!", "zh.new0": "夜间噪音", "place.new0": "2"}
    typed |= {"retired.system": "yes"}
    told = visitor.post(AT, typed)
    assert (told.status, told.path) == (200, AT)
    assert words(office, "problems") == [
        ("experience", "Customer experience", "客户体验问题", False),
        ("basic", "Simple problem", "简单问题", False),
        ("impact", "Problem with impact", "影响性问题", False),
        ("noise_at_night", "Noise at night!", "夜间噪音", False),
        ("system", "Systemic problem", "系统性问题", True),
    ]


def test_a_word_needs_both_languages_and_what_was_typed_stays(office: Console) -> None:
    visitor = office.visitor("administrator", language="zh")
    before = words(office, "problems")
    told = visitor.post(AT, {**form(visitor), "zh.new0": "异响", "en.basic": "Kept so far"})
    assert told.status == 422
    assert "“异响”需要填写中英文两种名称。" in told.text
    again = told.page.form(AT)
    assert (again["zh.new0"], again["en.basic"]) == ("异响", "Kept so far")
    wrong = visitor.post(AT, {**form(visitor), "place.basic": "first"})
    assert (wrong.status, words(office, "problems")) == (422, before)


def test_what_tickets_have_is_counted_and_cannot_be_taken_away(office: Console) -> None:
    ((ticket, number),) = office.ask("SELECT id, number FROM ticket ORDER BY id LIMIT 1")
    told = {"kind": "fault", "urgency": "general", "tags": ["problems:impact"]}
    classify = Asked(
        id=office.office.fresh_id(), kind="ticket.classify", on=("ticket", str(ticket)), args=told
    )
    done = office.office.act(classify, office.template.people["customer_service"])
    assert done.result.verdict == "applied"
    manager = office.visitor("administrator")
    page = manager.get(AT).page
    counts = [one.text for one in page.all("td") if one["data-h"] == "Tickets"]
    assert counts == ["–", "1", "–", "–", "–", "–", "–"]
    row = {"code": "problems", "en": "x", "zh": "x", "tags": [{"code": "a", "en": "a", "zh": "a"}]}
    said = office.office.receive([wire(office, tag_set_id("problems"), row)], None, office.now_ms)
    assert (said[0].verdict, said[0].code) == ("rejected", "word_kept")
    manager.post(AT, {**form(manager), "retired.impact": "yes"})
    desk_ = office.visitor("customer_service").get(f"/tickets/{number}/say/classify").text
    assert "Problem with impact" in desk_  # it was chosen here, and stays


def wire(console: Console, identity: str, row: dict[str, Any]) -> WireOp:
    asked = Asked(
        id=console.office.fresh_id(),
        kind="master.put",
        on=("tag_set", identity),
        args={"row": row},
    )
    body = console.office.body(
        asked, console.template.people["administrator"], console.now_ms, origin="console"
    )
    return WireOp(lseq=0, id=asked.id, body=body)


def test_a_colleague_s_change_is_not_overwritten(office: Console) -> None:
    visitor = office.visitor("administrator")
    old = form(visitor)
    visitor.post(AT, {**form(visitor), "en.basic": "First"})
    told = visitor.post(AT, {**old, "en.basic": "Second"})
    assert told.status == 422
    assert "Somebody else has changed this" in told.text
    assert words(office, "problems")[0][1] == "First"


def test_only_who_keeps_master_data_may_change_words(office: Console) -> None:
    visitor = office.visitor("customer_service")
    assert visitor.get(AT).status == 403
    assert "/words" not in visitor.get("/policies").page.links()
    assert office.visitor("administrator").get("/words/none").status == 404
