"""Whole weeks on a virtual clock: a hotline, an office with a holiday, a phone that was offline.

Nobody asks a clock but when it said that it changes, or when something of its ticket came in.
"""

import random
from collections import Counter
from collections.abc import Iterable
from functools import cache

from msgspec import Struct, structs

from server import presets
from shared.clocks import Case, Clock, clocks
from shared.policy import ServicePolicy
from shared.story import Happened, Pause
from tests.shared.test_clocks import at, policy
from tests.shared.test_thresholds import FOLDER, OFFICE

MINUTE, HOUR = 60_000, 3_600_000
MONDAY, NEXT_MONDAY = at("2026-10-05T00:00"), at("2026-10-12T00:00")


@cache
def rules(name: str) -> ServicePolicy:
    return policy(*presets.read(FOLDER, name, "2026-01-01").limits)


class Watched(Struct, kw_only=True):
    """A ticket whose clocks somebody keeps: what they said last, and when they change next."""

    case: Case
    told: dict[str, Clock] = {}
    next_at: int | None = 0
    changes: list[tuple[int, str, str]] = []

    def look(self, name: str, now: int) -> None:
        """Read the clocks and note what has changed."""
        known = tuple(one for one in self.case.events if (one.received or one.at) <= now)
        pauses = tuple(one for one in self.case.pauses if one.start <= now)
        case = structs.replace(self.case, events=known, pauses=pauses)
        found = {one.node: one for one in clocks(case, rules(name), OFFICE, now)}
        for node, one in found.items():
            before = self.told.get(node)
            if before is None or before.state != one.state:
                self.changes.append((now, node, one.state))
        self.told = found
        moments = (one.next_at for one in found.values())
        self.next_at = min((one for one in moments if one is not None), default=None)


def watched(case: Case) -> Watched:
    return Watched(case=case, told={}, changes=[])


def live(name: str, tickets: list[Watched], until: int) -> None:
    """Let a week pass. A ticket is looked at when it asked for it, and when something came in."""
    for ticket in tickets:
        arrivals = sorted({one.received or one.at for one in ticket.case.events})
        arrivals += [one.start for one in ticket.case.pauses]
        while True:
            wanted = [one for one in (ticket.next_at, *arrivals) if one is not None]
            now = max(min(wanted, default=until), MONDAY)
            if now >= until:
                break
            ticket.look(name, now)
            arrivals = [one for one in arrivals if one > now]
        ticket.look(name, until)


def figures(tickets: Iterable[Watched]) -> Counter[tuple[str, str]]:
    """How many clocks of each step ended in which state."""
    return Counter((node, one.state) for ticket in tickets for node, one in ticket.told.items())


def happened(*told: tuple[str, int]) -> tuple[Happened, ...]:
    return tuple(Happened(event=event, at=moment) for event, moment in told)


def hotline(dice: random.Random, begins: int) -> Case:
    """A call at any hour, and how it went on."""
    respond = begins + dice.choice([4, 9, 10, 12]) * MINUTE
    assign = begins + dice.choice([15, 30, 31]) * MINUTE
    arrive = assign + dice.choice([60, 119, 120, 125]) * MINUTE
    events = [("received", begins), ("acknowledged", respond), ("assigned", assign)]
    events += [("contacted", assign + 5 * MINUTE), ("arrived", arrive), ("resolved", arrive + HOUR)]
    facts = {"zone": dice.choice(["urban", "suburb", ""])}
    return Case(facts=facts, events=happened(*events), zone="Asia/Shanghai")


def test_a_hotline_week_has_the_same_hours_by_day_and_night() -> None:
    dice = random.Random(7)
    calls = [MONDAY + hour * HOUR + 17 * MINUTE for hour in range(0, 7 * 24 - 12, 3)]
    tickets = [watched(hotline(dice, begins)) for begins in calls]
    live("p-hotline", tickets, NEXT_MONDAY)
    counted: Counter[tuple[str, str]] = Counter()
    for ticket in tickets:
        when = {one.event: one.at for one in ticket.case.events}
        late = {
            "respond": when["acknowledged"] - when["received"] > 10 * MINUTE,
            "assign": when["assigned"] - when["received"] > 30 * MINUTE,
            "arrive": when["arrived"] - when["assigned"] > 2 * HOUR
            and ticket.case.facts["zone"] == "urban",
            "contact": False,
        }
        for node, is_late in late.items():
            counted[node, "breached" if is_late else "met"] += 1
    counted["complaint_contact", "waiting"] = counted["complaint_plan", "waiting"] = len(tickets)
    assert figures(tickets) == counted
    assert {"met", "breached"} <= {state for _, state in counted}


def test_what_becomes_late_is_noticed_at_once_by_who_asks_when_told_to() -> None:
    ticket = watched(Case(events=happened(("received", MONDAY)), zone="Asia/Shanghai"))
    live("p-hotline", [ticket], NEXT_MONDAY)
    late = [(now, node) for now, node, state in ticket.changes if state == "breached"]
    assert late == [(MONDAY + 10 * MINUTE + 1, "respond"), (MONDAY + 30 * MINUTE + 1, "assign")]


def test_an_office_week_with_a_holiday_and_a_saturday_that_is_worked() -> None:
    """1 to 7 October are holidays; on Saturday the 10th work goes on to make up for them."""
    facts = {"warranty": "in", "urgency": "general"}
    begins = at("2026-10-05T10:00")  # in the middle of the holiday
    quick = watched(
        Case(
            facts=facts,
            events=happened(
                ("received", begins),
                ("acknowledged", at("2026-10-08T10:00")),
                ("resolved", at("2026-10-10T18:00")),
            ),
        )
    )
    slow = watched(
        Case(
            facts=facts,
            events=happened(
                ("received", begins),
                ("acknowledged", at("2026-10-08T10:01")),
                ("resolved", at("2026-10-11T09:00")),
            ),
        )
    )
    part = Pause(reason="parts", start=at("2026-10-09T09:00"), end=at("2026-10-10T09:00"))
    waited = watched(structs.replace(slow.case, pauses=(part,)))
    tickets = [quick, slow, waited]
    live("p-standard-workday", tickets, NEXT_MONDAY)
    assert [one.told["respond"].state for one in tickets] == ["met", "breached", "breached"]
    assert [one.told["repair"].state for one in tickets] == ["met", "breached", "met"]
    assert quick.told["repair"].due == at("2026-10-10T18:00")
    assert waited.told["repair"].due == at("2026-10-12T18:00")
    states = [state for _, node, state in waited.changes if node == "repair"]
    assert states == ["waiting", "running", "paused", "running", "met"]


def test_a_week_offline_whose_acts_arrive_on_friday_has_the_same_figures() -> None:
    dice = random.Random(11)
    friday = at("2026-10-09T17:00")
    calls = [MONDAY + (8 + 6 * number) * HOUR for number in range(14)]
    online = [watched(hotline(dice, begins)) for begins in calls]
    field = {"contacted", "arrived", "resolved"}
    offline = [
        watched(
            structs.replace(
                one.case,
                events=tuple(
                    structs.replace(event, received=max(friday, event.at))
                    if event.event in field
                    else event
                    for event in one.case.events
                ),
            )
        )
        for one in online
    ]
    for tickets in (online, offline):
        live("p-hotline", tickets, NEXT_MONDAY)
    assert figures(offline) == figures(online)
    # Until Friday nobody in the office knew: what looked late was put right by itself.
    corrected = [
        ticket
        for ticket in offline
        if any(node == "arrive" and state == "breached" for _, node, state in ticket.changes)
        and ticket.told["arrive"].state == "met"
    ]
    assert corrected != []
    arrived = corrected[0].told["arrive"]
    assert (arrived.received, arrived.stopped) == (friday, corrected[0].case.events[4].at)
