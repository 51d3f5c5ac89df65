"""Outbox, inbox and van by touches: seen, corrected, given up, acknowledged, found."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from mobile.shell import Place
from mobile.views.outbox import args_in
from shared.errors import refuse_person

Open = Callable[..., Any]


def line_of(hand: Any, kind: str, verdict: str | None) -> Any:
    """The first line of the outbox of this kind and verdict."""
    lines = hand.app.phone.queries.outbox()
    return next(one for one in lines if (one.kind, one.verdict) == (kind, verdict))


def last_said(hand: Any) -> tuple[str, dict[str, Any]]:
    """What was recorded last, and in which words."""
    line = hand.app.phone.queries.outbox()[-1]
    return line.kind, args_in(hand.app.phone.replica.known_as(line.op_id).body)


def heads(hand: Any) -> list[str]:
    return [entry[0] for entry in hand.page.entries if isinstance(entry, tuple)]


def test_the_chip_leads_to_what_waits_and_says_that_it_is_safe(app: Open) -> None:
    """C68."""
    hand = app("ordinary")
    hand.tap("Waiting to sync", "SyncMark")
    assert hand.place == Place("outbox")
    assert heads(hand) == ["Waiting to be sent (5)", "With the office (3)"]
    for said in ("They are safe and are sent by themselves", "Set off", "Pressure · 1.2"):
        assert hand.sees(said), said
    rung: list[bool] = []
    hand.app.couriers.ring = lambda: rung.append(True)
    hand.tap("Send now")
    assert rung == [True]


def test_what_was_set_aside_is_corrected_and_the_typing_outlives_a_kill(app: Open) -> None:
    """C01, R12."""
    hand = app("worst")
    hand.go("outbox")
    aside = line_of(hand, "parts.use", "quarantined")
    hand.tap(next(row for row in hand.widgets("ListRow") if row.key == aside.op_id))
    assert hand.sees("This comes from a newer app than the server knows.")
    hand.tap("Correct it")
    hand.type("Quantity", "3")
    hand.again(now_ms=hand.app.now)
    assert hand.place.sheet == "repair"
    assert hand.find("Quantity", "TextField").text == "3"
    hand.tap("Correct and send")
    kind, said = last_said(hand)
    assert (kind, said["of"], said["args"]["quantity"]) == ("op.repair", aside.op_id, "3")
    assert hand.place.sheet == ""
    hand.app.show_sheet("entry", id=aside.op_id)
    hand.frames(3)
    assert hand.sees("Corrected; the correction waits to be sent")
    assert not hand.sees("Correct it")
    assert hand.app.drafts.read(f"repair/{aside.op_id}") is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_keys_of_an_entry_leave_most_of_a_small_phone_to_what_it_says(
    app: Open, language: str
) -> None:
    scale = 1.6 if language == "zh" else 1.3
    hand = app("worst", language=language, text_scale=scale)
    hand.go("outbox")
    hand.app.show_sheet("entry", id=line_of(hand, "parts.use", "quarantined").op_id)
    hand.frames(3)
    sheet = next(iter(hand.widgets("EntrySheet")))
    keys = [key for line in hand.widgets("Abreast") for key in line.children]
    assert len(keys) == 3
    assert len({key.y for key in keys}) == 2
    assert sheet.ids.foot.height < sheet.height * 0.25


def test_whose_van_it_is_stands_in_full_in_the_largest_letters(app: Open) -> None:
    hand = app("worst", language="zh", text_scale=1.6)
    hand.go("van")
    hand.frames(3)
    bar = next(iter(hand.widgets("AppBar")))
    assert bar.ids.subtitle.natural <= bar.ids.subtitle.width
    assert hand.sees("待您处理")


def test_giving_up_asks_first_and_says_why(app: Open) -> None:
    """R12."""
    hand = app("worst", language="zh")
    aside = line_of(hand, "parts.use", "quarantined")
    hand.go("outbox")
    hand.app.show_sheet("entry", id=aside.op_id)
    hand.frames(3)
    hand.tap("放弃", "PushButton")
    before = len(hand.app.phone.queries.outbox())
    hand.tap("放弃", "PushButton")
    assert len(hand.app.phone.queries.outbox()) == before, "no reason, no giving up"
    hand.tap("误操作", "ChoiceItem")
    hand.again(language="zh", now_ms=hand.app.now)
    assert hand.place.sheet == "give_up"
    hand.tap("放弃", "PushButton")
    assert last_said(hand) == ("op.discard", {"of": aside.op_id, "reason": "误操作"})


def test_the_chip_lets_go_of_what_is_corrected_as_the_outbox_does(app: Open) -> None:
    hand = app("worst")
    queries = hand.app.phone.queries
    aside = line_of(hand, "parts.use", "quarantined")
    before = queries.waiting()
    discard = {"of": aside.op_id, "reason": "twice"}
    assert hand.app.say("op.discard", ("op", aside.op_id), discard)
    after = queries.waiting()
    assert (after.attention, after.pending) == (before.attention - 1, before.pending + 1)
    hand.go("outbox")
    assert hand.sees(f"{after.attention} entries need you")


def test_a_final_refusal_is_understood_once_and_the_chip_lets_go_of_it(app: Open) -> None:
    """C07."""
    hand = app("worst")
    refused = line_of(hand, "edit", "rejected")
    hand.go("outbox")
    before = hand.app.phone.queries.waiting().attention
    hand.app.show_sheet("entry", id=refused.op_id)
    hand.frames(3)
    assert not hand.sees("Correct it")
    hand.tap("Understood")
    assert hand.app.phone.queries.waiting().attention == before - 1
    assert hand.place == Place("outbox")


def test_an_entry_that_came_to_harm_on_the_phone_is_understood_and_needs_nobody_any_more(
    app: Open,
) -> None:
    hand = app("ordinary")
    replica = hand.app.phone.replica
    harmed = next(one for one in hand.app.phone.queries.outbox() if one.kind == "note.add")
    with replica.transaction():
        replica._connection.execute(
            "UPDATE outbox SET body = x'7BFF7D' WHERE op_id = ?", (harmed.op_id,)
        )
    hand.go("outbox")
    assert hand.app.chip().state == "needs_you"
    hand.app.show_sheet("entry", id=harmed.op_id)
    hand.frames(3)
    assert hand.sees("This entry was damaged on this device and cannot be sent.")
    hand.tap("Understood")
    assert (hand.place, hand.app.chip().state) == (Place("outbox"), "waiting")


def test_news_is_acknowledged_one_by_one_or_all_at_once_and_leads_to_its_job(app: Open) -> None:
    hand = app("ordinary")
    hand.go("inbox")
    unread = hand.app.phone.queries.waiting().unread
    assert hand.sees(f"New ({unread})")
    hand.tap("Seen", "PushButton")
    hand.until(lambda: hand.sees(f"New ({unread - 1})"))
    hand.tap("Show the job")
    assert hand.place.screen == "work_order"
    assert hand.app.phone.queries.waiting().unread == unread - 2, "opening it is seeing it"
    hand.go("inbox")
    hand.tap("Mark all as seen", "IconButton")
    hand.until(lambda: hand.sees("Seen before"))
    assert hand.app.phone.queries.waiting().unread == 0


def test_what_keeps_the_courier_from_the_office_is_told_where_the_chip_leads(app: Open) -> None:
    """R8."""
    hand = app("ordinary")
    traffic = structs.replace(hand.app.traffic, trouble=refuse_person("device_revoked"))
    hand.app.couriers.traffic = traffic
    hand.app.refresh()
    hand.frames(2)
    hand.tap("Needs you", "SyncMark")
    assert hand.sees("Your office has taken this phone off, and takes nothing more from it.")
    hand.go("me")
    assert hand.sees("Your office has taken this phone off, and takes nothing more from it.")


def test_an_outbox_that_the_office_takes_no_more_of_today_says_that_nothing_is_lost(
    app: Open,
) -> None:
    """C65."""
    hand = app("ordinary")
    hand.app.couriers.traffic = structs.replace(hand.app.traffic, reached=True, enough=True)
    hand.go("outbox")
    assert hand.sees("Nothing is lost: the rest stays on it, and goes by itself")


def test_an_empty_inbox_and_an_empty_outbox_say_what_they_are_for(app: Open) -> None:
    hand = app("empty", language="zh")
    hand.go("inbox")
    assert hand.sees("公司没有新消息")
    hand.go("outbox")
    assert hand.sees("您记录的内容会先留在这里，直到公司收到。")


def test_the_van_is_searched_and_a_part_shows_all_that_is_known_of_it(app: Open) -> None:
    """R2."""
    hand = app("ordinary", language="zh")
    hand.go("van")
    assert [row.title for row in hand.widgets("ListRow")] == ["主板", "过滤器"]
    hand.type("查找配件", "滤")
    assert [row.title for row in hand.widgets("ListRow")] == ["过滤器"]
    hand.tap(next(iter(hand.widgets("ListRow"))))
    for said in ("过滤器", "Filter", "10 件", "F-1"):
        assert hand.sees(said), said
    hand.back()
    assert hand.place == Place("van")
