"""Policies: what each promises, which is in force for whom, and the choice of the first day."""

import datetime
from collections.abc import Iterable
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from server.console import frame, promises, saying
from server.console.addresses import Query, opt
from server.console.bill import day_at
from server.console.forms import Form, is_whole
from server.console.machine import class_name
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import policies
from server.sessions import Actor
from shared.amounts import is_real
from shared.limits import VALUES, differences, warnings
from shared.people import may
from shared.policy import CHOICE, Chosen, PolicyChoice, ServicePolicy, in_force, newest
from shared.publishing import CLASSES
from shared.texts import say

PATH: Final = "/policies"
READ: Final = "read.tickets"
CHOOSE: Final = "policy.choose"
PUBLISH: Final = "policy.publish"
TRADES: Final = ("hotline", "workday", "process")
FIRST: Final = 4  # promises that a card shows; the others are on its page
ZONES, KINDS = "zone_", "class_"


class Force(Struct, frozen=True, kw_only=True):
    """One line of what is in force: for whom, which policy, from when, and whether by now."""

    for_whom: str
    policy: str
    name: str
    number: int | None
    valid_from: str
    now: bool


class Card(Struct, frozen=True, kw_only=True):
    """A policy in a list: its newest version, what it promises first, where it is in force."""

    name: str
    title: str
    about: str
    trade: str
    number: int
    first: list[promises.Line]
    more: int
    now: bool


@get(PATH, opt=opt(READ), sync_to_thread=True)
def show(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """All policies, and which of them is in force for what."""
    return _page(request, office, actor, Form(), None)


def _page(
    request: AnyRequest, office: Office, actor: Actor, form: Form, said: Said | None
) -> Response[str]:
    speech = frame.speech_of(request, office)
    today = today_of(office)
    with office.reading() as books:
        every = policies.versions(books)
        choice = policies.choice(books)
        zones, classes = policies.zones(books), policies.classes(books)
        contracts = policies.contracts(books, today)
    latest = list({one.name: one for one in reversed(every)}.values())
    by_contract = {one["id"]: f"{one['customer']} · {one['number']}" for one in contracts}
    chosen = in_force(choice, today)
    cards = [_card(speech, one, chosen is not None and chosen.name == one.name) for one in latest]
    context = {
        "said": said,
        "typed": {name: form.text(name) for name in form.fields},
        "forces": list(_forces(speech, choice, (latest, by_contract), today)),
        "cards": sorted(cards, key=lambda one: (not one.now, not one.trade, one.title)),
        "asks": not choice.chosen and may(actor.person.roles, CHOOSE),
        "trades": [one for trade in TRADES for one in cards if one.trade == trade],
        "can_choose": may(actor.person.roles, CHOOSE),
        "policies": [(one.name, promises.name_of(speech, one)) for one in latest],
        "contracts": list(by_contract.items()),
        "classes": [(one, class_name(speech, one)) for one in classes],
        "words": _words(speech, choice, zones, classes),
        "today": today,
        "section": "policies",
    }
    return frame.page(request, office, actor, "policies.html", context)


def today_of(office: Office) -> str:
    """The day it is at the company (`2026-11-21`)."""
    return day_at(office.now_ms(), office.settings.zone.key)


def _card(s: Speech, policy: ServicePolicy, now: bool) -> Card:  # noqa: FBT001  read by name
    told = promises.lines(s, policy)
    return Card(
        name=policy.name,
        title=promises.name_of(s, policy),
        about=promises.about(s, policy),
        trade=policy.trade,
        number=policy.number,
        first=told[:FIRST],
        more=max(len(told) - FIRST, 0),
        now=now,
    )


def _forces(
    s: Speech,
    choice: PolicyChoice,
    known: tuple[Iterable[ServicePolicy], dict[str, str]],
    today: str,
) -> Iterable[Force]:
    """What was chosen, as long as it counts or is to come; what counts now says so."""
    latest, contracts = known
    titles = {one.name: promises.name_of(s, one) for one in latest}
    for one in choice.chosen:
        same = [each for each in choice.chosen if _whom(each) == _whom(one)]
        begun = [each for each in same if each.valid_from <= today]
        counts = max(begun, key=lambda each: each.valid_from, default=None)
        if one.valid_from <= today and one is not counts:
            continue
        edition = newest(choice.editions, one.policy, today) if one.policy else None
        yield Force(
            for_whom=_named(s, one, contracts),
            policy=one.policy or "",
            name=titles.get(one.policy or "", s.text("console.policies", "as_for_all")),
            number=edition.number if edition is not None else None,
            valid_from=one.valid_from,
            now=one is counts,
        )


def _whom(one: Chosen) -> tuple[str | None, str]:
    return (one.contract, one.product_class)


def _named(s: Speech, one: Chosen, contracts: dict[str, str]) -> str:
    if one.contract is not None:
        told = contracts.get(one.contract, "…")
        return s.text("console.policies", "for_contract", contract=told)
    if one.product_class:
        told = class_name(s, one.product_class)
        return s.text("console.policies", "for_class", product_class=told)
    return s.text("console.policies", "for_all")


def _words(
    s: Speech, choice: PolicyChoice, zones: list[str], classes: list[str]
) -> list[dict[str, Any]]:
    """The company's own words that policies need a meaning of, with the meaning they have."""
    zone = [(one, promises.value(s, "zone", one)) for one in VALUES["zone"] if one]
    kind = [(one, promises.value(s, "product_class", one)) for one in CLASSES if one]
    return [
        *(
            {
                "field": ZONES + one,
                "label": one,
                "options": zone,
                "value": choice.zones.get(one, ""),
            }
            for one in zones
        ),
        *(
            {
                "field": KINDS + one,
                "label": class_name(s, one),
                "options": kind,
                "value": choice.classes.get(one, ""),
            }
            for one in classes
        ),
    ]


@post("/policies/choose", opt=opt(CHOOSE, shows=READ), status_code=200, sync_to_thread=True)
def choose(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Put a policy into force from a day on: for all, for a contract or for a class."""
    whom, _, which = form.text("whom").partition(":")
    told: dict[str, Any] = {"valid_from": form.text("valid_from") or today_of(office)}
    if form.has("policy"):
        told["policy"] = form.text("policy")
    if which:
        told["contract" if whom == "contract" else "product_class"] = which
    act = Act(kind=CHOOSE, on=("policy_choice", CHOICE), args={"choice": told})
    speech = frame.speech_of(request, office)
    if not is_real(told["valid_from"]):
        said = saying.refusal(speech, act, form.op, "no_day", "valid_from")
    elif told["valid_from"] < today_of(office):
        said = saying.refusal(speech, act, form.op, "day_is_past", "valid_from")
    else:
        said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_page(request, office, actor, form, said))
    return saying.go(request, office, said, PATH)


@post("/policies/words", opt=opt(CHOOSE, shows=READ), status_code=200, sync_to_thread=True)
def words(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Say what the company's zones and classes mean to policies."""
    told: dict[str, dict[str, str]] = {"zones": {}, "classes": {}}
    for name in form.fields:
        for kind, prefix in (("zones", ZONES), ("classes", KINDS)):
            if name.startswith(prefix):
                told[kind][name.removeprefix(prefix)] = form.text(name)
    act = Act(kind=CHOOSE, on=("policy_choice", CHOICE), args=told)
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_page(request, office, actor, form, said))
    return saying.go(request, office, said, PATH)


@get("/policies/{name:str}", opt=opt(READ, "number"), sync_to_thread=True)
def one(
    name: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    number: Query = "",
) -> Response[str]:
    """One policy: what a version promises, and what it changed."""
    speech = frame.speech_of(request, office)
    with office.reading() as books:
        found = policies.versions_of(books, name)
        choice = policies.choice(books)
    chosen = version_of(found, number)
    before = next((each for each in found if each.number == chosen.number - 1), None)
    begun = newest(choice.editions, name, today_of(office))
    context = {
        "policy": chosen,
        "title": promises.name_of(speech, chosen),
        "about": promises.about(speech, chosen),
        "lines": promises.lines(speech, chosen),
        "targets": [
            (promises.named(speech, each), promises.target(speech, each), ", ".join(each.source))
            for each in chosen.targets
        ],
        "duties": [
            (
                promises.named(speech, each),
                promises.share(each.share) if each.share is not None else "",
                ", ".join(each.source),
            )
            for each in chosen.duties
        ],
        "versions": found,
        "begun": begun.number if begun is not None else None,
        "changes": list(changed(speech, before, chosen)) if before is not None else [],
        "order": disorder(speech, chosen),
        "may_make": may(actor.person.roles, PUBLISH),
        "section": "policies",
    }
    return frame.page(request, office, actor, "policy.html", context)


def version_of(found: list[ServicePolicy], number: str) -> ServicePolicy:
    """The version by its number, or the newest. Raises `Problem` where there is none."""
    if not found or (number and not is_whole(number)):
        raise Problem("not_found")
    wanted = int(number) if number else found[0].number
    chosen = next((each for each in found if each.number == wanted), None)
    if chosen is None:
        raise Problem("not_found")
    return chosen


def changed(s: Speech, before: ServicePolicy, after: ServicePolicy) -> Iterable[promises.Change]:
    """What a version says otherwise than another."""
    return promises.changes(s, differences(before.every, after.every))


def disorder(s: Speech, policy: ServicePolicy) -> list[str]:
    """Which limits are out of order, in words: an earlier step may take longer (C-04)."""
    return [say(s.catalogue, "flags", one.code, one.params) for one in warnings(policy.every)]


def days_on(day: str, count: int) -> str:
    """The day so many days after another."""
    return (datetime.date.fromisoformat(day) + datetime.timedelta(days=count)).isoformat()


ROUTES: Final[list[Any]] = [show, choose, words, one]
