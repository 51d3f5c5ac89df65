"""Who should go is ranked by what is known, and every reason is told."""

from typing import Any

from server.console.lanes import Bar
from server.console.ranking import Candidate, Known, Need, rank

NOW = 1_795_431_600_000


def person(name: str, **more: Any) -> dict[str, Any]:
    told = {
        "id": name,
        "name": name,
        "skills": ["hvac"],
        "zones": ["north"],
        "van_id": f"van {name}",
    }
    return {**told, **more}


def busy(name: str, start: int, end: int) -> Bar:
    return Bar(
        visit=name,
        order=name,
        number=f"WO-{name}",
        title="",
        person="",
        state="planned",
        start=start,
        end=end,
        planned=end - start,
        x=0,
        w=1,
    )


def known(**more: Any) -> Known:
    told: dict[str, Any] = {
        "days": {},
        "loads": {},
        "machine": {},
        "vans": {},
        "heard": {"ann": NOW, "bob": NOW, "cid": NOW},
        "holding": frozenset(),
        "silent_since": NOW - 4 * 3_600_000,
    }
    return Known(**{**told, **more})


def codes(one: Candidate) -> list[str]:
    return [f"{reason.mark} {reason.code}" for reason in one.reasons]


NEED = Need(skill="hvac", zone="north", start=600, end=660)


def test_who_lacks_the_skill_cannot_go_and_stands_last() -> None:
    ranked = rank([person("ann", skills=["lift"]), person("bob")], NEED, known())
    assert [(one.name, one.fits) for one in ranked] == [("bob", True), ("ann", False)]
    assert codes(ranked[0]) == ["good skill", "good zone", "good free_then", "good load"]
    assert codes(ranked[1])[0] == "stop skill_missing"


def test_a_clash_weighs_more_than_knowing_the_machine_and_that_more_than_the_zone() -> None:
    people = [person("ann"), person("bob", zones=["south"]), person("cid")]
    facts = known(days={"ann": (busy("a", 630, 700),)}, machine={"ann": NOW, "bob": NOW})
    ranked = rank(people, NEED, facts)
    assert [one.name for one in ranked] == ["bob", "cid", "ann"]
    assert "care clash" in codes(ranked[2])
    assert "care zone_other" in codes(ranked[0])


def test_among_equals_the_shorter_day_goes_first() -> None:
    facts = known(days={"ann": (busy("a", 700, 760),)})
    assert [one.name for one in rank([person("ann"), person("bob")], NEED, facts)] == ["bob", "ann"]


def test_the_visit_that_is_being_moved_is_in_nobodys_way() -> None:
    need = Need(skill="", zone="", start=600, end=660, visit="a")
    (ann,) = rank([person("ann")], need, known(days={"ann": (busy("a", 600, 660),)}))
    assert codes(ann) == ["good free_then", "good load"]
    assert ann.minutes == 0


def test_without_a_wanted_time_the_longest_gap_from_now_on_is_told() -> None:
    need = Need(skill="", zone="", since=720)
    full = known(days={"bob": (busy("b", 700, 1080),)})
    ann, bob = rank([person("ann"), person("bob")], need, full)
    assert codes(ann) == ["good free", "good load"]
    assert dict(ann.reasons[0].params) == {"from": 720, "to": 1080}
    assert codes(bob) == ["care no_time_left", "good load"]


def test_parts_count_only_as_far_as_the_van_holds_them() -> None:
    need = Need(skill="", zone="", parts={"filter": 2000, "belt": 1000})
    vans = {("van ann", "filter"): 2000, ("van ann", "belt"): 1000, ("van bob", "filter"): 5000}
    people = [person("bob"), person("ann"), person("cid", van_id=None)]
    ann, bob, cid = rank(people, need, known(vans=vans))
    told = {one.name: next(r for r in one.reasons if "parts" in r.code) for one in (ann, bob, cid)}
    assert (told["ann"].code, dict(told["ann"].params)) == ("parts", {"count": 2})
    assert dict(told["bob"].params) == {"parts": ("belt",)}
    assert dict(told["cid"].params) == {"parts": ("filter", "belt")}


def test_a_silent_phone_and_none_at_all_are_told_and_a_full_day_too() -> None:
    heard = {"ann": NOW - 5 * 3_600_000, "bob": NOW - 60_000}
    days = {"bob": (busy("b", 480, 1000),)}
    people = [person("ann"), person("bob"), person("cid")]
    ranked = {one.name: codes(one) for one in rank(people, NEED, known(heard=heard, days=days))}
    assert "care silent" in ranked["ann"]
    assert "care load" in ranked["bob"]
    assert "care no_phone" in ranked["cid"]


def test_who_has_the_job_is_marked() -> None:
    held = known(holding=frozenset({"ann"}))
    assert [one.holds for one in rank([person("ann"), person("bob")], NEED, held)] == [True, False]
