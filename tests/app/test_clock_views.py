"""What is said of clocks on a card and on the sheet: what is due, what is left, and why."""

from typing import Any

import pytest
from msgspec import structs

from mobile.queries.clocks import Timed
from mobile.texts import Words
from mobile.views.clocks import clock_lines, clock_mark, pressing, wants_contact
from mobile.views.today import today, with_clocks
from shared.calendars import PLAIN
from shared.clocks import Case
from shared.ids import derive
from shared.policy import Limit, ServicePolicy
from shared.story import Happened, Pause
from tests.app.test_day_views import NOW, a_job

EN, ZH = Words("en"), Words("zh")
MINUTE = 60_000
HOUR = 60 * MINUTE
LIMITS = (
    Limit(id="contact", node="contact", start="assigned", stop="contacted", amount=2),
    Limit(
        id="arrive",
        node="arrive",
        start="received",
        stop="arrived",
        amount=4,
        pauses=("parts", "customer_date"),
    ),
    Limit(id="solve", node="solve", start="received", stop="resolved", amount=3, unit="day"),
)


def timed(
    *events: tuple[Any, ...], pauses: tuple[Pause, ...] = (), only: str = "", **more: Any
) -> Timed:
    """A ticket in Shanghai with these events: what, when, and what else is known of it."""
    limits = tuple(one for one in LIMITS if only in ("", one.id))
    policy = ServicePolicy(
        id=derive("policy"),
        name="p",
        number=1,
        valid_from="2026-01-01",
        en="P",
        zh="P",
        limits=limits,
        by=derive("x"),
        at=0,
    )
    happened = tuple(Happened(event=what, at=at, **told) for what, at, told in events)
    case = Case(events=happened, pauses=pauses, zone="Asia/Shanghai", **more)
    return Timed(ticket=derive("ticket", str(events)), case=case, policy=policy, calendars=(PLAIN,))


def at(event: str, when: int, **told: Any) -> tuple[Any, ...]:
    return (event, when, told)


@pytest.mark.parametrize(
    ("gone", "en", "zh", "tone"),
    [
        (1, "On site by 13:30 | 3 h left", "13:30 前到现场 | 还剩 3 小时", "neutral"),
        (3.5, "On site by 11:00 | 30 min left", "11:00 前到现场 | 还剩 30 分钟", "warning"),
        (5, "On site by 09:30 | 1 h late", "09:30 前到现场 | 已超 1 小时", "danger"),
    ],
)
def test_a_card_says_until_when_and_how_much_is_left(
    gone: float, en: str, zh: str, tone: str
) -> None:
    known = timed(at("received", NOW - round(gone * HOUR)), only="arrive")
    for words, told in ((EN, en), (ZH, zh)):
        mark = clock_mark(known, words, NOW)
        assert mark is not None
        assert f"{mark.text} | {mark.left}" == told
        assert mark.tone == tone


def test_a_clock_that_rests_says_why_and_claims_no_time() -> None:
    parts = Pause(reason="parts", start=NOW - HOUR)
    mark = clock_mark(
        timed(at("received", NOW - 2 * HOUR), pauses=(parts,), only="arrive"), EN, NOW
    )
    assert mark is not None
    assert (mark.text, mark.left) == ("On site", "paused: waiting for parts")
    assert mark.due is None


def test_one_that_was_kept_says_when_by_the_clock_of_the_site() -> None:
    mark = clock_mark(
        timed(at("received", NOW - 2 * HOUR), at("arrived", NOW - HOUR), only="arrive"), EN, NOW
    )
    assert mark is not None
    assert (mark.text, mark.tone) == ("On site in time, 09:30", "success")


def test_what_is_late_presses_before_what_is_due_and_that_before_what_rests() -> None:
    pause = Pause(reason="parts", start=NOW - HOUR)
    known = timed(at("received", NOW - 2 * HOUR), at("assigned", NOW - HOUR), pauses=(pause,))
    first = pressing(known.clocks(NOW))
    assert first is not None
    assert first.node == "contact"
    late = timed(at("received", NOW - 5 * HOUR), at("assigned", NOW - HOUR))
    first = pressing(late.clocks(NOW))
    assert first is not None
    assert first.node == "arrive"


def test_what_nobody_can_do_anything_about_any_more_presses_no_more() -> None:
    known = timed(
        at("received", NOW - 9 * HOUR),
        at("assigned", NOW - 9 * HOUR),
        at("arrived", NOW - HOUR),
    )
    first = pressing(known.clocks(NOW))
    assert first is not None
    assert first.node == "solve"
    lines = clock_lines(known, EN, NOW)
    assert [(one.step, one.state) for one in lines] == [
        ("Solve the problem", "Running"),
        ("Contact the customer", "Late"),
        ("Arrive on site", "Late"),
    ]
    assert lines[2].told[0] == "Done too late, by 4 h"


def test_what_is_uncertain_is_told_as_a_span_and_is_no_lateness() -> None:
    known = timed(
        at("received", NOW - 5 * HOUR),
        at("arrived", NOW - HOUR, earliest=NOW - 2 * HOUR, latest=NOW - HOUR // 2, received=NOW),
        only="arrive",
    )
    (line,) = clock_lines(known, EN, NOW)
    assert (line.state, line.tone) == ("Uncertain", "warning")
    assert line.told == (
        "The time of the act is uncertain: in time or not, somebody has to say",
        "technician arrived: between 08:30–10:00, the time is uncertain"
        " · the office heard of it at 10:30",
    )
    (line,) = clock_lines(known, ZH, NOW)
    assert "08:30–10:00 之间，时间不确定" in line.told[1]


def test_what_is_due_on_another_day_names_the_day() -> None:
    mark = clock_mark(timed(at("received", NOW), only="solve"), EN, NOW)
    assert mark is not None
    assert (mark.text, mark.left) == ("Solved by 27 Nov 00:00", "")


def test_a_job_whose_ticket_has_no_policy_has_no_clock() -> None:
    assert clock_mark(None, EN, NOW) is None
    assert clock_lines(None, EN, NOW) == ()
    assert not wants_contact(None, NOW)


def test_a_call_is_owed_until_it_was_made() -> None:
    owed = timed(at("received", NOW - HOUR), at("assigned", NOW - HOUR))
    assert wants_contact(owed, NOW)
    made = timed(
        at("received", NOW - HOUR), at("assigned", NOW - HOUR), at("contacted", NOW - MINUTE)
    )
    assert not wants_contact(made, NOW)


def test_today_puts_what_nobody_has_planned_by_what_is_due_and_leaves_the_plan_alone() -> None:
    def job(called: str, hours: float, begin: str | None = None) -> Any:
        known = timed(at("received", NOW - round(hours * HOUR)), only="arrive")
        return structs.replace(a_job(called, begin), timed=known)

    jobs = [job("calm", 1), job("hot", 3.8), job("b", 1, "23T15:00"), job("c", 3.9, "23T16:00")]
    view = today(jobs, EN, NOW)
    groups = {one.name: one.cards for one in with_clocks(view.groups, jobs, EN, NOW)}
    assert [card.number for card in groups["unplanned"]] == ["WO-hot", "WO-calm"]
    assert [card.number for card in groups["later"]] == ["WO-b", "WO-c"]
    hot = groups["unplanned"][0]
    assert hot.spoken.endswith("On site by 10:42 · 12 min left")


def test_within_a_minute_only_what_has_changed_is_reckoned_again() -> None:
    known = timed(at("received", NOW - HOUR), only="arrive")
    first = known.clocks(NOW)
    assert known.clocks(NOW + MINUTE // 2) is first
    assert known.clocks(NOW + MINUTE) is not first
    arrived = Happened(event="arrived", at=NOW)
    case = structs.replace(known.case, events=(*known.case.events, arrived))
    (now,) = structs.replace(known, case=case).clocks(NOW + MINUTE // 2)
    assert now.state == "met"
