"""Who should go: candidates for a job with reasons for and against, ranked without any guess."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from msgspec import Struct

from server.console.lanes import Bar, free, overlapping

HEAVY_MINUTES: Final = 8 * 60

Mark = Literal["good", "care", "stop"]


class Reason(Struct, frozen=True, kw_only=True):
    """One reason for or against somebody: a code of the texts, and what fills it in."""

    mark: Mark
    code: str
    params: Mapping[str, Any] = {}


class Candidate(Struct, frozen=True, kw_only=True):
    """Somebody who may be sent, with all reasons; `fits` is false where one stops it."""

    person: str
    name: str
    fits: bool
    holds: bool
    reasons: tuple[Reason, ...]
    minutes: int
    bars: tuple[Bar, ...] = ()


class Need(Struct, frozen=True, kw_only=True):
    """What a job asks for: a skill, a zone, a time (minutes of the day), parts in the van.

    `start` is None where no time is wanted yet. `since` is the minute from which on somebody can
    still be sent that day. `team` is the one it goes to by its kind, and `team_why` that in words.
    """

    skill: str
    zone: str
    team: str = ""
    team_why: str = ""
    parts: Mapping[str, int] = {}
    start: int | None = None
    end: int | None = None
    visit: str = ""
    since: int = 0


class Known(Struct, frozen=True, kw_only=True):
    """What is known of the people: their day, open jobs, last work on this machine (ms), vans.

    `heard` says when a phone of theirs was last heard of; who has no phone is not in it. `holding`
    are those who have the job, and `teams` says what teams are called.
    """

    days: Mapping[str, tuple[Bar, ...]]
    loads: Mapping[str, int]
    machine: Mapping[str, int]
    vans: Mapping[tuple[str, str], int]
    heard: Mapping[str, int | None]
    holding: frozenset[str]
    silent_since: int
    teams: Mapping[str, str] = {}


def rank(people: Sequence[Mapping[str, Any]], need: Need, known: Known) -> list[Candidate]:
    """All technicians, the fittest first: skill, team, no clash, machine, zone, parts, load."""
    found = [_candidate(person, need, known) for person in people]
    return sorted(found, key=_order)


def _order(one: Candidate) -> tuple[Any, ...]:
    codes = {reason.code for reason in one.reasons}
    return (
        not one.fits,
        not codes.isdisjoint({"team_other", "team_none"}),
        bool(codes & {"clash", "no_time_left"}),
        "no_phone" in codes,
        "machine" not in codes,
        "zone" not in codes,
        "parts_missing" in codes,
        one.minutes,
        one.name,
        one.person,
    )


def _candidate(person: Mapping[str, Any], need: Need, known: Known) -> Candidate:
    bars = tuple(one for one in known.days.get(person["id"], ()) if one.visit != need.visit)
    reasons = (
        *_skill(person, need),
        *_team(person, need, known),
        *_machine(person, known),
        *_zone(person, need),
        *_time(bars, need),
        *_parts(person, need, known),
        *_phone(person, known),
    )
    return Candidate(
        person=person["id"],
        name=person["name"],
        fits=all(reason.mark != "stop" for reason in reasons),
        holds=person["id"] in known.holding,
        reasons=(*reasons, _load(person, bars, known)),
        minutes=sum(one.planned for one in bars),
        bars=bars,
    )


def _skill(person: Mapping[str, Any], need: Need) -> list[Reason]:
    if not need.skill:
        return []
    able = need.skill in person["skills"]
    code = "skill" if able else "skill_missing"
    return [Reason(mark="good" if able else "stop", code=code, params={"skill": need.skill})]


def _team(person: Mapping[str, Any], need: Need, known: Known) -> list[Reason]:
    """R-DSP-02: a job goes to the team that is there for its kind, and others can help out."""
    if not need.team:
        return []
    if person["team_id"] == need.team:
        return [Reason(mark="good", code="team", params={"team": need.team_why})]
    own = known.teams.get(person["team_id"] or "", "")
    return [Reason(mark="care", code="team_other" if own else "team_none", params={"team": own})]


def _machine(person: Mapping[str, Any], known: Known) -> list[Reason]:
    last = known.machine.get(person["id"])
    return [] if last is None else [Reason(mark="good", code="machine", params={"at": last})]


def _zone(person: Mapping[str, Any], need: Need) -> list[Reason]:
    if not need.zone or not person["zones"]:
        return []
    inside = need.zone in person["zones"]
    code = "zone" if inside else "zone_other"
    zones = ", ".join(person["zones"])
    params = {"zone": need.zone, "zones": zones}
    return [Reason(mark="good" if inside else "care", code=code, params=params)]


def _time(bars: Sequence[Bar], need: Need) -> list[Reason]:
    if need.start is not None and need.end is not None:
        over = overlapping(bars, need.start, need.end)
        if over:
            params = {"number": over[0].number, "from": over[0].start, "to": over[0].end}
            return [Reason(mark="care", code="clash", params=params)]
        return [Reason(mark="good", code="free_then")]
    gaps = free(bars, need.since)
    if not gaps:
        return [Reason(mark="care", code="no_time_left")]
    longest = max(gaps, key=lambda gap: gap[1] - gap[0])
    return [Reason(mark="good", code="free", params={"from": longest[0], "to": longest[1]})]


def _parts(person: Mapping[str, Any], need: Need, known: Known) -> list[Reason]:
    if not need.parts:
        return []
    van = person["van_id"]
    short = [part for part, amount in need.parts.items() if known.vans.get((van, part), 0) < amount]
    if van is not None and not short:
        return [Reason(mark="good", code="parts", params={"count": len(need.parts)})]
    missing = list(need.parts) if van is None else short
    return [Reason(mark="care", code="parts_missing", params={"parts": tuple(missing)})]


def _phone(person: Mapping[str, Any], known: Known) -> list[Reason]:
    if person["id"] not in known.heard:
        return [Reason(mark="care", code="no_phone")]
    heard = known.heard[person["id"]]
    if heard is None or heard >= known.silent_since:
        return []
    return [Reason(mark="care", code="silent", params={"at": heard})]


def _load(person: Mapping[str, Any], bars: Sequence[Bar], known: Known) -> Reason:
    minutes = sum(one.planned for one in bars)
    params = {"minutes": minutes, "jobs": len(bars), "open": known.loads.get(person["id"], 0)}
    return Reason(mark="care" if minutes > HEAVY_MINUTES else "good", code="load", params=params)
