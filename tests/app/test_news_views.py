"""What the inbox and the van tell, as values."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobile.queries import Stocked, Van
from mobile.texts import Words
from mobile.views.inbox import inbox
from mobile.views.van import part, van
from shared.ids import derive
from shared.parts import Location, Part
from sync.ports import Change, Notice
from tests.mobile.phones import Phone
from tests.world import FILTER, World

EN, ZH = Words("en"), Words("zh")
NOW = 1_795_401_000_000
JOB = derive("job", "one")
NAMES = defaultdict(str, {FILTER: "Filter"})


def a_notice(kind: str, /, **more: object) -> Notice:
    known = {"id": derive("notice", kind), "at": NOW - 120_000, "job": JOB, "number": "WO-1"}
    return Notice(kind=kind, unread=True, **{**known, **more})  # type: ignore[arg-type]


MOVED = (
    Change(field="planned_from", old="2026-11-23T09:00", new="2026-11-24T13:00"),
    Change(field="planned_to", old="2026-11-23T11:00", new="2026-11-24T15:00"),
)


def lines(notice: Notice, words: Words = EN) -> tuple[str, ...]:
    (told,) = inbox([notice], NAMES.__getitem__, words, NOW).unread
    return (told.title, *told.lines)


def test_every_kind_of_news_says_what_is_otherwise_now() -> None:
    assert lines(a_notice("moved", changes=MOVED)) == (
        "New time",
        "Before: Mon, 23 Nov · 09:00–11:00",
        "Now Tue, 24 Nov · 13:00–15:00",
    )
    assert lines(a_notice("cancelled", params={"reason": "已转厂家"}), ZH) == (
        "派工单已取消",
        "原因：已转厂家",
    )
    priority = Change(field="priority", old="normal", new="emergency")
    assert lines(a_notice("edited", changes=(priority,))) == (
        "Job changed",
        "Priority: Emergency (before: Normal)",
    )
    phone = Change(field="contact_phone", new="139")
    assert lines(a_notice("conflict", op_kind="edit", changes=(phone,), stands="office")) == (
        "You and the office meant different things",
        "Your entry: Changed details",
        "Contact phone: 139",
        "The office's value stands.",
    )
    refused = a_notice("refused", op_kind="note.add", code="not_permitted")
    assert lines(refused)[-1] == EN("refusals", "not_permitted")
    came = a_notice("stock_came", changes=(Change(field=FILTER, new="4"),))
    assert lines(came) == ("Parts came into your van", "Filter: 4")
    assert lines(a_notice("away", params={"days": 30})) == (
        "Customers' data was removed from this phone",
        "It had not reached the office for 30 days. What you recorded is kept; the rest comes back "
        "with the next contact.",
    )


def test_all_kinds_are_worded_and_what_was_seen_stands_below() -> None:
    kinds = Notice.__annotations__["kind"].__args__
    assert [kind for kind in kinds for words in (EN, ZH) if not words.has("inbox", kind)] == []
    view = inbox([Notice(id="1", kind="assigned", at=NOW)], lambda _: "", EN, NOW)
    assert (view.unread, len(view.earlier), view.nothing) == ((), 1, None)
    empty = inbox([], lambda _: "", EN, NOW).nothing
    assert empty is not None
    assert empty.title == "No news from the office"


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Phone]:
    found = Phone(tmp_path, World())
    yield found
    found.connection.close()


def test_the_van_shows_what_is_in_it_and_finds_a_part_by_one_character(phone: Phone) -> None:
    held = phone.queries.van()
    assert [(one.name, one.number, one.amount) for one in van(held, ZH).lines] == [
        ("主板", "B-1", "2 件"),
        ("过滤器", "F-1", "10 件"),
    ]
    assert [one.name for one in van(held, EN, "滤").lines] == ["Filter"]
    nothing = van(held, EN, "鹤").nothing
    assert nothing is not None
    assert nothing.title == "No part found for “鹤”"
    found = part(held, FILTER, ZH)
    assert found is not None
    assert (found.name, found.other_name, found.amount) == ("过滤器", "Filter", "10 件")
    assert part(held, derive("part", "none"), ZH) is None


def test_what_the_books_cannot_explain_stands_first_and_a_technician_may_have_no_van() -> None:
    place = Location(id=derive("van"), code="V1", en="Van 1", zh="一号车", type="van")
    filters = Part(id=FILTER, number="F-1", en="Filter", zh="过滤器", type="generic", unit="piece")
    other = Part(
        id=derive("a"), number="A-1", en="Hose", zh="软管", type="consumable", unit="metre"
    )
    held = Van(
        location=place,
        lines=(
            Stocked(part=other, amount=0, quantity="0"),
            Stocked(part=filters, amount=-2000, quantity="-2", recount=True),
        ),
    )
    assert [(one.amount, one.tone, one.note) for one in van(held, EN).lines] == [
        ("-2 pc", "danger", "Count again"),
        ("0 m", "warning", "None left"),
    ]
    none = van(None, EN).nothing
    assert none is not None
    assert none.title == "No van belongs to you"
