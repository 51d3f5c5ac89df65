"""What a customer says on site is written down on the job, network or not, and stands there."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.app.test_job_looks import look

Open = Callable[..., Any]


def opened(app: Open, **given: Any) -> Any:
    hand = app("ordinary", size=(412, 915), **given)
    hand.go("work_order", id=hand.app.phone.queries.jobs()[0].id)
    hand.page.lay_all()
    hand.frames(2)
    return hand


def test_a_complaint_is_written_down_without_a_network_and_stands_on_the_job(app: Open) -> None:
    hand = opened(app)
    job = hand.page.sheet.order
    hand.tap("customer_says")
    assert hand.place.sheet == "customer_says"
    hand.tap("Write down")
    assert hand.sees("Write down what the customer says.")
    hand.sheet.field.text = "约好九点，十一点才到"
    hand.tap("Manner")
    hand.tap("Write down")
    hand.until(lambda: not hand.place.sheet)
    last = hand.app.phone.queries.outbox()[-1]
    assert (last.kind, last.state) == ("feedback.record", "waiting")
    (said,) = hand.page.sheet.said
    assert (said.kind, said.type, said.text, said.means) == (
        "complaint",
        "manner",
        "约好九点，十一点才到",
        "in_person",
    )
    assert (said.ticket_id, said.work_order_id) == (job.ticket_id, job.id)
    hand.page.lay_all()
    hand.frames(2)
    assert hand.sees("Next: contact the customer")


def test_what_is_half_typed_is_there_again_and_gone_once_it_is_written_down(app: Open) -> None:
    hand = opened(app, language="zh")
    hand.tap("customer_says")
    hand.sheet.field.text = "希望周日上门"
    hand.sheet.field.dispatch("on_typed", "希望周日上门")
    hand.tap("建议")
    hand.back()
    hand.tap("customer_says")
    assert hand.sheet.choices["kind"].value == "suggestion"
    assert hand.sheet.field.text == "希望周日上门"
    hand.tap("记录")
    hand.until(lambda: not hand.place.sheet)
    (said,) = hand.page.sheet.said
    assert said.kind == "suggestion"
    hand.app.show_sheet("customer_says", job=hand.page.sheet.order.id)
    hand.frames(3)
    assert hand.sheet.field.text == ""


@pytest.mark.parametrize("scale", [1.0, 1.6])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_of_it_is_cut_or_too_small(app: Open, language: str, scale: float) -> None:
    hand = app("ordinary", language=language, text_scale=scale)
    job = hand.app.phone.queries.jobs()[0].id
    hand.go("work_order", id=job)
    hand.app.show_sheet("customer_says", job=job)
    assert look(hand, "customer_says") == []
