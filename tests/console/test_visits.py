"""A visit's form: what it refuses before the books are asked."""

from typing import Any

from tests.console.house import Console


def test_a_visit_that_ends_before_it_begins_is_refused_in_plain_words(console: Console) -> None:
    ((number,),) = console.ask(
        "SELECT number FROM work_order WHERE status = 'assigned' ORDER BY number LIMIT 1"
    )
    at = f"/work-orders/{number}/visits/new"
    typed: dict[str, Any] = {"day": "2026-11-26", "from": "10:00", "to": "09:00"}
    told = {
        language: console.visitor("dispatcher", language).send(at, at, **typed)
        for language in ("en", "zh")
    }
    assert "The visit would end before it begins." in told["en"].text
    assert "结束时间早于开始时间，请核对。" in told["zh"].text
    assert told["en"].status == 422
    assert told["en"].page.form(at)["to"] == "09:00"
