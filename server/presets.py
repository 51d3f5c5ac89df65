"""Presets: the policies the product brings along, published by the server when it first starts.

A preset is published under its name once; what people make of it is a version of theirs after it.
The company's calendar is set beside it, so that no clock has to guess which hours are worked, and
the words that requests are classified by.
"""

import datetime
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from server import almanac, notary, rows
from server.office import TIMER, Asked, Office
from server.queries import policies
from shared.calendars import COMPANY, PLAIN
from shared.ops import SYSTEM
from shared.policy import CHOICE, PRESETS, PolicyChoice
from shared.publishing import PublishArgs
from shared.tag_sets import tag_set_id
from sync.protocol import WireOp

LEASE: Final = "presets"
BEGINNING: Final = "2026-01-01"  # of the first versions; which one is in force is chosen
COUNTRY_OF: Final = {"Asia/Shanghai": "CN", "Asia/Urumqi": "CN"}


def read(folder: Path, name: str, valid_from: str) -> PublishArgs:
    """A preset as it is published. Raises `msgspec.ValidationError` where the file is none."""
    told = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
    return msgspec.convert({**told, "valid_from": valid_from}, PublishArgs)


def publish(office: Office, holder: str, *, chosen: str | None = None, since: str = "") -> int:
    """Publish what is missing of the presets and the calendar, and put one in force if asked.

    `since` is the day from which on that is so, instead of today. All of it is one transaction of
    one process; returns how many acts that took.
    """
    with office.reading() as books:
        if chosen is None and not list(_missing(office, books)):
            return 0
    now = office.now_ms()
    with office.writing() as books:
        if not notary.take_lease(books, LEASE, holder, now):
            return 0
        said = [*_missing(office, books), *_choice(office, chosen, since)]
        ops = [
            WireOp(lseq=place, id=one.id, body=office.body(one, SYSTEM, now, origin=TIMER))
            for place, one in enumerate(said)
        ]
        results = office.announce(books, ops, now)
    office.log.debug("presets published", verdicts=[str(one.verdict) for one in results])
    return len(ops)


def _missing(office: Office, books: Any) -> Iterator[Asked]:
    choices = rows.fetch(books, "policy_choice", "id", {CHOICE})
    known = {
        edition.name for one in choices if isinstance(one, PolicyChoice) for edition in one.editions
    }
    for name in PRESETS:
        if name not in known:
            identity = office.fresh_id()
            args = read(office.settings.assets / "policies", name, BEGINNING)
            on = ("service_policy", identity)
            yield _asked(identity, "policy.publish", on, msgspec.to_builtins(args))
    if not rows.fetch(books, "working_calendar", "id", {COMPANY}):
        on = ("working_calendar", COMPANY)
        yield _asked(office.fresh_id(), "calendar.set", on, _calendar(office))
    yield from _teams(office, books)
    words = {tag_set_id(one["code"]): one for one in tag_sets(office.settings.assets)}
    there = {one.id for one in rows.fetch(books, "tag_set", "id", set(words))}
    for identity in sorted(words.keys() - there):
        on = ("tag_set", identity)
        yield _asked(office.fresh_id(), "master.put", on, {"row": words[identity]})


def _teams(office: Office, books: Any) -> Iterator[Asked]:
    """The teams whose hours were kept by their names, before there were teams."""
    calendars = {one.id: one.team for one in policies.calendars(books) if one.id != COMPANY}
    known = {one.id for one in rows.fetch(books, "team", "id", set(calendars))}
    for identity in sorted(calendars.keys() - known):
        on, row = ("team", identity), {"name": calendars[identity]}
        yield _asked(office.fresh_id(), "master.put", on, {"row": row})


def tag_sets(assets: Path) -> list[dict[str, Any]]:
    """The words that requests are classified by to begin with (C-14)."""
    told = tomllib.loads((assets / "tag_sets.toml").read_text(encoding="utf-8"))
    sets: list[dict[str, Any]] = told["sets"]
    return sets


def _choice(office: Office, chosen: str | None, since: str) -> Iterator[Asked]:
    if chosen is not None:
        args = {"choice": {"policy": chosen, "valid_from": since or _today(office)}}
        yield _asked(office.fresh_id(), "policy.choose", ("policy_choice", CHOICE), args)


def _asked(identity: str, kind: str, on: tuple[str, str], args: dict[str, Any]) -> Asked:
    return Asked(id=identity, kind=kind, on=on, args=args)


def _calendar(office: Office) -> dict[str, Any]:
    """The usual hours with the holidays of this year and the next, where the zone tells whose."""
    zone = office.settings.time_zone
    country = COUNTRY_OF.get(zone, "")
    year = int(_today(office)[:4])
    law = almanac.statutory(country, (year - 1, year, year + 1), office.settings.language)
    return {
        "time_zone": zone,
        "week": msgspec.to_builtins(PLAIN.week),
        "days": msgspec.to_builtins(law.days),
        "country": country,
        "open_years": list(law.open_years),
    }


def _today(office: Office) -> str:
    now = datetime.datetime.fromtimestamp(office.now_ms() / 1000, office.settings.zone)
    return now.date().isoformat()
