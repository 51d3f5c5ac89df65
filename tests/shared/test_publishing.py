"""Versions of policies are published and chosen, and calendars are set, in the office."""

from typing import Any, Literal

import msgspec
import pytest
from msgspec import Struct

from shared.calendars import COMPANY, Day, Span, WorkingCalendar, calendar_id, calendar_of, overlaid
from shared.kinds import write_row
from shared.limits import Difference, differences
from shared.policy import CHOICE, Chosen, Edition, Limit, PolicyChoice, ServicePolicy, in_force
from shared.prices import Contract
from tests.shared.company import CUSTOMER, DORA, NOW, act, done, ident, only, refused, state

RESPOND: dict[str, Any] = {
    "id": "respond",
    "node": "respond",
    "start": "received",
    "stop": "acknowledged",
    "amount": 4,
}
SOLVE = {**RESPOND, "id": "solve", "node": "solve", "stop": "resolved", "amount": 48}
POLICY: dict[str, Any] = {
    "name": "p-house",
    "valid_from": "2026-01-01",
    "en": "House",
    "zh": "本公司",
    "limits": [RESPOND, SOLVE],
}
CONTRACT = Contract(
    id=ident("contract"),
    customer_id=CUSTOMER.id,
    number="HT-7",
    valid_from="2026-01-01",
    valid_to="2026-12-31",
    covers=("visit",),
)
FIRST = Edition(policy_id=ident("first"), name="p-house", number=1, valid_from="2026-01-01")
PUBLISHED = PolicyChoice(id=CHOICE, version=3, editions=(FIRST,))
WEEK: list[Any] = [*[[["09:00", "12:00"], ["13:00", "18:00"]]] * 5, [], []]


def published(**changes: Any) -> Any:
    on = ("service_policy", ident("op"))
    return act("policy.publish", {**POLICY, **changes}, on=on, by=DORA)


def chosen(on: str = CHOICE, **args: Any) -> Any:
    return act("policy.choose", args, on=("policy_choice", on), by=DORA)


def hours(**changes: Any) -> Any:
    args = {"time_zone": "Asia/Shanghai", "week": WEEK, **changes}
    return act("calendar.set", args, on=("working_calendar", COMPANY), by=DORA)


def test_the_first_version_is_written_down_with_its_author_and_listed() -> None:
    outcome = done(state(), published())
    policy = only(outcome, ServicePolicy)
    assert (policy.id, policy.name, policy.number) == (ident("op"), "p-house", 1)
    assert (policy.by, policy.at, len(policy.limits)) == (DORA.id, NOW + 1000, 2)
    listed = Edition(policy_id=policy.id, name="p-house", number=1, valid_from="2026-01-01")
    assert only(outcome, PolicyChoice).editions == (listed,)
    assert outcome.flags == ()


def test_the_next_version_leaves_the_one_before_as_it_was() -> None:
    outcome = done(state(PUBLISHED), published(after=1, valid_from="2026-06-01"))
    assert only(outcome, ServicePolicy).number == 2
    assert only(outcome, PolicyChoice).editions[0] == FIRST


def test_who_did_not_see_the_newest_version_is_told() -> None:
    told = refused(state(PUBLISHED), published(after=0))
    assert (told.code, told.field, told.params["number"]) == ("changed_meanwhile", "args.after", 1)


def test_limits_out_of_order_are_published_with_a_warning() -> None:
    late = {**RESPOND, "amount": 72}
    (flag,) = done(state(), published(limits=[late, SOLVE])).flags
    told = {"limit": "respond", "later": "solve", "event": "received"}
    assert (flag.code, flag.params) == ("out_of_order", told)


def test_a_stricter_limit_that_goes_before_leaves_nothing_out_of_order() -> None:
    late = {**RESPOND, "amount": 72}
    urgent = {**RESPOND, "id": "urgent", "amount": 1, "when": {"urgency": ["urgent"]}}
    fast = {**SOLVE, "when": {"urgency": ["urgent"]}}
    assert done(state(), published(limits=[late, urgent, fast])).flags == ()
    assert len(done(state(), published(limits=[late, urgent, SOLVE])).flags) == 1


def test_limits_that_never_meet_or_begin_apart_are_in_no_order() -> None:
    late = {**RESPOND, "amount": 72, "when": {"zone": ["suburb"]}}
    urban = {**SOLVE, "when": {"zone": ["urban"]}}
    apart = {**SOLVE, "id": "later", "start": "assigned"}
    negotiated = {**SOLVE, "id": "agreed", "agreed": "must"}
    assert done(state(), published(limits=[late, urban, apart, negotiated])).flags == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"stop": "received"}, "stop"),
        ({"until": "acknowledged"}, "until"),
        ({"unit": "working_day"}, "calendar"),
        ({"unit": "day", "calendar": "working"}, "calendar"),
        ({"agreed_max": 24}, "agreed_max"),
        ({"agreed": "must", "agreed_max": 24}, "agreed_max"),
        ({"agreed": "may", "amount": None}, "agreed"),
        ({"every": True, "amount": None}, "every"),
        ({"every": True, "agreed": "may"}, "every"),
        ({"opens": 4}, "opens"),
        ({"every": True, "opens": 1}, "opens"),
        ({"when": {"zone": ["moon"]}}, "when"),
    ],
)
def test_a_limit_that_contradicts_itself_is_named(changes: Any, field: str) -> None:
    told = refused(state(), published(limits=[{**RESPOND, **changes}]))
    assert (told.code, told.field) == ("wrong_value", f"args.limits.{field}")
    assert told.params["reason"] == "respond"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"limits": [RESPOND, RESPOND]}, "already_exists", "args.limits.id"),
        ({"valid_from": "2026-02-30"}, "wrong_value", "args.valid_from"),
        ({"en": " "}, "not_text", "args.en"),
        ({"zh": "\u200b"}, "not_text", "args.zh"),
        ({"about_en": "a\x00"}, "not_text", "args.about_en"),
        ({"targets": [{"id": "a", "share": 1}] * 2}, "wrong_value", "args.targets"),
        ({"duties": [{"id": "a"}] * 2}, "wrong_value", "args.duties"),
    ],
)
def test_a_version_that_cannot_be_is_refused(changes: Any, code: str, field: str) -> None:
    told = refused(state(), published(**changes))
    assert (told.code, told.field) == (code, field)


def test_a_policy_is_put_in_force_and_twice_is_once() -> None:
    choice = {"policy": "p-house", "valid_from": "2026-02-01"}
    after = only(done(state(PUBLISHED), chosen(choice=choice)), PolicyChoice)
    assert after.chosen == (Chosen(policy="p-house", valid_from="2026-02-01"),)
    assert done(state(after), chosen(choice=choice)).merged


def test_what_words_mean_is_remembered_and_forgotten() -> None:
    after = only(done(state(), chosen(zones={"浦东": "urban", "崇明": "suburb"})), PolicyChoice)
    assert after.zones == {"崇明": "suburb", "浦东": "urban"}
    again = only(done(state(after), chosen(zones={"浦东": ""})), PolicyChoice)
    assert again.zones == {"崇明": "suburb"}


@pytest.mark.parametrize(
    ("args", "code", "field"),
    [
        ({"zones": {"x": "moon"}}, "wrong_value", "args.zones"),
        ({"classes": {" ": "daily"}}, "not_text", "args.classes"),
        ({"choice": {"valid_from": "2026-01-01"}}, "missing_field", "args.choice.policy"),
        (
            {"choice": {"policy": "p-none", "valid_from": "2026-01-01"}},
            "unknown_subject",
            "args.choice.policy",
        ),
        (
            {"choice": {"policy": "p-house", "valid_from": "2026-02-30"}},
            "wrong_value",
            "args.choice.valid_from",
        ),
        (
            {"choice": {"contract": ident("none"), "valid_from": "2026-01-01"}},
            "unknown_subject",
            "args.choice.contract",
        ),
        (
            {
                "choice": {
                    "contract": CONTRACT.id,
                    "product_class": "vrf",
                    "valid_from": "2026-01-01",
                }
            },
            "two_subjects",
            "args.choice.product_class",
        ),
    ],
)
def test_a_choice_that_cannot_be_is_refused(args: Any, code: str, field: str) -> None:
    told = refused(state(PUBLISHED), chosen(**args))
    assert (told.code, told.field) == (code, field)


def test_there_is_one_choice() -> None:
    assert refused(state(), chosen(on=ident("other"), zones={})).field == "on"


def test_a_contract_goes_before_a_class_and_that_before_all_others() -> None:
    names = ("all", "vrf", "contract", "later")
    editions = [
        Edition(policy_id=ident(name), name=f"p-{name}", number=1, valid_from="2026-01-01")
        for name in names
    ]
    began = {"valid_from": "2026-01-01"}
    choice = PolicyChoice(
        id=CHOICE,
        editions=tuple(editions),
        chosen=(
            Chosen(policy="p-all", **began),
            Chosen(policy="p-vrf", product_class="vrf", **began),
            Chosen(policy="p-contract", contract=CONTRACT.id, **began),
            Chosen(policy="p-later", valid_from="2026-07-01"),
            Chosen(product_class="vrf", valid_from="2026-07-01"),
        ),
    )

    def got(day: str, **of: Any) -> str | None:
        edition = in_force(choice, day, **of)
        return edition.name if edition is not None else None

    assert got("2025-12-31") is None
    assert got("2026-01-01") == "p-all"
    assert got("2026-01-01", product_class="vrf") == "p-vrf"
    assert got("2026-01-01", contract=CONTRACT.id, product_class="vrf") == "p-contract"
    assert got("2026-07-01", product_class="vrf") == "p-later"
    assert got("2026-01-01", product_class="pump") == "p-all"


def test_a_version_that_begins_later_is_not_in_force_before() -> None:
    second = Edition(policy_id=ident("2"), name="p-house", number=2, valid_from="2026-06-01")
    choice = PolicyChoice(
        id=CHOICE,
        editions=(second, FIRST),
        chosen=(Chosen(policy="p-house", valid_from="2026-01-01"),),
    )
    assert in_force(choice, "2026-05-31") == FIRST
    assert in_force(choice, "2026-06-01") == second


def test_a_calendar_is_set_whole_and_the_same_again_is_nothing() -> None:
    day = {"date": "2026-10-10", "works": True, "name": "调休", "origin": "statutory"}
    told = only(done(state(), hours(days=[day])), WorkingCalendar)
    assert told.week[0] == (Span("09:00", "12:00"), Span("13:00", "18:00"))
    assert told.days == (Day(date="2026-10-10", works=True, name="调休", origin="statutory"),)
    kept = WorkingCalendar(id=told.id, version=2, **_fields(told))
    assert done(state(kept), hours(days=[day], seen=2)).merged
    assert refused(state(kept), hours(days=[day], seen=1)).code == "changed_meanwhile"
    assert refused(state(), hours(seen=1)).code == "changed_meanwhile"


def _fields(calendar: WorkingCalendar) -> dict[str, Any]:
    names = (name for name in calendar.__struct_fields__ if name not in ("id", "version"))
    return {name: getattr(calendar, name) for name in names}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"team": ident("north")}, "args.team"),
        ({"time_zone": "Asia/Nowhere"}, "args.time_zone"),
        ({"week": [[]] * 7}, "args.week"),
        ({"week": [[["09:00", "12:00"], ["11:00", "13:00"]], *[[]] * 6]}, "args.week.0"),
        ({"week": [[], [["24:00", "12:00"]], *[[]] * 5]}, "args.week.1"),
        ({"days": [{"date": "2026-02-30", "works": False}]}, "args.days.date"),
        ({"days": [{"date": "2026-02-03", "works": False}] * 2}, "args.days.date"),
        (
            {"days": [{"date": "2026-02-03", "works": True, "spans": [["09:00", "12:00"]] * 2}]},
            "args.days.spans",
        ),
        ({"days": [{"date": "2026-02-03", "works": False, "name": " "}]}, "args.days.name"),
    ],
)
def test_a_calendar_that_tells_no_hours_is_refused(changes: Any, field: str) -> None:
    assert refused(state(), hours(**changes)).field == field


def test_a_team_without_hours_of_its_own_works_those_of_the_company() -> None:
    week: Any = ((Span("09:00", "18:00"),), *((),) * 6)
    company = WorkingCalendar(id=COMPANY, week=week)
    north = WorkingCalendar(id=calendar_id(ident("north")), team=ident("north"), week=week)
    assert calendar_of((company, north), ident("north")) == north
    assert calendar_of((company, north), ident("south")) == company
    assert calendar_of((), ident("south")) is None


def test_what_a_person_said_of_a_day_stands_above_an_import_and_that_above_the_law() -> None:
    law = Day(date="2026-10-10", works=True, origin="statutory")
    imported = Day(date="2026-10-10", works=False, origin="import")
    said = Day(date="2026-10-10", works=True, name="盘点", origin="hand")
    other = Day(date="2026-10-01", works=False, origin="statutory")
    assert overlaid([said], [imported, other], [law]) == (other, said)
    assert overlaid([law], [imported]) == (imported,)


def test_a_version_is_compared_limit_by_limit() -> None:
    kept, changed, gone, new = (
        Limit(id=name, node="solve", start="received", stop="resolved", amount=1)
        for name in ("kept", "changed", "gone", "new")
    )
    longer = Limit(id="changed", node="solve", start="received", stop="resolved", amount=2)
    assert list(differences((kept, changed, gone), (new, longer, kept))) == [
        Difference(limit="changed", how="changed", field="amount", before=1, after=2),
        Difference(limit="gone", how="dropped", before=gone),
        Difference(limit="new", how="added", after=new),
    ]


class OldLimit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A limit as an app of the first release reads it: of the words that it knew."""

    id: str
    node: Literal["respond", "solve"]
    start: Literal["received"]
    stop: Literal["acknowledged", "resolved"]
    amount: int


class OldPolicy(Struct, frozen=True, kw_only=True):
    """A version of a policy as an app of the first release reads it."""

    name: str
    limits: tuple[OldLimit, ...]


def test_an_app_of_the_first_release_reads_a_policy_with_later_words() -> None:
    late = {**SOLVE, "id": "return", "node": "return", "start": "return_asked"}
    late["stop"] = "return_done"
    policy = only(done(state(), published(limits=[RESPOND, late, SOLVE])), ServicePolicy)
    assert [one.id for one in policy.every] == ["respond", "solve", "return"]
    read = msgspec.json.decode(write_row(policy), type=OldPolicy)
    assert [one.id for one in read.limits] == ["respond", "solve"]
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(late, OldLimit)
