"""Choosing who goes: what the books know of a job's need and of everybody's day, then the rank."""

from typing import Any, Final

from msgspec import Struct

from server.console import teams
from server.console.lanes import HOUR, Bar, bar, minute, wall
from server.console.ranking import Candidate, Known, Need, rank
from server.console.speech import Speech
from server.office import Office
from server.queries import board, teams as asked

MINUTES: Final = (30, 60, 90, 120, 180, 240, 480)
USUAL_MINUTES: Final = 60


class Wish(Struct, frozen=True, kw_only=True):
    """When somebody is to go: a day, and a time of it (minutes) where one is wanted.

    `visit` is the visit that is planned already; its time is moved by moving it.
    """

    day: str
    start: int | None = None
    end: int | None = None
    visit: str = ""


def wish(order: dict[str, Any], now_ms: int, asked: tuple[str, str, int]) -> Wish:
    """The time a job is to be done: of its visit, as asked for, or as promised."""
    coming = [
        one
        for one in order["visits"]
        if one["ended_at"] is None and one["planned_from"] and not one["attendance"]
    ]
    if coming:
        first = min(coming, key=lambda one: str(one["planned_from"]))
        return _within(first["planned_from"], first["planned_to"], first["id"])
    day, at, minutes = asked
    if day and at:
        start = minute(f"{day}T{at}", day)
        return Wish(day=day, start=start, end=start + minutes)
    if order["planned_from"] and day in ("", order["planned_from"][:10]):
        return _within(order["planned_from"], order["planned_to"], "")
    return Wish(day=day or wall(now_ms, order["site"]["time_zone"])[:10])


def _within(start: str, end: str | None, visit: str) -> Wish:
    day = start[:10]
    begins = minute(start, day)
    ends = minute(end, day) if end else begins + HOUR
    return Wish(day=day, start=begins, end=ends, visit=visit)


def candidates(
    books: Any, office: Office, s: Speech, order: dict[str, Any], wanted: Wish
) -> tuple[list[Candidate], dict[str, dict[str, Any]]]:
    """Everybody who may be sent, ranked for a job; and the technicians by id."""
    people = board.technicians(books)
    parts = {one["part_id"]: one["amount"] for one in order["planned"] if one["dropped_at"] is None}
    vans = [one["van_id"] for one in people if one["van_id"]]
    known = Known(
        days=days(books, office, wanted.day),
        loads=board.loads(books),
        machine=board.acquainted(books, order["asset_id"]),
        vans=board.carried(books, list(parts), vans),
        heard=_heard(books, office),
        holding=frozenset(
            one["person_id"] for one in order["assignments"] if one["until_ms"] is None
        ),
        silent_since=office.silent_since,
        teams=asked.names(books),
    )
    team = teams.proposal(books, s, order["ticket"]) if order["ticket"] else None
    today = wall(office.now_ms(), order["site"]["time_zone"])
    need = Need(
        skill=order["skill"],
        zone=order["site"]["zone"],
        team=team[0].id if team is not None else "",
        team_why=team[1] if team is not None else "",
        parts=parts,
        start=wanted.start,
        end=wanted.end,
        visit=wanted.visit,
        since=minute(today, wanted.day) if today[:10] == wanted.day else 0,
    )
    return rank(people, need, known), {one["id"]: one for one in people}


def days(books: Any, office: Office, day: str) -> dict[str, tuple[Bar, ...]]:
    """Everybody's bars of a day."""
    found: dict[str, list[Bar]] = {}
    for visit in board.visits(books, day):
        found.setdefault(visit["person_id"], []).append(bar(visit, 0, office.now_ms()))
    return {person: tuple(bars) for person, bars in found.items()}


def _heard(books: Any, office: Office) -> dict[str, int | None]:
    """When each person's phone was heard of, with what is not written down yet."""
    known = board.heard_of(books)
    fresh = {device: contact.at for device, contact in list(office.contacts.items())}
    for device, person in board.owners(books, list(fresh)).items():
        if person in known:
            known[person] = max(known[person] or 0, fresh[device])
    return known
